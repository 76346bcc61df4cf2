//! What people do with reviews: write, edit, take back, find helpful, mark as resolved, answer, report.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::catalogue::entry::project_changed;
use crate::clock;
use crate::daily;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::{PageError, PathParts};
use crate::handlers::reviews::{OwnReview, REASONS, known_project, show};
use crate::market::Market;
use crate::principal::Principal;
use crate::queries::reports::{self, ReportRow};
use crate::queries::reviews::{self, NewReviewRow, ReviewRow};
use crate::queries::sessions::SignedInRow;
use crate::queries::{releases, users};
use crate::review::{
    Admission, Circumstances, Draft, MAX_REPORTS_A_DAY, MAX_TEXT, MAX_VOTES_A_DAY, admit,
    admit_edit, check_voter,
};
use crate::rights;
use crate::secret::new_id;

const DAY_US: i64 = 86_400_000_000;

fn page_of(project: &str) -> String {
    format!("/plugins/{project}/reviews")
}

/// `POST /plugins/{project}/reviews`: writes the account's review, or edits it.
///
/// # Errors
///
/// `not-found`, `forbidden`, `too-many-reviews`, `too-many-edits`, `internal`; what is wrong with the review is shown in
/// the page.
pub async fn write(
    State(market): State<Market>,
    PathParts(given): PathParts<String>,
    principal: Principal,
    frame: Frame,
    fields: Fields,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    let user = principal.user()?;
    let version = fields.line("version");
    let text = fields.raw("text").replace('\r', "");
    let stars = fields.line("stars").parse().unwrap_or(0);
    match written(&market, user, &project, stars, &version, &text).await {
        Ok(()) => Ok(done(&page_of(&project), "saved")),
        Err(error) if error.status.is_server_error() => Err(error.into()),
        Err(error) => {
            let draft = OwnReview {
                stars,
                version,
                text,
                ..OwnReview::default()
            };
            show(
                &market,
                &principal,
                frame.with(Some(error)),
                &project,
                Some(draft),
            )
            .await
        }
    }
}

async fn written(
    market: &Market,
    user: &SignedInRow,
    project: &str,
    stars: i64,
    version: &str,
    text: &str,
) -> Result<(), MarketError> {
    let draft = Draft::new(stars, version, text)?;
    if !releases::versions(&market.database, project)
        .await?
        .contains(&draft.version)
    {
        return Err(MarketError::bad_request(
            "bad-review",
            "the version isn't one of this plugin",
            "choose the version that you use",
        ));
    }
    let now_us = clock::now_us();
    let account_created_us = account_created_us(market, user).await?;
    let mut transaction = market.database.begin().await?;
    if rights::project_role(&mut transaction, project, &user.user_id)
        .await?
        .is_some()
    {
        return Err(rights::forbidden(
            "maintainers don't review their own plugin",
        ));
    }
    match reviews::by_author(&mut transaction, project, &user.user_id).await? {
        Some(old) => {
            let (today, ever) = reviews::edits(&mut transaction, &old.id, now_us - DAY_US).await?;
            let admission = admit_edit(today, ever, account_created_us, now_us)?;
            reviews::edit(&mut transaction, &old, &draft, now_us).await?;
            if let Admission::Held(reason) = admission
                && old.state == "visible"
            {
                reviews::set_state(&mut transaction, &old.id, "held", reason).await?;
            }
        }
        None => {
            let since = now_us - DAY_US;
            let lately = reviews::lately(&mut transaction, project, &user.user_id, since).await?;
            let circumstances = Circumstances {
                account_created_us,
                by_author: lately.0,
                of_plugin: lately.1,
            };
            let (state, state_reason) = match admit(circumstances, now_us)? {
                Admission::Visible => ("visible", ""),
                Admission::Held(reason) => ("held", reason),
            };
            let row = NewReviewRow {
                id: new_id()?,
                project: project.to_owned(),
                user_id: user.user_id.clone(),
                version: draft.version,
                stars: draft.stars,
                text: draft.text,
                state,
                state_reason,
                created_us: now_us,
            };
            reviews::insert(&mut transaction, &row).await?;
        }
    }
    project_changed(&mut transaction, project).await?;
    Ok(transaction.commit().await?)
}

/// When an account was made; now for one that was deleted a moment ago.
async fn account_created_us(market: &Market, user: &SignedInRow) -> Result<i64, MarketError> {
    let account = users::find(&market.database, &user.user_id).await?;
    Ok(account.map_or_else(clock::now_us, |account| account.created_us))
}

/// What a path names.
type Named = PathParts<(String, String)>;

async fn find(
    connection: &mut sqlx::AnyConnection,
    project: &str,
    id: &str,
) -> Result<ReviewRow, MarketError> {
    let row = reviews::find(connection, id).await?;
    let row = row.filter(|row| row.project == project && row.state != "hidden");
    row.ok_or_else(|| MarketError::not_found("There is no such review here."))
}

