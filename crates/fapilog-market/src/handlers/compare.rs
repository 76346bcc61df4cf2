//! `GET /compare?with=A&with=B`: two to four plugins side by side.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use fapilog_package::name::ProjectName;
use url::form_urlencoded;

use crate::catalogue::live::cores;
use crate::clock;
use crate::handlers::page::{PageError, render};
use crate::market::Market;
use crate::plot::short;
use crate::queries::search::{self, DocumentRow};
use crate::search::cores::{Cores, PYTHONS, pythons};

/// Most plugins that fit beside each other.
const MAX_COMPARED: usize = 4;

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    plugins: Vec<Compared>,
    /// Those that were asked for and aren't here.
    missing: Vec<String>,
    rows: Vec<Row>,
    /// Whether another one fits.
    has_room: bool,
}

struct Compared {
    name: String,
    /// The page without this one.
    without: String,
}

struct Row {
    title: &'static str,
    cells: Vec<String>,
}

/// Shows the comparison, or asks for plugins.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let asked = names(query.as_deref().unwrap_or_default());
    let mut found = search::named(&market.database, &asked).await?;
    found.sort_by_cached_key(|row| asked.iter().position(|name| *name == row.name));
    let missing = asked
        .iter()
        .filter(|name| !found.iter().any(|row| row.name == **name));
    let page = ComparePage {
        missing: missing.cloned().collect(),
        rows: rows(&found, &cores(&market.database).await?),
        has_room: found.len() < MAX_COMPARED,
        plugins: found.iter().map(|row| compared(row, &found)).collect(),
    };
    render(&headers, &page)
}

/// The names in an address; `splunk` means `fapilog-splunk` too.
fn names(query: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = value.trim();
        if key != "with" || value.is_empty() {
            continue;
        }
        let lower = value.to_ascii_lowercase();
        let full = if lower.starts_with("fapilog") {
            lower
        } else {
            format!("fapilog-{lower}")
        };
        if let Ok(name) = ProjectName::parse(&full)
            && !names.contains(&name.to_string())
        {
            names.push(name.to_string());
        }
    }
    names.truncate(MAX_COMPARED);
    names
}

fn compared(row: &DocumentRow, all: &[DocumentRow]) -> Compared {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for other in all.iter().filter(|other| other.name != row.name) {
        query.append_pair("with", &other.name);
    }
    Compared {
        name: row.name.clone(),
        without: format!("/compare?{}", query.finish()),
    }
}

fn rows(found: &[DocumentRow], cores: &Cores) -> Vec<Row> {
    let row = |title, cell: &dyn Fn(&DocumentRow) -> String| Row {
        title,
        cells: found.iter().map(cell).collect(),
    };
    let joined = |labels: &mut dyn Iterator<Item = &str>, admitted: u16| {
        let fits = labels.enumerate().filter(|(at, _)| admitted >> at & 1 == 1);
        let all: Vec<&str> = fits.map(|(_, label)| label).collect();
        if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(", ")
        }
    };
    vec![
        row("Purpose", &|one| one.summary.clone()),
        row("Latest version", &|one| one.version.clone()),
        row("Published", &|one| clock::date(one.updated_us)),
        row("Kinds", &|one| or_dash(&one.kinds.replace(' ', ", "))),
        row("Works with core", &|one| {
            joined(
                &mut cores.labels(),
                cores.admitted(one.core_range.as_deref()),
            )
        }),
        row("Works with Python", &|one| {
            joined(
                &mut PYTHONS.into_iter(),
                pythons(one.requires_python.as_deref()),
            )
        }),
        row("Licence", &|one| {
            or_dash(one.license.as_deref().unwrap_or_default())
        }),
        row("Downloads a month", &|one| short(one.downloads)),
        row("Rating", &|one| match one.ratings {
            0 => "none yet".to_owned(),
            ratings => format!("{:.1} of 5 ({ratings})", one.rating_milli as f64 / 1000.0),
        }),
        row("Health", &|one| format!("{} of 100", one.health)),
    ]
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "–".to_owned()
    } else {
        text.chars().take(60).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_once_each_and_at_most_four() {
        let all =
            names("with=splunk&with=Fapilog_Kafka&with=&x=1&with=splunk&with=a&with=b&with=c");
        assert_eq!(
            all,
            ["fapilog-splunk", "fapilog-kafka", "fapilog-a", "fapilog-b"]
        );
        assert!(names("with=%00&with=../x").is_empty());
    }
}
