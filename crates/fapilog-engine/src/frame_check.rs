//! Whether bytes that somebody else wrote are one frame with whole values and texts of UTF-8.
//!
//! Readers of frames expect anything but trust texts; what comes from a plugin is looked at here,
//! once. Structure is walked without looking into texts. Whether they are ASCII is told for all of
//! them together: bytes with the high bit set are counted over the whole body, and those inside of
//! numbers taken off. Only a frame with others has its texts checked one by one.

use crate::frame::{Flags, HEADER_BYTES, Tag};
use crate::frame_reader::MAX_DEPTH;

/// Whether `bytes` are one frame and nothing behind it.
pub(crate) fn is_sound(bytes: &[u8]) -> bool {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return false;
    };
    let stated = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
    if stated as usize != bytes.len() {
        return false;
    }
    let is_flat = Flags(header[5]).contains(Flags::FLAT);
    let mut walk = Walk {
        high_bytes_of_numbers: 0,
        texts: Texts::Unseen,
    };
    if walk.record(body, is_flat).is_none() {
        return false;
    }
    if high_bytes(body) == walk.high_bytes_of_numbers {
        return true;
    }
    walk.texts = Texts::Checked;
    walk.record(body, is_flat).is_some()
}

/// The lowest bit of each byte of a word.
const LOW: u64 = 0x0101_0101_0101_0101;

/// Words whose bytes can be counted in one before a byte overflows.
const WORDS: usize = 255;

/// Number of bytes that ASCII does not have.
fn high_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words = words.chunks(WORDS).map(|words| {
        let counts = words
            .iter()
            .map(|word| high_bits(u64::from_le_bytes(*word)));
        sum_of_bytes(counts.sum())
    });
    let in_rest = rest.iter().filter(|byte| !byte.is_ascii()).count();
    in_words.sum::<u64>() + in_rest as u64
}

/// One in each byte whose high bit is set.
fn high_bits(word: u64) -> u64 {
    word >> 7 & LOW
}

/// The sum, below 2,048, of the bytes of a word.
fn sum_of_bytes(word: u64) -> u64 {
    let pairs = (word & 0x00ff_00ff_00ff_00ff) + (word >> 8 & 0x00ff_00ff_00ff_00ff);
    pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    Unseen,
    Checked,
}

/// One walk over a body; `None` where it is malformed.
struct Walk {
    high_bytes_of_numbers: u64,
    texts: Texts,
}

impl Walk {
    fn record(&mut self, mut body: &[u8], is_flat: bool) -> Option<()> {
        if is_flat {
            if body.is_empty() {
                return None;
            }
        } else {
            self.text(&mut body)?;
            self.text(&mut body)?;
        }
        while !body.is_empty() {
            self.text(&mut body)?;
            self.value(&mut body, 0)?;
        }
        Some(())
    }

    #[inline]
    fn value(&mut self, bytes: &mut &[u8], depth: usize) -> Option<()> {
        let (&tag, rest) = bytes.split_first()?;
        *bytes = rest;
        if tag == Tag::Str as u8 {
            self.text(bytes)
        } else if tag == Tag::Int as u8 || tag == Tag::Float as u8 {
            let (number, rest) = bytes.split_first_chunk::<8>()?;
            *bytes = rest;
            self.count_high(u64::from_le_bytes(*number));
            Some(())
        } else if tag <= Tag::True as u8 {
            Some(())
        } else if tag == Tag::BigInt as u8 {
            is_integer(self.raw_text(bytes)?).then_some(())
        } else if tag == Tag::List as u8 {
            self.container(bytes, depth, false)
        } else if tag == Tag::Map as u8 {
            self.container(bytes, depth, true)
        } else {
            None
        }
    }

