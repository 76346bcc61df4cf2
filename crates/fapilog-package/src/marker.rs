//! Environment markers (PEP 508), as a tree that is read, asked and dropped.

use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifier};

use crate::gate::{self, Environment};
use crate::name::ProjectName;

/// A condition such as `python_version >= "3.11" and extra == "http"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// All of these hold.
    All(Vec<Marker>),
    /// One of these holds.
    Any(Vec<Marker>),
    /// A comparison.
    Compare {
        /// Left of the operator.
        left: Operand,
        /// `==`, `<=`, `in`, `not in`, …
        operator: &'static str,
        /// Right of the operator.
        right: Operand,
    },
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A variable in its present spelling, for example `os_name`.
    Variable(&'static str),
    /// A text between quotes.
    Text(String),
}

/// Spellings of variables with those of today.
const VARIABLES: [(&str, &str); 18] = [
    ("python_full_version", "python_full_version"),
    ("python_version", "python_version"),
    ("os_name", "os_name"),
    ("os.name", "os_name"),
    ("sys_platform", "sys_platform"),
    ("sys.platform", "sys_platform"),
    (
        "platform_python_implementation",
        "platform_python_implementation",
    ),
    (
        "platform.python_implementation",
        "platform_python_implementation",
    ),
    ("python_implementation", "platform_python_implementation"),
    ("platform_release", "platform_release"),
    ("platform_system", "platform_system"),
    ("platform_version", "platform_version"),
    ("platform.version", "platform_version"),
    ("platform_machine", "platform_machine"),
    ("platform.machine", "platform_machine"),
    ("implementation_name", "implementation_name"),
    ("implementation_version", "implementation_version"),
    ("extra", "extra"),
];

/// The longer ones first.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// Variables whose values are compared as versions where they can be.
const VERSIONS: [&str; 4] = [
    "implementation_version",
    "platform_release",
    "python_full_version",
    "python_version",
];

impl Marker {
    /// Reads a marker. The caller bounds length and nesting.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut reader = Reader(text);
        let marker = reader.any()?;
        match reader.0.is_empty() {
            true => Ok(marker),
            false => Err("expected `and`, `or` or the end of the marker"),
        }
    }

    /// Whether it holds in an environment, with these extras asked for.
    #[must_use]
    pub fn holds(&self, environment: &Environment, extras: &[ProjectName]) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(environment, extras)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(environment, extras)),
            Self::Compare {
                left,
                operator,
                right,
            } => compare(left, operator, right, environment, extras),
        }
    }

    /// Whether it can't hold as long as no extra is asked for, whatever the environment.
    #[must_use]
    pub fn needs_extra(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(Self::needs_extra),
            Self::Any(parts) => parts.iter().all(Self::needs_extra),
            Self::Compare {
                left,
                operator,
                right,
            } => {
                let extra = Operand::Variable("extra");
                (*left == extra || *right == extra) && matches!(*operator, "==" | "===" | "in")
            }
        }
    }
}

/// What is left to read.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    /// Takes a word that ends where it should.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match self.0.strip_prefix(word) {
            Some(rest) if !rest.starts_with(is_part) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Result<Marker, &'static str> {
        let mut parts = vec![self.all()?];
        while self.word("or") {
            parts.push(self.all()?);
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Marker::Any(parts)
            }
        })
    }

    fn all(&mut self) -> Result<Marker, &'static str> {
        let mut parts = vec![self.atom()?];
        while self.word("and") {
            parts.push(self.atom()?);
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Marker::All(parts)
            }
        })
    }

    fn atom(&mut self) -> Result<Marker, &'static str> {
        self.blanks();
        if let Some(inside) = self.0.strip_prefix('(') {
            self.0 = inside;
            let marker = self.any()?;
            self.blanks();
            self.0 = self
                .0
                .strip_prefix(')')
                .ok_or("expected `)` in the marker")?;
            self.blanks();
            return Ok(marker);
        }
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        self.blanks();
        if matches!((&left, &right), (Operand::Text(_), Operand::Text(_))) {
            return Err("expected a variable on one side of each comparison");
        }
        if matches!(
            (&left, &right),
            (Operand::Variable(_), Operand::Variable(_))
        ) {
            return Err("expected a text on one side of each comparison");
        }
        Ok(Marker::Compare {
            left,
            operator,
            right,
        })
    }

    fn operand(&mut self) -> Result<Operand, &'static str> {
        self.blanks();
        for quote in ['\'', '"'] {
            if let Some(inside) = self.0.strip_prefix(quote) {
                let (text, rest) = inside.split_once(quote).ok_or("expected a closing quote")?;
                if text.contains('\\') {
                    return Err("expected no backslash in a marker");
                }
                self.0 = rest;
                return Ok(Operand::Text(text.to_owned()));
            }
        }
        for (spelling, name) in VARIABLES {
            if self.word(spelling) {
                return Ok(Operand::Variable(name));
            }
        }
        Err("expected a marker variable or a text in quotes")
    }

    fn operator(&mut self) -> Result<&'static str, &'static str> {
        self.blanks();
        for operator in OPERATORS {
            if let Some(rest) = self.0.strip_prefix(operator) {
                self.0 = rest;
                return Ok(operator);
            }
        }
        if self.word("in") {
            return Ok("in");
        }
        if self.word("not") && self.0.starts_with([' ', '\t']) && self.word("in") {
            return Ok("not in");
        }
        Err("expected an operator in the marker")
    }
}

fn compare(
    left: &Operand,
    operator: &str,
    right: &Operand,
    environment: &Environment,
    extras: &[ProjectName],
) -> bool {
    let ((Operand::Variable(variable), _) | (_, Operand::Variable(variable))) = (left, right)
    else {
        return false;
    };
    if *variable == "extra" {
        let ((Operand::Text(text), _) | (_, Operand::Text(text))) = (left, right) else {
            return false;
        };
        let asked = ProjectName::parse(text).is_ok_and(|name| extras.contains(&name));
        return match operator {
            "==" | "===" | "in" => asked,
            "!=" | "not in" => !asked,
            _ => false,
        };
    }
    let value = |operand: &Operand| match operand {
        Operand::Variable(name) => value_of(environment, name).to_owned(),
        Operand::Text(text) => text.clone(),
    };
    let (left, right) = (value(left), value(right));
    if VERSIONS.contains(variable)
        && let Ok(specifier) = VersionSpecifier::from_str(&format!("{operator}{right}"))
    {
        let tagged = match left.strip_suffix('+') {
            Some(release) => format!("{release}+local"),
            None => left,
        };
        return Version::from_str(&tagged)
            .is_ok_and(|version| gate::contains(&specifier, &version));
    }
    match operator {
        // Texts have no order: neither is before the other.
        "==" | "<=" | ">=" => left == right,
        "!=" => left != right,
        "in" => right.contains(&left),
        "not in" => !right.contains(&left),
        _ => false,
    }
}

fn value_of<'e>(environment: &'e Environment, variable: &str) -> &'e str {
    match variable {
        "implementation_name" => &environment.implementation_name,
        "implementation_version" => &environment.implementation_version,
        "os_name" => &environment.os_name,
        "platform_machine" => &environment.platform_machine,
        "platform_python_implementation" => &environment.platform_python_implementation,
        "platform_release" => &environment.platform_release,
        "platform_system" => &environment.platform_system,
        "platform_version" => &environment.platform_version,
        "python_full_version" => &environment.python_full_version,
        "python_version" => &environment.python_version,
        "sys_platform" => &environment.sys_platform,
        _ => "",
    }
}
