//! Who may do what with projects and organisations.

use axum::http::StatusCode;
use fapilog_package::name::ProjectName;
use sqlx::AnyConnection;

use crate::audit::{Action, Event};
use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::ownership::{self, PartRow};
use crate::queries::publishers;
use crate::queries::sessions::SignedInRow;
use crate::queries::tokens::TokenRow;
use crate::queries::users;
use crate::routes::right::{OrganisationRole, ProjectRole, TokenAction};
use crate::token::Scope;

/// A right that somebody doesn't have.
#[must_use]
pub fn forbidden(message: &str) -> MarketError {
    MarketError::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        message,
        "ask an owner to give you the right",
    )
}

/// A token that is good for something else.
#[must_use]
pub fn wrong_action(token: &TokenRow, wanted: TokenAction) -> MarketError {
    MarketError::new(
        StatusCode::FORBIDDEN,
        "token-action",
        format!("this token may `{}`, not `{wanted}`", token.action),
        "make a token for this at `/account/tokens`",
    )
}

/// The strongest role that somebody has on a project.
fn strongest(parts: &[PartRow]) -> Option<ProjectRole> {
    parts
        .iter()
        .filter_map(|part| match part.through.as_str() {
            "organisation" => match OrganisationRole::parse(&part.role)? {
                OrganisationRole::Owner => Some(ProjectRole::Owner),
                OrganisationRole::Maintainer => Some(ProjectRole::Maintainer),
                OrganisationRole::Member => None,
            },
            _ => ProjectRole::parse(&part.role),
        })
        .max()
}

/// The role of an account on a project.
///
/// # Errors
///
/// `internal`.
pub async fn project_role(
    connection: &mut AnyConnection,
    project: &str,
    user_id: &str,
) -> Result<Option<ProjectRole>, MarketError> {
    let parts = ownership::parts(connection, project, user_id).await?;
    Ok(strongest(&parts))
}

/// Whoever is signed in must have at least this role on the project.
///
/// # Errors
///
/// `forbidden`, `internal`.
pub async fn require_project(
    market: &Market,
    user: &SignedInRow,
    project: &str,
    role: ProjectRole,
) -> Result<(), MarketError> {
    let mut connection = market.database.acquire().await?;
    let own = project_role(&mut connection, project, &user.user_id).await?;
    match own {
        Some(own) if own >= role => Ok(()),
        _ => Err(forbidden("this is for those who look after the project")),
    }
}

/// Whoever is signed in must have at least this role in the organisation.
///
/// # Errors
///
/// `forbidden`, `internal`.
pub async fn require_organisation(
    market: &Market,
    user: &SignedInRow,
    organisation: &str,
    role: OrganisationRole,
) -> Result<(), MarketError> {
    require_member(market, &user.user_id, organisation, role).await
}

async fn require_member(
    market: &Market,
    user_id: &str,
    organisation: &str,
    role: OrganisationRole,
) -> Result<(), MarketError> {
    let own = publishers::member_role(&market.database, organisation, user_id).await?;
    match own.as_deref().and_then(OrganisationRole::parse) {
        Some(own) if own >= role => Ok(()),
        _ => Err(forbidden("this is for members of the organisation")),
    }
}

/// A token must cover all projects, those of the organisation among them, and whose it is must have at
/// least this role in the organisation now.
///
/// # Errors
///
/// `token-scope`, `forbidden`, `internal`.
pub async fn require_organisation_token(
    market: &Market,
    token: &TokenRow,
    organisation: &str,
    role: OrganisationRole,
) -> Result<(), MarketError> {
    if Scope::parse(&token.project)? != Scope::All {
        return Err(MarketError::new(
            StatusCode::FORBIDDEN,
            "token-scope",
            format!(
                "this token is for `{}` only, not for organisations",
                token.project
            ),
            "make a token for all projects at `/account/tokens`",
        ));
    }
    let nobody = || forbidden("this is for members of the organisation");
    let user_id = token.user_id.as_deref().ok_or_else(nobody)?;
    require_member(market, user_id, organisation, role).await
}

/// A token must cover the project, and whose it is must have at least this role on it now.
///
/// # Errors
///
/// `token-scope`, `forbidden`, `internal`.
pub async fn require_token(
    market: &Market,
    token: &TokenRow,
    project: &str,
    role: ProjectRole,
) -> Result<(), MarketError> {
    let nobody = || forbidden("this is for those who look after the project");
    let name = ProjectName::parse(project).map_err(|_| nobody())?;
    if !Scope::parse(&token.project)?.covers(&name) {
        return Err(out_of_scope(token, &name));
    }
    let user_id = token.user_id.as_deref().ok_or_else(nobody)?;
    let mut connection = market.database.acquire().await?;
    match project_role(&mut connection, project, user_id).await? {
        Some(own) if own >= role => Ok(()),
        _ => Err(nobody()),
    }
}

