//! The author named in a new plugin's metadata.

use fapilog_package::name::PluginName;

use crate::failure::Failure;

/// Most characters of an author: what fits one line of metadata with room to spare.
const MAX_AUTHOR_CHARS: usize = 200;

/// An author: a name, and an address if one was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    name: String,
    email: Option<String>,
}

impl Author {
    /// Parses `Name` or `Name <mail@address>`.
    pub fn parse(given: &str) -> Result<Self, Failure> {
        let refuse = |expected| Failure::BadAuthor {
            given: given
                .chars()
                .take(80)
                .flat_map(char::escape_debug)
                .collect(),
            expected,
        };
        if given.chars().any(char::is_control) {
            return Err(refuse("one line without control characters"));
        }
        if given.chars().count() > MAX_AUTHOR_CHARS {
            return Err(refuse("at most 200 characters"));
        }
        let (name, email) = match given.split_once('<') {
            Some((name, rest)) => (name.trim(), Some(rest.trim_end().strip_suffix('>'))),
            None => (given.trim(), None),
        };
        if name.is_empty() {
            return Err(refuse("a name, or `Name <mail@address>`"));
        }
        let email = match email {
            None => None,
            Some(Some(address)) if is_address(address) => Some(address.to_owned()),
            Some(_) => {
                return Err(refuse(
                    "an address like `ada@example.com` between `<` and `>`",
                ));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            email,
        })
    }

    /// Who stands in the metadata when nobody was named.
    pub fn of_plugin(name: &PluginName) -> Self {
        Self {
            name: format!("The {} authors", name.distribution()),
            email: None,
        }
    }

    /// The author as an inline table of `pyproject.toml`.
    pub fn to_toml(&self) -> String {
        match &self.email {
            Some(email) => {
                format!(
                    "{{ name = {}, email = {} }}",
                    toml_string(&self.name),
                    toml_string(email)
                )
            }
            None => format!("{{ name = {} }}", toml_string(&self.name)),
        }
    }
}

/// Whether the text can stand as an address in metadata; the mail system has the last word.
fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
        !local.is_empty()
            && local.chars().all(allowed)
            && !domain.is_empty()
            && domain.chars().all(allowed)
    })
}

/// A basic string of TOML. The text has no control characters, so two escapes are enough.
fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_and_a_name_with_an_address_are_authors() {
        assert_eq!(
            Author::parse("Ada \"A\" \\").unwrap().to_toml(),
            r#"{ name = "Ada \"A\" \\" }"#
        );
        assert_eq!(
            Author::parse("Ada Lovelace <ada@example.com>")
                .unwrap()
                .to_toml(),
            r#"{ name = "Ada Lovelace", email = "ada@example.com" }"#
        );
    }

    #[test]
    fn what_metadata_can_not_hold_is_refused() {
        let long = "a".repeat(MAX_AUTHOR_CHARS + 1);
        for given in [
            "",
            "  ",
            "<a@b>",
            "Ada <ada>",
            "Ada <a@b",
            "Ada <a b@c>",
            "Ada\nX",
            long.as_str(),
        ] {
            assert_eq!(
                Author::parse(given).unwrap_err().id(),
                "invalid-author",
                "{given:?}"
            );
        }
    }
}
