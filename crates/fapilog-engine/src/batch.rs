//! Frames that travel together.

use crate::frame_reader::{Frame, FrameError};

/// Whole frames, one after the other, and how many there are.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    records: usize,
    /// Memory for the batch that takes the place of this one.
    spare: Vec<u8>,
}

impl Batch {
    /// An empty batch that uses the memory of `buffer`.
    #[must_use]
    pub fn reusing(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self {
            bytes: buffer,
            ..Self::default()
        }
    }

    /// An empty batch for what becomes of these records, see [`Batch::replace`].
    #[must_use]
    pub fn successor(&mut self) -> Self {
        let mut buffer = std::mem::take(&mut self.spare);
        buffer.clear();
        buffer.reserve(self.bytes.len());
        Self::reusing(buffer)
    }

    /// Puts another batch in this one's place, whose memory stays for the one after.
    pub fn replace(&mut self, after: Self) {
        self.records = after.records;
        self.spare = std::mem::replace(&mut self.bytes, after.bytes);
    }

    /// Memory for a successor: fresh pages would cost more than the copy into them.
    pub(crate) fn lend(&mut self, spare: Vec<u8>) {
        self.spare = spare;
    }

    /// The memory that was lent, or what took its place.
    pub(crate) fn reclaim(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Number of records.
    #[must_use]
    pub fn records(&self) -> usize {
        self.records
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Length of all frames in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Appends one whole frame, as made by [`crate::FrameWriter`].
    pub fn push(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.records += 1;
    }

    /// Appends the frame that `write` appends to the bytes it is given; when it fails, it must
    /// have left them alone.
    pub(crate) fn push_with<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        write(&mut self.bytes)?;
        self.records += 1;
        Ok(())
    }

    /// The frames in order; ends at the first malformed one.
    #[must_use]
    pub fn frames(&self) -> Frames<'_> {
        Frames { rest: &self.bytes }
    }

    /// The bytes of all frames.
    pub(crate) fn encoded(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes out the frames that the first `bytes` bytes hold, which must be whole ones.
    pub(crate) fn remove_front(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let gone = Frames {
            rest: self.bytes.get(..bytes).unwrap_or_default(),
        };
        self.records -= gone.flatten().count();
        self.bytes.drain(..bytes.min(self.bytes.len()));
    }

    /// Keeps the records for which `keep` holds, in order, in place. Malformed frames go.
    pub fn retain(&mut self, mut keep: impl FnMut(&Frame<'_>) -> bool) {
        let (mut read, mut write, mut records) = (0, 0, 0);
        while read < self.bytes.len() {
            let Ok((frame, _)) = Frame::split(&self.bytes[read..]) else {
                break;
            };
            let length = frame.bytes().len();
            if keep(&frame) {
                // Most batches stay whole, and what does not move need not be copied.
                if read != write {
                    self.bytes.copy_within(read..read + length, write);
                }
                write += length;
                records += 1;
            }
            read += length;
        }
        self.bytes.truncate(write);
        self.records = records;
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records = 0;
    }

    /// The memory, for another batch.
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}

/// Iterator over the frames of a [`Batch`].
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match Frame::split(self.rest) {
            Ok((frame, rest)) => {
                self.rest = rest;
                Some(Ok(frame))
            }
            Err(error) => {
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Batch;
    use crate::frame::{Flags, FrameWriter};
    use crate::level::Level;

    fn batch(levels: &[u8]) -> Batch {
        let mut batch = Batch::default();
        for (index, &level) in levels.iter().enumerate() {
            let mut frame = Vec::new();
            let message = vec![b'x'; index];
            let writer = FrameWriter::captured(
                &mut frame,
                Level::new(level),
                Flags::NONE,
                0,
                &[0; 4],
                &message,
            );
            writer.finish().unwrap();
            batch.push(&frame);
        }
        batch
    }

    #[test]
    fn retain_keeps_order_and_content() {
        let mut batch = batch(&[10, 20, 30, 40, 50]);
        batch.retain(|frame| frame.level() != Level::WARNING && frame.level() != Level::DEBUG);
        let kept: Vec<_> = batch
            .frames()
            .map(|frame| {
                let frame = frame.unwrap();
                (
                    frame.level().number(),
                    frame.captured().unwrap().message.len(),
                )
            })
            .collect();
        assert_eq!(kept, [(20, 1), (40, 3), (50, 4)]);
        assert_eq!(batch.records(), 3);
    }

    #[test]
    fn retaining_nothing_leaves_nothing() {
        let mut batch = batch(&[10, 20]);
        batch.retain(|_| false);
        assert!(batch.is_empty());
        assert_eq!(batch.bytes(), 0);
    }
}
