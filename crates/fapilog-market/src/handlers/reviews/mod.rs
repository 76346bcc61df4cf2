//! `/plugins/<project>/reviews`: what people say of a plugin, and what they, its maintainers and
//! moderators do with it.

pub mod acts;
pub mod moderation;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fapilog_package::name::ProjectName;

use crate::clock;
use crate::error::MarketError;
use crate::handlers::frame::Frame;
use crate::handlers::page::{PageError, PathParts};
use crate::market::Market;
use crate::principal::Principal;
use crate::publish::rank;
use crate::queries::projects;
use crate::queries::releases;
use crate::queries::reviews::{self, ReviewRow};
use crate::rating::Stars;
use crate::rights;

/// Reviews on one page; few plugins get more.
const SHOWN: i64 = 100;

/// Reasons for a report, as words and as people read them.
pub const REASONS: [(&str, &str); 5] = [
    ("spam", "Advertising or spam"),
    ("abuse", "Insults or threats"),
    ("untrue", "About something else, or untrue"),
    ("private", "Private data"),
    ("malware", "Harmful code"),
];

#[derive(Template)]
#[template(path = "reviews/reviews.html")]
struct ReviewsPage {
    frame: Frame,
    project: String,
    rating: RatingBox,
    reviews: Vec<ShownReview>,
    own: OwnReview,
    is_maintainer: bool,
    versions: Vec<String>,
    reasons: [(&'static str, &'static str); 5],
    /// Whether a shown review is that of a verified install.
    has_verified: bool,
}

/// All ratings together, as pages show them.
#[derive(Debug, Clone, Default)]
pub struct RatingBox {
    /// The mean, or nothing.
    pub mean: Option<String>,
    /// How many ratings count.
    pub count: u64,
    /// Five stars first: stars, count, share in percent.
    pub bars: Vec<(u8, u64, u64)>,
}

impl RatingBox {
    /// Reads what counts.
    #[must_use]
    pub fn new(stars: &Stars) -> Self {
        let count = stars.ratings();
        let bars = (1_u8..)
            .zip(stars.counts)
            .collect::<Vec<_>>()
            .into_iter()
            .rev();
        Self {
            mean: stars.mean().map(|mean| format!("{mean:.1}")),
            count,
            bars: bars
                .map(|(stars, times)| (stars, times, times * 100 / count.max(1)))
                .collect(),
        }
    }
}

struct ShownReview {
    row: ReviewRow,
    written: String,
    edited: Option<String>,
    is_own: bool,
    earlier: Vec<Earlier>,
}

struct Earlier {
    version: String,
    stars: i64,
    text: String,
    until: String,
}

/// What the form begins with.
#[derive(Default)]
struct OwnReview {
    exists: bool,
    is_held: bool,
    is_hidden: bool,
    stars: i64,
    version: String,
    text: String,
}

/// `GET /plugins/{project}/reviews`.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    PathParts(given): PathParts<String>,
    principal: Principal,
    frame: Frame,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    show(&market, &principal, frame, &project, None).await
}

/// The project that a path names, in its normal spelling.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn known_project(market: &Market, given: &str) -> Result<String, MarketError> {
    let unknown = || MarketError::not_found("There is no plugin of this name here.");
    let name = ProjectName::parse(given).map_err(|_| unknown())?;
    let found = projects::find(&*market.database, name.as_str()).await?;
    let found = found.filter(|project| project.is_plugin == 1);
    found.map(|project| project.name).ok_or_else(unknown)
}

/// Shows the page; with what just failed, and what was written, when something did.
async fn show(
    market: &Market,
    principal: &Principal,
    frame: Frame,
    project: &str,
    draft: Option<OwnReview>,
) -> Result<Response, PageError> {
    let user = principal.user().ok();
    let mut connection = market.database.acquire().await.map_err(MarketError::from)?;
    let mut stars = Stars::default();
    for (value, count) in reviews::stars(&mut connection, project).await? {
        stars.add(value, u64::try_from(count).unwrap_or(0));
    }
    let (mut own, mut is_maintainer) = (OwnReview::default(), false);
    if let Some(user) = user {
        is_maintainer = rights::project_role(&mut connection, project, &user.user_id)
            .await?
            .is_some();
        if let Some(row) = reviews::by_author(&mut connection, project, &user.user_id).await? {
            own = OwnReview {
                exists: true,
                is_held: row.state == "held",
                is_hidden: row.state == "hidden",
                stars: row.stars,
                version: row.version,
                text: row.text,
            };
        }
    }
    let mut versions = releases::versions(&market.database, project).await?;
    versions.sort_by_cached_key(|version| std::cmp::Reverse(rank(version).1));
    drop(connection);
    let rows = reviews::of_project(&market.database, project, (i64::MAX, ""), SHOWN).await?;
    let mut shown = Vec::new();
    for row in rows {
        shown.push(shown_review(market, row, user.map(|user| user.user_id.as_str())).await?);
    }
    let error = frame.error.clone();
    let page = ReviewsPage {
        project: project.to_owned(),
        rating: RatingBox::new(&stars),
        has_verified: shown.iter().any(|one| one.row.verified_install.is_some()),
        reviews: shown,
        is_maintainer,
        own: draft.unwrap_or(own),
        versions,
        reasons: REASONS,
        frame,
    };
    Frame::render(error.as_ref(), &page).map(IntoResponse::into_response)
}

async fn shown_review(
    market: &Market,
    row: ReviewRow,
    reader: Option<&str>,
) -> Result<ShownReview, MarketError> {
    let earlier = match row.edited_us {
        None => Vec::new(),
        Some(_) => reviews::history(&market.database, &row.id).await?,
    };
    let earlier = earlier
        .into_iter()
        .map(|(version, stars, text, until_us)| Earlier {
            version,
            stars,
            text,
            until: clock::date(until_us),
        });
    Ok(ShownReview {
        written: clock::date(row.created_us),
        edited: row.edited_us.map(clock::date),
        is_own: reader == Some(row.user_id.as_str()),
        earlier: earlier.collect(),
        row,
    })
}

/// So many stars, for the eye.
#[must_use]
pub fn drawn(stars: &i64) -> String {
    let full = usize::try_from(*stars).unwrap_or(0).min(5);
    "★".repeat(full) + &"☆".repeat(5 - full)
}
