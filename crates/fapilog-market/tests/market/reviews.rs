//! Reviews: who may write what, what counts, and what moderators do.

use axum::http::StatusCode;
use fapilog_market::queries::ownership;
use fapilog_testkit::WheelBuilder;

use crate::browser::Browser;
use crate::world::{Answer, Upload, World};

const PAGE: &str = "/plugins/fapilog-acme/reviews";
const REASON: &str = "It loses records when the server restarts.";

async fn stocked() -> World {
    stocked_as(World::new().await).await
}

async fn stocked_as(world: World) -> World {
    for version in ["1.0", "2.0"] {
        let wheel = WheelBuilder::plugin("fapilog-acme", version);
        world.publish(&Upload::wheel(&wheel)).await;
    }
    world
}

/// Somebody whose account is old enough to be heard at once.
async fn known<'w>(world: &'w World, name: &str) -> Browser<'w> {
    let browser = Browser::signed_up(world, name).await;
    sqlx::query("UPDATE users SET created_us = 0 WHERE name = $1")
        .bind(name)
        .execute(&*world.market.database)
        .await
        .unwrap();
    browser
}

async fn write(browser: &mut Browser<'_>, stars: &str, text: &str) -> Answer {
    let fields = [("stars", stars), ("version", "1.0"), ("text", text)];
    browser.post(PAGE, &fields).await
}

fn saved(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

/// Reviews as the API tells them.
async fn told(world: &World) -> serde_json::Value {
    world
        .get("/api/v1/plugins/fapilog-acme/reviews", "*/*")
        .await
        .json()
}

async fn first_id(world: &World) -> String {
    told(world).await["reviews"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_review_shows_counts_and_ranks() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    saved(&write(&mut ada, "5", "").await);
    let page = told(&world).await;
    assert_eq!(page["rating"]["count"], 1);
    assert_eq!(page["rating"]["mean"], 3.8);
    assert_eq!(page["reviews"][0]["author"], "ada");
    let info = world
        .get("/api/v1/plugins/fapilog-acme", "*/*")
        .await
        .json();
    assert_eq!(info["rating"], 3.8);
    let text = world
        .get("/plugins/fapilog-acme/", "text/html")
        .await
        .text();
    assert!(text.contains("3.8 <span class=\"quiet\">of 5"), "{text}");
}

#[tokio::test]
async fn few_stars_need_words_and_what_was_written_is_not_lost() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    for (stars, text) in [("2", "bad"), ("0", REASON), ("9", REASON), ("x", REASON)] {
        let answer = write(&mut ada, stars, text).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{stars}");
        assert!(
            answer.text().contains(&format!(">{text}</textarea>")),
            "{stars}"
        );
    }
    let fields = [("stars", "5"), ("version", "9.9"), ("text", "")];
    let answer = ada.post(PAGE, &fields).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(told(&world).await["rating"]["count"], 0);
    saved(&write(&mut ada, "2", REASON).await);
}

#[tokio::test]
async fn an_account_has_one_review_and_its_earlier_words_stay() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    saved(&write(&mut ada, "1", REASON).await);
    saved(&write(&mut ada, "4", "Repaired in 2.0, thank you.").await);
    let page = told(&world).await;
    assert_eq!(page["rating"]["stars"], serde_json::json!([0, 0, 0, 1, 0]));
    let text = ada.get(PAGE).await.text();
    assert!(
        text.contains("Repaired in 2.0") && text.contains(REASON),
        "{text}"
    );
}

#[tokio::test]
async fn resolved_reviews_stay_to_be_read_and_count_no_longer() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    let mut bob = known(&world, "bob").await;
    saved(&write(&mut ada, "1", REASON).await);
    let id = first_id(&world).await;
    let refused = bob.post(&format!("{PAGE}/{id}/resolve"), &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    saved(&ada.post(&format!("{PAGE}/{id}/resolve"), &[]).await);
    let page = told(&world).await;
    assert_eq!(
        (&page["rating"]["count"], &page["reviews"][0]["resolved"]),
        (&0.into(), &true.into())
    );
    saved(&ada.post(&format!("{PAGE}/{id}/resolve"), &[]).await);
    assert_eq!(told(&world).await["rating"]["count"], 1);
}

