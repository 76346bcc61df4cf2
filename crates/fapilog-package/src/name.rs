//! Names of projects and of plugins, parsed once into types that hold only their normal form.

use std::fmt;
use std::str::FromStr;

/// Longest project name in characters. Package indexes accept no more than fits a file name
/// beside a version and tags (255 bytes on common file systems).
pub const MAX_PROJECT_NAME: usize = 128;

/// Longest short plugin name in characters: leaves room for the `fapilog-` prefix in every
/// place where a project name is shown.
pub const MAX_PLUGIN_NAME: usize = 64;

/// What every plugin distribution's name begins with.
pub const DISTRIBUTION_PREFIX: &str = "fapilog-";

/// Short names that would collide with fapilog's own distributions (`fapilog-cli`, ...).
const RESERVED_PLUGIN_NAMES: [&str; 5] = ["cli", "core", "fapilog", "market", "plugin"];

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Not a project name after the packaging rules (ASCII letters, digits, `-`, `_`, `.`;
    /// begins and ends with a letter or digit).
    #[error(
        "`{given}` is not a valid project name: expected ASCII letters and digits, with single \
             `-`, `_` or `.` between them"
    )]
    InvalidProject {
        /// The name as it was given, shortened to a printable length.
        given: String,
    },
    /// Not a short plugin name.
    #[error("`{given}` is not a valid plugin name: {expected}")]
    InvalidPlugin {
        /// The name as it was given, shortened to a printable length.
        given: String,
        /// The rule that the name broke.
        expected: &'static str,
    },
    /// The plugin name belongs to fapilog itself.
    #[error("`{name}` can't be a plugin name: `fapilog-{name}` is kept for fapilog itself")]
    ReservedPlugin {
        /// The normalised name.
        name: String,
    },
}

impl NameError {
    /// Stable identifier of this kind of error, for documentation and machines.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::InvalidProject { .. } => "invalid-project-name",
            Self::InvalidPlugin { .. } => "invalid-plugin-name",
            Self::ReservedPlugin { .. } => "reserved-plugin-name",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::InvalidProject { .. } => {
                "choose a name like `fapilog-acme` (letters, digits and single hyphens)".to_owned()
            }
            Self::InvalidPlugin { .. } => {
                "choose a short name like `acme` or `acme-logs` (letters, digits and single hyphens)"
                    .to_owned()
            }
            Self::ReservedPlugin { name } => {
                format!("choose the name of the service you connect to, for example `{name}-logs`")
            }
        }
    }
}

/// A project's name in the one normal form that indexes compare by (PEP 503): lower case, with
/// every run of `-`, `_` and `.` as a single `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

impl ProjectName {
    /// Parses and normalises a name.
    ///
    /// # Errors
    ///
    /// [`NameError::InvalidProject`] when the text is no name after the packaging rules.
    ///
    /// ```
    /// # use fapilog_package::name::ProjectName;
    /// assert_eq!(ProjectName::parse("Fapilog__Acme.Logs")?.as_str(), "fapilog-acme-logs");
    /// # Ok::<(), fapilog_package::name::NameError>(())
    /// ```
    pub fn parse(given: &str) -> Result<Self, NameError> {
        let invalid = || NameError::InvalidProject {
            given: shorten(given),
        };
        if given.len() > MAX_PROJECT_NAME {
            return Err(invalid());
        }
        normalise(given).map(Self).ok_or_else(invalid)
    }

    /// The normal form, as used in index URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form used in file names (PEP 427 and PEP 625): `_` instead of `-`.
    #[must_use]
    pub fn file_form(&self) -> String {
        self.0.replace('-', "_")
    }

