//! Writing to standard error without ever waiting and without any lock.
//!
//! The standard library's handle has a lock, which a sink that hangs on a full pipe holds for
//! ever, and which another thread may have held when the process was forked.

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Longest line: a pipe that is ready for writing takes so much at once (`PIPE_BUF`, POSIX).
pub(crate) const MAX_LINE_BYTES: usize = 4096;

/// Writes one line, line feed included, if that is possible at once. What nobody reads is not
/// waited for: a full pipe swallows the line.
pub(crate) fn write_line(line: &[u8]) {
    let line = &line[..line.len().min(MAX_LINE_BYTES)];
    let stderr = rustix::stdio::stderr();
    let ready = poll(
        &mut [PollFd::new(&stderr, PollFlags::OUT)],
        Some(&Timespec::default()),
    );
    if ready.is_ok_and(|ready| ready > 0) {
        // Nobody is left to tell when standard error is gone.
        let _ = rustix::io::write(stderr, line);
    }
}
