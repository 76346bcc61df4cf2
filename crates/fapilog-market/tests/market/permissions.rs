//! Every route with every kind of visitor: who is let in follows from the right that the route
//! states, and from nothing else.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fapilog_market::clock;
use fapilog_market::queries::sessions::SessionRow;
use fapilog_market::queries::tokens::TokenRow;
use fapilog_market::queries::users::{self, UserRow};
use fapilog_market::queries::{ownership, publishers, sessions, tokens};
use fapilog_market::routes;
use fapilog_market::routes::right::{OrganisationRole, ProjectRole, Right};
use fapilog_market::routes::rule::{Cache, Csrf, Rule};
use fapilog_market::token::{Scope, Token};
use fapilog_market::visit::Visit;

use crate::world::{Answer, World};

/// The project, which the organisation owns.
const PROJECT: &str = "fapilog-acme";
const ORGANISATION: &str = "acme-org";

/// The kinds of visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Nobody,
    Stranger,
    SecondFactorMissing,
    SignedOut,
    ProjectMaintainer,
    ProjectOwner,
    Member,
    OrganisationMaintainer,
    OrganisationOwner,
    Moderator,
    Administrator,
    OperatorToken,
    UserToken,
    ProjectOwnerToken,
    OrganisationOwnerToken,
    RevokedToken,
    ExpiredToken,
    UnknownToken,
}

use Visitor::{
    Administrator, ExpiredToken, Member, Moderator, Nobody, OperatorToken, OrganisationMaintainer,
    OrganisationOwner, OrganisationOwnerToken, ProjectMaintainer, ProjectOwner, ProjectOwnerToken,
    RevokedToken, SecondFactorMissing, SignedOut, Stranger, UnknownToken, UserToken,
};

const VISITORS: [Visitor; 18] = [
    Nobody,
    Stranger,
    SecondFactorMissing,
    SignedOut,
    ProjectMaintainer,
    ProjectOwner,
    Member,
    OrganisationMaintainer,
    OrganisationOwner,
    Moderator,
    Administrator,
    OperatorToken,
    UserToken,
    ProjectOwnerToken,
    OrganisationOwnerToken,
    RevokedToken,
    ExpiredToken,
    UnknownToken,
];

/// Who may, told a second time and independently of the guard.
fn may(visitor: Visitor, right: Right) -> bool {
    let them: &[Visitor] = match right {
        Right::Anyone => return true,
        Right::SignedIn => &[
            Stranger,
            ProjectMaintainer,
            ProjectOwner,
            Member,
            OrganisationMaintainer,
            OrganisationOwner,
            Moderator,
            Administrator,
        ],
        Right::Project(ProjectRole::Maintainer) => &[
            ProjectMaintainer,
            ProjectOwner,
            OrganisationMaintainer,
            OrganisationOwner,
        ],
        Right::Project(ProjectRole::Owner) => &[ProjectOwner, OrganisationOwner],
        Right::Organisation(OrganisationRole::Member) => {
            &[Member, OrganisationMaintainer, OrganisationOwner]
        }
        Right::Organisation(OrganisationRole::Maintainer) => {
            &[OrganisationMaintainer, OrganisationOwner]
        }
        Right::Organisation(OrganisationRole::Owner) => &[OrganisationOwner],
        Right::Moderator => &[Moderator, Administrator],
        Right::Administrator => &[Administrator],
        Right::Token(_) => &[
            OperatorToken,
            UserToken,
            ProjectOwnerToken,
            OrganisationOwnerToken,
        ],
        Right::AccountToken(_) => &[UserToken, ProjectOwnerToken, OrganisationOwnerToken],
        // The organisation owns the project.
        Right::ProjectToken(..) => &[ProjectOwnerToken, OrganisationOwnerToken],
        Right::OrganisationToken(..) => &[OrganisationOwnerToken],
    };
    them.contains(&visitor)
}

/// What a visitor's requests bear.
#[derive(Default)]
struct Credentials {
    authorization: Option<String>,
    visit: Option<Visit>,
}

