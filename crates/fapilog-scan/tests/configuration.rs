//! What a report tells of the options of plugins, from source that is never run.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use fapilog_scan::report::{Configuration, ConfigurationOption};
use fapilog_scan::{Options, Report, judge};
use fapilog_testkit::WheelBuilder;

fn report(files: &[(&str, &str)]) -> Report {
    let entry_points = "[fapilog.plugins]\nacme = fapilog_acme.face:Plugin\n";
    let mut builder = WheelBuilder::plugin("fapilog-acme", "1.0").entry_points(entry_points);
    for (path, source) in files {
        builder = builder.file(path, source.as_bytes());
    }
    judge(&builder.build(), &builder.filename(), &Options::default())
}

fn configuration(files: &[(&str, &str)]) -> Vec<Configuration> {
    report(files).plugin.unwrap().configuration
}

fn option(name: &str, annotation: &str, default: Option<&str>) -> ConfigurationOption {
    ConfigurationOption {
        name: name.to_owned(),
        annotation: annotation.to_owned(),
        default: default.map(str::to_owned),
        description: None,
    }
}

#[test]
fn options_are_found_in_another_module_and_in_base_classes() {
    let found = configuration(&[
        (
            "fapilog_acme/face.py",
            "from fapilog_acme.plugin import Plugin\n",
        ),
        (
            "fapilog_acme/plugin.py",
            "from fapilog_acme.settings import AcmeConfig\n\
             class Plugin:\n    Config = AcmeConfig\n    async def process(self, record): ...\n",
        ),
        (
            "fapilog_acme/settings.py",
            "class Common:\n    host: str\n    retries: int = 3\n\
             class AcmeConfig(Common):\n    retries: int = 5\n    paths: list[str] = []\n",
        ),
    ]);
    let options = &found.first().unwrap().options;
    assert_eq!(
        *options,
        [
            option("host", "str", None),
            option("retries", "int", Some("5")),
            option("paths", "list[str]", Some("[]")),
        ]
    );
}

#[test]
fn a_plugin_without_configuration_has_none() {
    let plugin = "class Plugin:\n    async def process(self, record): ...\n";
    assert_eq!(configuration(&[("fapilog_acme/face.py", plugin)]), []);
    let text = serde_json::to_string(&report(&[("fapilog_acme/face.py", plugin)])).unwrap();
    assert!(!text.contains("configuration"));
}

/// Each class inherits from a hundred others, in circles.
#[test]
fn inheritance_without_end_ends() {
    let bases: Vec<String> = (0..100).map(|number| format!("B{number}")).collect();
    let bases = bases.join(", ");
    let classes: String = (0..100)
        .map(|number| format!("class B{number}({bases}):\n    b{number}: int = 1\n"))
        .collect();
    let source = format!(
        "{classes}class Plugin:\n    Config = B0\n    async def process(self, record): ...\n"
    );
    let found = configuration(&[("fapilog_acme/face.py", &source)]);
    assert!((1..=64).contains(&found.first().unwrap().options.len()));
}

/// Many entry points with one class whose options are as long as they may be.
#[test]
fn all_options_together_are_bounded() {
    let words = "\"&\" * 3 + ".repeat(60);
    let fields: String = (0..64)
        .map(|number| format!("    option_{number}: str = {words}''\n"))
        .collect();
    let source = format!(
        "class Config:\n{fields}class Plugin:\n    Config = Config\n    async def process(self, record): ...\n"
    );
    let points: String = (0..32)
        .map(|number| format!("p{number} = fapilog_acme.face:Plugin\n"))
        .collect();
    let wheel = WheelBuilder::plugin("fapilog-acme", "1.0")
        .entry_points(&format!("[fapilog.plugins]\n{points}"))
        .file("fapilog_acme/face.py", source.as_bytes());
    let report = judge(&wheel.build(), &wheel.filename(), &Options::default());
    let told = report.plugin.unwrap().configuration;
    assert!((1..8).contains(&told.len()), "{}", told.len());
}
