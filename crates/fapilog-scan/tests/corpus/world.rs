//! Packages for the corpus: right in everything, but for what a case changes.

use std::process::Command;

use fapilog_testkit::{SourceArchiveBuilder, WheelBuilder};

use crate::case::{Case, Step, expanded};

const METADATA: [&str; 7] = [
    "Requires-Dist: fapilog>=3.0,<4.0",
    "Requires-Python: >=3.10",
    "Author: Ada Lovelace",
    "License-Expression: Apache-2.0",
    "Project-URL: Source, https://example.com/acme",
    "Project-URL: Issues, https://example.com/acme/issues",
    "Project-URL: Changelog, https://example.com/acme/changes",
];

const README: &str = "# fapilog-acme\n\nSends records to Acme, in batches and with retries; a record \
that Acme refuses is reported and counted.\n\n## Install\n\n```sh\npip install fapilog-acme\n```\n\n\
## Use\n\n```python\nimport fapilog\n\nlog = fapilog.get_logger(\"shop\", sinks=[\"acme\"])\n```\n";

const PLUGIN: &str = "\"\"\"A plugin.\"\"\"\n\n\nclass Acme:\n    \"\"\"Sends records.\"\"\"\n\n    \
async def write(self, record: dict[str, object]) -> None:\n        \"\"\"Send one.\"\"\"\n";

/// Everything that a package is made of.
struct Parts {
    name: String,
    metadata_name: Option<String>,
    metadata: Vec<String>,
    readme: String,
    entry: String,
    files: Vec<(String, Vec<u8>)>,
    record_drop: Option<String>,
    drop_metadata: bool,
    append: Vec<u8>,
    is_source: bool,
}

/// File name and bytes of a case's package.
pub fn build(case: &Case) -> (String, Vec<u8>) {
    let parts = parts(case);
    if parts.is_source {
        source(parts)
    } else {
        wheel(parts)
    }
}

fn parts(case: &Case) -> Parts {
    let word = |word: &str| case.steps.iter().find(|step| step.word == word);
    let name = word("name").map_or("fapilog-acme".to_owned(), |step| step.rest.clone());
    let module = name.replace('-', "_");
    let is_source = word("sdist").is_some();
    let folder = if is_source {
        format!("src/{module}")
    } else {
        module.clone()
    };
    let mut parts = Parts {
        entry: format!("[fapilog.plugins]\nacme = {module}:Acme\n"),
        name,
        metadata_name: None,
        metadata: METADATA.map(str::to_owned).to_vec(),
        readme: README.to_owned(),
        files: vec![
            (format!("{folder}/__init__.py"), PLUGIN.into()),
            (format!("{folder}/py.typed"), Vec::new()),
            (format!("{folder}/LICENSE"), b"Apache License".to_vec()),
        ],
        record_drop: None,
        drop_metadata: false,
        append: Vec::new(),
        is_source,
    };
    if is_source {
        parts.files.push((
            "tests/test_acme.py".into(),
            b"def test_x(): pass\n".to_vec(),
        ));
        parts.files.push((
            "pyproject.toml".into(),
            b"[build-system]\nrequires = []\n".to_vec(),
        ));
    }
    if let Some(source) = &case.source {
        parts
            .files
            .push((format!("{folder}/case.py"), source.clone().into_bytes()));
    }
    for step in &case.steps {
        change(&mut parts, step);
    }
    parts
}

