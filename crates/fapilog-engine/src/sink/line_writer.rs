//! Writing lines so that a failure in the middle of one can be mended.

use std::io::{ErrorKind, Write};

use super::WriteError;
use crate::portion::Portion;

/// Writes lines to a byte stream and remembers where it stopped: a retry goes on in the middle of
/// the line, and a line that is given up is ended before the next one begins.
#[derive(Debug)]
pub(super) struct LineWriter<W> {
    pub(super) stream: W,
    /// Bytes of the next line that are out already.
    started: usize,
    /// A given-up line stands unfinished at the end of the stream.
    torn: bool,
}

impl<W: Write> LineWriter<W> {
    pub(super) fn new(stream: W) -> Self {
        Self {
            stream,
            started: 0,
            torn: false,
        }
    }

    pub(super) fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        self.write_lines(&portion.text(), || portion.lines().map(<[u8]>::len))
    }

    /// Writes the text of lines of these lengths.
    fn write_lines<L: Iterator<Item = usize>>(
        &mut self,
        text: &[u8],
        lengths: impl FnOnce() -> L,
    ) -> Result<(), WriteError> {
        if self.torn {
            self.put(b"\n").map_err(|(_, error)| failure(0, &error))?;
            self.torn = false;
        }
        let skip = self.started;
        let Err((written, error)) = self.put(text.get(skip..).unwrap_or_default()) else {
            self.started = 0;
            return Ok(());
        };
        let reached = skip + written;
        let (mut whole, mut end) = (0, 0);
        for length in lengths() {
            if end + length > reached {
                break;
            }
            end += length;
            whole += 1;
        }
        self.started = reached - end;
        Err(failure(whole, &error))
    }

    /// Goes on with another stream, at its beginning of a line. The rest of a line that was begun
    /// on the old one is written whole.
    pub(super) fn replace(&mut self, stream: W) {
        self.stream = stream;
        self.started = 0;
        self.torn = false;
    }

    /// Bytes of the next line that are out already.
    pub(super) fn started(&self) -> usize {
        self.started
    }

    /// Whether part of a line is out already.
    pub(super) fn is_inside_line(&self) -> bool {
        self.started > 0 || self.torn
    }

    /// The line that failed last will not be tried again.
    pub(super) fn give_up(&mut self) {
        self.torn |= self.started > 0;
        self.started = 0;
    }

    /// Writes all of it, or says how much went out before which error.
    fn put(&mut self, text: &[u8]) -> Result<(), (usize, std::io::Error)> {
        let mut written = 0;
        while written < text.len() {
            match self.stream.write(&text[written..]) {
                Ok(0) => return Err((written, ErrorKind::WriteZero.into())),
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err((written, error)),
            }
        }
        self.stream.flush().map_err(|error| (written, error))
    }
}

fn failure(done: usize, error: &std::io::Error) -> WriteError {
    WriteError::of_sink(error.to_string()).after(done)
}

#[cfg(test)]
mod tests {
    use super::LineWriter;
    use proptest::prelude::*;
    use std::io::Write;

    /// Takes a limited number of bytes a call and fails at set points of the whole stream.
    struct Flaky {
        out: Vec<u8>,
        fail_at: Vec<usize>,
    }

    impl Write for Flaky {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let at = self.out.len();
            if let Some(index) = self.fail_at.iter().position(|&point| point == at) {
                self.fail_at.remove(index);
                return Err(std::io::Error::other("no space"));
            }
            let next = self.fail_at.iter().filter(|&&point| point > at).min();
            let room = next.map_or(bytes.len(), |point| point - at);
            let taken = bytes.len().min(room).min(7);
            self.out.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(lengths: &[usize]) -> Vec<Vec<u8>> {
        let line = |(index, &length): (usize, &usize)| {
            let letter = b'a' + u8::try_from(index % 26).unwrap();
            let mut line = vec![letter; length];
            line.push(b'\n');
            line
        };
        lengths.iter().enumerate().map(line).collect()
    }

    fn write(writer: &mut LineWriter<Flaky>, lines: &[Vec<u8>]) -> Result<(), usize> {
        writer
            .write_lines(&lines.concat(), || lines.iter().map(Vec::len))
            .map_err(|error| error.done)
    }

    proptest! {
        #[test]
        fn retries_write_every_byte_once(
            lengths in proptest::collection::vec(0_usize..20, 1..12),
            fail_at in proptest::collection::vec(0_usize..100, 0..8),
        ) {
            let lines = lines(&lengths);
            let mut writer = LineWriter::new(Flaky { out: Vec::new(), fail_at });
            let mut next = 0;
            while let Err(done) = write(&mut writer, &lines[next..]) {
                next += done;
            }
            prop_assert_eq!(writer.stream.out, lines.concat());
        }

        #[test]
        fn a_line_given_up_never_runs_into_the_next(
            lengths in proptest::collection::vec(1_usize..20, 2..12),
            fail_at in proptest::collection::vec(1_usize..60, 1..4),
        ) {
            let lines = lines(&lengths);
            let mut writer = LineWriter::new(Flaky { out: Vec::new(), fail_at });
            let (mut next, mut given_up) = (0, 0);
            while next < lengths.len()
                && let Err(done) = write(&mut writer, &lines[next..])
            {
                next += done;
                if next < lengths.len() {
                    writer.give_up();
                    given_up += 1;
                    next += 1;
                }
            }
            let out = String::from_utf8(writer.stream.out).unwrap();
            let mut whole = 0;
            for line in out.lines() {
                let letter = line.bytes().next();
                prop_assert!(line.bytes().all(|byte| Some(byte) == letter), "{:?}", line);
                whole += usize::from(lengths.contains(&line.len()));
            }
            prop_assert!(whole + given_up >= lengths.len());
        }
    }
}
