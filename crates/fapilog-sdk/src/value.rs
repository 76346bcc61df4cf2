//! Values of fields, read where they lie.

use std::collections::BTreeMap;
use std::fmt;

use fapilog_abi::frame::{MAX_DEPTH, tag};

use crate::cursor::Cursor;

/// A field's value. Texts, lists and maps lie in the batch: nothing is copied.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// Decimal digits of an integer beyond 64 bits, perhaps with `-`.
    BigInt(&'a str),
    /// A floating-point number, finite or not.
    Float(f64),
    /// A text.
    Str(&'a str),
    /// Values in order.
    List(List<'a>),
    /// Keys and values in order.
    Map(Map<'a>),
}

impl<'a> Value<'a> {
    /// Reads a value from its bytes, tag first.
    pub(crate) fn parse(bytes: &'a [u8], depth: usize) -> Option<Self> {
        let (tag, rest) = bytes.split_first()?;
        let mut rest = Cursor(rest);
        Some(match *tag {
            tag::NULL => Self::Null,
            tag::FALSE => Self::Bool(false),
            tag::TRUE => Self::Bool(true),
            tag::INT => Self::Int(i64::from_le_bytes(rest.array()?)),
            tag::BIG_INT => Self::BigInt(utf8(rest.text()?)?),
            tag::FLOAT => Self::Float(f64::from_le_bytes(rest.array()?)),
            tag::STR => Self::Str(utf8(rest.text()?)?),
            tag::LIST => Self::List(List(Container::read(rest, depth)?)),
            tag::MAP => Self::Map(Map(Container::read(rest, depth)?)),
            _ => return None,
        })
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one of 64 bits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if it is one; integers lose what `f64` cannot hold.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "said in the documentation, and what everybody expects"
    )]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::BigInt(digits) => digits.parse().ok(),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// `true` or `false`, if it is one of them.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }
}

/// Equal when they say the same; floats that are no number are never equal.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::BigInt(a), Self::BigInt(b)) | (Self::Str(a), Self::Str(b)) => a == b,
            (Self::List(a), Self::List(b)) => a.iter().eq(b.iter()),
            (Self::Map(a), Self::Map(b)) => a.iter().eq(b.iter()),
            _ => false,
        }
    }
}

impl PartialEq<str> for Value<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(other)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(flag) => flag.fmt(formatter),
            Self::Int(number) => number.fmt(formatter),
            Self::BigInt(digits) => formatter.write_str(digits),
            Self::Float(number) => number.fmt(formatter),
            Self::Str(text) => text.fmt(formatter),
            Self::List(list) => formatter.debug_list().entries(list.iter()).finish(),
            Self::Map(map) => formatter.debug_map().entries(map.iter()).finish(),
        }
    }
}

/// What a list or map has inside.
#[derive(Clone, Copy)]
struct Container<'a> {
    inside: Cursor<'a>,
    count: u32,
    depth: usize,
}

impl<'a> Container<'a> {
    fn read(mut bytes: Cursor<'a>, depth: usize) -> Option<Self> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let mut inside = Cursor(bytes.text()?);
        let count = inside.number()?;
        let depth = depth + 1;
        Some(Self {
            inside,
            count,
            depth,
        })
    }
}

/// The values of a list.
#[derive(Clone, Copy)]
pub struct List<'a>(Container<'a>);

impl<'a> List<'a> {
    /// How many it says that it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count as usize
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }

    /// Its values in order.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let Container {
            mut inside,
            count,
            depth,
        } = self.0;
        (0..count).map_while(move |_| Value::parse(inside.value()?, depth))
    }
}

/// The fields of a map.
#[derive(Clone, Copy)]
pub struct Map<'a>(Container<'a>);

impl<'a> Map<'a> {
    /// How many it says that it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count as usize
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }

    /// Its keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let Container {
            mut inside,
            count,
            depth,
        } = self.0;
        (0..count).map_while(move |_| {
            let field = inside.next()?;
            Some((utf8(field.key)?, Value::parse(field.value, depth)?))
        })
    }

    /// The value of a key; the last one, should there be more.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        let found = self.iter().filter(|(name, _)| *name == key);
        found.last().map(|(_, value)| value)
    }

    /// All of it by key.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<&'a str, Value<'a>> {
        self.iter().collect()
    }
}

pub(crate) fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
