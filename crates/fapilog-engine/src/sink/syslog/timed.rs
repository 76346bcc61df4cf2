//! A stream whose operations all end before one moment, however slowly the peer goes on.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A connection of this machine or another.
#[derive(Debug)]
pub(super) enum Wire {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connection with a deadline.
#[derive(Debug)]
pub(super) struct Timed {
    wire: Wire,
    deadline: Instant,
}

impl Timed {
    pub(super) fn new(wire: Wire, limit: Duration) -> Self {
        Self {
            wire,
            deadline: Instant::now() + limit,
        }
    }

    /// From now on everything ends within this time.
    pub(super) fn allow(&mut self, limit: Duration) {
        self.deadline = Instant::now() + limit;
    }

    /// Whether operations give [`ErrorKind::WouldBlock`] rather than wait.
    pub(super) fn set_nonblocking(&self, on: bool) -> Result<()> {
        match &self.wire {
            Wire::Tcp(stream) => stream.set_nonblocking(on),
            Wire::Unix(stream) => stream.set_nonblocking(on),
        }
    }

    /// Lets the peer know that nothing more comes.
    pub(super) fn finish(&self) -> Result<()> {
        match &self.wire {
            Wire::Tcp(stream) => stream.shutdown(std::net::Shutdown::Write),
            Wire::Unix(stream) => stream.shutdown(std::net::Shutdown::Write),
        }
    }

    fn left(&self) -> Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        Ok(left)
    }
}

/// The error of what took too long.
pub(super) fn late() -> Error {
    Error::new(ErrorKind::TimedOut, "the peer took too long")
}

/// A system says `WouldBlock` when a time limit ran out.
fn named(error: Error, waited: bool) -> Error {
    if waited && error.kind() == ErrorKind::WouldBlock {
        late()
    } else {
        error
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let left = self.left()?;
        let waited = Instant::now();
        let result = match &mut self.wire {
            Wire::Tcp(stream) => {
                stream.set_read_timeout(Some(left))?;
                stream.read(buffer)
            }
            Wire::Unix(stream) => {
                stream.set_read_timeout(Some(left))?;
                stream.read(buffer)
            }
        };
        result.map_err(|error| named(error, waited.elapsed() >= left))
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let left = self.left()?;
        let result = match &mut self.wire {
            Wire::Tcp(stream) => {
                stream.set_write_timeout(Some(left))?;
                stream.write(bytes)
            }
            Wire::Unix(stream) => {
                stream.set_write_timeout(Some(left))?;
                stream.write(bytes)
            }
        };
        result.map_err(|error| named(error, true))
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
