//! The load gate's verdicts, line by line.

use proptest::prelude::*;

use fapilog_package::gate::{
    Environment, MAX_REQUIREMENT_BYTES, check_core_range, check_requirements, declared_core_range,
};

fn linux() -> Environment {
    let text = |value: &str| value.to_owned();
    Environment {
        implementation_name: text("cpython"),
        implementation_version: text("3.11.7"),
        os_name: text("posix"),
        platform_machine: text("x86_64"),
        platform_python_implementation: text("CPython"),
        platform_release: text("6.1.0-30-amd64"),
        platform_system: text("Linux"),
        platform_version: text("#1 SMP Debian 6.1.124-1"),
        python_full_version: text("3.11.7"),
        python_version: text("3.11"),
        sys_platform: text("linux"),
    }
}

fn verdict(lines: &[&str], core: &str) -> Result<String, &'static str> {
    check_core_range(lines, core, &linux())
        .map(|range| range.wanted)
        .map_err(|e| e.id())
}

#[test]
fn a_range_that_includes_the_core_passes() {
    let range = check_core_range(&["httpx>=0.27", "fapilog>=3.0,<4.0"], "3.0.0", &linux());
    let range = range.unwrap();
    assert_eq!(
        (range.wanted.as_str(), range.found.as_str()),
        (">=3.0,<4.0", "3.0.0")
    );
}

#[test]
fn a_range_that_excludes_the_core_is_refused_with_both_sides() {
    let refusal = check_core_range(&["fapilog (>=4,<5)"], "3.0.0", &linux()).unwrap_err();
    assert_eq!(refusal.id(), "core-range");
    assert_eq!(refusal.wanted(), Some(">=4,<5"));
    assert_eq!(
        refusal.to_string(),
        "wants `fapilog>=4,<5`, found `fapilog==3.0.0`"
    );
}

#[test]
fn no_range_is_refused() {
    for lines in [
        &[][..],
        &["httpx>=0.27"],
        &["fapilog"],
        &["fapilog[fastapi]"],
        &["fapilog @ https://example.org/fapilog-3.0.0.whl"],
        &["fapilog-fastapi>=1.0"],
        &["fapilog>=3; extra == 'test'"],
        &["fapilog>=3; sys_platform == 'win32'"],
    ] {
        assert_eq!(verdict(lines, "3.0.0"), Err("no-core-range"), "{lines:?}");
    }
}

#[test]
fn every_line_that_applies_must_hold() {
    let lines = [
        "fapilog>=3",
        "Fapilog<3.1; python_version >= '3.10'",
        "fapilog>=9; extra=='x'",
    ];
    assert_eq!(verdict(&lines, "3.0.5"), Ok(">=3,<3.1".to_owned()));
    assert_eq!(verdict(&lines, "3.1.0"), Err("core-range"));
}

#[test]
fn markers_choose_among_platforms_and_pythons() {
    let lines = [
        "fapilog>=3,<4; sys_platform == 'linux' and (python_version < '3.12' or os_name == 'nt')",
        "fapilog>=7; platform_system == 'Darwin'",
    ];
    assert_eq!(verdict(&lines, "3.0.0"), Ok(">=3,<4".to_owned()));
}

#[test]
fn versions_compare_as_packaging_does_for_installed_versions() {
    for (specifier, core, inside) in [
        (">=3.0,<4.0", "3.1.0rc1", true),
        (">=3.1", "3.1.0rc1", false),
        ("<3.1", "3.1.0rc1", false),
        ("<3.1", "3.1.dev0", false),
        ("<3.1rc2", "3.1rc1", true),
        ("<=3.1", "3.1.0rc1", true),
        (">3.0rc2", "3.0.0.post1", true),
        (">3.0.dev0", "3.0.0.post1", true),
        (">3.0rc2", "3.0.0rc2.post1", false),
        ("~=3.0", "3.9.0", true),
        ("~=3.0.0", "3.1.0", false),
        ("==3.0.*", "3.0.0rc1", true),
        ("==3.0.0.1.*", "3.0.0", false),
        ("!=3.0.*", "3.0.1", false),
        ("===3.0.0", "3.0.0", true),
        ("===3.0", "3.0.0", false),
        ("==3.0.0", "3.0.0+debian1", true),
        ("==3.0.0+debian2", "3.0.0+debian1", false),
        (">3.0.0", "3.0.0+debian1", false),
        (">3.0.0", "3.0.0.post1", false),
        (">=3.0", "1!2.0", true),
    ] {
        let line = format!("fapilog{specifier}");
        assert_eq!(
            verdict(&[&line], core).is_ok(),
            inside,
            "{specifier} contains {core}"
        );
    }
}

