//! Wheels for tests: right by default, wrong in exactly one way on request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::raw_zip::{RawEntry, RawZip};

/// A plugin that can be loaded and does nothing.
const PLUGIN_CODE: &[u8] = b"\"\"\"A plugin.\"\"\"\n\n\nclass Plugin:\n    \
    \"\"\"Gives every record back.\"\"\"\n\n    \
    async def process(self, record):\n        return record\n";

/// Makes a wheel in memory.
#[derive(Debug, Clone)]
pub struct WheelBuilder {
    name: String,
    version: String,
    metadata_name: String,
    metadata_version: String,
    metadata_format: String,
    metadata_lines: Vec<String>,
    description: String,
    entry_points: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    record_changes: Vec<(String, String)>,
    left_out: Vec<&'static str>,
    tag: String,
    named_tag: String,
}

impl WheelBuilder {
    /// A pure Python wheel with one module.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        let module = name.replace('-', "_");
        Self {
            name: module.clone(),
            version: version.to_owned(),
            metadata_name: name.to_owned(),
            metadata_version: version.to_owned(),
            metadata_format: "2.4".to_owned(),
            metadata_lines: Vec::new(),
            description: String::new(),
            entry_points: None,
            files: vec![(format!("{module}/__init__.py"), b"ANSWER = 42\n".to_vec())],
            record_changes: Vec::new(),
            left_out: Vec::new(),
            tag: "py3-none-any".to_owned(),
            named_tag: "py3-none-any".to_owned(),
        }
    }

    /// A plugin: entry point `acme`-like after the name, and a range for the core.
    #[must_use]
    pub fn plugin(name: &str, version: &str) -> Self {
        let module = name.replace('-', "_");
        let short = name.trim_start_matches("fapilog-").to_owned();
        let init = format!("{module}/__init__.py");
        Self::new(name, version)
            .without_file(&init)
            .file(&init, PLUGIN_CODE)
            .metadata("Requires-Dist: fapilog>=3.0,<4.0")
            .metadata("Requires-Python: >=3.10")
            .entry_points(&format!("[fapilog.plugins]\n{short} = {module}:Plugin\n"))
    }

    /// Adds a line to METADATA.
    #[must_use]
    pub fn metadata(mut self, line: &str) -> Self {
        self.metadata_lines.push(line.to_owned());
        self
    }

    /// Takes lines that begin so out of METADATA again.
    #[must_use]
    pub fn without_metadata(mut self, beginning: &str) -> Self {
        self.metadata_lines
            .retain(|line| !line.starts_with(beginning));
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = text.to_owned();
        self
    }

    /// Sets entry_points.txt.
    #[must_use]
    pub fn entry_points(mut self, text: &str) -> Self {
        self.entry_points = Some(text.to_owned());
        self
    }

    /// Adds a file, listed in RECORD.
    #[must_use]
    pub fn file(mut self, name: &str, contents: &[u8]) -> Self {
        self.files.push((name.to_owned(), contents.to_vec()));
        self
    }

    /// Takes a file out again.
    #[must_use]
    pub fn without_file(mut self, name: &str) -> Self {
        self.files.retain(|(other, _)| other != name);
        self
    }

    /// Lets METADATA tell another name than the file name.
    #[must_use]
    pub fn metadata_name(mut self, name: &str) -> Self {
        self.metadata_name = name.to_owned();
        self
    }

    /// Lets METADATA tell another version than the file name.
    #[must_use]
    pub fn metadata_version(mut self, version: &str) -> Self {
        self.metadata_version = version.to_owned();
        self
    }

    /// Sets `Metadata-Version`.
    #[must_use]
    pub fn metadata_format(mut self, version: &str) -> Self {
        self.metadata_format = version.to_owned();
        self
    }

    /// Gives the first file in RECORD the hash of nothing.
    #[must_use]
    pub fn wrong_hash(self) -> Self {
        let nothing = URL_SAFE_NO_PAD.encode(Sha256::digest([]));
        self.with_first_hash(&format!("sha256={nothing}"))
    }

    /// Gives the first file in RECORD no hash.
    #[must_use]
    pub fn without_hash(self) -> Self {
        self.with_first_hash("")
    }

    fn with_first_hash(self, hash: &str) -> Self {
        let Some((path, bytes)) = self.files.first().cloned() else {
            return self;
        };
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes));
        self.record(
            &format!("{path},sha256={digest}"),
            &format!("{path},{hash}"),
        )
    }

    /// Gives the wheel another tag, in its file name and in WHEEL.
    #[must_use]
    pub fn tagged(mut self, tag: &str) -> Self {
        self.named_tag = tag.to_owned();
        self.stated_tag(tag)
    }

    /// Lets WHEEL state another tag than the file name.
    #[must_use]
    pub fn stated_tag(mut self, tag: &str) -> Self {
        self.tag = tag.to_owned();
        self
    }

    /// Replaces text in RECORD.
    #[must_use]
    pub fn record(mut self, from: &str, to: &str) -> Self {
        self.record_changes.push((from.to_owned(), to.to_owned()));
        self
    }

    /// Leaves a file of `.dist-info` out.
    #[must_use]
    pub fn without(mut self, name: &'static str) -> Self {
        self.left_out.push(name);
        self
    }

    /// The file name.
    #[must_use]
    pub fn filename(&self) -> String {
        format!("{}-{}-{}.whl", self.name, self.version, self.named_tag)
    }

    /// The wheel as bytes.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        self.raw().build()
    }

    /// The wheel as an archive whose fields can still be falsified.
    #[must_use]
    pub fn raw(&self) -> RawZip {
        let folder = format!("{}-{}.dist-info", self.name, self.version);
        let mut files = self.files.clone();
        let mut add = |name: &str, text: String| {
            if !self.left_out.contains(&name) {
                files.push((format!("{folder}/{name}"), text.into_bytes()));
            }
        };
        add("METADATA", self.metadata_text());
        let wheel = format!(
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {}\n",
            self.tag
        );
        add("WHEEL", wheel);
        if let Some(text) = &self.entry_points {
            add("entry_points.txt", text.clone());
        }
        if !self.left_out.contains(&"RECORD") {
            let record = self.record_text(&files, &folder);
            files.push((format!("{folder}/RECORD"), record.into_bytes()));
        }
        let entries = files
            .iter()
            .map(|(name, bytes)| RawEntry::file(name, bytes))
            .collect();
        RawZip {
            entries,
            ..RawZip::default()
        }
    }

    fn metadata_text(&self) -> String {
        let mut text = format!(
            "Metadata-Version: {}\nName: {}\nVersion: {}\n",
            self.metadata_format, self.metadata_name, self.metadata_version
        );
        for line in &self.metadata_lines {
            text.push_str(line);
            text.push('\n');
        }
        text + "\n" + &self.description
    }

    fn record_text(&self, files: &[(String, Vec<u8>)], folder: &str) -> String {
        let mut record = String::new();
        for (name, bytes) in files {
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
            record.push_str(&format!("{name},sha256={digest},{}\n", bytes.len()));
        }
        record.push_str(&format!("{folder}/RECORD,,\n"));
        for (from, to) in &self.record_changes {
            record = record.replace(from, to);
        }
        record
    }
}
