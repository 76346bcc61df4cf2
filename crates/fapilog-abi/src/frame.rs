//! The numbers of a record frame, version 1; `docs/specs/record-frame.md` has the layout.

/// Size of a frame's fixed part, in bytes: length, level, flags, two zeros, time.
pub const HEADER_BYTES: usize = 16;

/// Where the level stands in the header.
pub const LEVEL_AT: usize = 4;

/// Where the flags stand in the header.
pub const FLAGS_AT: usize = 5;

/// Where the time stands in the header, microseconds since 1970-01-01T00:00:00Z, signed.
pub const MICROS_AT: usize = 8;

/// Flag: the body is one flat mapping.
pub const FLAT: u8 = 1;

/// Flag: a key may appear twice; the last one counts.
pub const MAY_REPEAT: u8 = 2;

/// Lists and maps inside each other, at most.
pub const MAX_DEPTH: usize = 64;

/// Longest frame that a host takes, in bytes.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Keys that every record has: no other field has one of these.
pub const RESERVED_KEYS: [&str; 4] = ["timestamp", "level", "logger", "message"];

/// What a value's first byte says of it.
pub mod tag {
    /// Nothing follows.
    pub const NULL: u8 = 0;
    /// Nothing follows.
    pub const FALSE: u8 = 1;
    /// Nothing follows.
    pub const TRUE: u8 = 2;
    /// 8 bytes, signed.
    pub const INT: u8 = 3;
    /// A text of decimal digits, perhaps with `-`: integers beyond 64 bits.
    pub const BIG_INT: u8 = 4;
    /// 8 bytes, IEEE 754.
    pub const FLOAT: u8 = 5;
    /// A text.
    pub const STR: u8 = 6;
    /// `u32` length in bytes of what follows, `u32` count, that many values.
    pub const LIST: u8 = 7;
    /// `u32` length in bytes of what follows, `u32` count, that many fields.
    pub const MAP: u8 = 8;
}
