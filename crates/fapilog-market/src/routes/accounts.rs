//! Routes for people who are known: accounts, organisations, projects, and who runs the place.

use crate::handlers::account::{
    self, deletion, email, passkeys, password, projects, receipts, recovery_codes, tokens, totp,
};
use crate::handlers::manage::{releases, status, trusted};
use crate::handlers::moderation::{overview, project};
use crate::handlers::sign_in::{self, oidc as elsewhere, passkey, recover, second_factor, sign_up};
use crate::handlers::{audit, manage, moderation, oidc, organisations, webhooks};
use crate::rate_limit::Limit;
use crate::routes::Routes;
use crate::routes::right::{OrganisationRole, ProjectRole, Right};
use crate::routes::rule::{Cache, Csrf, Face, Rule};

/// A page that is made for one person.
const fn page(path: &'static str, right: Right) -> Rule {
    Rule::get(path, right, Cache::Never, Limit::Account)
}

/// A form of somebody who is known.
const fn form(path: &'static str, right: Right) -> Rule {
    Rule::post(path, right, Csrf::Form, Limit::Account)
}

/// A form that tries a secret or makes an account.
const fn attempt(path: &'static str, right: Right) -> Rule {
    Rule::post(path, right, Csrf::Form, Limit::Credentials)
}

/// Adds them all.
pub fn add(routes: &mut Routes) {
    coming_and_going(routes);
    own_account(routes);
    publishers(routes);
    told(routes);
    trusted_publishing(routes);
    running_the_place(routes);
}

fn coming_and_going(routes: &mut Routes) {
    const ANYONE: Right = Right::Anyone;
    routes.add(page("/sign-up", ANYONE), sign_up::get);
    routes.add(attempt("/sign-up", ANYONE), sign_up::post);
    routes.add(page("/sign-in", ANYONE), sign_in::get);
    routes.add(attempt("/sign-in", ANYONE), sign_in::post);
    routes.add(page("/sign-in/second-factor", ANYONE), second_factor::get);
    routes.add(
        attempt("/sign-in/second-factor", ANYONE),
        second_factor::post,
    );
    let question = |path| attempt(path, ANYONE).with_face(Face::Json);
    routes.add(question("/sign-in/passkey/begin"), passkey::begin);
    routes.add(attempt("/sign-in/passkey", ANYONE), passkey::post);
    routes.add(
        question("/sign-in/second-factor/passkey/begin"),
        passkey::begin_second,
    );
    routes.add(
        attempt("/sign-in/second-factor/passkey", ANYONE),
        passkey::post_second,
    );
    let visit = |path| Rule::get(path, ANYONE, Cache::Never, Limit::Credentials);
    routes.add(visit("/sign-in/oidc"), elsewhere::begin);
    routes.add(visit("/sign-in/oidc/callback"), elsewhere::callback);
    routes.add(form("/sign-out", ANYONE), sign_in::sign_out);
    routes.add(page("/recover", ANYONE), recover::get);
    routes.add(attempt("/recover", ANYONE), recover::post);
    routes.add(page("/recover/set", ANYONE), recover::set_page);
    routes.add(attempt("/recover/set", ANYONE), recover::set);
    routes.add(
        Rule::get("/verify-email", ANYONE, Cache::Never, Limit::Credentials),
        email::verify,
    );
}

fn own_account(routes: &mut Routes) {
    const SIGNED_IN: Right = Right::SignedIn;
    routes.add(page("/account", SIGNED_IN), account::get);
    routes.add(form("/account/profile", SIGNED_IN), account::describe);
    routes.add(form("/account/email", SIGNED_IN), email::post);
    routes.add(form("/account/password", SIGNED_IN), password::post);
    routes.add(page("/account/totp", SIGNED_IN), totp::get);
    routes.add(form("/account/totp", SIGNED_IN), totp::post);
    routes.add(form("/account/totp/remove", SIGNED_IN), totp::remove);
    routes.add(page("/account/passkeys", SIGNED_IN), passkeys::get);
    routes.add(form("/account/passkeys", SIGNED_IN), passkeys::post);
    routes.add(
        form("/account/passkeys/begin", SIGNED_IN).with_face(Face::Json),
        passkeys::begin,
    );
    routes.add(
        form("/account/passkeys/remove", SIGNED_IN),
        passkeys::remove,
    );
    routes.add(
        form("/account/recovery-codes", SIGNED_IN),
        recovery_codes::post,
    );
    routes.add(
        form("/account/sessions/end", SIGNED_IN),
        account::end_session,
    );
    routes.add(form("/account/delete", SIGNED_IN), deletion::post);
    routes.add(page("/account/tokens", SIGNED_IN), tokens::get);
    routes.add(form("/account/tokens", SIGNED_IN), tokens::post);
    routes.add(form("/account/tokens/revoke", SIGNED_IN), tokens::revoke);
    routes.add(page("/account/projects", SIGNED_IN), projects::get);
    routes.add(page("/account/receipts", SIGNED_IN), receipts::get);
    routes.add(
        form("/account/receipts/key", SIGNED_IN),
        receipts::remove_key,
    );
    routes.add(
        form("/account/receipts/remove", SIGNED_IN),
        receipts::remove,
    );
    routes.add(
        form("/account/receipts/forget", SIGNED_IN),
        receipts::forget,
    );
    routes.add(page("/account/audit", SIGNED_IN), audit::own);
}

