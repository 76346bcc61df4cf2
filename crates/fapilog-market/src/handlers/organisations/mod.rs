//! `/organisations`: publishers that several people speak for.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use sqlx::AnyConnection;

use crate::account_name::AccountName;
use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::fields::Fields;
use crate::handlers::account::save_profile;
use crate::handlers::frame::{Frame, done};
use crate::handlers::page::{PageError, PathParts};
use crate::handlers::sign_in::sign_up::taken;
use crate::market::Market;
use crate::queries::ownership::{self, OwnerRow};
use crate::queries::publishers::{self, MemberRow, PublisherRow};
use crate::queries::sessions::SignedInRow;
use crate::queries::users::{self, UserRow};
use crate::routes::right::OrganisationRole;

/// Most organisations that one account may own: names are for use.
const MAX_OWNED: usize = 10;

#[derive(Template)]
#[template(path = "organisations/list.html")]
struct ListPage {
    frame: Frame,
    organisations: Vec<MemberRow>,
}

#[derive(Template)]
#[template(path = "organisations/organisation.html")]
struct Page {
    frame: Frame,
    publisher: PublisherRow,
    members: Vec<MemberRow>,
    projects: Vec<OwnerRow>,
    is_owner: bool,
    roles: &'static [OrganisationRole],
}

/// `GET /organisations`: those that somebody belongs to.
///
/// # Errors
///
/// `internal`.
pub async fn list(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
) -> Result<Response, PageError> {
    show_list(&market, &session, frame).await
}

