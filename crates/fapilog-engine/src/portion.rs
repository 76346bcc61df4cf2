//! What a sink is given: records of one or more batches, in order.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::delivery::Delivery;
use crate::frame_reader::Frame;
use crate::journal::Noting;

/// Which records of a batch, by their number in it.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// All of a range.
    Span(Range<usize>),
    /// Those at a range of a list of numbers in rising order.
    Picked(Arc<[u32]>, Range<usize>),
}

impl Selection {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Span(range) | Self::Picked(_, range) => range.len(),
        }
    }

    /// The first `count` records; they are no longer in this selection.
    pub(crate) fn take_front(&mut self, count: usize) -> Self {
        let cut = |range: &mut Range<usize>| {
            let middle = range.end.min(range.start + count);
            let front = range.start..middle;
            range.start = middle;
            front
        };
        match self {
            Self::Span(range) => Self::Span(cut(range)),
            Self::Picked(numbers, range) => Self::Picked(Arc::clone(numbers), cut(range)),
        }
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        let (picked, range) = match self {
            Self::Span(range) => (None, range.clone()),
            Self::Picked(numbers, range) => (Some(numbers), range.clone()),
        };
        range.filter_map(move |index| match picked {
            None => Some(index),
            Some(numbers) => numbers.get(index).map(|&number| number as usize),
        })
    }
}

/// Some records of one batch, on their way to a sink.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) records: Selection,
    /// The number of the sink that was to get them, also where its fallback gets them instead.
    pub(crate) sink: usize,
}

impl Load {
    /// The first `count` records; they are no longer in this load.
    pub(crate) fn take_front(&mut self, count: usize) -> Self {
        Self {
            delivery: Arc::clone(&self.delivery),
            records: self.records.take_front(count),
            sink: self.sink,
        }
    }

    /// A sink has taken them.
    pub(crate) fn mark_taken(&self) {
        self.delivery.mark_taken(self.records.numbers());
        self.mark_done();
    }

    /// The sink is done with them, whether it has taken them or never will.
    pub(crate) fn mark_done(&self) {
        if let Some(staged) = self.delivery.staged() {
            staged.mark(self.sink, self.records.numbers());
        }
    }

    /// How the sink notes what it is about to write, in crash-safe mode.
    pub(crate) fn noting(&self) -> Option<Noting<'_>> {
        let staged = self.delivery.staged()?;
        let mut numbers = self.records.numbers();
        let from = numbers.next()?;
        let to = numbers.last().unwrap_or(from) + 1;
        let sink = self.sink;
        Some(Noting {
            staged,
            sink,
            from,
            to,
        })
    }

    fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        let mut frames = self.delivery.frames().flatten();
        let mut next = 0;
        self.records.numbers().filter_map(move |number| {
            let frame = frames.nth(number - next);
            next = number + 1;
            frame
        })
    }

    fn lines(&self, format: usize) -> impl Iterator<Item = &[u8]> {
        self.records
            .numbers()
            .map(move |number| self.delivery.lines(format).of(number..number + 1))
    }
}

/// Records that a sink is asked to take, in order.
#[derive(Clone, Copy, Debug)]
pub struct Portion<'a> {
    loads: &'a [Load],
    format: usize,
    noting: Option<Noting<'a>>,
}

impl<'a> Portion<'a> {
    pub(crate) fn new(loads: &'a [Load], format: usize) -> Self {
        Self {
            loads,
            format,
            noting: None,
        }
    }

    /// The same, for a sink that notes what it is about to write.
    pub(crate) fn noting(self, noting: Option<Noting<'a>>) -> Self {
        Self { noting, ..self }
    }

    /// Notes that its text is about to be appended to a file (device and inode) of this length.
    /// A sink whose [`crate::Sink::notes`] is true calls it before each write; without crash-safe
    /// mode it does nothing.
    pub fn note(&self, file: (u64, u64), length: u64) {
        if let Some(noting) = &self.noting {
            noting.note(file, length);
        }
    }

    /// Number of records; at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.loads.iter().map(|load| load.records.len()).sum()
    }

    /// Never true when a sink is called.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records as frames, in order.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'a>> + use<'a> {
        self.loads.iter().flat_map(Load::frames)
    }

    /// The text of each record in the sink's format, its line feed included, in order. Empty
    /// texts when the sink reads [`crate::SinkInput::Frames`].
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let format = self.format;
        self.loads.iter().flat_map(move |load| load.lines(format))
    }

    /// The texts of all records as one; borrowed where they lie side by side.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        if let [
            Load {
                delivery,
                records: Selection::Span(range),
                ..
            },
        ] = self.loads
        {
            return Cow::Borrowed(delivery.lines(self.format).of(range.clone()));
        }
        let mut text = Vec::new();
        for line in self.lines() {
            text.extend_from_slice(line);
        }
        Cow::Owned(text)
    }
}
