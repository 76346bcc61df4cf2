//! Source archives for tests.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

/// Makes a `.tar.gz` in memory.
#[derive(Debug, Clone)]
pub struct SourceArchiveBuilder {
    root: String,
    entries: Vec<(String, EntryType, Vec<u8>)>,
    falsified: Option<(usize, u8)>,
    after_end: Vec<u8>,
}

impl SourceArchiveBuilder {
    /// A source archive with a PKG-INFO and one module.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        let root = format!("{}-{version}", name.replace('-', "_"));
        let info = format!("Metadata-Version: 2.3\nName: {name}\nVersion: {version}\n\n");
        Self {
            root,
            entries: Vec::new(),
            falsified: None,
            after_end: Vec::new(),
        }
        .file("PKG-INFO", info.as_bytes())
        .file("pyproject.toml", b"[build-system]\nrequires = []\n")
    }

    /// Adds a file below the root folder.
    #[must_use]
    pub fn file(self, name: &str, contents: &[u8]) -> Self {
        let name = format!("{}/{name}", self.root);
        self.raw(&name, EntryType::Regular, contents)
    }

    /// Adds an entry of any type and with any name (at most 100 bytes).
    #[must_use]
    pub fn raw(mut self, name: &str, kind: EntryType, contents: &[u8]) -> Self {
        self.entries
            .push((name.to_owned(), kind, contents.to_vec()));
        self
    }

    /// Sets one byte in the header of the last entry.
    #[must_use]
    pub fn falsify(mut self, at: usize, byte: u8) -> Self {
        self.falsified = Some((at, byte));
        self
    }

    /// Writes bytes after the end of the tar archive.
    #[must_use]
    pub fn after_end(mut self, bytes: &[u8]) -> Self {
        self.after_end = bytes.to_vec();
        self
    }

    /// Takes a file out again.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let name = format!("{}/{name}", self.root);
        self.entries.retain(|(other, ..)| *other != name);
        self
    }

    /// The file name.
    #[must_use]
    pub fn filename(&self) -> String {
        format!("{}.tar.gz", self.root)
    }

    /// The archive as bytes; empty if it can't be made, which fails the test that uses it.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        self.tar()
            .and_then(|bytes| {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&bytes)?;
                encoder.finish()
            })
            .unwrap_or_default()
    }

    fn tar(&self) -> std::io::Result<Vec<u8>> {
        let mut builder = Builder::new(Vec::new());
        for (index, (name, kind, contents)) in self.entries.iter().enumerate() {
            let mut header = Header::new_gnu();
            // Written directly, since the library refuses the names that a reader must refuse.
            for (target, source) in header.as_mut_bytes().iter_mut().zip(name.bytes().take(100)) {
                *target = source;
            }
            header.set_entry_type(*kind);
            header.set_size(contents.len() as u64);
            header.set_mode(0o644);
            let falsified = self.falsified.filter(|_| index + 1 == self.entries.len());
            let target = falsified.and_then(|(at, _)| header.as_mut_bytes().get_mut(at));
            if let (Some(target), Some((_, byte))) = (target, falsified) {
                *target = byte;
            }
            header.set_cksum();
            builder.append(&header, contents.as_slice())?;
        }
        let mut bytes = builder.into_inner()?;
        bytes.extend_from_slice(&self.after_end);
        Ok(bytes)
    }
}