async fn show_list(
    market: &Market,
    session: &SignedInRow,
    frame: Frame,
) -> Result<Response, PageError> {
    let organisations = publishers::organisations_of(&market.database, &session.user_id).await?;
    let error = frame.error.clone();
    let page = ListPage {
        frame,
        organisations,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /organisations`: makes one, with its maker as the owner.
///
/// # Errors
///
/// `internal`.
pub async fn create(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    match insert(&market, &session, &fields, client).await {
        Ok(name) => Ok(done(&format!("/organisations/{name}"), "added")),
        Err(error) => show_list(&market, &session, frame.with(Some(error))).await,
    }
}

async fn insert(
    market: &Market,
    session: &SignedInRow,
    fields: &Fields,
    client: ClientAddress,
) -> Result<AccountName, MarketError> {
    let name = AccountName::parse(fields.raw("name"))?;
    let own = publishers::organisations_of(&market.database, &session.user_id).await?;
    let owned = own.iter().filter(|row| row.role == "owner").count();
    if owned >= MAX_OWNED {
        return Err(MarketError::new(
            StatusCode::CONFLICT,
            "too-many-organisations",
            format!("you own {MAX_OWNED} organisations already"),
            "ask a moderator if you need more",
        ));
    }
    let mut transaction = market.database.begin().await?;
    let now_us = clock::now_us();
    let inserted =
        publishers::insert_organisation(&mut transaction, name.as_str(), &session.user_id, now_us);
    match inserted.await {
        Ok(()) => {}
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            return Err(taken(name.as_str()));
        }
        Err(error) => return Err(error.into()),
    }
    event(session, Action::OrganisationCreated, client, name.as_str())
        .record(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(name)
}

fn event(
    session: &SignedInRow,
    action: Action,
    client: ClientAddress,
    organisation: &str,
) -> Event {
    Event::new(Actor::User(session.name.clone()), action, client).about_publisher(organisation)
}

/// `GET /organisations/{organisation}`, for its members.
///
/// # Errors
///
/// `internal`.
pub async fn get(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    PathParts(organisation): PathParts<String>,
) -> Result<Response, PageError> {
    show(&market, &session, frame, &organisation).await
}

async fn show(
    market: &Market,
    session: &SignedInRow,
    frame: Frame,
    organisation: &str,
) -> Result<Response, PageError> {
    let missing = || MarketError::not_found("There is no organisation of this name.");
    let publisher = publishers::find(&market.database, organisation).await?;
    let publisher = publisher.ok_or_else(missing)?;
    let mut connection = market.database.acquire().await?;
    let members = publishers::members(&mut connection, organisation).await?;
    drop(connection);
    let own = members.iter().find(|row| row.user_id == session.user_id);
    let error = frame.error.clone();
    let page = Page {
        frame,
        is_owner: own.is_some_and(|row| row.role == OrganisationRole::Owner.word()),
        projects: ownership::projects_of_publisher(&market.database, organisation).await?,
        publisher,
        members,
        roles: OrganisationRole::ALL,
    };
    Frame::render(error.as_ref(), &page)
}

/// `POST /organisations/{organisation}/profile`.
///
/// # Errors
///
/// `internal`.
pub async fn describe(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    PathParts(organisation): PathParts<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    match save_profile(&market, &organisation, &fields).await {
        Ok(()) => Ok(done(&format!("/organisations/{organisation}"), "described")),
        Err(error) => show(&market, &session, frame.with(Some(error)), &organisation).await,
    }
}

/// `POST /organisations/{organisation}/members`: gives somebody a role, or takes them out.
///
/// # Errors
///
/// `internal`.
pub async fn set_member(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    PathParts(organisation): PathParts<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    match change_member(&market, &session, &organisation, &fields, client).await {
        Ok(()) => Ok(done(&format!("/organisations/{organisation}"), "saved")),
        Err(error) => show(&market, &session, frame.with(Some(error)), &organisation).await,
    }
}

async fn change_member(
    market: &Market,
    session: &SignedInRow,
    organisation: &str,
    fields: &Fields,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let user = named_user(market, &fields.line("name")).await?;
    let role = OrganisationRole::parse(fields.raw("role"));
    let mut transaction = market.database.begin().await?;
    let action = match role {
        Some(role) => {
            publishers::set_member(&mut transaction, organisation, &user.id, role.word()).await?;
            Action::MemberSet
        }
        None => {
            publishers::remove_member(&mut transaction, organisation, &user.id).await?;
            Action::MemberRemoved
        }
    };
    require_owner(&mut transaction, organisation).await?;
    let detail = format!("{} {}", user.name, role.map_or("", OrganisationRole::word));
    event(session, action, client, organisation)
        .about_user(&user.id)
        .with(detail.trim())
        .record(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Within the transaction that changes something: somebody must still own the organisation.
async fn require_owner(
    connection: &mut AnyConnection,
    organisation: &str,
) -> Result<(), MarketError> {
    let members = publishers::members(connection, organisation).await?;
    let owned = members.iter().any(|row| row.role == "owner");
    if owned {
        return Ok(());
    }
    Err(MarketError::new(
        StatusCode::CONFLICT,
        "last-owner",
        format!("`{organisation}` would be left without an owner"),
        "make somebody else its owner first",
    ))
}

/// `POST /organisations/{organisation}/leave`.
///
/// # Errors
///
/// `internal`.
pub async fn leave(
    State(market): State<Market>,
    session: SignedInRow,
    frame: Frame,
    client: ClientAddress,
    PathParts(organisation): PathParts<String>,
) -> Result<Response, PageError> {
    match remove_self(&market, &session, &organisation, client).await {
        Ok(()) => Ok(done("/organisations", "left")),
        Err(error) => show(&market, &session, frame.with(Some(error)), &organisation).await,
    }
}

async fn remove_self(
    market: &Market,
    session: &SignedInRow,
    organisation: &str,
    client: ClientAddress,
) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    publishers::remove_member(&mut transaction, organisation, &session.user_id).await?;
    require_owner(&mut transaction, organisation).await?;
    event(session, Action::MemberRemoved, client, organisation)
        .about_user(&session.user_id)
        .record(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// The account that a form names; names are public.
///
/// # Errors
///
/// `unknown-account`, `internal`.
pub async fn named_user(market: &Market, name: &str) -> Result<UserRow, MarketError> {
    let name = name.to_lowercase();
    let user = users::by_name(&market.database, &name).await?;
    user.ok_or_else(|| {
        let shown = fapilog_package::name::shorten(&name);
        MarketError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknown-account",
            format!("There is no account `{shown}`"),
            "They make one at `/sign-up`",
        )
    })
}
