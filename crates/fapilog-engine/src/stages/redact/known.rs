//! Secrets that are known by their looks.

/// Features of a text that are found in one pass over its bytes; a pattern is only tried on a
/// text that has what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Features(pub(super) u8);

impl Features {
    pub(super) const NONE: Self = Self(0);
    pub(super) const DIGIT: Self = Self(1);
    pub(super) const AT: Self = Self(2);
    pub(super) const COLON: Self = Self(4);
    pub(super) const DOT: Self = Self(8);
    pub(super) const DASH: Self = Self(16);
    pub(super) const UPPER: Self = Self(32);
    pub(super) const BLANK: Self = Self(64);
    pub(super) const EQUALS: Self = Self(128);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// What a text has.
    pub(super) fn of(text: &[u8]) -> Self {
        Self(
            text.iter()
                .fold(0, |features, &byte| features | CLASSES[usize::from(byte)]),
        )
    }
}

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => Features::DIGIT.0,
            b'A'..=b'Z' => Features::UPPER.0,
            b'@' => Features::AT.0,
            b':' => Features::COLON.0,
            b'.' => Features::DOT.0,
            b'-' => Features::DASH.0,
            b'=' => Features::EQUALS.0,
            b' ' | b'\t' | b'\n' | b'\r' => Features::BLANK.0,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

/// How a known secret is found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finder {
    /// By [`super::card::find_cards`].
    Card,
    /// By [`super::url::find_credentials`].
    UrlCredentials,
    /// By a regular expression; its group 1 is the secret, or all of it when it has none.
    Regex(&'static str),
}

/// A secret that is known by its looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    /// A text needs all of one of these.
    pub(super) needs: [Features; 2],
    pub(super) finder: Finder,
}

const fn known(name: &'static str, needs: Features, finder: Finder) -> Known {
    Known {
        name,
        needs: [needs, needs],
        finder,
    }
}

/// Every known secret. Expressions are of bytes, without Unicode classes, and match in linear time.
pub(super) const KNOWN: [Known; 13] = [
    known("card", Features::DIGIT, Finder::Card),
    known(
        "url_credentials",
        Features::COLON.and(Features::AT),
        Finder::UrlCredentials,
    ),
    known(
        "email",
        Features::AT.and(Features::DOT),
        Finder::Regex(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    ),
    known(
        "ipv4",
        Features::DIGIT.and(Features::DOT),
        Finder::Regex(
            r"\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\b",
        ),
    ),
    known(
        "ipv6",
        Features::COLON,
        Finder::Regex(
            r"(?i)\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}\b)?|::[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}\b",
        ),
    ),
    known(
        "jwt",
        Features::DOT,
        Finder::Regex(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"),
    ),
    known(
        "bearer",
        Features::BLANK,
        Finder::Regex(r"(?i)\b(?:bearer|basic|token)[ \t]+([A-Za-z0-9._~+/=-]{8,})"),
    ),
    Known {
        name: "assignment",
        needs: [Features::COLON, Features::EQUALS],
        finder: Finder::Regex(
            r#"(?i)\b(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret)["']?[ \t]*[=:][ \t]*["']?([^\s"'&,;]+)"#,
        ),
    },
    known(
        "aws_key",
        Features::UPPER,
        Finder::Regex(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"),
    ),
    known(
        "private_key",
        Features::DASH.and(Features::UPPER),
        Finder::Regex(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        ),
    ),
    known(
        "us_ssn",
        Features::DIGIT.and(Features::DASH),
        Finder::Regex(r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b"),
    ),
    known(
        "iban",
        Features::DIGIT.and(Features::UPPER),
        Finder::Regex(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
    ),
    known(
        "phone",
        Features::DIGIT,
        Finder::Regex(r"\+[1-9][0-9](?:[ ()/.-]{0,2}[0-9]){6,12}\b"),
    ),
];

/// Names of the known secrets.
pub const KNOWN_PATTERNS: [&str; KNOWN.len()] = {
    let mut names = [""; KNOWN.len()];
    let mut index = 0;
    while index < KNOWN.len() {
        names[index] = KNOWN[index].name;
        index += 1;
    }
    names
};
