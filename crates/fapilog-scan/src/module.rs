//! A Python file of a package, as rules see it.

use ruff_text_size::TextRange;

use crate::lines::Lines;
use crate::python::Facts;
use crate::python::fact::Call;
use crate::report::Place;

/// What a Python file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Installed and imported.
    Library,
    /// Tests and examples in a source archive.
    Test,
    /// Run when the package is built or installed.
    Build,
}

/// A Python file that was parsed.
#[derive(Debug)]
pub(crate) struct Module<'a> {
    /// Path within the package.
    pub path: &'a str,
    pub role: Role,
    pub facts: &'a Facts,
    pub lines: &'a Lines<'a>,
    pub source: &'a str,
    /// Where all findings belong, for source that was decoded from a constant.
    pub within: Option<&'a Place>,
}

impl Module<'_> {
    pub(crate) fn place(&self, range: TextRange) -> Place {
        match self.within {
            Some(place) => place.clone(),
            None => self
                .lines
                .place(range.start().to_usize(), range.end().to_usize()),
        }
    }

    /// All of a line, counted from 1.
    pub(crate) fn whole_line(&self, line: u32) -> Place {
        match self.within {
            Some(place) => place.clone(),
            None => self.lines.whole(line),
        }
    }

    pub(crate) fn line(&self, range: TextRange) -> u32 {
        match self.within {
            Some(place) => place.line,
            None => self.lines.line(range.start().to_usize()),
        }
    }

    /// Calls whose qualified name is one of these.
    pub(crate) fn calls_of<'m>(&'m self, paths: &'m [&str]) -> impl Iterator<Item = &'m Call> {
        self.facts
            .calls
            .iter()
            .filter(move |call| paths.contains(&&*call.path))
    }
}

/// What the role of a file is, by its path.
pub(crate) fn role_of(path: &str) -> Role {
    let parts: Vec<&str> = path.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    if matches!(path, "setup.py" | "conftest.py" | "noxfile.py") || name == "sitecustomize.py" {
        return match path {
            "setup.py" => Role::Build,
            _ if name == "sitecustomize.py" => Role::Library,
            _ => Role::Test,
        };
    }
    let folders = parts
        .get(..parts.len().saturating_sub(1))
        .unwrap_or_default();
    let is_test = |folder: &&str| {
        matches!(
            *folder,
            "tests" | "test" | "testing" | "examples" | "docs" | "benchmarks"
        )
    };
    if folders.first().is_some_and(is_test) {
        return Role::Test;
    }
    Role::Library
}

/// The dotted package of a file: `src/acme/io/disk.py` is in `acme.io`.
pub(crate) fn package_of(path: &str) -> String {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.replace('/', ".")
}

/// The dotted name of a file: `src/acme/__init__.py` is `acme`.
pub(crate) fn dotted(path: &str) -> String {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".py").unwrap_or(path);
    let path = path.strip_suffix("/__init__").unwrap_or(path);
    path.replace('/', ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_modules_and_roles() {
        assert_eq!(dotted("src/acme/__init__.py"), "acme");
        assert_eq!(dotted("acme/io/disk.py"), "acme.io.disk");
        assert_eq!(package_of("acme/io/disk.py"), "acme.io");
        assert_eq!(role_of("setup.py"), Role::Build);
        assert_eq!(role_of("tests/test_a.py"), Role::Test);
        assert_eq!(role_of("acme/tests/a.py"), Role::Library);
        assert_eq!(role_of("sitecustomize.py"), Role::Library);
    }
}
