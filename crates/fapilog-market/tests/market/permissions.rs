//! Every route with every kind of visitor: who is let in follows from the right that the route
//! states, and from nothing else.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fapilog_market::queries::tokens;
use fapilog_market::routes;
use fapilog_market::routes::right::Right;
use fapilog_market::routes::rule::{Cache, Csrf, Rule};

use crate::world::World;

/// The kinds of visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Nobody,
    Token,
    RevokedToken,
    UnknownToken,
}

const VISITORS: [Visitor; 4] = [
    Visitor::Nobody,
    Visitor::Token,
    Visitor::RevokedToken,
    Visitor::UnknownToken,
];

/// Who may, told a second time and independently of the guard.
fn may(visitor: Visitor, right: Right) -> bool {
    match right {
        Right::Anyone => true,
        Right::Token(_) => visitor == Visitor::Token,
        _ => false,
    }
}

async fn credentials(world: &World, visitor: Visitor) -> Option<String> {
    let token = match visitor {
        Visitor::Nobody => return None,
        Visitor::Token => world.token().to_owned(),
        Visitor::RevokedToken => {
            let token = world.new_token("*").await;
            let id = token.split('_').nth(1).unwrap();
            let database = &world.market.database;
            assert!(tokens::revoke(database, id, 1).await.unwrap());
            token
        }
        Visitor::UnknownToken => format!("fapm_{}_{}", "0".repeat(12), "0".repeat(64)),
    };
    Some(format!(
        "Basic {}",
        STANDARD.encode(format!("__token__:{token}"))
    ))
}

/// The path of a rule with something in the place of its variable parts.
fn path_of(rule: &Rule) -> String {
    rule.path
        .split('/')
        .map(|part| if part.starts_with('{') { "x" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn every_route_lets_in_exactly_those_whom_its_right_names() {
    let world = World::with(|config| config.rate_limits = false).await;
    let mut wrong = Vec::new();
    for visitor in VISITORS {
        let credentials = credentials(&world, visitor).await;
        for rule in routes::table().rules() {
            let mut request = Request::builder()
                .method(rule.method.clone())
                .uri(path_of(&rule));
            if let Some(credentials) = &credentials {
                request = request.header("authorization", credentials);
            }
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
            let admitted = !refused.contains(&answer.status);
            if admitted != may(visitor, rule.right) {
                let told = (&rule.method, rule.path, rule.right.to_string());
                wrong.push(format!("{visitor:?} {told:?} {}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rules_agree_with_themselves() {
    for rule in routes::table().rules() {
        let reads = rule.method == "GET";
        assert_eq!(rule.csrf == Csrf::Reads, reads, "{rule:?}");
        assert!(reads || rule.cache == Cache::Never, "{rule:?}");
        let named = match rule.right {
            Right::Project(_) => rule.path.contains("{project}"),
            Right::Organisation(_) => rule.path.contains("{organisation}"),
            Right::Token(_) => rule.csrf == Csrf::NoCookies,
            _ => true,
        };
        assert!(
            named,
            "the path doesn't name what the right is about: {rule:?}"
        );
        let private = !matches!(rule.right, Right::Anyone);
        assert!(!private || rule.cache == Cache::Never, "{rule:?}");
    }
}

/// What would make a route without a rule.
const OTHER_WAYS: [&str; 7] = [
    ".route(",
    ".route_service(",
    ".nest(",
    ".nest_service(",
    ".fallback_service(",
    "routing::get",
    "routing::any",
];

#[test]
fn routes_are_made_in_the_table_only() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for file in rust_files(&sources) {
        let text = std::fs::read_to_string(&file).unwrap();
        let table = file.ends_with("routes/mod.rs");
        for way in OTHER_WAYS {
            let count = text.matches(way).count();
            seen += count;
            assert!(count == 0 || table && way == ".route(", "{way} in {file:?}");
        }
    }
    assert_eq!(seen, 1, "the table itself makes routes in one place");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
