//! Constant folding: what simple operations give, computed without running anything.

use std::io::Read as _;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::value::{Constant, MAX_CONSTANT_BYTES, Marks, Value, Values};

/// Text or bytes joined, lists appended; nothing when the kinds differ or it would be too long.
pub(crate) fn add(left: &Value, right: &Value) -> Option<Constant> {
    match (left.constant.as_ref()?, right.constant.as_ref()?) {
        (Constant::Text(a), Constant::Text(b)) if a.len() + b.len() <= MAX_CONSTANT_BYTES => {
            Some(Constant::Text(format!("{a}{b}").into()))
        }
        (Constant::Bytes(a), Constant::Bytes(b)) if a.len() + b.len() <= MAX_CONSTANT_BYTES => {
            Some(Constant::Bytes([&**a, &**b].concat().into()))
        }
        (Constant::List(a), Constant::List(b)) if a.len() + b.len() <= 4096 => {
            Some(Constant::List([&**a, &**b].concat().into()))
        }
        (Constant::Int(a), Constant::Int(b)) => a.checked_add(*b).map(Constant::Int),
        _ => None,
    }
}

/// `a / b` of paths.
pub(crate) fn join_path(left: &str, right: &str) -> String {
    if right.starts_with(['/', '~']) {
        return right.to_owned();
    }
    format!("{}/{right}", left.trim_end_matches('/'))
}

/// Text repeated, and arithmetic of whole numbers as obfuscators use it.
pub(crate) fn arithmetic(operator: Arithmetic, left: &Value, right: &Value) -> Option<Constant> {
    if let (Some(text), Some(times)) = (left.as_text(), right.as_int())
        && operator == Arithmetic::Times
    {
        let times = usize::try_from(times).ok()?;
        let fits = text.len().saturating_mul(times) <= MAX_CONSTANT_BYTES;
        return fits.then(|| Constant::Text(text.repeat(times).into()));
    }
    let (a, b) = (left.as_int()?, right.as_int()?);
    let result = match operator {
        Arithmetic::Minus => a.checked_sub(b),
        Arithmetic::Times => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div_euclid(b),
        Arithmetic::Modulo => a.checked_rem_euclid(b),
        Arithmetic::Xor => Some(a ^ b),
    };
    result.map(Constant::Int)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Minus,
    Times,
    Divide,
    Modulo,
    Xor,
}

/// `text % values` with nothing but `%s` and `%d`.
pub(crate) fn percent(pattern: &str, values: &Value) -> Option<String> {
    let single = std::slice::from_ref(values);
    let mut values = values.as_list().unwrap_or(single).iter();
    let mut result = String::new();
    let mut parts = pattern.split('%');
    result.push_str(parts.next()?);
    for part in parts {
        let rest = part.strip_prefix('s').or_else(|| part.strip_prefix('d'))?;
        result.push_str(&shown(values.next()?)?);
        result.push_str(rest);
    }
    Some(result)
}

/// `"{}{}".format(…)` with plain or numbered fields.
fn format(pattern: &str, arguments: &[Values]) -> Option<String> {
    let mut result = String::new();
    let mut rest = pattern;
    let mut next = 0;
    while let Some((before, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}')?;
        let index = match field {
            "" => next,
            number => number.parse().ok()?,
        };
        next = index + 1;
        result.push_str(before);
        result.push_str(&shown(arguments.get(index)?.iter().next()?)?);
        rest = after;
    }
    result.push_str(rest);
    (result.len() <= MAX_CONSTANT_BYTES).then_some(result)
}

