//! Routes of the catalogue: pages on which people find plugins, what other sites embed, the JSON API,
//! and reviews.

use crate::handlers::reviews::{self, acts, moderation};
use crate::handlers::{
    api, assets, badges, catalogue, compare, constraints, feeds, front, plugin, publisher,
};
use crate::rate_limit::Limit;
use crate::routes::Routes;
use crate::routes::right::{OrganisationRole, ProjectRole, Right, TokenAction};
use crate::routes::rule::{Cache, Csrf, Face, Rule};

/// A page that is the same for everybody.
const fn page(path: &'static str, limit: Limit) -> Rule {
    Rule::get(path, Right::Anyone, Cache::Revalidate, limit)
}

/// A form of somebody who is known.
const fn form(path: &'static str, right: Right) -> Rule {
    Rule::post(path, right, Csrf::Form, Limit::Account)
}

/// Adds them all.
pub fn add(routes: &mut Routes) {
    pages(routes);
    embedded(routes);
    interface(routes);
    webhooks(routes);
    receipts(routes);
    said_of_plugins(routes);
}

fn pages(routes: &mut Routes) {
    routes.add(page("/", Limit::Free), front::get);
    routes.add(page("/plugins", Limit::Free), catalogue::without_slash);
    routes.add(page("/plugins/", Limit::Search), catalogue::get);
    routes.add(page("/plugins/{name}", Limit::Free), plugin::without_slash);
    routes.add(page("/plugins/{name}/", Limit::Free), plugin::get);
    routes.add(
        page("/plugins/{name}/{version}/", Limit::Free),
        plugin::get_version,
    );
    routes.add(page("/publishers/{name}/", Limit::Free), publisher::get);
    routes.add(page("/compare", Limit::Search), compare::get);
}

fn embedded(routes: &mut Routes) {
    let file = |path| page(path, Limit::Free).with_face(Face::Json);
    let seconds = |path, seconds| {
        Rule::get(path, Right::Anyone, Cache::Seconds(seconds), Limit::Free).with_face(Face::Json)
    };
    // Style and script have a new address with new contents.
    routes.add(seconds("/static/{name}", 3600), assets::get);
    // Sites that show badges fetch them for every reader.
    routes.add(seconds("/badges/{name}/{file}", 300), badges::get);
    routes.add(file("/constraints/{file}"), constraints::get);
    routes.add(file("/feeds/versions.atom"), feeds::versions);
    routes.add(file("/feeds/plugins/{file}"), feeds::plugin);
    routes.add(file("/feeds/advisories.atom"), feeds::advisories);
    routes.add(file("/feeds/advisories/{file}"), feeds::advisories_of);
}

fn interface(routes: &mut Routes) {
    let api = |path, limit| page(path, limit).with_face(Face::Problem);
    routes.add(api("/api/v1/search", Limit::Search), api::search::get);
    routes.add(api("/api/v1/plugins/{name}", Limit::Api), api::plugin::get);
    routes.add(
        api("/api/v1/files/{filename}/scan", Limit::Api),
        api::file::scan,
    );
    routes.add(
        api("/api/v1/files/{filename}/sbom", Limit::Api),
        api::file::sbom,
    );
    routes.add(
        api("/api/v1/plugins/{name}/reviews", Limit::Api),
        api::reviews::get,
    );
    routes.add(api("/api/v1/resolve", Limit::Api), api::resolve::get);
    routes.add(api("/api/v1/openapi.json", Limit::Api), api::openapi::get);
}

/// Webhooks, for programs of the owners of projects and organisations.
fn webhooks(routes: &mut Routes) {
    webhooks_of(
        routes,
        Right::ProjectToken(TokenAction::Webhooks, ProjectRole::Owner),
        [
            "/api/v1/projects/{project}/webhooks",
            "/api/v1/projects/{project}/webhooks/{webhook}",
            "/api/v1/projects/{project}/webhooks/{webhook}/enable",
            "/api/v1/projects/{project}/webhooks/{webhook}/deliveries",
        ],
    );
    webhooks_of(
        routes,
        Right::OrganisationToken(TokenAction::Webhooks, OrganisationRole::Owner),
        [
            "/api/v1/organisations/{organisation}/webhooks",
            "/api/v1/organisations/{organisation}/webhooks/{webhook}",
            "/api/v1/organisations/{organisation}/webhooks/{webhook}/enable",
            "/api/v1/organisations/{organisation}/webhooks/{webhook}/deliveries",
        ],
    );
}

fn webhooks_of(
    routes: &mut Routes,
    right: Right,
    [list, one, enable, deliveries]: [&'static str; 4],
) {
    let get = |path| Rule::get(path, right, Cache::Never, Limit::Api).with_face(Face::Problem);
    let post =
        |path| Rule::post(path, right, Csrf::NoCookies, Limit::Account).with_face(Face::Problem);
    let delete = Rule::delete(one, right, Csrf::NoCookies, Limit::Account).with_face(Face::Problem);
    routes.add(get(list), api::webhooks::list);
    routes.add(post(list), api::webhooks::add);
    routes.add(delete, api::webhooks::remove);
    routes.add(post(enable), api::webhooks::enable);
    routes.add(get(deliveries), api::webhooks::deliveries);
    routes.add(post(deliveries), api::webhooks::redeliver);
}

/// What installations say. What counts is the signature in the body.
fn receipts(routes: &mut Routes) {
    const OF_ACCOUNTS: Right = Right::AccountToken(TokenAction::Receipts);
    let post = |path, right| {
        Rule::post(path, right, Csrf::NoCookies, Limit::Account).with_face(Face::Problem)
    };
    routes.add(
        post("/api/v1/receipt-keys", OF_ACCOUNTS),
        api::receipts::add_key,
    );
    routes.add(
        post("/api/v1/receipt-keys/end", Right::Anyone),
        api::receipts::end_key,
    );
    routes.add(post("/api/v1/receipts", Right::Anyone), api::receipts::post);
}

fn said_of_plugins(routes: &mut Routes) {
    let own = |path| Rule::get(path, Right::Anyone, Cache::Never, Limit::Account);
    routes.add(own("/plugins/{project}/reviews"), reviews::get);
    let known = |path| form(path, Right::SignedIn);
    routes.add(known("/plugins/{project}/reviews"), acts::write);
    routes.add(
        known("/plugins/{project}/reviews/{review}/helpful"),
        acts::helpful,
    );
    routes.add(
        known("/plugins/{project}/reviews/{review}/resolve"),
        acts::resolve,
    );
    routes.add(
        known("/plugins/{project}/reviews/{review}/remove"),
        acts::remove,
    );
    routes.add(
        known("/plugins/{project}/reviews/{review}/report"),
        acts::report,
    );
    routes.add(known("/plugins/{project}/report"), acts::report_plugin);
    routes.add(
        form(
            "/plugins/{project}/reviews/{review}/reply",
            Right::Project(ProjectRole::Maintainer),
        ),
        acts::reply,
    );
    let moderator = Rule::get(
        "/moderation/reviews",
        Right::Moderator,
        Cache::Never,
        Limit::Account,
    );
    routes.add(moderator, moderation::get);
    let decision = |path| form(path, Right::Moderator);
    routes.add(decision("/moderation/reviews/{review}"), moderation::decide);
    routes.add(
        decision("/moderation/reports/{project}"),
        moderation::settle_plugin,
    );
}
