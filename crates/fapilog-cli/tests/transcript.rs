//! What a person sees: whole transcripts of the command, and the files it leaves.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Types a command in `folder`, and returns everything that a terminal would show.
fn typed(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fapilog-cli"));
    command
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/nonexistent");
    let output = command.output().unwrap();
    format!(
        "$ fapilog {}\n{}{}exit code {}",
        words.join(" ").escape_debug(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap()
    )
}

/// Every file below a folder, by its path, sorted.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn help_explains_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for (name, words) in [
        ("help", &["--help"][..]),
        ("help_plugin", &["plugin", "--help"]),
        ("help_plugin_new", &["plugin", "new", "--help"]),
        ("help_doctor", &["doctor", "--help"]),
        ("no_command", &[]),
        ("no_plugin_command", &["plugin"]),
        ("version", &["--version"]),
    ] {
        insta::assert_snapshot!(name, typed(folder.path(), words));
    }
}

#[test]
fn a_new_plugin_is_a_processor_and_a_sink() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!("new", typed(folder.path(), &["plugin", "new", "Acme"]));
    insta::assert_snapshot!("new_tree", tree(folder.path()).join("\n"));
    let pyproject = folder.path().join("fapilog-acme/pyproject.toml");
    insta::assert_snapshot!("new_pyproject", fs::read_to_string(pyproject).unwrap());
}

#[test]
fn every_kind_can_be_asked_for_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = "alerter,sink,redactor,processor,enricher,filter,sink";
    let words = ["plugin", "new", "fapilog-acme", "--kind", kinds];
    insta::assert_snapshot!("new_all_kinds", typed(folder.path(), &words));
    insta::assert_snapshot!("new_all_kinds_tree", tree(folder.path()).join("\n"));
}

#[test]
fn a_plugin_can_be_made_in_another_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("my plugins")).unwrap();
    let words = [
        "plugin",
        "new",
        "acme",
        "--kind",
        "sink",
        "--dir",
        "my plugins",
    ];
    insta::assert_snapshot!("new_in_folder", typed(folder.path(), &words));
}

#[test]
fn wrong_input_gets_an_error_and_a_hint_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("fapilog-taken")).unwrap();
    fs::write(folder.path().join("fapilog-taken/mine"), "mine").unwrap();
    for (name, words) in [
        ("error_bad_name", &["plugin", "new", "my plugin!"][..]),
        ("error_no_name", &["plugin", "new"]),
        (
            "error_language",
            &["plugin", "new", "acme", "--kind", "alerter", "--lang", "c"],
        ),
        (
            "error_templates",
            &["plugin", "new", "acme", "--template", "no such folder"],
        ),
        (
            "error_hostile_name",
            &["plugin", "new", "\u{1b}[31m../../etc"],
        ),
        ("error_reserved_name", &["plugin", "new", "market"]),
        ("error_taken", &["plugin", "new", "taken"]),
        (
            "error_no_folder",
            &["plugin", "new", "acme", "--dir", "no such folder"],
        ),
        (
            "error_author",
            &["plugin", "new", "acme", "--author", "Ada <ada>"],
        ),
        ("error_kind", &["plugin", "new", "acme", "--kind", "snik"]),
        ("error_command", &["plugni"]),
    ] {
        insta::assert_snapshot!(name, typed(folder.path(), words));
    }
    assert_eq!(tree(folder.path()), ["fapilog-taken/mine"]);
}

#[test]
fn the_doctor_says_when_there_is_no_python() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!("doctor_no_python", typed(folder.path(), &["doctor"]));
}

#[test]
fn the_doctor_says_it_in_json_too() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["doctor", "--format", "json"];
    insta::assert_snapshot!("doctor_no_python_json", typed(folder.path(), &words));
}

#[test]
fn a_named_interpreter_that_is_missing_is_a_problem() {
    let output = Command::new(env!("CARGO_BIN_EXE_fapilog-cli"))
        .arg("doctor")
        .env("FAPILOG_PYTHON", "/nonexistent/python")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("`/nonexistent/python`, named by FAPILOG_PYTHON, can't be started"),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(1));
}
