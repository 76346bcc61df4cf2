//! A redactor that hides bank account numbers: `DE89 3704 0044 0532 0130 00` becomes `DE****3000`.

mod iban;

use fapilog_sdk::{Config, Edit, Error, Plugin, Record, Redactor};

/// What is configured, as the application writes it: `{"mask": "[iban]", "shows_ends": false}`.
#[derive(Debug, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// Stands for the digits that are hidden.
    mask: String,
    /// Whether country and last four digits stay.
    shows_ends: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mask: "****".to_owned(),
            shows_ends: true,
        }
    }
}

/// The redactor.
#[derive(Debug)]
pub struct HideIbans(Options);

impl Plugin for HideIbans {
    const NAME: &'static std::ffi::CStr = c"iban";

    fn create(config: Config<'_>) -> Result<Self, Error> {
        Ok(Self(config.read()?))
    }
}

impl Redactor for HideIbans {
    fn redact(&mut self, _: Record<'_>, edit: &mut Edit<'_>) -> Result<(), Error> {
        edit.replace_texts(|text| self.hidden(text));
        Ok(())
    }
}

impl HideIbans {
    /// The text without account numbers; `None` when it has none.
    fn hidden(&self, text: &str) -> Option<String> {
        let found = iban::find(text);
        let mut shown = String::with_capacity(text.len());
        let mut end = 0;
        for range in &found {
            shown += &text[end..range.start];
            if self.0.shows_ends {
                shown += &text[range.start..range.start + 2];
            }
            shown += &self.0.mask;
            if self.0.shows_ends {
                shown.extend(last_four(&text[range.clone()]));
            }
            end = range.end;
        }
        shown += &text[end..];
        (!found.is_empty()).then_some(shown)
    }
}

/// The last four characters, spaces left out.
fn last_four(number: &str) -> impl Iterator<Item = char> {
    let compact: Vec<char> = number.chars().filter(|char| *char != ' ').collect();
    let from = compact.len().saturating_sub(4);
    compact.into_iter().skip(from)
}

fapilog_sdk::export!(redactor: HideIbans);

#[cfg(test)]
mod tests {
    use fapilog_sdk::testing::{Host, Outcome, TestRecord};

    use super::FAPILOG_PLUGIN;

    fn redacted(config: &str, record: &TestRecord) -> TestRecord {
        let mut host = Host::start(&FAPILOG_PLUGIN, config).unwrap();
        match host.process_one(record).unwrap() {
            Outcome::Changed(record) => record,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_number_is_hidden_wherever_it_stands() {
        let record = TestRecord::new("paid to DE89370400440532013000")
            .with("account", "GB82 WEST 1234 5698 7654 32")
            .with("list", ["x", "FR1420041010050500013M02606."]);
        for record in [record.flat(), record] {
            let record = redacted("{}", &record);
            assert_eq!(record.view().message(), "paid to DE****3000");
            assert_eq!(record.view().get("account").unwrap(), "GB****5432");
            assert_eq!(
                format!("{:?}", record.view().get("list").unwrap()),
                r#"["x", "FR****2606."]"#
            );
        }
    }

    #[test]
    fn the_mask_is_configured_and_a_misspelt_option_is_an_error() {
        let record = TestRecord::new("DE89370400440532013000, that is all");
        let record = redacted(r#"{"mask": "[iban]", "shows_ends": false}"#, &record);
        assert_eq!(record.view().message(), "[iban], that is all");
        let refused = Host::start(&FAPILOG_PLUGIN, r#"{"maks": "x"}"#).unwrap_err();
        assert!(refused.contains("unknown field `maks`"), "{refused}");
    }

    #[test]
    fn other_records_are_left_alone() {
        let mut host = Host::start(&FAPILOG_PLUGIN, "{}").unwrap();
        for text in ["", "hello", "DE89370400440532013001", "XDE89370400440532013000"] {
            let outcome = host.process_one(&TestRecord::new(text).with("n", 1));
            assert_eq!(outcome, Ok(Outcome::Kept), "{text}");
        }
    }
}
