//! The verdict for a plugin version and a core version, and the warnings about the next core.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::collections::BTreeSet;

use fapilog_package::Version;
use fapilog_package::api_usage::{ApiUsage, analyse};
use fapilog_package::compatibility::{Claims, Evidence, Judgement, early_warnings, judge};
use fapilog_package::core_api::{CoreApi, CoreHistory};
use fapilog_package::metadata::Metadata;
use serde_json::{Value, json};

fn core(version: &str, released: bool, names: Value) -> CoreApi {
    let api = json!({
        "core": version, "released": released, "requires_python": ">=3.10",
        "api_version": [1, 1], "abi_versions": [1],
        "modules": {"fapilog": {"plugins": {"kind": "module"}}, "fapilog.plugins": names}
    });
    CoreApi::parse(&api.to_string()).unwrap()
}

/// `Sink` is always there, `Old` goes with 3.2, `New` comes with 3.2, `Fading` is advised against.
fn history() -> CoreHistory {
    let sink = json!({"kind": "class", "members": ["write"]});
    let gone = json!({"kind": "class", "members": ["write", "flush"]});
    let fading = json!({"kind": "function", "deprecated": "use `Sink`"});
    let plain = json!({"kind": "function"});
    let unlisted = json!({"kind": "function", "public": false});
    CoreHistory::new(vec![
        core(
            "3.2.0",
            false,
            json!({"Sink": sink, "New": plain, "Fading": fading, "helper": unlisted}),
        ),
        core(
            "3.0.0",
            true,
            json!({"Sink": gone, "Old": plain, "Fading": plain, "helper": unlisted}),
        ),
        core(
            "3.1.0",
            true,
            json!({"Sink": gone, "Old": plain, "Fading": fading, "helper": unlisted}),
        ),
    ])
}

struct Plugin {
    metadata: String,
    source: &'static str,
    tags: Option<&'static str>,
    abi_versions: BTreeSet<u32>,
    evidence: Evidence,
}

fn plugin(source: &'static str) -> Plugin {
    Plugin {
        metadata: "Requires-Dist: fapilog>=3.0,<4.0\nRequires-Python: >=3.10\n".into(),
        source,
        tags: Some("py3-none-any"),
        abi_versions: BTreeSet::new(),
        evidence: Evidence::None,
    }
}