fn change(parts: &mut Parts, step: &Step) {
    let mut words = step.rest.split(' ');
    let path = words.next().unwrap_or_default();
    let rest = step.rest.strip_prefix(path).unwrap_or_default().trim();
    let mut put = |bytes: Vec<u8>| {
        parts.files.retain(|(other, _)| other != path);
        parts.files.push((path.to_owned(), bytes));
    };
    match step.word.as_str() {
        "file" => put(step.body.clone().into_bytes()),
        "hex" => put(hex::decode(expanded(rest)).unwrap()),
        "elf" => put(b"\x7fELF\x02\x01\x01".to_vec()),
        "cc" => put(compiled(rest, &step.body)),
        "random" => put(noise(rest.parse().unwrap())),
        "zeros" => put(vec![0; rest.parse().unwrap()]),
        "without" => parts.files.retain(|(other, _)| other != path),
        "append" => parts.append = hex::decode(path).unwrap(),
        "readme" => parts.readme = step.body.clone(),
        "entry" => parts.entry = step.body.clone(),
        "meta-name" => parts.metadata_name = Some(path.to_owned()),
        "record-drop" => parts.record_drop = Some(path.to_owned()),
        "drop" => parts.drop_metadata = true,
        "meta" => match step.rest.strip_prefix('+') {
            Some(line) => parts.metadata.push(line.to_owned()),
            None => {
                let beginning = step.rest.strip_prefix('-').unwrap();
                parts.metadata.retain(|line| !line.starts_with(beginning));
            }
        },
        _ => {}
    }
}

fn wheel(parts: Parts) -> (String, Vec<u8>) {
    let module = parts.name.replace('-', "_");
    let mut builder = WheelBuilder::new(&parts.name, "1.0.0")
        .without_file(&format!("{module}/__init__.py"))
        .description(&parts.readme);
    for line in &parts.metadata {
        builder = builder.metadata(line);
    }
    if !parts.entry.is_empty() {
        builder = builder.entry_points(&parts.entry);
    }
    for (path, bytes) in &parts.files {
        builder = builder.file(path, bytes);
        if let Some(tag) = native_tag(bytes) {
            builder = builder.tagged(&tag);
        }
    }
    if let Some(name) = &parts.metadata_name {
        builder = builder.metadata_name(name);
    }
    if let Some(path) = &parts.record_drop {
        builder = builder.record(&format!("{path},"), "elsewhere,");
    }
    if parts.drop_metadata {
        builder = builder.without("METADATA");
    }
    let mut bytes = builder.build();
    bytes.extend_from_slice(&parts.append);
    (builder.filename(), bytes)
}

/// The tag of a wheel with such a file in it: native code is not for `any` platform.
fn native_tag(bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"\x7fELF") && bytes.len() > 20 {
        return Some(format!("py3-none-linux_{}", std::env::consts::ARCH));
    }
    let is_for_macs = bytes.starts_with(b"\xcf\xfa\xed\xfe");
    is_for_macs.then(|| "py3-none-macosx_11_0_arm64".to_owned())
}

fn source(parts: Parts) -> (String, Vec<u8>) {
    let info = format!(
        "Metadata-Version: 2.4\nName: {}\nVersion: 1.0.0\n{}\n\n{}",
        parts.name,
        parts.metadata.join("\n"),
        parts.readme
    );
    let mut builder = SourceArchiveBuilder::new(&parts.name, "1.0.0")
        .without("PKG-INFO")
        .without("pyproject.toml")
        .file("PKG-INFO", info.as_bytes());
    for (path, bytes) in &parts.files {
        builder = builder.file(path, bytes);
    }
    (builder.filename(), builder.build())
}

/// What the C compiler makes of a few lines; nothing of it is run.
fn compiled(flags: &str, source: &str) -> Vec<u8> {
    let folder = std::env::temp_dir().join(format!("fapilog-corpus-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (from, to) = (folder.join("a.c"), folder.join("a.out"));
    std::fs::write(&from, source).unwrap();
    let output = Command::new("cc")
        .args(flags.split(' '))
        .arg("-o")
        .arg(&to)
        .arg(&from)
        .output()
        .expect("the corpus needs a C compiler `cc`");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let bytes = std::fs::read(&to).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    bytes
}

/// Bytes that can't be compressed.
fn noise(count: usize) -> Vec<u8> {
    let mut state: u64 = 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}
