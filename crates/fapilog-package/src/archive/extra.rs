//! Extra fields: what stands beside an entry's name in both of its headers.

use super::u16_at;
use crate::fault::{self, Fault};

/// Times and owners, as `zip` and other archivers write them: extended timestamps, the Unix fields
/// old and new, NTFS times. Every other field can change what a program takes for the entry's name,
/// size or contents (ZIP64, Unicode path, encryption, ...).
const HARMLESS: [u16; 5] = [0x5455, 0x5855, 0x7855, 0x7875, 0x000a];

/// Most bytes: the harmless fields need 75 together; more would be a place to hide something.
const MAX_BYTES: usize = 96;

/// The rule that the fields break, if any.
pub(super) fn fault(mut fields: &[u8]) -> Option<Fault> {
    if fields.len() > MAX_BYTES {
        return Some(fault::EXTRA_LONG);
    }
    while !fields.is_empty() {
        let (id, bytes) = (u16_at(fields, 0), usize::from(u16_at(fields, 2)));
        let rest = fields.get(4..).and_then(|rest| rest.get(bytes..));
        let Some(rest) = rest else {
            return Some(fault::EXTRA_CUT);
        };
        if !HARMLESS.contains(&id) {
            return Some(fault::EXTRA_KIND);
        }
        fields = rest;
    }
    None
}