impl Plugin {
    fn with<T>(&self, ask: impl FnOnce(&Claims<'_>) -> T) -> T {
        let text = format!(
            "Metadata-Version: 2.4\nName: fapilog-acme\nVersion: 1.0\n{}",
            self.metadata
        );
        let metadata = Metadata::parse(text.as_bytes()).unwrap();
        let mut usage = ApiUsage::default();
        analyse("acme.py", self.source.as_bytes(), &mut usage);
        let tags = self.tags.map(|tag| BTreeSet::from([tag.to_owned()]));
        ask(&Claims {
            metadata: &metadata,
            tags: tags.as_ref(),
            abi_versions: &self.abi_versions,
            usage: Some(&usage),
            evidence: self.evidence,
        })
    }

    fn judged(&self, core: &str) -> Judgement {
        let version: Version = core.parse().unwrap();
        self.with(|claims| judge(claims, &version, &history(), None))
    }

    fn told(&self, core: &str) -> (&'static str, Vec<&'static str>, Vec<&'static str>) {
        let judged = self.judged(core);
        (
            judged.verdict.word(),
            judged.problems.iter().map(|problem| problem.id()).collect(),
            judged.notes.iter().map(|note| note.id()).collect(),
        )
    }
}

const RIGHT: &str = "from fapilog.plugins import Sink\nclass A(Sink): ...\n";

#[test]
fn a_plugin_that_fits_is_compatible() {
    for core in ["3.0.0", "3.1.0", "3.2.0"] {
        assert_eq!(
            plugin(RIGHT).told(core),
            ("compatible", vec![], vec![]),
            "{core}"
        );
    }
}

#[test]
fn what_is_declared_is_held_against_the_core() {
    let declared = |metadata: &str| Plugin {
        metadata: metadata.into(),
        ..plugin(RIGHT)
    };
    let tagged = |tag| Plugin {
        tags: Some(tag),
        ..plugin(RIGHT)
    };
    let native = |version| Plugin {
        abi_versions: BTreeSet::from([version]),
        ..plugin(RIGHT)
    };
    for (plugin, id) in [
        (declared(""), "no-core-range"),
        (declared("Requires-Dist: fapilog>=3.1\n"), "core-range"),
        (
            declared("Requires-Dist: fapilog>=3.0\nRequires-Python: <3.10\n"),
            "python-range",
        ),
        (tagged("py2-none-any"), "python-tags"),
        (tagged("cp39-cp39-linux_x86_64"), "python-tags"),
        (native(2), "abi-version"),
        (
            plugin("class A:\n    API_VERSION = (2, 0)\n"),
            "api-version",
        ),
        (
            plugin("class A:\n    API_VERSION = (1, 2)\n"),
            "api-version",
        ),
    ] {
        assert_eq!(plugin.told("3.0.0"), ("incompatible", vec![id], vec![]));
    }
    assert_eq!(
        tagged("cp310-abi3-linux_x86_64").told("3.0.0").0,
        "compatible"
    );
    assert_eq!(native(1).told("3.0.0").0, "compatible");
    assert_eq!(
        plugin("class A:\n    API_VERSION = (1, 0)\n")
            .told("3.0.0")
            .0,
        "compatible"
    );
}

#[test]
fn the_names_used_are_held_against_the_core() {
    for (source, core, id) in [
        ("from fapilog.plugins import Old\n", "3.2.0", "removed-name"),
        (
            "import fapilog.plugins as p\np.Sink.flush\n",
            "3.2.0",
            "removed-name",
        ),
        ("from fapilog.plugins import New\n", "3.1.0", "later-name"),
        (
            "from fapilog.plugins import Never\n",
            "3.1.0",
            "unknown-name",
        ),
        ("import fapilog.nowhere.at.all\n", "3.1.0", "unknown-name"),
    ] {
        assert_eq!(
            plugin(source).told(core),
            ("incompatible", vec![id], vec![]),
            "{source}"
        );
    }
    let judged = plugin("\nfrom fapilog.plugins import Old\n").judged("3.2.0");
    assert_eq!(
        judged.problems[0].to_string(),
        "uses `fapilog.plugins.Old`, removed in 3.2.0 (acme.py:2)"
    );
}

#[test]
fn what_only_a_run_could_tell_is_no_problem() {
    for source in [
        "from fapilog.plugins import Sink\nSink.inherited\n",
        "from fapilog.plugins import *\nprint(len('x'))\n",
        "import fapilog\nfapilog.__file__\n",
        "if TYPE_CHECKING:\n    from fapilog.plugins import Old\n",
    ] {
        assert_eq!(plugin(source).told("3.2.0").0, "compatible", "{source}");
    }
}

#[test]
fn notes_change_no_verdict() {
    for (source, id) in [
        ("from fapilog._engine import push\n", "internal-name"),
        ("from fapilog.plugins import helper\n", "internal-name"),
        ("from fapilog.plugins import Fading\n", "deprecated-name"),
        (
            "try:\n    from fapilog.plugins import Old\nexcept ImportError:\n    Old = None\n",
            "missing-optional",
        ),
    ] {
        assert_eq!(
            plugin(source).told("3.2.0"),
            ("compatible", vec![], vec![id]),
            "{source}"
        );
    }
    let judged = plugin("from fapilog.plugins import Fading\n").judged("3.2.0");
    assert_eq!(
        judged.notes[0].to_string(),
        "uses `fapilog.plugins.Fading`, deprecated since 3.1.0: use `Sink` (acme.py:1)"
    );
}

#[test]
fn what_could_not_be_held_against_the_core_is_untested_until_a_run_tells() {
    let unknown = plugin(RIGHT).told("3.7.0");
    assert_eq!(unknown, ("untested", vec![], vec![]));
    assert_eq!(plugin("import (\n").told("3.0.0").0, "untested");
    let with = |evidence| Plugin {
        evidence,
        ..plugin(RIGHT)
    };
    assert_eq!(with(Evidence::Passed).told("3.7.0").0, "compatible");
    assert_eq!(
        with(Evidence::Failed).told("3.0.0"),
        ("incompatible", vec!["tests-failed"], vec![])
    );
}

#[test]
fn only_new_problems_with_the_next_core_are_warned_of() {
    let source = "from fapilog.plugins import Old, Never\n";
    let warned = plugin(source).with(|claims| early_warnings(claims, &history()));
    let told: Vec<String> = warned.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["uses `fapilog.plugins.Old`, removed in 3.2.0 (acme.py:1)"]
    );
}

#[test]
fn a_plugin_for_the_release_before_this_engine_is_told_what_went() {
    let old = Plugin {
        metadata: "Requires-Dist: fapilog>=0.18\n".into(),
        ..plugin("from fapilog.plugins import BaseSink\nfrom fapilog import get_logger\n")
    };
    let embedded = CoreHistory::embedded();
    let verdict = |core: &str| {
        let version: Version = core.parse().unwrap();
        old.with(|claims| judge(claims, &version, embedded, None))
    };
    assert_eq!(verdict("0.18.1").verdict.word(), "compatible");
    let problems = verdict("3.0.0").problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].id(), "removed-name");
}
