//! A ZIP writer without scruples: every field can be made to lie.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// One entry to be written; the public fields override what would be true.
#[derive(Debug, Clone)]
pub struct RawEntry {
    /// Name in the directory.
    pub name: String,
    /// Name in the entry's own header, when it differs.
    pub local_name: Option<String>,
    /// Contents before compression.
    pub contents: Vec<u8>,
    /// Compression method; 0 and 8 are honoured, others only stated.
    pub method: u16,
    /// General purpose flags; bit 3 writes a data descriptor.
    pub flags: u16,
    /// Unix mode.
    pub mode: u32,
    /// Size stated instead of the true one.
    pub stated_size: Option<u32>,
    /// Checksum stated instead of the true one.
    pub stated_checksum: Option<u32>,
    /// Comment in the directory.
    pub comment: Vec<u8>,
    /// Whether the data descriptor tells another checksum.
    pub lying_descriptor: bool,
    /// Extra fields in the directory.
    pub extra: Vec<u8>,
    /// Extra fields in the entry's own header.
    pub local_extra: Vec<u8>,
    /// The lower half of the external attributes (MS-DOS).
    pub dos_attributes: u16,
    /// Compressed contents to be written instead of the true ones.
    pub stated_data: Option<Vec<u8>>,
}

impl RawEntry {
    /// A plain, compressed file.
    #[must_use]
    pub fn file(name: &str, contents: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            local_name: None,
            contents: contents.to_vec(),
            method: 8,
            flags: 0,
            mode: 0o100_644,
            stated_size: None,
            stated_checksum: None,
            comment: Vec::new(),
            lying_descriptor: false,
            extra: Vec::new(),
            local_extra: Vec::new(),
            dos_attributes: 0,
            stated_data: None,
        }
    }
}

/// An archive made of raw entries.
#[derive(Debug, Clone, Default)]
pub struct RawZip {
    /// Bytes before the first entry.
    pub prefix: Vec<u8>,
    /// The entries.
    pub entries: Vec<RawEntry>,
    /// Bytes between each entry and the next.
    pub between: Vec<u8>,
    /// The archive's comment.
    pub comment: Vec<u8>,
    /// Bytes after the end.
    pub suffix: Vec<u8>,
    /// Whether the second entry of the directory points to the first one's contents.
    pub overlap: bool,
}

impl RawZip {
    /// The archive as bytes.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut archive = self.prefix.clone();
        let mut directory = Vec::new();
        let mut first_start = None;
        for (index, entry) in self.entries.iter().enumerate() {
            let start = archive.len() as u32;
            let first = *first_start.get_or_insert(start);
            let described = Described::new(entry);
            described.write_local(entry, &mut archive);
            let stated = if self.overlap && index == 1 {
                first
            } else {
                start
            };
            described.write_central(entry, stated, &mut directory);
            archive.extend_from_slice(&self.between);
        }
        let directory_start = archive.len() as u32;
        archive.extend_from_slice(&directory);
        archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        let count = self.entries.len() as u16;
        put16(&mut archive, &[count, count]);
        put32(&mut archive, &[directory.len() as u32, directory_start]);
        put16(&mut archive, &[self.comment.len() as u16]);
        archive.extend_from_slice(&self.comment);
        archive.extend_from_slice(&self.suffix);
        archive
    }
}

struct Described {
    data: Vec<u8>,
    checksum: u32,
    size: u32,
}

impl Described {
    fn new(entry: &RawEntry) -> Self {
        let data = match &entry.stated_data {
            Some(data) => data.clone(),
            None if entry.method == 8 => deflate(&entry.contents),
            None => entry.contents.clone(),
        };
        let mut checksum = flate2::Crc::new();
        checksum.update(&entry.contents);
        Self {
            data,
            checksum: entry.stated_checksum.unwrap_or(checksum.sum()),
            size: entry.stated_size.unwrap_or(entry.contents.len() as u32),
        }
    }

    fn write_local(&self, entry: &RawEntry, archive: &mut Vec<u8>) {
        let name = entry.local_name.as_ref().unwrap_or(&entry.name);
        let deferred = entry.flags & 8 != 0;
        let numbers = [self.checksum, self.data.len() as u32, self.size];
        archive.extend_from_slice(b"PK\x03\x04");
        put16(archive, &[20, entry.flags, entry.method, 0, 0x21]);
        put32(archive, &if deferred { [0; 3] } else { numbers });
        put16(
            archive,
            &[name.len() as u16, entry.local_extra.len() as u16],
        );
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(&entry.local_extra);
        archive.extend_from_slice(&self.data);
        if deferred {
            archive.extend_from_slice(b"PK\x07\x08");
            let [checksum, compressed, size] = numbers;
            put32(
                archive,
                &[
                    checksum ^ u32::from(entry.lying_descriptor),
                    compressed,
                    size,
                ],
            );
        }
    }

    fn write_central(&self, entry: &RawEntry, start: u32, directory: &mut Vec<u8>) {
        directory.extend_from_slice(b"PK\x01\x02");
        put16(directory, &[0x0314, 20, entry.flags, entry.method, 0, 0x21]);
        put32(
            directory,
            &[self.checksum, self.data.len() as u32, self.size],
        );
        put16(
            directory,
            &[
                entry.name.len() as u16,
                entry.extra.len() as u16,
                entry.comment.len() as u16,
                0,
                0,
            ],
        );
        let attributes = entry.mode << 16 | u32::from(entry.dos_attributes);
        put32(directory, &[attributes, start]);
        directory.extend_from_slice(entry.name.as_bytes());
        directory.extend_from_slice(&entry.extra);
        directory.extend_from_slice(&entry.comment);
    }
}

fn deflate(contents: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to a vector can't fail; an empty result would fail the test that uses it.
    encoder
        .write_all(contents)
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
}

fn put16(target: &mut Vec<u8>, numbers: &[u16]) {
    numbers
        .iter()
        .for_each(|number| target.extend_from_slice(&number.to_le_bytes()));
}

fn put32(target: &mut Vec<u8>, numbers: &[u32]) {
    numbers
        .iter()
        .for_each(|number| target.extend_from_slice(&number.to_le_bytes()));
}
