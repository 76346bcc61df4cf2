//! Exports of a package index are read in every form in which mirrors keep them.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use fapilog_package::index_export::{IndexExport, Release};
use fapilog_package::name::ProjectName;
use fapilog_testkit::WheelBuilder;
use serde_json::{Value, json};

fn place(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("index-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn page(name: &str, files: Value) -> String {
    json!({"meta": {"api-version": "1.1"}, "name": name, "files": files}).to_string()
}

fn release(export: &IndexExport, project: &str, version: &str) -> Release {
    let project = ProjectName::parse(project).unwrap();
    let version = version.parse().unwrap();
    let mut all = export.releases(&project);
    all.find(|release| release.version == version)
        .unwrap()
        .clone()
}

#[test]
fn a_version_is_withdrawn_when_all_of_its_files_are() {
    let mut export = IndexExport::default();
    let files = json!([
        {"filename": "Acme.Client-1.0-py3-none-any.whl", "yanked": true},
        {"filename": "acme_client-1.0.tar.gz", "yanked": "broken"},
        {"filename": "acme_client-1.1-py3-none-any.whl", "yanked": true},
        {"filename": "acme-client-1.1.zip", "yanked": false},
        {"filename": "acme_client-1.2.tar.gz"},
        {"filename": "nonsense"},
    ]);
    assert!(export.add_page(page("Acme_Client", files).as_bytes()));
    let reason = release(&export, "acme-client", "1.0").yanked;
    assert_eq!(reason.as_deref(), Some("broken"));
    assert_eq!(release(&export, "acme-client", "1.1").yanked, None);
    assert_eq!(release(&export, "acme-client", "1.2").yanked, None);
    let project = ProjectName::parse("acme-client").unwrap();
    assert_eq!(export.releases(&project).count(), 3);
}

#[test]
fn a_mirrors_folder_is_read_with_metadata_and_wheels() {
    let root = place("folder");
    let folder = root.join("simple/acme");
    std::fs::create_dir_all(&folder).unwrap();
    let files = json!([{"filename": "acme-1.0-py3-none-any.whl", "yanked": "bad"}]);
    std::fs::write(folder.join("index.v1_json"), page("acme", files)).unwrap();
    let metadata = "Metadata-Version: 2.4\nName: acme\nVersion: 1.0\nLicense-Expression: MIT\n";
    std::fs::write(folder.join("acme-1.0-py3-none-any.whl.metadata"), metadata).unwrap();
    let wheel = WheelBuilder::new("other", "2.0").metadata("License-Expression: GPL-3.0-only");
    std::fs::write(root.join(wheel.filename()), wheel.build()).unwrap();
    std::fs::write(root.join("broken.json"), "{").unwrap();
    std::fs::write(root.join("notes.txt"), "not looked at").unwrap();
    let export = IndexExport::open(&root).unwrap();
    assert_eq!((export.len(), export.skipped), (2, 1));
    let acme = release(&export, "acme", "1.0");
    assert_eq!(acme.yanked.as_deref(), Some("bad"));
    assert_eq!(acme.licence.unwrap().text.as_deref(), Some("MIT"));
    let other = release(&export, "other", "2.0").licence.unwrap();
    assert_eq!(other.text.as_deref(), Some("GPL-3.0-only"));
}

#[test]
fn the_older_form_states_the_newest_licence() {
    let file = place("older").join("acme.json");
    let page = json!({
        "info": {
            "name": "acme", "version": "1.1", "license": "  ", "license_expression": null,
            "classifiers": ["License :: OSI Approved :: MIT License", "Typing :: Typed"]
        },
        "releases": {
            "1.0": [{"filename": "acme-1.0.tar.gz", "yanked": true, "yanked_reason": "a hole"}],
            "1.1": [{"filename": "acme-1.1.tar.gz", "yanked": false}],
            "nonsense": [{"filename": "acme-x.tar.gz"}]
        }
    });
    std::fs::write(&file, page.to_string()).unwrap();
    let export = IndexExport::open(&file).unwrap();
    let yanked = release(&export, "acme", "1.0").yanked;
    assert_eq!(yanked.as_deref(), Some("a hole"));
    let stated = release(&export, "acme", "1.1").licence.unwrap();
    assert_eq!(stated.text, None);
    assert_eq!(stated.classifiers, ["OSI Approved :: MIT License"]);
}

#[test]
fn an_export_has_an_age_and_a_wrong_one_is_refused() {
    let folder = place("age");
    let file = folder.join("acme.json");
    std::fs::write(
        &file,
        page("acme", json!([{"filename": "acme-1.0.tar.gz"}])),
    )
    .unwrap();
    let then = SystemTime::now() - Duration::from_secs(3 * 24 * 60 * 60);
    let opened = std::fs::File::options().append(true).open(&file).unwrap();
    opened.set_modified(then).unwrap();
    let age = IndexExport::open(&folder).unwrap().age(SystemTime::now());
    assert_eq!(age.unwrap().as_secs() / (24 * 60 * 60), 3);
    std::fs::write(&file, "[]").unwrap();
    let error = IndexExport::open(&file).unwrap_err();
    assert_eq!(error.id(), "index-export-format");
    let error = IndexExport::open(&folder.join("absent")).unwrap_err();
    assert_eq!(error.id(), "index-export-io");
    assert!(error.hint().contains("simple API"));
}