#[tokio::test]
async fn others_find_a_review_helpful_once_and_its_author_never() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    let mut bob = known(&world, "bob").await;
    saved(&write(&mut ada, "5", "").await);
    let id = first_id(&world).await;
    let vote = format!("{PAGE}/{id}/helpful");
    assert_eq!(ada.post(&vote, &[]).await.status, StatusCode::FORBIDDEN);
    saved(&bob.post(&vote, &[]).await);
    assert_eq!(told(&world).await["reviews"][0]["helpful"], 1);
    saved(&bob.post(&vote, &[]).await);
    assert_eq!(told(&world).await["reviews"][0]["helpful"], 0);
}

#[tokio::test]
async fn crowds_and_new_accounts_wait_for_a_moderator() {
    let world = stocked().await;
    let mut fresh = Browser::signed_up(&world, "fresh").await;
    saved(&write(&mut fresh, "1", REASON).await);
    assert_eq!(told(&world).await["rating"]["count"], 0);
    assert!(
        fresh
            .get(PAGE)
            .await
            .text()
            .contains("waits for a moderator")
    );
    let mut moderator = Browser::signed_up(&world, "mod").await;
    moderator.become_site("moderator").await;
    let queue = moderator.get("/moderation/reviews").await.text();
    assert!(
        queue.contains("held: new account") && queue.contains(REASON),
        "{queue}"
    );
    let id = queue.split("/moderation/reviews/").nth(1).unwrap();
    let address = format!("/moderation/reviews/{}", &id[..id.find('"').unwrap()]);
    saved(&moderator.post(&address, &[("state", "visible")]).await);
    assert_eq!(told(&world).await["rating"]["count"], 1);
    saved(&moderator.post(&address, &[("state", "hidden")]).await);
    let page = told(&world).await;
    assert_eq!(
        (
            &page["rating"]["count"],
            page["reviews"].as_array().unwrap().len()
        ),
        (&0.into(), 0)
    );
    moderator.become_site("administrator").await;
    let log = moderator.get("/administration/audit").await.text();
    assert!(
        log.contains("review shown") && log.contains("review hidden"),
        "{log}"
    );
}

#[tokio::test]
async fn reports_reach_moderators_and_are_settled() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    let mut bob = known(&world, "bob").await;
    saved(&write(&mut ada, "5", "Buy coins at example.org").await);
    let id = first_id(&world).await;
    let wrong = bob
        .post(&format!("{PAGE}/{id}/report"), &[("reason", "x")])
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    saved(
        &bob.post(&format!("{PAGE}/{id}/report"), &[("reason", "spam")])
            .await,
    );
    let fields = [("reason", "malware"), ("text", "opens <sockets>")];
    saved(&bob.post("/plugins/fapilog-acme/report", &fields).await);
    let mut moderator = Browser::signed_up(&world, "mod").await;
    moderator.become_site("moderator").await;
    let queue = moderator.get("/moderation/reviews").await.text();
    assert!(
        queue.contains("Reported: spam") && queue.contains("opens &#60;sockets&#62;"),
        "{queue}"
    );
    saved(
        &moderator
            .post("/moderation/reports/fapilog-acme", &[])
            .await,
    );
    saved(
        &moderator
            .post(
                &format!("/moderation/reviews/{id}"),
                &[("state", "visible")],
            )
            .await,
    );
    let queue = moderator.get("/moderation/reviews").await.text();
    assert!(
        queue.contains("No review waits.") && !queue.contains("malware"),
        "{queue}"
    );
    moderator.become_site("administrator").await;
    let log = moderator.get("/administration/audit").await.text();
    assert!(log.contains("reports settled"), "{log}");
}

