//! Every reason for which a version is passed over.

use serde_json::{Value, json};

use super::*;

fn inventory() -> Inventory {
    serde_json::from_value(json!({
        "python": "3.11.7", "uv_made_it": false, "plugins": [],
        "problem": null,
        "distributions": [{"name": "fapilog", "version": "3.1.0"}],
    }))
    .unwrap()
}

fn version(version: &str, more: &Value) -> Value {
    let mut one = json!({
        "version": version, "published": "2026-01-01T00:00:00Z", "core_range": ">=3,<4",
        "requirement": format!("fapilog-acme=={version}"),
        "scan": {"verdict": "passed", "capabilities": ["network"]},
    });
    let object = one.as_object_mut().unwrap();
    object.extend(more.as_object().unwrap().clone());
    one
}

fn info(status: &str, versions: &[Value]) -> PluginInfo {
    serde_json::from_value(json!({
        "name": "fapilog-acme", "summary": "", "latest_version": "1.0", "is_plugin": true,
        "page": "", "status": status, "status_reason": "no time", "versions": versions,
        "advisories": [{"id": "X-1", "summary": "leaks", "affected": ["1.0"]}],
    }))
    .unwrap()
}

fn chosen(wanted: &str, versions: &[Value]) -> Result<Choice, String> {
    let wanted = Wanted::parse(wanted).unwrap();
    let info = info("active", versions);
    choose(&wanted, &info, &inventory(), Allowances::default())
        .map_err(|failure| failure.to_string())
}

#[test]
fn the_newest_that_fits_is_taken_and_the_newer_one_explained() {
    let versions = [
        version("1.0", &json!({})),
        version("2.0", &json!({"core_range": ">=3.2"})),
        version("1.1", &json!({"yanked": {"reason": "broken"}})),
    ];
    let choice = chosen("acme", &versions).unwrap();
    assert_eq!(choice.requirement(), "fapilog-acme==1.0");
    assert_eq!(choice.passed_over.as_deref(), Some("2.0"));
    assert_eq!(
        choice.because.as_deref(),
        Some("it is for fapilog >=3.2, and 3.1.0 is installed")
    );
    assert_eq!(choice.warnings, ["X-1: leaks"]);
}

#[test]
fn every_obstacle_is_said() {
    for (more, expected) in [
        (json!({"core_range": "<3"}), "it is for fapilog <3"),
        (json!({"core_range": null}), "declares no range of fapilog"),
        (
            json!({"requires_python": ">=3.12"}),
            "it is for Python >=3.12",
        ),
        (json!({"scan": null}), "has not judged it"),
        (json!({"scan": {"verdict": "rejected"}}), "rejected it"),
        (json!({"yanked": {"reason": "bad"}}), "it is yanked (bad)"),
    ] {
        let refusal = chosen("acme", &[version("1.0", &more)]).unwrap_err();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let refusal = chosen("acme==9", &[version("1.0", &json!({}))]).unwrap_err();
    assert!(refusal.contains("there are 1.0"), "{refusal}");
}

#[test]
fn a_yanked_version_is_taken_when_it_is_pinned_and_a_rejected_one_never() {
    let yanked = version("1.0", &json!({"yanked": {}}));
    let choice = chosen("acme==1.0", &[yanked]).unwrap();
    assert!(
        choice
            .warnings
            .contains(&"fapilog-acme 1.0 is yanked".to_owned())
    );
    let rejected = version("1.0", &json!({"scan": {"verdict": "rejected"}}));
    assert!(chosen("acme==1.0", &[rejected]).is_err());
}

#[test]
fn pre_releases_are_taken_only_when_asked_for() {
    let versions = [version("1.0", &json!({})), version("2.0rc1", &json!({}))];
    assert_eq!(chosen("acme", &versions).unwrap().version, "1.0");
    assert_eq!(chosen("acme==2.0rc1", &versions).unwrap().version, "2.0rc1");
    let alone = chosen("acme", &versions[1..]).unwrap_err();
    assert!(alone.contains("--pre"), "{alone}");
}

#[test]
fn what_is_withdrawn_is_never_taken() {
    let wanted = Wanted::parse("acme").unwrap();
    let info = info("quarantined", &[version("1.0", &json!({}))]);
    let refusal = choose(&wanted, &info, &inventory(), Allowances::default()).unwrap_err();
    assert!(refusal.to_string().contains("it is withdrawn (no time)"));
}
