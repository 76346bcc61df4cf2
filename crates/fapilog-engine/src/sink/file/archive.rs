//! Rotated files: their names, how long they stay.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::compress::Packer;
use super::policy::{Compression, FileOptions};
use crate::timestamp::{TimestampWriter, now_micros};

/// Most files that may have the same name but for a number.
const MOST_OF_ONE_NAME: u32 = 10_000;

/// Length of a time in names, as `20261124T100512.123456Z`.
const TIME_BYTES: usize = 23;

/// Puts rotated files away beside the one that is written.
#[derive(Debug)]
pub(super) struct Archive {
    keep: Option<usize>,
    keep_for: Option<Duration>,
    keep_bytes: Option<u64>,
    compress: Option<Compression>,
    packer: Packer,
}

/// A rotated file.
struct Old {
    path: PathBuf,
    bytes: u64,
    age: Duration,
}

impl Archive {
    pub(super) fn new(options: &FileOptions) -> Self {
        Self {
            keep: options.keep,
            keep_for: options.keep_seconds.map(Duration::from_secs),
            keep_bytes: options.keep_bytes,
            compress: options.compress,
            packer: Packer::default(),
        }
    }

    /// Gives the file another name, has it packed, and removes what has been kept long enough.
    pub(super) fn put_away(&mut self, path: &Path) -> std::io::Result<()> {
        let target = free_name(path)?;
        std::fs::rename(path, &target)?;
        // What is in the way of keeping old files must not keep new lines from being written.
        let old = old_files(path).unwrap_or_default();
        for gone in self.superfluous(&old) {
            let _ = std::fs::remove_file(gone);
        }
        if let Some(compression) = self.compress {
            let path = path.to_owned();
            let unpacked = move || {
                let old = old_files(&path).unwrap_or_default().into_iter();
                let unpacked = old.map(|old| old.path).filter(|path| !is_packed(path));
                unpacked.collect()
            };
            self.packer.pack(unpacked, compression);
        }
        Ok(())
    }

    /// Paths of old files, newest first, that are to go.
    fn superfluous<'a>(&self, old: &'a [Old]) -> Vec<&'a Path> {
        let mut bytes = 0;
        old.iter()
            .enumerate()
            .filter(|(index, old)| {
                bytes += old.bytes;
                self.keep.is_some_and(|keep| *index >= keep)
                    || self.keep_for.is_some_and(|keep| old.age > keep)
                    || self.keep_bytes.is_some_and(|keep| bytes > keep)
            })
            .map(|(_, old)| old.path.as_path())
            .collect()
    }
}

/// `app-20261124T100512.123456Z.jsonl` for `app.jsonl`, with a number when that is taken.
fn free_name(path: &Path) -> std::io::Result<PathBuf> {
    let mut writer = TimestampWriter::default();
    let text = String::from_utf8_lossy(writer.text(now_micros())).into_owned();
    let time: String = text.chars().filter(|char| !"-:".contains(*char)).collect();
    let (stem, ending) = stem_and_ending(path);
    for number in 0..MOST_OF_ONE_NAME {
        let number = if number == 0 {
            String::new()
        } else {
            format!("-{number}")
        };
        let name = format!("{stem}-{time}{number}{ending}");
        let candidate = path.with_file_name(name);
        let packed = [Compression::Gzip, Compression::Zstd].iter().any(|kind| {
            let name = format!("{}.{}", candidate.display(), kind.ending());
            Path::new(&name).exists()
        });
        if !packed && !candidate.exists() {
            return Ok(candidate);
        }
    }
    Err(std::io::Error::new(
        std::io::ErrorKind::AlreadyExists,
        "every name for the rotated file is taken",
    ))
}

fn stem_and_ending(path: &Path) -> (String, String) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path
        .extension()
        .map(|ending| format!(".{}", ending.to_string_lossy()));
    (stem.into_owned(), ending.unwrap_or_default())
}

/// The rotated files of a path, newest first.
fn old_files(path: &Path) -> std::io::Result<Vec<Old>> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let (stem, ending) = stem_and_ending(path);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !is_old_name(&name.to_string_lossy(), &stem, &ending) {
            continue;
        }
        // It may have gone in the meantime: another process cleans up, too.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        found.push(Old {
            path: entry.path(),
            bytes: metadata.len(),
            age: modified.elapsed().unwrap_or_default(),
        });
    }
    // Names begin alike and go on with their time.
    found.sort_by(|one, other| other.path.cmp(&one.path));
    Ok(found)
}

/// Whether a name is one that [`free_name`] makes, packed or not. Anything else stays untouched.
fn is_old_name(name: &str, stem: &str, ending: &str) -> bool {
    let Some(rest) = name
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_prefix('-'))
    else {
        return false;
    };
    let rest = [".gz", ".zst"]
        .iter()
        .find_map(|packed| rest.strip_suffix(packed))
        .unwrap_or(rest);
    let Some(rest) = rest.strip_suffix(ending) else {
        return false;
    };
    let Some((time, number)) = rest.split_at_checked(TIME_BYTES) else {
        return false;
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shape = time.bytes().zip("00000000T000000.000000Z".bytes());
    let is_time = shape.clone().count() == TIME_BYTES
        && shape.into_iter().all(|(byte, like)| match like {
            b'0' => byte.is_ascii_digit(),
            like => byte == like,
        });
    is_time && (number.is_empty() || number.strip_prefix('-').is_some_and(is_digits))
}

fn is_packed(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "gz" || ending == "zst")
}

#[cfg(test)]
mod tests {
    use super::is_old_name;

    #[test]
    fn only_names_of_rotated_files_are_touched() {
        let old = |name| is_old_name(name, "app", ".jsonl");
        assert!(old("app-20261124T100512.123456Z.jsonl"));
        assert!(old("app-20261124T100512.123456Z-7.jsonl.gz"));
        assert!(old("app-20261124T100512.123456Z.jsonl.zst"));
        for name in [
            "app.jsonl",
            "app-backup.jsonl",
            "app-20261124T100512.123456Z.jsonl.bak",
            "app-20261124T100512.123456Z-x.jsonl",
            "app-2026112éT100512.12345Z.jsonl",
            "other-20261124T100512.123456Z.jsonl",
            "app-20261124T100512.123456Z.jsonl.gz.tmp",
        ] {
            assert!(!old(name), "{name}");
        }
    }
}