#[tokio::test]
async fn what_is_written_is_shown_as_text_and_nothing_of_it_acts() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    let text = "<script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\u{0}";
    saved(&write(&mut ada, "5", text).await);
    let page = ada.get(PAGE).await.text();
    assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    assert!(!page.contains("<script>") && !page.contains("<img src=x"));
}

#[tokio::test]
async fn reviews_are_turned_by_cursors_and_taken_back_by_their_authors() {
    let world = stocked().await;
    for name in ["ada", "bob", "eve"] {
        let mut browser = known(&world, name).await;
        saved(&write(&mut browser, "5", "").await);
    }
    let mut authors = Vec::new();
    let mut address = "/api/v1/plugins/fapilog-acme/reviews?limit=2".to_owned();
    loop {
        let page = world.get(&address, "*/*").await.json();
        for review in page["reviews"].as_array().unwrap() {
            authors.push(review["author"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => {
                address = format!("/api/v1/plugins/fapilog-acme/reviews?limit=2&cursor={cursor}");
            }
            None => break,
        }
    }
    assert_eq!(authors, ["eve", "bob", "ada"]);
    let id = first_id(&world).await;
    let mut eve = Browser::new(&world);
    eve.sign_in("eve", crate::browser::PASSWORD).await;
    saved(&eve.post(&format!("{PAGE}/{id}/remove"), &[]).await);
    assert_eq!(told(&world).await["rating"]["count"], 2);
}

#[tokio::test]
async fn maintainers_answer_and_write_no_reviews_of_their_own() {
    let world = stocked().await;
    let mut owner = known(&world, "owner").await;
    let mut connection = world.market.database.acquire().await.unwrap();
    ownership::claim(&mut connection, "fapilog-acme", "owner", 1)
        .await
        .unwrap();
    drop(connection);
    assert_eq!(
        write(&mut owner, "5", "").await.status,
        StatusCode::FORBIDDEN
    );
    let mut ada = known(&world, "ada").await;
    saved(&write(&mut ada, "2", REASON).await);
    let id = first_id(&world).await;
    let answer = [("text", "Repaired in 2.0.")];
    let refused = ada.post(&format!("{PAGE}/{id}/reply"), &answer).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    saved(&owner.post(&format!("{PAGE}/{id}/reply"), &answer).await);
    assert_eq!(
        told(&world).await["reviews"][0]["reply"],
        "Repaired in 2.0."
    );
    let page = world.get("/plugins/fapilog-acme/", "text/html").await;
    assert!(page.text().contains("Newest reviews") && page.text().contains("Repaired in 2.0."));
}

#[tokio::test]
async fn other_words_of_a_new_account_wait_again_after_a_moderator_has_seen_some() {
    let world = stocked().await;
    let mut fresh = Browser::signed_up(&world, "fresh").await;
    saved(&write(&mut fresh, "5", "Does what it says.").await);
    let mut moderator = Browser::signed_up(&world, "mod").await;
    moderator.become_site("moderator").await;
    let queue = moderator.get("/moderation/reviews").await.text();
    let id = queue.split("/moderation/reviews/").nth(1).unwrap();
    let address = format!("/moderation/reviews/{}", &id[..id.find('"').unwrap()]);
    saved(&moderator.post(&address, &[("state", "visible")]).await);
    assert_eq!(told(&world).await["rating"]["count"], 1);
    saved(&write(&mut fresh, "5", "Buy coins at example.org").await);
    assert_eq!(told(&world).await["rating"]["count"], 0);
    let queue = moderator.get("/moderation/reviews").await.text();
    assert!(queue.contains("Buy coins"), "{queue}");
    // What a moderator has hidden stays hidden, whatever its author writes.
    saved(&moderator.post(&address, &[("state", "hidden")]).await);
    saved(&write(&mut fresh, "5", "Something else entirely.").await);
    assert_eq!(told(&world).await["rating"]["count"], 0);
    assert!(
        fresh
            .get(PAGE)
            .await
            .text()
            .contains("has hidden your review")
    );
    moderator.become_site("administrator").await;
    let log = moderator.get("/administration/audit").await.text();
    for word in [
        "review shown by a moderator",
        "review hidden by a moderator",
    ] {
        assert!(log.contains(word), "{word}");
    }
}

#[tokio::test]
async fn nobody_decides_about_their_own_review() {
    let world = stocked().await;
    let mut moderator = Browser::signed_up(&world, "mod").await;
    moderator.become_site("moderator").await;
    saved(&write(&mut moderator, "5", "").await);
    let queue = moderator.get("/moderation/reviews").await.text();
    let id = queue.split("/moderation/reviews/").nth(1).unwrap();
    let address = format!("/moderation/reviews/{}", &id[..id.find('"').unwrap()]);
    let refused = moderator.post(&address, &[("state", "visible")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(told(&world).await["rating"]["count"], 0);
}

#[tokio::test]
async fn a_review_is_not_rewritten_all_day() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    for stars in ["5", "4", "5", "4", "5", "4"] {
        saved(&write(&mut ada, stars, "").await);
    }
    let refused = write(&mut ada, "5", "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text().contains("edits of a review in a day"));
    assert_eq!(
        told(&world).await["rating"]["stars"],
        serde_json::json!([0, 0, 0, 1, 0])
    );
}

#[tokio::test]
async fn accounts_that_were_made_to_vote_do_not() {
    // What bounds votes here is the account, not the address.
    let world = World::with(|config| config.rate_limits = false).await;
    let world = stocked_as(world).await;
    let mut ada = known(&world, "ada").await;
    saved(&write(&mut ada, "5", "").await);
    let id = first_id(&world).await;
    let vote = format!("{PAGE}/{id}/helpful");
    for name in ["one", "two", "three"] {
        let mut fresh = Browser::signed_up(&world, name).await;
        assert_eq!(fresh.post(&vote, &[]).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(told(&world).await["reviews"][0]["helpful"], 0);
    // Nor does one account vote without end.
    let mut bob = known(&world, "bob").await;
    for _ in 0..fapilog_market::review::MAX_VOTES_A_DAY {
        saved(&bob.post(&vote, &[]).await);
    }
    let refused = bob.post(&vote, &[]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn an_eleventh_review_of_a_day_waits_and_counts_for_nothing() {
    let world = stocked().await;
    for number in 0..=fapilog_market::review::MAX_OF_PLUGIN_A_DAY {
        let mut one = known(&world, &format!("crowd{number}")).await;
        saved(&write(&mut one, "1", REASON).await);
    }
    let page = told(&world).await;
    assert_eq!(
        page["rating"]["count"],
        fapilog_market::review::MAX_OF_PLUGIN_A_DAY
    );
}

#[tokio::test]
async fn reports_are_bounded_and_a_settled_one_can_be_made_again() {
    let world = stocked().await;
    let mut ada = known(&world, "ada").await;
    let mut bob = known(&world, "bob").await;
    saved(&write(&mut ada, "5", "Fine so far, really.").await);
    let id = first_id(&world).await;
    let report = format!("{PAGE}/{id}/report");
    saved(&bob.post(&report, &[("reason", "spam")]).await);
    let mut moderator = Browser::signed_up(&world, "mod").await;
    moderator.become_site("moderator").await;
    let decision = format!("/moderation/reviews/{id}");
    saved(&moderator.post(&decision, &[("state", "visible")]).await);
    saved(&write(&mut ada, "5", "Buy coins at example.org").await);
    saved(&bob.post(&report, &[("reason", "abuse")]).await);
    let queue = moderator.get("/moderation/reviews").await.text();
    assert!(queue.contains("Reported: abuse"), "{queue}");
    for _ in 2..fapilog_market::review::MAX_REPORTS_A_DAY {
        saved(&bob.post(&report, &[("reason", "spam")]).await);
    }
    let refused = bob.post(&report, &[("reason", "spam")]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}
