//! Licence expressions (SPDX, PEP 639), whatever the case of their letters.

use spdx::identifiers::{EXCEPTIONS, LICENSES};
use spdx::{Expression, ParseMode};

use crate::name::shorten;

/// Longest expression in bytes.
pub const MAX_BYTES: usize = 1024;

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 32;

/// What PEP 639 accepts: identifiers of the SPDX list, old ones too, and own ones as `LicenseRef-…`.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: false,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};

/// A valid expression in its normal form: `mit or apache-2.0` is `MIT OR Apache-2.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceExpression {
    text: String,
    identifiers: Vec<String>,
}

/// Why a text is no licence expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no SPDX licence expression: {detail}")]
pub struct LicenceError {
    /// The text, escaped and shortened.
    pub given: String,
    /// What is wrong with it.
    pub detail: String,
}

impl LicenceExpression {
    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// [`LicenceError`].
    ///
    /// ```
    /// # use fapilog_package::licence::LicenceExpression;
    /// let licence = LicenceExpression::parse("mit OR (apache-2.0 with llvm-exception)")?;
    /// assert_eq!(licence.as_str(), "MIT OR (Apache-2.0 WITH LLVM-exception)");
    /// # Ok::<(), fapilog_package::licence::LicenceError>(())
    /// ```
    pub fn parse(given: &str) -> Result<Self, LicenceError> {
        let refused = |detail: String| LicenceError {
            given: shorten(given),
            detail,
        };
        if given.len() > MAX_BYTES || given.bytes().filter(|byte| *byte == b'(').count() > MAX_DEPTH
        {
            return Err(refused(
                "expected at most 1024 bytes and 32 parentheses".into(),
            ));
        }
        let text = normal(given).map_err(&refused)?;
        let parsed = Expression::parse_mode(&text, MODE)
            .map_err(|error| refused(shorten(&error.reason.to_string())))?;
        let identifiers = parsed.requirements().map(|one| one.req.to_string());
        Ok(Self {
            identifiers: identifiers.collect(),
            text,
        })
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The licences, each with its exception, in order: `MIT`, `Apache-2.0 WITH LLVM-exception`.
    #[must_use]
    pub fn identifiers(&self) -> &[String] {
        &self.identifiers
    }

    /// Whether somebody who accepts only what `accepts` says may use it: one side of each `OR`, both
    /// of each `AND`.
    pub fn is_met_by(&self, mut accepts: impl FnMut(&str) -> bool) -> bool {
        // Parsed before; a text that can't be parsed a second time meets nobody.
        Expression::parse_mode(&self.text, MODE)
            .is_ok_and(|parsed| parsed.evaluate(|one| accepts(&one.to_string())))
    }
}

/// The text with identifiers as the SPDX list spells them, operators in capitals, and single blanks.
fn normal(given: &str) -> Result<String, String> {
    let spaced = given.replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<String> = Vec::new();
    for word in spaced.split_ascii_whitespace() {
        let lower = word.to_ascii_lowercase();
        let after_with = words.last().is_some_and(|last| last == "WITH");
        words.push(match lower.as_str() {
            "and" | "or" | "with" => lower.to_ascii_uppercase(),
            "(" | ")" => lower,
            _ if after_with => exception(&lower)?,
            _ => identifier(word, &lower)?,
        });
    }
    Ok(words.join(" ").replace("( ", "(").replace(" )", ")"))
}

fn identifier(word: &str, lower: &str) -> Result<String, String> {
    const OWN: &str = "licenseref-";
    if let Some(own) = lower.strip_prefix(OWN) {
        let is_own = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if own.is_empty() || !own.chars().all(is_own) {
            return Err("expected letters, digits, `-` and `.` after `LicenseRef-`".into());
        }
        let kept = word.get(OWN.len()..).unwrap_or_default();
        return Ok(format!("LicenseRef-{kept}"));
    }
    let (plain, plus) = match lower.strip_suffix('+') {
        Some(plain) => (plain, "+"),
        None => (lower, ""),
    };
    // Some old identifiers end with a plus themselves.
    let find = |wanted: &str| {
        LICENSES
            .iter()
            .find(|one| one.name.eq_ignore_ascii_case(wanted))
    };
    match (find(lower), find(plain)) {
        (Some(found), _) => Ok(found.name.to_owned()),
        (None, Some(found)) => Ok(format!("{}{plus}", found.name)),
        (None, None) => Err(format!("`{}` is not in the SPDX list", shorten(word))),
    }
}

fn exception(lower: &str) -> Result<String, String> {
    EXCEPTIONS
        .iter()
        .find(|one| one.name.eq_ignore_ascii_case(lower))
        .map(|one| one.name.to_owned())
        .ok_or_else(|| format!("`{}` is no SPDX exception", shorten(lower)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_in_any_case() {
        for (given, normal) in [
            ("mit", "MIT"),
            ("MIT", "MIT"),
            ("apache-2.0  or mit", "Apache-2.0 OR MIT"),
            ("gpl-2.0+", "GPL-2.0+"),
            ("Apache-2.0+", "Apache-2.0+"),
            (
                "(mit and bsd-3-clause) or LICENSEREF-Acme.Own",
                "(MIT AND BSD-3-Clause) OR LicenseRef-Acme.Own",
            ),
        ] {
            assert_eq!(LicenceExpression::parse(given).unwrap().as_str(), normal);
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for given in [
            "",
            "nonsense",
            "MIT Apache-2.0",
            "MIT OR",
            "(MIT",
            "MIT WITH MIT",
            "MIT / Apache-2.0",
            "LicenseRef-",
            "LicenseRef-a_b",
            "Apache 2.0",
            "MIT AND () ",
        ] {
            assert!(LicenceExpression::parse(given).is_err(), "{given}");
        }
        assert!(LicenceExpression::parse(&"(".repeat(500)).is_err());
    }

    #[test]
    fn whoever_accepts_some_licences_may_use_what_they_suffice_for() {
        let licence = LicenceExpression::parse("MIT OR (GPL-3.0-only AND Apache-2.0)").unwrap();
        assert!(licence.is_met_by(|one| one == "MIT"));
        assert!(!licence.is_met_by(|one| one == "Apache-2.0"));
        assert_eq!(licence.identifiers(), ["MIT", "GPL-3.0-only", "Apache-2.0"]);
    }
}