#[test]
fn lines_that_cannot_be_read_are_named() {
    for line in [
        "fapilog>=3,<",
        "fapilog>=three",
        "fapilog>=3; python_vers > '3'",
        ">=3",
        "%",
        "fapilog[a.]>=3",
        "fapilog>=3 ; os_name == 'x' \u{fc} 'y'",
    ] {
        let refusal = check_core_range(&[line], "3.0.0", &linux()).unwrap_err();
        assert_eq!(refusal.id(), "bad-requirement", "{line}");
        assert!(refusal.to_string().contains(line), "{refusal}");
    }
}

#[test]
fn a_strange_line_about_another_distribution_does_not_matter() {
    assert_eq!(
        verdict(&["foo (>1.x)", "fapilog>=3"], "3.0.0"),
        Ok(">=3".to_owned())
    );
}

#[test]
fn hostile_markers_are_bounded_before_they_are_parsed() {
    let deep = format!(
        "fapilog>=3; {}os_name=='a'{}",
        "(".repeat(900),
        ")".repeat(900)
    );
    let wide: Vec<String> = (0..40)
        .map(|n| format!("(extra=='a{n}' and extra=='z{n}')"))
        .collect();
    let wide = format!("fapilog>=3; {}", wide.join(" or "));
    let joined = vec!["os_name=='posix'"; 13].join(" and ");
    let wordy = format!("fapilog>=3; {joined}");
    let long = format!("fapilog>=3{}", " ".repeat(MAX_REQUIREMENT_BYTES));
    for line in [deep, wide, wordy, long] {
        assert_eq!(verdict(&[&line], "3.0.0"), Err("bad-requirement"));
    }
}

#[test]
fn lines_about_the_core_are_counted() {
    let lines = ["fapilog>=3"; 9];
    assert!(check_core_range(&lines[..8], "3.0.0", &linux()).is_ok());
    assert_eq!(verdict(&lines, "3.0.0"), Err("bad-requirement"));
}

#[test]
fn at_intake_every_line_must_be_a_range_on_an_index() {
    for line in ["httpx", "httpx[http2]>=0.27; extra == 'a;b'", "httpx (>=1)"] {
        assert_eq!(check_requirements(&[line]), Ok(()), "{line}");
    }
    for line in [
        "httpx @ https://example.org/httpx.whl",
        "fapilog @ https://example.org/a;b.whl",
        "httpx>=one",
        "httpx_.>=1",
        "httpx[h\u{fc}]>=1",
        "; os_name == 'nt'",
        "fapilog>=3; python_vers > '3'",
    ] {
        let refusal = check_requirements(&[line]).unwrap_err();
        assert_eq!(refusal.id(), "bad-requirement", "{line}");
    }
}

#[test]
fn an_unreleased_interpreter_is_no_obstacle() {
    let environment = Environment {
        python_full_version: "3.14.0a1+".into(),
        ..linux()
    };
    assert!(check_core_range(&["fapilog>=3"], "3.0.0", &environment).is_ok());
}

#[test]
fn faults_of_core_and_platform_are_told_apart_from_the_plugin() {
    let line = ["fapilog>=3"];
    assert_eq!(
        check_core_range(&line, "three", &linux()).unwrap_err().id(),
        "bad-core-version"
    );
    let environment = Environment {
        python_version: String::new(),
        ..linux()
    };
    assert_eq!(
        check_core_range(&line, "3.0.0", &environment)
            .unwrap_err()
            .id(),
        "bad-environment"
    );
}

#[test]
fn the_declared_range_is_the_same_on_every_platform() {
    let lines = [
        "fapilog>=3; sys_platform == 'win32'",
        "fapilog>=3,<4",
        "fapilog>9; extra=='x'",
    ];
    assert_eq!(
        declared_core_range(&lines).unwrap().as_deref(),
        Some(">=3,<4")
    );
    assert_eq!(declared_core_range(&["fapilog"]).unwrap(), None);
}

proptest! {
    #[test]
    fn no_line_makes_the_gate_panic(line in "(fapilog)?[ -~]{0,60}") {
        let _ = check_core_range(&[&line], "3.0.0", &linux());
    }
}
