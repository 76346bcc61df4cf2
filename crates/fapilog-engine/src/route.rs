//! Which records a sink gets.

use crate::frame_reader::{Frame, Value};
use crate::level::Level;

/// Which records a sink gets: those for which every condition holds. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// This level or more severe ones.
    pub minimum: Option<Level>,
    /// This level or less severe ones.
    pub maximum: Option<Level>,
    /// Loggers of one of these names, or below one of them (`shop` is above `shop.db`).
    pub loggers: Vec<String>,
    /// Each of these fields, at the top of the record, has one of its texts; numbers and truth
    /// values compare as JSON writes them.
    pub fields: Vec<(String, Vec<String>)>,
}

impl Route {
    /// Whether there is no condition.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn selects(&self, frame: &Frame<'_>) -> bool {
        let level = frame.level();
        self.minimum.is_none_or(|minimum| level >= minimum)
            && self.maximum.is_none_or(|maximum| level <= maximum)
            && self.selects_logger(frame)
            && self.fields.iter().all(|(key, texts)| {
                frame
                    .field(key.as_bytes())
                    .is_some_and(|value| is_one_of(value, texts))
            })
    }

    fn selects_logger(&self, frame: &Frame<'_>) -> bool {
        if self.loggers.is_empty() {
            return true;
        }
        let Some(Value::Str(logger)) = frame.field(b"logger") else {
            return false;
        };
        self.loggers.iter().any(|name| {
            logger
                .strip_prefix(name.as_bytes())
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
        })
    }
}

fn is_one_of(value: Value<'_>, texts: &[String]) -> bool {
    let equals = |text: &[u8]| texts.iter().any(|wanted| wanted.as_bytes() == text);
    match value {
        Value::Null => equals(b"null"),
        Value::Bool(true) => equals(b"true"),
        Value::Bool(false) => equals(b"false"),
        Value::Int(number) => equals(itoa::Buffer::new().format(number).as_bytes()),
        Value::Float(number) => equals(zmij::Buffer::new().format(number).as_bytes()),
        Value::BigInt(text) | Value::Str(text) => equals(text),
        Value::List(_) | Value::Map(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Route;
    use crate::frame::{Flags, FrameWriter, encode_text};
    use crate::frame_reader::Frame;
    use crate::level::Level;

    fn selects(route: &Route, level: Level, logger: &str) -> bool {
        let (mut name, mut bytes) = (Vec::new(), Vec::new());
        encode_text(&mut name, logger.as_bytes());
        let mut writer = FrameWriter::captured(&mut bytes, level, Flags::NONE, 0, &name, b"hi");
        let mut fields = writer.fields();
        fields.key(b"tenant");
        fields.str(b"acme");
        fields.key(b"n");
        fields.int(7);
        writer.finish().unwrap();
        route.selects(&Frame::split(&bytes).unwrap().0)
    }

    #[test]
    fn an_open_route_takes_everything() {
        assert!(Route::default().is_open());
        assert!(selects(&Route::default(), Level::TRACE, ""));
    }

    #[test]
    fn levels_are_a_range_with_both_ends() {
        let route = Route {
            minimum: Some(Level::INFO),
            maximum: Some(Level::WARNING),
            ..Route::default()
        };
        let taken = [Level::DEBUG, Level::INFO, Level::WARNING, Level::ERROR]
            .map(|level| selects(&route, level, "shop"));
        assert_eq!(taken, [false, true, true, false]);
    }

    #[test]
    fn a_logger_stands_for_those_below_it() {
        let route = Route {
            loggers: vec!["shop".to_owned(), "web".to_owned()],
            ..Route::default()
        };
        let taken = ["shop", "shop.db", "shopping", "web", ""]
            .map(|logger| selects(&route, Level::INFO, logger));
        assert_eq!(taken, [true, true, false, true, false]);
    }

    #[test]
    fn every_named_field_must_have_one_of_its_texts() {
        let with = |fields: &[(&str, &[&str])]| Route {
            fields: fields
                .iter()
                .map(|(key, texts)| {
                    let texts = texts.iter().map(|&text| text.to_owned()).collect();
                    ((*key).to_owned(), texts)
                })
                .collect(),
            ..Route::default()
        };
        let route = with(&[("tenant", &["other", "acme"]), ("n", &["7"])]);
        assert!(selects(&route, Level::INFO, "shop"));
        assert!(!selects(&with(&[("n", &["8"])]), Level::INFO, "shop"));
        assert!(!selects(&with(&[("absent", &["7"])]), Level::INFO, "shop"));
    }
}