/// A visitor who comes for the first time, whatever earlier requests did.
async fn arrive(world: &World, visitor: Visitor, right: Right) -> Credentials {
    let database = &world.market.database;
    let token = Token::generate().unwrap();
    let mut row = token.operator_row("test", &Scope::All, 0);
    if let Right::Token(action)
    | Right::AccountToken(action)
    | Right::ProjectToken(action, _)
    | Right::OrganisationToken(action, _) = right
    {
        action.word().clone_into(&mut row.action);
    }
    match visitor {
        Nobody => return Credentials::default(),
        OperatorToken => {}
        UserToken => row.user_id = Some(user(world, visitor).await.id),
        ProjectOwnerToken => {
            let owner = user(world, visitor).await.id;
            let set = ownership::set_collaborator(database, PROJECT, &owner, "owner");
            set.await.unwrap();
            row.user_id = Some(owner);
        }
        OrganisationOwnerToken => {
            let owner = user(world, visitor).await.id;
            let mut connection = database.acquire().await.unwrap();
            let set = publishers::set_member(&mut connection, ORGANISATION, &owner, "owner");
            set.await.unwrap();
            row.user_id = Some(owner);
        }
        RevokedToken | UnknownToken => {}
        ExpiredToken => row.expires_us = Some(1),
        _ => return signed_in(world, visitor).await,
    }
    if visitor != UnknownToken {
        tokens::insert(database, &row).await.unwrap();
    }
    if visitor == RevokedToken {
        let TokenRow { id, .. } = &row;
        assert!(tokens::revoke(database, id, 1).await.unwrap());
    }
    let pair = format!("__token__:{}", token.reveal());
    Credentials {
        authorization: Some(format!("Basic {}", STANDARD.encode(pair))),
        visit: None,
    }
}

async fn user(world: &World, visitor: Visitor) -> UserRow {
    let database = &world.market.database;
    let name = format!("{visitor:?}").to_lowercase();
    if let Some(known) = users::by_name(database, &name).await.unwrap() {
        return known;
    }
    let row = UserRow {
        id: name.clone(),
        name,
        email: String::new(),
        email_verified_us: None,
        password_hash: None,
        site_role: "none".to_owned(),
        totp_secret: None,
        totp_step: 0,
        created_us: 0,
        deleted_us: None,
    };
    let mut transaction = database.begin().await.unwrap();
    users::insert(&mut transaction, &row).await.unwrap();
    transaction.commit().await.unwrap();
    row
}

async fn signed_in(world: &World, visitor: Visitor) -> Credentials {
    let database = &world.market.database;
    let user = user(world, visitor).await;
    let role = match visitor {
        Moderator => "moderator",
        Administrator => "administrator",
        _ => "none",
    };
    users::set_site_role(database, &user.id, role)
        .await
        .unwrap();
    let role = match visitor {
        Member => Some("member"),
        OrganisationMaintainer => Some("maintainer"),
        OrganisationOwner => Some("owner"),
        _ => None,
    };
    if let Some(role) = role {
        let mut connection = database.acquire().await.unwrap();
        let set = publishers::set_member(&mut connection, ORGANISATION, &user.id, role);
        set.await.unwrap();
    }
    let role = match visitor {
        ProjectMaintainer => Some("maintainer"),
        ProjectOwner => Some("owner"),
        _ => None,
    };
    if let Some(role) = role {
        let set = ownership::set_collaborator(database, PROJECT, &user.id, role);
        set.await.unwrap();
    }
    let visit = Visit::new().unwrap();
    let now_us = clock::now_us();
    let row = SessionRow {
        secret_sha256: visit.secret.sha256(),
        user_id: user.id,
        is_pending: i64::from(visitor == SecondFactorMissing),
        created_us: now_us,
        seen_us: now_us,
        expires_us: now_us + 3_600_000_000,
        client: String::new(),
        agent: String::new(),
    };
    sessions::insert(database, &row).await.unwrap();
    if visitor == SignedOut {
        sessions::end(database, &row.secret_sha256).await.unwrap();
    }
    Credentials {
        authorization: None,
        visit: Some(visit),
    }
}

/// A marketplace with an organisation and its project.
async fn world() -> World {
    let world = World::with(|config| config.rate_limits = false).await;
    let owner = user(&world, OrganisationOwner).await;
    let mut transaction = world.market.database.begin().await.unwrap();
    publishers::insert_organisation(&mut transaction, ORGANISATION, &owner.id, 1)
        .await
        .unwrap();
    assert!(
        ownership::claim(&mut transaction, PROJECT, ORGANISATION, 1)
            .await
            .unwrap()
    );
    transaction.commit().await.unwrap();
    world
}

