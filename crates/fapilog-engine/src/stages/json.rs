//! JSON values as values of frames.

use serde_json::Value;

use crate::frame::FieldWriter;

/// Appends a value. Nesting is bounded by the JSON reader.
pub(crate) fn encode_json(out: &mut Vec<u8>, value: &Value) {
    let mut writer = FieldWriter::new(out);
    match value {
        Value::Null => writer.null(),
        Value::Bool(flag) => writer.bool(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => writer.int(number),
            (None, _) if number.is_u64() => writer.big_int(number.to_string().as_bytes()),
            (None, Some(number)) => writer.float(number),
            (None, None) => writer.null(),
        },
        Value::String(text) => writer.str(text.as_bytes()),
        Value::Array(items) => {
            let list = writer.begin_list();
            for item in items {
                encode_json(out, item);
            }
            FieldWriter::new(out).end(list, u32::try_from(items.len()).unwrap_or(u32::MAX));
        }
        Value::Object(entries) => {
            let map = writer.begin_map();
            for (key, value) in entries {
                FieldWriter::new(out).raw_key(key.as_bytes());
                encode_json(out, value);
            }
            FieldWriter::new(out).end(map, u32::try_from(entries.len()).unwrap_or(u32::MAX));
        }
    }
}