fn publishers(routes: &mut Routes) {
    const MEMBER: Right = Right::Organisation(OrganisationRole::Member);
    const OWNER: Right = Right::Organisation(OrganisationRole::Owner);
    const MAINTAINER: Right = Right::Project(ProjectRole::Maintainer);
    const PROJECT_OWNER: Right = Right::Project(ProjectRole::Owner);
    routes.add(page("/organisations", Right::SignedIn), organisations::list);
    routes.add(
        form("/organisations", Right::SignedIn),
        organisations::create,
    );
    routes.add(
        page("/organisations/{organisation}", MEMBER),
        organisations::get,
    );
    routes.add(
        page("/organisations/{organisation}/audit", OWNER),
        audit::of_organisation,
    );
    routes.add(
        form("/organisations/{organisation}/profile", OWNER),
        organisations::describe,
    );
    routes.add(
        form("/organisations/{organisation}/members", OWNER),
        organisations::set_member,
    );
    routes.add(
        form("/organisations/{organisation}/leave", MEMBER),
        organisations::leave,
    );
    routes.add(page("/manage/{project}", MAINTAINER), manage::get);
    routes.add(
        page("/manage/{project}/audit", PROJECT_OWNER),
        audit::of_project,
    );
    routes.add(form("/manage/{project}/yank", MAINTAINER), releases::yank);
    routes.add(form("/manage/{project}/status", PROJECT_OWNER), status::set);
    routes.add(
        form("/manage/{project}/collaborators", PROJECT_OWNER),
        manage::set_collaborator,
    );
    routes.add(
        form("/manage/{project}/trusted-publishers", PROJECT_OWNER),
        trusted::post,
    );
    routes.add(
        form("/manage/{project}/transfer", PROJECT_OWNER),
        manage::transfer,
    );
}

/// Webhooks of projects and of organisations.
fn told(routes: &mut Routes) {
    const PROJECT: Right = Right::Project(ProjectRole::Owner);
    const ORGANISATION: Right = Right::Organisation(OrganisationRole::Owner);
    for (list, one, right) in [
        (
            "/manage/{project}/webhooks",
            "/manage/{project}/webhooks/{webhook}",
            PROJECT,
        ),
        (
            "/organisations/{organisation}/webhooks",
            "/organisations/{organisation}/webhooks/{webhook}",
            ORGANISATION,
        ),
    ] {
        routes.add(page(list, right), webhooks::list);
        routes.add(form(list, right), webhooks::add);
        routes.add(page(one, right), webhooks::get);
        routes.add(form(one, right), webhooks::act);
    }
}

/// What CI jobs ask; nothing of them is a cookie.
fn trusted_publishing(routes: &mut Routes) {
    routes.add(
        page("/_/oidc/audience", Right::Anyone).with_face(Face::Json),
        oidc::get_audience,
    );
    routes.add(
        Rule::post(
            "/_/oidc/mint-token",
            Right::Anyone,
            Csrf::NoCookies,
            Limit::Account,
        )
        .with_face(Face::Json),
        oidc::mint_token,
    );
}

fn running_the_place(routes: &mut Routes) {
    const MODERATOR: Right = Right::Moderator;
    const ADMINISTRATOR: Right = Right::Administrator;
    routes.add(page("/moderation", MODERATOR), overview::get);
    routes.add(page("/moderation/projects", MODERATOR), overview::find);
    routes.add(form("/moderation/judgements", MODERATOR), overview::retry);
    routes.add(
        page("/moderation/projects/{project}", MODERATOR),
        project::get,
    );
    routes.add(
        form("/moderation/projects/{project}/release", MODERATOR),
        project::release,
    );
    routes.add(
        form("/moderation/projects/{project}/status", MODERATOR),
        project::status,
    );
    routes.add(
        page("/moderation/publishers", MODERATOR),
        moderation::publishers_page,
    );
    routes.add(
        form("/moderation/publishers/verify", MODERATOR),
        moderation::verify,
    );
    routes.add(
        form("/moderation/prefixes", MODERATOR),
        moderation::set_prefix,
    );
    routes.add(
        page("/administration/accounts", ADMINISTRATOR),
        moderation::accounts_page,
    );
    routes.add(
        form("/administration/accounts/role", ADMINISTRATOR),
        moderation::set_role,
    );
    routes.add(page("/administration/audit", ADMINISTRATOR), audit::all);
}
