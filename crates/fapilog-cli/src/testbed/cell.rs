//! One environment of the matrix: a version of Python and one of the core.

use std::fmt;

/// What an environment is to have; nothing said is whatever there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Version of Python, as `3.11`.
    pub python: Option<String>,
    /// Version of the core, as `3.0`.
    pub core: Option<String>,
}

impl Cell {
    /// Every pair of the two lists; an empty list stands for whatever there is.
    pub fn matrix(pythons: &[String], cores: &[String]) -> Vec<Self> {
        let versions = |list: &[String]| -> Vec<Option<String>> {
            if list.is_empty() {
                vec![None]
            } else {
                list.iter().cloned().map(Some).collect()
            }
        };
        versions(pythons)
            .into_iter()
            .flat_map(|python| {
                versions(cores).into_iter().map(move |core| Self {
                    python: python.clone(),
                    core,
                })
            })
            .collect()
    }

    /// The requirement for the core: `3.0` means any of its fixes.
    pub fn requirement(&self) -> String {
        match &self.core {
            None => "fapilog".to_owned(),
            Some(version) if version.matches('.').count() < 2 => format!("fapilog=={version}.*"),
            Some(version) => format!("fapilog=={version}"),
        }
    }

    /// The name of its folder, without what else it depends on.
    pub fn label(&self) -> String {
        let of = |version: &Option<String>| version.clone().unwrap_or_else(|| "any".to_owned());
        let label = format!("py{}-core{}", of(&self.python), of(&self.core));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        label.chars().filter(|c| plain(*c)).collect()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let python = self.python.as_deref().unwrap_or("(this)");
        let core = self.core.as_deref().unwrap_or("(newest)");
        write!(formatter, "python {python}, fapilog {core}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_has_every_pair() {
        let list = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let cells = Cell::matrix(&list(&["3.10", "3.11"]), &list(&["3.0", "3.1.2"]));
        let wanted: Vec<String> = cells.iter().map(Cell::requirement).collect();
        assert_eq!(
            wanted,
            [
                "fapilog==3.0.*",
                "fapilog==3.1.2",
                "fapilog==3.0.*",
                "fapilog==3.1.2"
            ]
        );
        assert_eq!(cells[3].label(), "py3.11-core3.1.2");
        assert_eq!(Cell::matrix(&[], &[]), [Cell::default()]);
        assert_eq!(Cell::default().requirement(), "fapilog");
    }

    #[test]
    fn a_version_that_is_a_path_stays_in_its_folder() {
        let cell = Cell {
            python: Some("../../etc".to_owned()),
            core: None,
        };
        assert_eq!(cell.label(), "py....etc-coreany");
    }
}
