//! Which cores and which Pythons a range admits.

use std::collections::HashMap;
use std::str::FromStr as _;

use fapilog_package::Version;
use pep440_rs::VersionSpecifiers;

/// The Python versions that facets and tables name.
pub const PYTHONS: [&str; 5] = ["3.10", "3.11", "3.12", "3.13", "3.14"];

/// Most series of the core that are told apart; older ones are left out.
pub const MAX_SERIES: usize = 16;

/// The series of the core, oldest first, each with its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cores {
    series: Vec<(String, Version)>,
}

impl Cores {
    /// From the versions of the core that were published; without any, the series of this server.
    #[must_use]
    pub fn new<'a>(versions: impl IntoIterator<Item = &'a str>) -> Self {
        let mut newest: HashMap<String, Version> = HashMap::new();
        let own = [env!("CARGO_PKG_VERSION")];
        let mut add = |text: &str| {
            let Ok(version) = Version::from_str(text) else {
                return;
            };
            let label = label(&version);
            let known = newest.entry(label).or_insert_with(|| version.clone());
            if version > *known {
                *known = version;
            }
        };
        let mut any = false;
        for version in versions {
            any = true;
            add(version);
        }
        if !any {
            own.into_iter().for_each(&mut add);
        }
        let mut series: Vec<_> = newest.into_iter().collect();
        series.sort_by(|a, b| a.1.cmp(&b.1));
        let surplus = series.len().saturating_sub(MAX_SERIES);
        series.drain(..surplus);
        Self { series }
    }

    /// Names like `3.0`, oldest first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.series.iter().map(|(label, _)| label.as_str())
    }

    /// Labels with the newest version of each, oldest first.
    pub fn newest(&self) -> impl DoubleEndedIterator<Item = (&str, &Version)> {
        self.series
            .iter()
            .map(|(label, version)| (label.as_str(), version))
    }

    /// One bit for each series that the range admits, the oldest in bit 0. No range admits none.
    #[must_use]
    pub fn admitted(&self, range: Option<&str>) -> u16 {
        let Some(specifiers) = range.and_then(|range| VersionSpecifiers::from_str(range).ok())
        else {
            return 0;
        };
        bits(
            self.series
                .iter()
                .map(|(_, version)| specifiers.contains(version)),
        )
    }

    /// Label of the newest series that the range admits.
    #[must_use]
    pub fn newest_admitted(&self, range: Option<&str>) -> Option<&str> {
        let admitted = self.admitted(range);
        let newest = (0..u16::BITS).rev().find(|at| admitted >> at & 1 == 1)?;
        self.labels().nth(newest as usize)
    }

    /// How many series behind the newest the newest admitted one is; all of them when none is.
    #[must_use]
    pub fn behind(&self, admitted: u16) -> u32 {
        let all = u32::try_from(self.series.len()).unwrap_or(0);
        all.saturating_sub(u16::BITS - admitted.leading_zeros())
    }
}

/// One bit for each of [`PYTHONS`] that the range admits. No range admits all.
#[must_use]
pub fn pythons(range: Option<&str>) -> u16 {
    let Some(specifiers) = range.map(VersionSpecifiers::from_str) else {
        return (1 << PYTHONS.len()) - 1;
    };
    let Ok(specifiers) = specifiers else { return 0 };
    // A late patch release: `>=3.10.2` admits 3.10 for everyone who keeps it up to date.
    let of = |label: &str| Version::from_str(&format!("{label}.99"));
    bits(
        PYTHONS
            .iter()
            .map(|label| of(label).is_ok_and(|version| specifiers.contains(&version))),
    )
}

fn label(version: &Version) -> String {
    let part = |at: usize| version.release().get(at).copied().unwrap_or(0);
    format!("{}.{}", part(0), part(1))
}

fn bits(holds: impl Iterator<Item = bool>) -> u16 {
    holds
        .take(MAX_SERIES)
        .zip(0..)
        .fold(0, |set, (holds, at)| set | (u16::from(holds) << at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_admit_series_and_are_behind_the_newest() {
        let cores = Cores::new(["3.0.0", "3.1.2", "3.1.0", "3.2.0", "junk"]);
        assert_eq!(cores.labels().collect::<Vec<_>>(), ["3.0", "3.1", "3.2"]);
        for (range, admitted, behind) in [
            (Some(">=3.0,<4.0"), 0b111, 0),
            (Some(">=3.0,<3.1"), 0b001, 2),
            (Some(">=3.1.1,<3.2"), 0b010, 1),
            (Some(">=9"), 0, 3),
            (Some("nonsense"), 0, 3),
            (None, 0, 3),
        ] {
            assert_eq!(cores.admitted(range), admitted, "{range:?}");
            assert_eq!(cores.behind(admitted), behind, "{range:?}");
        }
        assert_eq!(Cores::new([]).labels().count(), 1);
    }

    #[test]
    fn pythons_are_those_that_the_range_admits() {
        assert_eq!(pythons(None), 0b11111);
        assert_eq!(pythons(Some(">=3.12")), 0b11100);
        assert_eq!(pythons(Some(">=3.10.2,<3.13")), 0b00111);
        assert_eq!(pythons(Some("?")), 0);
    }
}
