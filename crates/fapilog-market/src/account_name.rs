//! Names of users and organisations, and their e-mail addresses.

use std::fmt;

use crate::error::MarketError;

/// Longest name in characters.
const MAX_CHARACTERS: usize = 39;
/// Longest e-mail address in bytes (RFC 5321, section 4.5.3.1.3, without the brackets).
const MAX_EMAIL_BYTES: usize = 254;

/// Names that could pass for the marketplace itself.
const TAKEN: [&str; 12] = [
    "admin",
    "administrator",
    "anonymous",
    "fapilog",
    "help",
    "marketplace",
    "moderator",
    "operator",
    "root",
    "security",
    "server",
    "support",
];

/// A name: lower-case letters, digits, and single hyphens between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Parses a name; capital letters become small ones.
    ///
    /// # Errors
    ///
    /// `bad-account-name`, `reserved-account-name`.
    pub fn parse(text: &str) -> Result<Self, MarketError> {
        let name = text.trim().to_ascii_lowercase();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let right = (1..=MAX_CHARACTERS).contains(&name.len())
            && name.bytes().all(allowed)
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !name.contains("--");
        if !right {
            return Err(MarketError::bad_request(
                "bad-account-name",
                format!("`{}` can't be a name", fapilog_package::name::shorten(text)),
                "take at most 39 letters, digits and single hyphens, such as `ada-lovelace`",
            ));
        }
        if TAKEN.contains(&name.as_str()) {
            return Err(MarketError::bad_request(
                "reserved-account-name",
                format!("`{name}` would pass for the marketplace itself"),
                "take another name",
            ));
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An e-mail address in lower case. Whether it exists only a message to it can show.
///
/// # Errors
///
/// `bad-email`.
pub fn parse_email(text: &str) -> Result<String, MarketError> {
    let email = text.trim().to_lowercase();
    let plain = |c: char| c.is_ascii_graphic() && !"\"(),:;<>[\\]".contains(c);
    let right = email.len() <= MAX_EMAIL_BYTES
        && email.chars().all(plain)
        && email.matches('@').count() == 1
        && email.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && !host.starts_with('.') && !host.ends_with('.') && !host.is_empty()
        });
    if right {
        return Ok(email);
    }
    Err(MarketError::bad_request(
        "bad-email",
        format!(
            "`{}` is no e-mail address",
            fapilog_package::name::shorten(text)
        ),
        "write it as in `ada@example.org`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form_and_no_tricks() {
        assert_eq!(
            AccountName::parse(" Ada-Lovelace ").unwrap().as_str(),
            "ada-lovelace"
        );
        for wrong in [
            "",
            "-a",
            "a-",
            "a--b",
            "a_b",
            "a b",
            "ä",
            "a/b",
            "a\u{0}",
            &"a".repeat(40),
        ] {
            assert_eq!(
                AccountName::parse(wrong).unwrap_err().id,
                "bad-account-name",
                "{wrong}"
            );
        }
        assert_eq!(
            AccountName::parse("Admin").unwrap_err().id,
            "reserved-account-name"
        );
    }

    #[test]
    fn addresses_cannot_carry_headers_or_second_recipients() {
        assert_eq!(parse_email(" Ada@Example.org ").unwrap(), "ada@example.org");
        for wrong in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a@b@c",
            "ada@example.org\r\nBcc: x@y",
            "ada@example.org,eve@example.org",
            "<ada@example.org>",
            "a b@example.org",
        ] {
            assert_eq!(parse_email(wrong).unwrap_err().id, "bad-email", "{wrong}");
        }
    }
}
