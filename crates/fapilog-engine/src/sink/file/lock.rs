//! A lock between processes that write to the same file.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Longest wait for another process; then the batch is tried again later.
const WAIT: Duration = Duration::from_secs(1);

/// First pause between two looks; doubles up to 16 times as long.
const PAUSE: Duration = Duration::from_micros(50);

/// An advisory lock on `.NAME.lock` beside the file; it ends with the process that holds it.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lock = path.with_file_name(format!(".{name}.lock"));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock)?;
        Ok(Self(file))
    }

    /// For writing: others may write, nobody may rotate.
    pub(super) fn shared(&self) -> std::io::Result<()> {
        self.take(FlockOperation::NonBlockingLockShared)
    }

    /// For rotating: nobody else writes. What this process held before is let go first.
    pub(super) fn exclusive(&self) -> std::io::Result<()> {
        self.release();
        self.take(FlockOperation::NonBlockingLockExclusive)
    }

    pub(super) fn release(&self) {
        // Nothing can be done about a lock that cannot be let go; it ends with the file.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }

    fn take(&self, operation: FlockOperation) -> std::io::Result<()> {
        let deadline = Instant::now() + WAIT;
        let mut pause = PAUSE;
        loop {
            match flock(&self.0, operation) {
                Ok(()) => return Ok(()),
                Err(Errno::WOULDBLOCK | Errno::INTR) if Instant::now() < deadline => {}
                Err(Errno::WOULDBLOCK) => {
                    return Err(std::io::Error::new(
                        std::io::ErrorKind::TimedOut,
                        "another process holds the file's lock",
                    ));
                }
                Err(error) => return Err(error.into()),
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE * 16);
        }
    }
}