/// `POST /plugins/{project}/reviews/{review}/helpful`: one vote for each account; again takes it back.
///
/// # Errors
///
/// `not-found`, `forbidden` for one's own review, `account-too-new`, `too-many-votes`, `internal`.
pub async fn helpful(
    State(market): State<Market>,
    PathParts((given, id)): Named,
    principal: Principal,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    let user = principal.user()?;
    let mut connection = market.database.acquire().await.map_err(MarketError::from)?;
    let row = find(&mut connection, &project, &id).await?;
    if row.user_id == user.user_id {
        return Err(rights::forbidden("nobody votes for their own review").into());
    }
    drop(connection);
    check_voter(account_created_us(&market, user).await?, clock::now_us())?;
    if !daily::count(&market, "votes", &user.user_id, MAX_VOTES_A_DAY).await? {
        return Err(MarketError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-votes",
            format!("{MAX_VOTES_A_DAY} votes in a day are enough"),
            "come back tomorrow",
        )
        .into());
    }
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    reviews::vote(&mut transaction, &row.id, &user.user_id).await?;
    transaction.commit().await?;
    Ok(done(&page_of(&project), "saved"))
}

/// `POST /plugins/{project}/reviews/{review}/resolve`: its author says that it was resolved, or not.
///
/// # Errors
///
/// `not-found`, `forbidden`, `internal`.
pub async fn resolve(
    State(market): State<Market>,
    PathParts((given, id)): Named,
    principal: Principal,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    let user = principal.user()?;
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    let row = find(&mut transaction, &project, &id).await?;
    if row.user_id != user.user_id {
        return Err(rights::forbidden("only its author can say that a review is resolved").into());
    }
    let resolved_us = row.resolved_us.is_none().then(clock::now_us);
    reviews::resolve(&mut transaction, &row.id, resolved_us).await?;
    project_changed(&mut transaction, &project).await?;
    transaction.commit().await?;
    Ok(done(&page_of(&project), "saved"))
}

/// `POST /plugins/{project}/reviews/{review}/remove`: its author takes it back.
///
/// # Errors
///
/// `not-found`, `forbidden`, `internal`.
pub async fn remove(
    State(market): State<Market>,
    PathParts((given, id)): Named,
    principal: Principal,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    let user = principal.user()?;
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    let row = find(&mut transaction, &project, &id).await?;
    if row.user_id != user.user_id {
        return Err(rights::forbidden("only its author can take a review back").into());
    }
    reviews::delete(&mut transaction, &row.id).await?;
    project_changed(&mut transaction, &project).await?;
    transaction.commit().await?;
    Ok(done(&page_of(&project), "removed"))
}

/// `POST /plugins/{project}/reviews/{review}/reply`: maintainers answer; an empty answer takes it back.
///
/// # Errors
///
/// `not-found`, `bad-review`, `internal`.
pub async fn reply(
    State(market): State<Market>,
    PathParts((given, id)): Named,
    principal: Principal,
    fields: Fields,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    let user = principal.user()?;
    let text = fields.raw("text").replace('\r', "");
    let text: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect();
    if text.chars().count() > MAX_TEXT {
        let message = format!("at most {MAX_TEXT} characters fit");
        return Err(
            MarketError::bad_request("bad-review", message, "say it in fewer words").into(),
        );
    }
    let mut transaction = market.database.begin().await.map_err(MarketError::from)?;
    let row = find(&mut transaction, &project, &id).await?;
    let answer = (!text.is_empty()).then_some(text.as_str());
    reviews::reply(
        &mut transaction,
        &row.id,
        answer,
        &user.name,
        clock::now_us(),
    )
    .await?;
    transaction.commit().await?;
    Ok(done(&page_of(&project), "saved"))
}

/// `POST /plugins/{project}/reviews/{review}/report`: somebody finds a review wrong.
///
/// # Errors
///
/// `not-found`, `bad-report`, `too-many-reports`, `internal`.
pub async fn report(
    State(market): State<Market>,
    PathParts((given, id)): Named,
    principal: Principal,
    fields: Fields,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    let user = principal.user()?;
    let mut connection = market.database.acquire().await.map_err(MarketError::from)?;
    let row = find(&mut connection, &project, &id).await?;
    drop(connection);
    store_report(&market, user, "review", &row.id, &fields).await?;
    Ok(done(&page_of(&project), "saved"))
}

/// `POST /plugins/{project}/report`: somebody finds a plugin wrong.
///
/// # Errors
///
/// `not-found`, `bad-report`, `too-many-reports`, `internal`.
pub async fn report_plugin(
    State(market): State<Market>,
    PathParts(given): PathParts<String>,
    principal: Principal,
    fields: Fields,
) -> Result<Response, PageError> {
    let project = known_project(&market, &given).await?;
    store_report(&market, principal.user()?, "plugin", &project, &fields).await?;
    Ok(done(&page_of(&project), "saved"))
}

async fn store_report(
    market: &Market,
    user: &SignedInRow,
    about: &str,
    subject: &str,
    fields: &Fields,
) -> Result<(), MarketError> {
    let reason = fields.line("reason");
    if !REASONS.iter().any(|(word, _)| *word == reason) {
        let known: Vec<&str> = REASONS.iter().map(|(word, _)| *word).collect();
        return Err(MarketError::bad_request(
            "bad-report",
            format!("the reason is none of {}", known.join(", ")),
            "choose a reason",
        ));
    }
    if !daily::count(market, "reports", &user.user_id, MAX_REPORTS_A_DAY).await? {
        return Err(MarketError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-reports",
            format!("{MAX_REPORTS_A_DAY} reports in a day are enough"),
            "come back tomorrow; what is urgent can be told to those who run the marketplace",
        ));
    }
    let row = ReportRow {
        id: new_id()?,
        about: about.to_owned(),
        subject: subject.to_owned(),
        user_id: user.user_id.clone(),
        reason,
        text: fields.line("text").chars().take(500).collect(),
        created_us: clock::now_us(),
    };
    Ok(reports::insert(&market.database, &row).await?)
}
