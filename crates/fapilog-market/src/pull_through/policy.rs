//! Which index is asked, and for which names.

use std::str::FromStr as _;

use fapilog_package::name::ProjectName;
use url::Url;

/// Names that are written with `*` for anything: `fapilog-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(Vec<String>);

impl NamePattern {
    /// Reads a pattern. Its letters are normalised as those of names are (PEP 503).
    ///
    /// # Errors
    ///
    /// A text that says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let right = |c: char| c.is_ascii_alphanumeric() || "-_.*".contains(c);
        if text.is_empty() || !text.chars().all(right) {
            return Err("expected a project's name, in which `*` stands for anything".to_owned());
        }
        let normal = text.to_ascii_lowercase().replace(['_', '.'], "-");
        Ok(Self(normal.split('*').map(str::to_owned).collect()))
    }

    /// Whether a name fits.
    #[must_use]
    pub fn fits(&self, name: &ProjectName) -> bool {
        let Some((first, later)) = self.0.split_first() else {
            return false;
        };
        let Some(mut rest) = name.as_str().strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, middle)) = later.split_last() else {
            return rest.is_empty();
        };
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else {
                return false;
            };
            rest = rest.get(at + piece.len()..).unwrap_or_default();
        }
        rest.ends_with(last.as_str())
    }
}

/// Another index and what it is asked for.
#[derive(Clone)]
pub struct Upstream {
    url: Url,
    allow: Vec<NamePattern>,
    deny: Vec<NamePattern>,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // User and password of the address are not shown.
        write!(
            formatter,
            "Upstream({})",
            self.url.host_str().unwrap_or_default()
        )
    }
}

impl Upstream {
    /// An index by its address, as `https://HOST/simple/`. No pattern to allow means all names.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the address.
    pub fn new(url: &str, allow: Vec<NamePattern>, deny: Vec<NamePattern>) -> Result<Self, String> {
        let mut url = Url::from_str(url).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base() {
            return Err("expected `http://` or `https://`".to_owned());
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self { url, allow, deny })
    }

    /// Whether a name may be asked for.
    #[must_use]
    pub fn allows(&self, name: &ProjectName) -> bool {
        let among = |patterns: &[NamePattern]| patterns.iter().any(|pattern| pattern.fits(name));
        !among(&self.deny) && (self.allow.is_empty() || among(&self.allow))
    }

    /// The address of a project's page.
    #[must_use]
    pub fn page_of(&self, name: &ProjectName) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{name}/", self.url.path()));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<NamePattern> {
        let parsed = texts.iter().map(|text| NamePattern::parse(text).unwrap());
        parsed.collect()
    }

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, fits) in [
            ("requests", "requests", true),
            ("requests", "requests2", false),
            ("Fapilog_*", "fapilog-acme", true),
            ("fapilog-*", "fapilog", false),
            ("*-internal", "tools-internal", true),
            ("*-internal", "internal-tools", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*", "anything", true),
            ("ab*ba", "aba", false),
        ] {
            let name = ProjectName::parse(name).unwrap();
            let pattern_read = NamePattern::parse(pattern).unwrap();
            assert_eq!(pattern_read.fits(&name), fits, "{pattern} {name}");
        }
        assert!(NamePattern::parse("a b").is_err());
    }

    #[test]
    fn what_is_denied_is_denied_also_when_it_is_allowed() {
        let upstream = |allow: &[&str], deny: &[&str]| {
            Upstream::new("https://index.test/simple", patterns(allow), patterns(deny)).unwrap()
        };
        let name = ProjectName::parse("fapilog-acme").unwrap();
        assert!(upstream(&[], &[]).allows(&name));
        assert!(upstream(&["fapilog-*"], &[]).allows(&name));
        assert!(!upstream(&["requests"], &[]).allows(&name));
        assert!(!upstream(&["fapilog-*"], &["fapilog-acme"]).allows(&name));
        let page = upstream(&[], &[]).page_of(&name);
        assert_eq!(page.as_str(), "https://index.test/simple/fapilog-acme/");
    }
}