    fn container(&mut self, bytes: &mut &[u8], depth: usize, has_keys: bool) -> Option<()> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let length = self.count(bytes)?;
        let mut inside = take(bytes, length as usize)?;
        for _ in 0..self.count(&mut inside)? {
            if has_keys {
                self.text(&mut inside)?;
            }
            self.value(&mut inside, depth + 1)?;
        }
        inside.is_empty().then_some(())
    }

    #[inline]
    fn text(&mut self, bytes: &mut &[u8]) -> Option<()> {
        let text = self.raw_text(bytes)?;
        let is_text = self.texts == Texts::Unseen || std::str::from_utf8(text).is_ok();
        is_text.then_some(())
    }

    #[inline]
    fn raw_text<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
        let length = self.count(bytes)?;
        take(bytes, length as usize)
    }

    #[inline]
    fn count_high(&mut self, number: u64) {
        self.high_bytes_of_numbers += high_bits(number).wrapping_mul(LOW) >> 56;
    }

    /// A length or count, whose bytes are no text either.
    #[inline]
    fn count(&mut self, bytes: &mut &[u8]) -> Option<u32> {
        let (&count, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        let count = u32::from_le_bytes(count);
        self.count_high(count.into());
        Some(count)
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn is_integer(digits: &[u8]) -> bool {
    let digits = digits.strip_prefix(b"-").unwrap_or(digits);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::{high_bytes, is_sound};
    use crate::frame::{FieldWriter, Flags, FrameWriter, encode_text};
    use crate::frame_reader::{Frame, FrameError, Value};
    use crate::level::Level;
    use proptest::prelude::*;

    /// The same, told by the reader that everybody else uses.
    fn is_read_whole(bytes: &[u8]) -> bool {
        let Ok((frame, [])) = Frame::split(bytes) else {
            return false;
        };
        if frame.flags().contains(Flags::FLAT) {
            return !frame.body().is_empty() && are_whole(frame.flat());
        }
        frame.captured().is_ok_and(|captured| {
            is_text(captured.logger) && is_text(captured.message) && are_whole(captured.fields)
        })
    }

    fn are_whole<'a>(
        mut fields: impl Iterator<Item = Result<(&'a [u8], Value<'a>), FrameError>>,
    ) -> bool {
        fields.all(|field| field.is_ok_and(|(key, value)| is_text(key) && is_whole(&value)))
    }

    fn is_whole(value: &Value<'_>) -> bool {
        match value {
            Value::Str(text) => is_text(text),
            Value::BigInt(digits) => {
                let digits = std::str::from_utf8(digits).unwrap_or_default();
                let digits = digits.strip_prefix('-').unwrap_or(digits);
                !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit())
            }
            Value::List(items) => items
                .clone()
                .all(|item| item.is_ok_and(|item| is_whole(&item))),
            Value::Map(entries) => are_whole(entries.clone()),
            _ => true,
        }
    }

    fn is_text(bytes: &[u8]) -> bool {
        std::str::from_utf8(bytes).is_ok()
    }

    fn frame(write: impl FnOnce(&mut FieldWriter<'_>)) -> Vec<u8> {
        let (mut bytes, mut logger) = (Vec::new(), Vec::new());
        encode_text(&mut logger, b"shop");
        let mut frame =
            FrameWriter::captured(&mut bytes, Level::INFO, Flags::NONE, 1, &logger, b"hi");
        write(&mut frame.fields());
        frame.finish().unwrap();
        bytes
    }

    fn with_text(text: &[u8]) -> Vec<u8> {
        frame(|fields| {
            fields.key(b"price");
            fields.float(-1.5);
            fields.key(b"big");
            fields.big_int(b"-123456789012345678901234567890");
            fields.key(b"inside");
            let list = fields.begin_list();
            fields.int(-1);
            let map = fields.begin_map();
            fields.raw_key(text);
            fields.str(text);
            fields.end(map, 1);
            fields.end(list, 2);
        })
    }

    #[test]
    fn bytes_that_ascii_does_not_have_are_counted() {
        let mut bytes = vec![0x7f_u8; 8 * 600 + 3];
        assert_eq!(high_bytes(&bytes), 0);
        bytes.fill(0x80);
        assert_eq!(high_bytes(&bytes), 4803);
    }

    #[test]
    fn numbers_are_no_reason_to_doubt_texts() {
        assert!(is_sound(&with_text(b"plain")));
        assert!(is_sound(&with_text("gr\u{fc}n \u{2026}".as_bytes())));
    }

    #[test]
    fn a_broken_text_is_found_wherever_it_stands() {
        assert!(!is_sound(&with_text(b"\xff")));
        assert!(!is_sound(&with_text(b"cut \xe2\x80")));
    }

    #[test]
    fn what_is_cut_off_is_not_sound() {
        let whole = with_text(b"plain");
        for length in 0..whole.len() {
            let mut cut = whole[..length].to_vec();
            if let Some(stated) = cut.first_chunk_mut::<4>() {
                *stated = u32::try_from(length).unwrap().to_le_bytes();
            }
            assert_eq!(is_sound(&cut), is_read_whole(&cut), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn what_is_sound_is_read_whole(
            place in 16_usize..400,
            byte: u8,
            text in "\\PC{0,20}",
            flags in 0_u8..4,
        ) {
            let mut bytes = with_text(text.as_bytes());
            let place = place % bytes.len();
            bytes[place] = byte;
            bytes[5] = flags;
            // Bytes behind the last value of a list are not read by anybody, and not sound.
            prop_assert!(!is_sound(&bytes) || is_read_whole(&bytes));
        }

        #[test]
        fn what_the_writer_wrote_is_sound(text in "\\PC{0,40}", number: i64, float: f64) {
            let bytes = frame(|fields| {
                fields.key(text.as_bytes());
                fields.int(number);
                fields.key(b"f");
                fields.float(float);
            });
            prop_assert!(is_sound(&bytes));
        }
    }
}
