//! Who downloads a file, as far as its `User-Agent` tells. pip and uv send a JSON object behind their
//! name that says whether they run in continuous integration, and on which Python.

use serde::Deserialize;

/// Longest `User-Agent` that is looked at.
const MAX_BYTES: usize = 2048;

/// Installers that people and their build servers use.
const INSTALLERS: [&str; 6] = ["pip", "uv", "poetry", "pdm", "pipenv", "hatch"];

/// Programs that copy whole indexes, or look at every file.
const MIRRORS: [&str; 8] = [
    "bandersnatch",
    "devpi",
    "artifactory",
    "nexus",
    "pulp",
    "z3c.pypimirror",
    "bot",
    "crawler",
];

/// Who downloads. Only [`Downloader::Person`] counts as popularity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Downloader {
    /// An installer that doesn't say it runs in continuous integration.
    Person,
    /// An installer in continuous integration.
    Ci,
    /// A mirror, a crawler.
    Mirror,
    /// A browser, `curl`, anything else.
    Other,
}

impl Downloader {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Ci => "ci",
            Self::Mirror => "mirror",
            Self::Other => "other",
        }
    }
}

/// What pip and uv tell of themselves.
#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    ci: Option<bool>,
    #[serde(default)]
    python: Option<String>,
}

/// Reads a `User-Agent`: who it is, and the Python version as `3.12`, or empty.
#[must_use]
pub fn read(user_agent: &str) -> (Downloader, String) {
    if user_agent.len() > MAX_BYTES {
        return (Downloader::Other, String::new());
    }
    let lower = user_agent.to_ascii_lowercase();
    let program = lower.split(['/', ' ']).next().unwrap_or_default();
    if !INSTALLERS.contains(&program) {
        let is_mirror = MIRRORS.iter().any(|mirror| lower.contains(mirror));
        let who = if is_mirror {
            Downloader::Mirror
        } else {
            Downloader::Other
        };
        return (who, String::new());
    }
    let told: Told = user_agent
        .find('{')
        .and_then(|start| serde_json::from_str(user_agent.get(start..)?).ok())
        .unwrap_or_default();
    let who = if told.ci == Some(true) {
        Downloader::Ci
    } else {
        Downloader::Person
    };
    (who, told.python.as_deref().map(minor).unwrap_or_default())
}

/// `3.12.1` is `3.12`; anything that isn't a version of Python 3 is nothing.
fn minor(version: &str) -> String {
    let mut parts = version.split('.');
    match (parts.next(), parts.next().map(str::parse::<u8>)) {
        (Some("3"), Some(Ok(minor))) => format!("3.{minor}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installers_say_who_they_are() {
        for (agent, who, python) in [
            (
                r#"pip/26.3 {"ci":null,"cpu":"x86_64","installer":{"name":"pip"},"python":"3.12.1"}"#,
                Downloader::Person,
                "3.12",
            ),
            (
                r#"pip/26.3 {"ci":true,"python":"3.10.13"}"#,
                Downloader::Ci,
                "3.10",
            ),
            (
                r#"uv/0.13.9 {"installer":{"name":"uv"},"python":"3.13.0","ci":true}"#,
                Downloader::Ci,
                "3.13",
            ),
            ("poetry/2.5.1 CPython/3.11", Downloader::Person, ""),
            ("pip/26.3 {broken", Downloader::Person, ""),
            ("bandersnatch/6.5 (cpython 3.11)", Downloader::Mirror, ""),
            (
                "Mozilla/5.0 (compatible; Somebot/1.0)",
                Downloader::Mirror,
                "",
            ),
            ("curl/8", Downloader::Other, ""),
            ("", Downloader::Other, ""),
            (r#"pip/26.3 {"python":"<script>"}"#, Downloader::Person, ""),
        ] {
            assert_eq!(read(agent), (who, python.to_owned()), "{agent}");
        }
        assert_eq!(read(&"pip/".repeat(9000)).0, Downloader::Other);
    }
}
