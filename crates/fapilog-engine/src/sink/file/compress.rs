//! Packing of rotated files, in a thread of its own: no line waits for it.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flate2::write::GzEncoder;

use super::policy::Compression;

/// An unfinished file of another process is left alone for so long; then that process is gone.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// Level 3 of 22: the library's own choice between speed and size.
const ZSTD_LEVEL: i32 = 3;

/// Packs files one after the other, in one thread at a time.
#[derive(Debug, Default)]
pub(super) struct Packer {
    /// Requests that the thread has not answered; there is one as long as there are any.
    requests: Arc<AtomicU64>,
}

impl Packer {
    /// Packs what `unpacked` finds, now and once more for those that ask meanwhile.
    pub(super) fn pack(
        &self,
        unpacked: impl Fn() -> Vec<PathBuf> + Send + 'static,
        compression: Compression,
    ) {
        if self.requests.fetch_add(1, Ordering::SeqCst) > 0 {
            return;
        }
        let requests = Arc::clone(&self.requests);
        let started = std::thread::Builder::new()
            .name("fapilog-packer".to_owned())
            .spawn(move || {
                let mut seen = requests.load(Ordering::SeqCst);
                loop {
                    for path in unpacked() {
                        // What could not be packed stays as it is until the next rotation.
                        let _ = pack(&path, compression);
                    }
                    let done =
                        requests.compare_exchange(seen, 0, Ordering::SeqCst, Ordering::SeqCst);
                    match done {
                        Ok(_) => return,
                        Err(now) => seen = now,
                    }
                }
            });
        if started.is_err() {
            self.requests.store(0, Ordering::SeqCst);
        }
    }
}

/// Packs one file. Until it is whole it has another name; the file itself goes last, so that at
/// no moment lines are only in an unfinished file.
fn pack(path: &Path, compression: Compression) -> std::io::Result<()> {
    let packed = with_ending(path, compression.ending());
    let unfinished = with_ending(&packed, "tmp");
    let Some(target) = claim(&unfinished)? else {
        return Ok(());
    };
    let result = write_packed(path, target, compression)
        .and_then(|()| std::fs::rename(&unfinished, &packed))
        .and_then(|()| std::fs::remove_file(path));
    if result.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    result
}

/// The unfinished file, or `None` when another process is at it.
fn claim(unfinished: &Path) -> std::io::Result<Option<File>> {
    let create = || {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(unfinished)
    };
    match create() {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => return made.map(Some),
    }
    let age = std::fs::metadata(unfinished)?.modified()?.elapsed();
    if age.is_ok_and(|age| age < STALE_AFTER) {
        return Ok(None);
    }
    std::fs::remove_file(unfinished)?;
    create().map(Some)
}

fn write_packed(path: &Path, target: File, compression: Compression) -> std::io::Result<()> {
    let mut source = BufReader::new(File::open(path)?);
    let mut target = BufWriter::new(target);
    match compression {
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(&mut target, flate2::Compression::default());
            std::io::copy(&mut source, &mut encoder)?;
            encoder.finish()?;
        }
        Compression::Zstd => zstd::stream::copy_encode(source, &mut target, ZSTD_LEVEL)?,
    }
    target.flush()?;
    target.get_ref().sync_all()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