/// The account that a token belongs to; the operator's tokens and minted ones have none.
///
/// # Errors
///
/// `forbidden`.
pub fn require_account(token: &TokenRow) -> Result<&str, MarketError> {
    let owner = token.user_id.as_deref();
    owner.ok_or_else(|| forbidden("this is for tokens of people's accounts"))
}

fn out_of_scope(token: &TokenRow, project: &ProjectName) -> MarketError {
    let what = match TokenAction::parse(&token.action) {
        Some(TokenAction::Webhooks) => "look after webhooks of",
        _ => "upload to",
    };
    MarketError::new(
        StatusCode::FORBIDDEN,
        "token-scope",
        format!(
            "this token may {what} `{}` only, not `{project}`",
            token.project
        ),
        format!("make a token for `{project}` at `/account/tokens`"),
    )
}

/// Whether a token may upload to a project, now: a role that its owner has lost no longer counts.
/// A name that nobody has yet may be taken, unless it is reserved for others.
///
/// # Errors
///
/// `token-scope`, `not-your-project`, `reserved-name`, `internal`.
pub async fn check_upload(
    connection: &mut AnyConnection,
    token: &TokenRow,
    project: &ProjectName,
) -> Result<(), MarketError> {
    if !Scope::parse(&token.project)?.covers(project) {
        return Err(out_of_scope(token, project));
    }
    let Some(user_id) = &token.user_id else {
        // The operator's, or one that was minted for this very project.
        return Ok(());
    };
    let exists = ownership::exists(connection, project.as_str()).await?;
    if !exists {
        return check_prefix(connection, user_id, project).await;
    }
    match project_role(connection, project.as_str(), user_id).await? {
        Some(_) => Ok(()),
        None => Err(MarketError::new(
            StatusCode::FORBIDDEN,
            "not-your-project",
            format!("`{project}` belongs to somebody else"),
            "choose another name in pyproject.toml, or ask the project's owner to add you",
        )),
    }
}

/// A name that begins as one that is kept for somebody is for those who publish for them.
async fn check_prefix(
    connection: &mut AnyConnection,
    user_id: &str,
    project: &ProjectName,
) -> Result<(), MarketError> {
    let Some(prefix) = publishers::prefix_of(connection, project.as_str()).await? else {
        return Ok(());
    };
    if let Some(publisher) = &prefix.publisher
        && publishes_for(connection, user_id, publisher).await?
    {
        return Ok(());
    }
    Err(MarketError::new(
        StatusCode::FORBIDDEN,
        "reserved-name",
        format!("names that begin with `{}` are reserved", prefix.prefix),
        "choose another name in pyproject.toml",
    ))
}

/// Whether an account may publish in a publisher's name.
async fn publishes_for(
    connection: &mut AnyConnection,
    user_id: &str,
    publisher: &str,
) -> Result<bool, MarketError> {
    let role = publishers::publishing_role(connection, publisher, user_id).await?;
    Ok(role.is_some_and(|role| role == "user" || role == "owner" || role == "maintainer"))
}

/// Makes whoever uploads the first file of a project its owner, within the transaction that
/// publishes the file. A reserved name goes to whom it was reserved for.
///
/// # Errors
///
/// What [`check_upload`] reports: of two who take a name at once, one is too late.
pub async fn claim(
    connection: &mut AnyConnection,
    token: &TokenRow,
    project: &ProjectName,
) -> Result<(), MarketError> {
    check_upload(connection, token, project).await?;
    let Some(user_id) = &token.user_id else {
        return Ok(());
    };
    if ownership::exists(connection, project.as_str()).await? {
        // It may have come into being since the look before, as somebody else's.
        return check_upload(connection, token, project).await;
    }
    let prefix = publishers::prefix_of(connection, project.as_str()).await?;
    let name = users::name_of(connection, user_id).await?;
    let publisher = prefix.and_then(|prefix| prefix.publisher).or(name);
    let Some(publisher) = publisher else {
        return Err(forbidden("the account that this token belongs to is gone"));
    };
    let now_us = clock::now_us();
    if !ownership::claim(connection, project.as_str(), &publisher, now_us).await? {
        // Somebody else was quicker, and has it now.
        return check_upload(connection, token, project).await;
    }
    let actor = crate::audit::Actor::Token(token.id.clone());
    Event::new(actor, Action::ProjectClaimed, ClientAddress::default())
        .about_user(user_id)
        .about_project(project.as_str())
        .about_publisher(&publisher)
        .record(connection)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(through: &str, role: &str) -> PartRow {
        PartRow {
            through: through.to_owned(),
            role: role.to_owned(),
        }
    }

    #[test]
    fn the_strongest_of_several_roles_counts_and_members_alone_have_none() {
        assert_eq!(strongest(&[]), None);
        assert_eq!(strongest(&[part("organisation", "member")]), None);
        assert_eq!(
            strongest(&[part("project", "maintainer"), part("organisation", "owner")]),
            Some(ProjectRole::Owner)
        );
        assert_eq!(
            strongest(&[part("user", "owner")]),
            Some(ProjectRole::Owner)
        );
    }
}