/// The path of a rule with something in the place of its variable parts.
fn path_of(rule: &Rule) -> String {
    rule.path
        .split('/')
        .map(|part| match part {
            "{project}" => PROJECT,
            "{organisation}" => ORGANISATION,
            part if part.starts_with('{') => "x",
            part => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

async fn ask(world: &World, rule: &Rule, credentials: &Credentials, form: String) -> Answer {
    let mut request = Request::builder()
        .method(rule.method.clone())
        .uri(path_of(rule))
        .header("content-type", "application/x-www-form-urlencoded");
    if let Some(value) = &credentials.authorization {
        request = request.header("authorization", value);
    }
    if let Some(visit) = &credentials.visit {
        let cookie = visit.cookie(false).unwrap();
        let pair = cookie
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        request = request.header("cookie", pair);
    }
    world.send(request.body(Body::from(form)).unwrap()).await
}

fn is_refused(answer: &Answer, right: Right) -> bool {
    let to_sign_in = answer.header("location").starts_with("/sign-in?next=");
    // Where anyone may, what is shown can still be wrong: a token that is no longer good, no
    // statement. But nobody is asked to be somebody else.
    let forbidden = answer.status.as_u16() == 403 && right != Right::Anyone;
    forbidden || answer.status.as_u16() == 401 || to_sign_in
}

#[tokio::test]
async fn every_route_lets_in_exactly_those_whom_its_right_names() {
    let world = world().await;
    let mut wrong = Vec::new();
    for rule in routes::table().rules() {
        for visitor in VISITORS {
            let mut credentials = arrive(&world, visitor, rule.right).await;
            let mut form = String::new();
            if rule.csrf == Csrf::Form {
                // Everybody has loaded the page that the form is on.
                let visit = credentials
                    .visit
                    .get_or_insert_with(|| Visit::new().unwrap());
                form = format!("csrf_token={}", visit.form_token().unwrap());
            }
            let answer = ask(&world, &rule, &credentials, form).await;
            if is_refused(&answer, rule.right) == may(visitor, rule.right) {
                let told = (&rule.method, rule.path, rule.right.to_string());
                wrong.push(format!("{visitor:?} {told:?} {}", answer.status));
            }
            assert!(!answer.status.is_server_error(), "{visitor:?} {rule:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn no_form_does_anything_without_its_token_whoever_sends_it() {
    let world = world().await;
    let mut seen = 0;
    for rule in routes::table().rules() {
        if rule.csrf != Csrf::Form {
            continue;
        }
        for visitor in VISITORS {
            if !may(visitor, rule.right) {
                continue;
            }
            let credentials = arrive(&world, visitor, rule.right).await;
            let answer = ask(&world, &rule, &credentials, String::new()).await;
            let told = answer.text();
            assert_eq!(answer.status.as_u16(), 403, "{visitor:?} {rule:?}");
            assert!(told.contains("not made for you"), "{visitor:?} {rule:?}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn rules_agree_with_themselves() {
    for rule in routes::table().rules() {
        let reads = rule.method == "GET";
        assert_eq!(rule.csrf == Csrf::Reads, reads, "{rule:?}");
        assert!(reads || rule.cache == Cache::Never, "{rule:?}");
        let named = match rule.right {
            Right::Project(_) | Right::ProjectToken(..) => rule.path.contains("{project}"),
            Right::Organisation(_) | Right::OrganisationToken(..) => {
                rule.path.contains("{organisation}")
            }
            Right::Token(_) | Right::AccountToken(_) => {
                matches!(rule.csrf, Csrf::NoCookies | Csrf::Reads)
            }
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

#[test]
fn the_list_of_pages_is_that_of_the_table() {
    let committed = include_str!("../../pages.txt");
    assert_eq!(
        committed,
        routes::page_list(),
        "run `make page-list`, and have tests/browser/stock.py visit what is new"
    );
}

/// Where errors about accounts and rights come from.
const OF_ACCOUNTS: [&str; 27] = [
    "account_name.rs",
    "handlers/account",
    "handlers/api",
    "handlers/manage",
    "handlers/moderation",
    "handlers/oidc.rs",
    "handlers/organisations",
    "handlers/reviews",
    "handlers/sign_in",
    "issuers.rs",
    "moderation",
    "oidc_sign_in.rs",
    "outbound.rs",
    "outbox.rs",
    "passkeys",
    "password.rs",
    "principal.rs",
    "rate_limit.rs",
    "receipts",
    "review.rs",
    "rights.rs",
    "routes",
    "secret.rs",
    "sign_in.rs",
    "totp.rs",
    "trusted_publishing.rs",
    "webhooks",
];

#[test]
fn the_list_of_errors_is_whole_and_has_no_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("../../docs/reference/market-errors.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut listed: Vec<&str> = rows.map(|row| row.split('`').next().unwrap()).collect();
    let mut made = Vec::new();
    for file in rust_files(&root.join("src")) {
        let name = file.strip_prefix(root.join("src")).unwrap();
        if !OF_ACCOUNTS.iter().any(|part| name.starts_with(part)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for call in ["MarketError::new(", "bad_request(", "unprocessable("] {
            for rest in code.split(call).skip(1) {
                made.extend(first_id(rest));
            }
        }
    }
    made.push("token".to_owned());
    made.sort();
    made.dedup();
    listed.sort_unstable();
    assert_eq!(made, listed);
}

/// The first word of a call's arguments that is an id: in quotes, alone, small letters and hyphens.
fn first_id(arguments: &str) -> Option<String> {
    let word = arguments.split('"').nth(1)?;
    let before = arguments.split('"').next()?;
    let is_id = word
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    (is_id && !before.contains(';') && !before.contains('{')).then(|| word.to_owned())
}