fn shown(value: &Value) -> Option<String> {
    match value.constant.as_ref()? {
        Constant::Text(text) => Some(text.to_string()),
        Constant::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What a method of a constant gives: `"".join(…)`, `.decode()`, `.replace(…)`.
pub(crate) fn method(receiver: &Value, name: &str, arguments: &[Values]) -> Option<Value> {
    let first = arguments.first().and_then(|values| values.iter().next());
    let done = |constant| Some(Value::constant(constant).marked(receiver.marks));
    let text = |text: String| done(Constant::Text(text.into()));
    match (receiver.constant.as_ref()?, name) {
        (Constant::Text(glue), "join") => join(glue, first?),
        (Constant::Bytes(glue), "join") if glue.is_empty() => {
            let parts: Option<Vec<&[u8]>> = first?.as_list()?.iter().map(Value::as_bytes).collect();
            done(Constant::Bytes(parts?.concat().into()))
        }
        (Constant::Bytes(bytes), "decode") => text(std::str::from_utf8(bytes).ok()?.to_owned()),
        (Constant::Text(value), "encode") => {
            if first.and_then(Value::as_text) == Some("rot13") {
                return None;
            }
            done(Constant::Bytes(value.as_bytes().into()))
        }
        (Constant::Text(value), "lower") => text(value.to_lowercase()),
        (Constant::Text(value), "upper") => text(value.to_uppercase()),
        (Constant::Text(value), "strip") => text(value.trim().to_owned()),
        (Constant::Text(value), "format") => text(format(value, arguments)?),
        (Constant::Text(value), "replace") => {
            let with = arguments.get(1)?.text()?;
            let from = first?.as_text()?;
            let bounded = value.len().saturating_mul(with.len().max(1)) <= MAX_CONSTANT_BYTES;
            (bounded && !from.is_empty()).then(|| text(value.replace(from, with)))?
        }
        (Constant::Text(value), "split") => {
            let pieces: Vec<Value> = match first.and_then(Value::as_text) {
                Some(by) if !by.is_empty() => value.split(by).take(4096).map(Value::text).collect(),
                _ => value
                    .split_whitespace()
                    .take(4096)
                    .map(Value::text)
                    .collect(),
            };
            done(Constant::List(pieces.into()))
        }
        (Constant::Bytes(bytes), "hex") => text(hex(bytes)),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn join(glue: &str, items: &Value) -> Option<Value> {
    let owned;
    let items_list = match (&items.constant, items.as_list()) {
        (_, Some(list)) => list,
        (Some(Constant::Text(text)), _) => {
            owned = text
                .chars()
                .map(|c| Value::text(c.to_string()))
                .collect::<Vec<_>>();
            &owned
        }
        _ => return None,
    };
    let mut result = String::new();
    let mut marks = items.marks;
    for (index, item) in items_list.iter().enumerate() {
        if index > 0 {
            result.push_str(glue);
        }
        result.push_str(item.as_text()?);
        marks = marks.or(item.marks);
        if result.len() > MAX_CONSTANT_BYTES {
            return None;
        }
    }
    if marks.has(Marks::CHARACTER) {
        marks = marks.or(Marks::DECODED).without(Marks::CHARACTER);
    }
    Some(Value::text(result).marked(marks))
}

/// What a call of a known function with constant arguments gives.
pub(crate) fn call(path: &str, arguments: &[Values]) -> Option<Value> {
    let first = arguments.first().and_then(|values| values.iter().next())?;
    let marks = first.marks;
    let bytes = |bytes: Vec<u8>| {
        Some(Value::constant(Constant::Bytes(bytes.into())).marked(marks.or(Marks::DECODED)))
    };
    match path {
        "builtins.chr" => {
            let character = char::from_u32(u32::try_from(first.as_int()?).ok()?)?;
            Some(Value::text(character.to_string()).marked(Marks::CHARACTER))
        }
        "builtins.str" => match first.as_bytes() {
            Some(bytes) => Some(Value::text(std::str::from_utf8(bytes).ok()?).marked(marks)),
            None => Some(Value::text(first.as_int()?.to_string())),
        },
        "builtins.int" => {
            let digits = first.as_text()?;
            let radix = arguments.get(1).and_then(|values| values.iter().next());
            let radix = radix.and_then(Value::as_int).unwrap_or(10);
            let radix = u32::try_from(radix).ok().filter(|n| (2..=36).contains(n))?;
            let digits = digits.trim_start_matches("0x");
            i64::from_str_radix(digits, radix)
                .ok()
                .map(|number| Value::constant(Constant::Int(number)))
        }
        "builtins.bytes" | "builtins.bytearray" => match first.as_list() {
            Some(items) => {
                let numbers: Option<Vec<u8>> = items
                    .iter()
                    .map(|item| u8::try_from(item.as_int()?).ok())
                    .collect();
                bytes(numbers?)
            }
            None => Some(Value::constant(Constant::Bytes(first.as_bytes()?.into())).marked(marks)),
        },
        "builtins.list" | "builtins.tuple" => first.as_list().map(|_| first.clone()),
        "builtins.reversed" => reversed(first),
        "builtins.map" => map(first, arguments.get(1)?),
        _ => decode(path, first, arguments).and_then(bytes),
    }
}

fn map(function: &Value, items: &Values) -> Option<Value> {
    let path = function.path.as_deref()?;
    let items = items.iter().find_map(Value::as_list)?;
    let mapped: Option<Vec<Value>> = items
        .iter()
        .map(|item| call(path, &[Values::one(item.clone())]))
        .collect();
    Some(Value::constant(Constant::List(mapped?.into())))
}

fn decode(path: &str, first: &Value, arguments: &[Values]) -> Option<Vec<u8>> {
    let data = first.as_bytes()?;
    match path {
        "base64.b64decode"
        | "base64.standard_b64decode"
        | "base64.decodebytes"
        | "base64.urlsafe_b64decode"
        | "binascii.a2b_base64" => base64_bytes(data),
        "base64.b16decode"
        | "binascii.unhexlify"
        | "binascii.a2b_hex"
        | "builtins.bytes.fromhex"
        | "builtins.bytearray.fromhex" => hex_bytes(data),
        "base64.b32decode" => base32_bytes(data),
        "base64.b85decode" => base85_bytes(data),
        "zlib.decompress" => bounded(flate2::read::ZlibDecoder::new(data)),
        "gzip.decompress" => bounded(flate2::read::GzDecoder::new(data)),
        "codecs.decode" => match arguments.get(1)?.text()? {
            "base64" | "base64_codec" => base64_bytes(data),
            "hex" | "hex_codec" => hex_bytes(data),
            "rot13" | "rot_13" => Some(data.iter().map(|byte| rot13(*byte)).collect()),
            "zlib" | "zip" => bounded(flate2::read::ZlibDecoder::new(data)),
            _ => None,
        },
        _ => None,
    }
}

const fn rot13(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        _ => byte,
    }
}

/// Base64 as Python reads it: padding and the two alphabets.
fn base64_bytes(data: &[u8]) -> Option<Vec<u8>> {
    let clean: Vec<u8> = data
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    [&STANDARD, &URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(&clean).ok())
}

fn hex_bytes(data: &[u8]) -> Option<Vec<u8>> {
    let text: String = std::str::from_utf8(data).ok()?.split_whitespace().collect();
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

fn base32_bytes(data: &[u8]) -> Option<Vec<u8>> {
    let mut bits: u64 = 0;
    let mut count = 0;
    let mut bytes = Vec::new();
    for byte in data.iter().filter(|byte| **byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5 | u64::from(digit)) & 0xffff;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

fn base85_bytes(data: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut bytes = Vec::new();
    for group in data.chunks(5) {
        let mut number: u64 = 0;
        for at in 0..5 {
            let digit = group.get(at).copied().unwrap_or(b'~');
            let value = ALPHABET.iter().position(|known| *known == digit)?;
            number = number * 85 + value as u64;
        }
        let four = u32::try_from(number).ok()?.to_be_bytes();
        bytes.extend_from_slice(four.get(..group.len().saturating_sub(1))?);
    }
    Some(bytes)
}

fn bounded(decoder: impl std::io::Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_CONSTANT_BYTES as u64;
    decoder.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// `value[::-1]`, which counts as an encoding.
pub(crate) fn reversed(value: &Value) -> Option<Value> {
    let constant = match value.constant.as_ref()? {
        Constant::Text(text) => Constant::Text(text.chars().rev().collect::<String>().into()),
        Constant::Bytes(bytes) => Constant::Bytes(bytes.iter().rev().copied().collect()),
        Constant::List(items) => {
            let items: Rc<[Value]> = items.iter().rev().cloned().collect();
            Constant::List(items)
        }
        _ => return None,
    };
    // Reversing is an encoding of text; a list of other things is only gone through backwards.
    let is_encoding = match &constant {
        Constant::List(items) => items.iter().all(|item| {
            item.as_int().is_some() || item.as_text().is_some_and(|text| text.chars().count() == 1)
        }),
        _ => true,
    };
    let marks = if is_encoding {
        Marks::DECODED
    } else {
        Marks::NONE
    };
    Some(Value::constant(constant).marked(value.marks.or(marks)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(path: &str, text: &str) -> String {
        let value = call(path, &[Values::one(Value::text(text))]).unwrap();
        String::from_utf8(value.as_bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn every_encoding_is_undone() {
        for (path, text) in [
            ("base64.b64decode", "b3Muc3lzdGVt"),
            ("base64.b32decode", "N5ZS443ZON2GK3I="),
            ("base64.b85decode", "Z*wkld2@7SZ2"),
            ("binascii.unhexlify", "6f732e73797374656d"),
        ] {
            assert_eq!(decoded(path, text), "os.system", "{path}");
        }
        let encoded = [
            Values::one(Value::text("bf.flfgrz")),
            Values::one(Value::text("rot13")),
        ];
        let value = call("codecs.decode", &encoded).unwrap();
        assert_eq!(value.as_bytes().unwrap(), b"os.system");
        assert!(value.marks.has(Marks::DECODED));
    }

    #[test]
    fn nothing_grows_without_bound() {
        let long = Value::text("a".repeat(MAX_CONSTANT_BYTES));
        assert_eq!(add(&long, &long), None);
        let times = Value::constant(Constant::Int(2));
        assert_eq!(arithmetic(Arithmetic::Times, &long, &times), None);
    }
}
