//! Reading bytes in order, never beyond their end.

use fapilog_abi::frame::tag;

/// The bytes that were not read yet. What returns `None` has met something that is not whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

/// A key and its value as they stand in a frame; `all` is both.
pub(crate) struct RawField<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) all: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// The bytes of a text.
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    /// A value's bytes, tag first; what is inside of a list or map is not looked at.
    pub(crate) fn value(&mut self) -> Option<&'a [u8]> {
        let before = self.0;
        let [tag] = self.array()?;
        match tag {
            tag::NULL | tag::FALSE | tag::TRUE => {}
            tag::INT | tag::FLOAT => {
                self.take(8)?;
            }
            tag::BIG_INT | tag::STR | tag::LIST | tag::MAP => {
                self.text()?;
            }
            _ => return None,
        }
        before.get(..before.len() - self.0.len())
    }
}

/// The fields that follow; ends before the first that is not whole.
impl<'a> Iterator for Cursor<'a> {
    type Item = RawField<'a>;

    fn next(&mut self) -> Option<RawField<'a>> {
        let mut rest = *self;
        let key = rest.text()?;
        let value = rest.value()?;
        let all = self.0.get(..self.0.len() - rest.0.len())?;
        *self = rest;
        Some(RawField { key, value, all })
    }
}