    /// Whether this is the name that plugin distributions must bear: `fapilog-*`.
    #[must_use]
    pub fn is_plugin_distribution(&self) -> bool {
        self.0.len() > DISTRIBUTION_PREFIX.len() && self.0.starts_with(DISTRIBUTION_PREFIX)
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ProjectName {
    type Err = NameError;

    fn from_str(given: &str) -> Result<Self, NameError> {
        Self::parse(given)
    }
}

/// The short name of a plugin as people type it (`acme`), in its normal form.
///
/// Letters `a-z`, digits and single `-`; begins with a letter. Case and the separators `_` and
/// `.` are normalised, and a leading `fapilog-` is taken off, so that `fapilog plugin new
/// fapilog-acme` means the same as `fapilog plugin new acme`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginName(String);

impl PluginName {
    /// Parses and normalises a short name.
    ///
    /// # Errors
    ///
    /// [`NameError::InvalidPlugin`] or [`NameError::ReservedPlugin`].
    ///
    /// ```
    /// # use fapilog_package::name::PluginName;
    /// let name = PluginName::parse("Acme_Logs")?;
    /// assert_eq!(name.as_str(), "acme-logs");
    /// assert_eq!(name.distribution(), "fapilog-acme-logs");
    /// assert_eq!(name.module(), "fapilog_acme_logs");
    /// # Ok::<(), fapilog_package::name::NameError>(())
    /// ```
    pub fn parse(given: &str) -> Result<Self, NameError> {
        let invalid = |expected| NameError::InvalidPlugin {
            given: shorten(given),
            expected,
        };
        let normal = normalise(given).ok_or_else(|| {
            invalid("expected ASCII letters and digits, with single hyphens between them")
        })?;
        let short = normal.strip_prefix(DISTRIBUTION_PREFIX).unwrap_or(&normal);
        if short.len() > MAX_PLUGIN_NAME {
            return Err(invalid("expected at most 64 characters"));
        }
        if !short.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(invalid("expected a letter at the beginning"));
        }
        if RESERVED_PLUGIN_NAMES.contains(&short) {
            return Err(NameError::ReservedPlugin {
                name: short.to_owned(),
            });
        }
        Ok(Self(short.to_owned()))
    }

    /// The short name: `acme`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The distribution that carries the plugin: `fapilog-acme`.
    #[must_use]
    pub fn distribution(&self) -> String {
        format!("{DISTRIBUTION_PREFIX}{}", self.0)
    }

    /// The distribution's import package: `fapilog_acme`.
    #[must_use]
    pub fn module(&self) -> String {
        self.distribution().replace('-', "_")
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for PluginName {
    type Err = NameError;

    fn from_str(given: &str) -> Result<Self, NameError> {
        Self::parse(given)
    }
}

/// PEP 503 normalisation with PEP 508 validity; `None` when the text is no name.
fn normalise(given: &str) -> Option<String> {
    let ends_well = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
    if !ends_well(given.chars().next()) || !ends_well(given.chars().next_back()) {
        return None;
    }
    let mut normal = String::with_capacity(given.len());
    for character in given.chars() {
        match character {
            'a'..='z' | '0'..='9' => normal.push(character),
            'A'..='Z' => normal.push(character.to_ascii_lowercase()),
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            _ => return None,
        }
    }
    Some(normal)
}

/// A hostile value made fit for a message: at most 80 characters, control characters escaped.
#[must_use]
pub fn shorten(given: &str) -> String {
    const SHOWN: usize = 80;
    let mut shown: String = given
        .chars()
        .take(SHOWN)
        .map(|c| match c {
            '\'' | '"' | '\\' => c.to_string(),
            _ => c.escape_debug().to_string(),
        })
        .collect();
    if given.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn project_names_compare_by_their_normal_form() {
        for given in [
            "fapilog-acme",
            "Fapilog_Acme",
            "fapilog.acme",
            "fapilog-_.acme",
        ] {
            assert_eq!(ProjectName::parse(given).unwrap().as_str(), "fapilog-acme");
        }
    }

    #[test]
    fn what_is_no_project_name_is_refused() {
        let long = "a".repeat(MAX_PROJECT_NAME + 1);
        for given in [
            "",
            "-a",
            "a-",
            ".",
            "a b",
            "a/b",
            "ä",
            "a\n",
            "../a",
            long.as_str(),
        ] {
            assert_eq!(
                ProjectName::parse(given).unwrap_err().id(),
                "invalid-project-name"
            );
        }
    }

    #[test]
    fn only_names_below_the_prefix_are_plugin_distributions() {
        for (given, expected) in [
            ("fapilog-acme", true),
            ("fapilog", false),
            ("fapilogacme", false),
            ("acme", false),
        ] {
            assert_eq!(
                ProjectName::parse(given).unwrap().is_plugin_distribution(),
                expected
            );
        }
    }

    #[test]
    fn a_plugin_may_be_named_short_or_by_its_distribution() {
        for given in ["acme", "ACME", "fapilog-acme", "Fapilog_Acme"] {
            assert_eq!(PluginName::parse(given).unwrap().as_str(), "acme");
        }
    }

    #[test]
    fn bad_plugin_names_are_refused_with_their_rule() {
        for given in [
            "",
            "3com",
            "a b",
            "acmé",
            "-acme",
            &"a".repeat(MAX_PLUGIN_NAME + 1),
        ] {
            assert_eq!(
                PluginName::parse(given).unwrap_err().id(),
                "invalid-plugin-name"
            );
        }
        for given in ["cli", "market", "fapilog", "fapilog-cli"] {
            assert_eq!(
                PluginName::parse(given).unwrap_err().id(),
                "reserved-plugin-name"
            );
        }
    }

    #[test]
    fn messages_show_hostile_names_shortened_and_escaped() {
        let message = ProjectName::parse(&format!("\u{1b}[31m{}", "x".repeat(500)))
            .unwrap_err()
            .to_string();
        assert!(
            message.len() < 300 && !message.contains('\u{1b}'),
            "{message}"
        );
    }

    proptest! {
        #[test]
        fn normalisation_is_idempotent(given in "[A-Za-z0-9._-]{1,40}") {
            if let Ok(once) = ProjectName::parse(&given) {
                prop_assert_eq!(&ProjectName::parse(once.as_str()).unwrap(), &once);
            }
        }

        #[test]
        fn parsing_any_text_never_panics(given in any::<String>()) {
            let _ = ProjectName::parse(&given);
            let _ = PluginName::parse(&given);
        }

        #[test]
        fn a_plugin_name_is_found_again_from_its_distribution(given in "[a-z][a-z0-9-]{0,20}") {
            if let Ok(name) = PluginName::parse(&given) {
                prop_assert_eq!(PluginName::parse(&name.distribution()).unwrap(), name);
            }
        }
    }
}
