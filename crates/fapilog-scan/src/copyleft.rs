//! What a licence demands of those who use what is under it.

use fapilog_package::index_export::Stated;
use spdx::{Expression, ParseMode};

/// What must be done by a program that uses such a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Names and texts are kept; at most changes of the package itself are published.
    Little,
    /// The whole program is under the same licence.
    SameLicence,
    /// What is stated is no licence that is known.
    Unknown,
}

/// Beginnings of the identifiers of licences that reach over to the program.
const REACHING: [&str; 6] = ["GPL-", "AGPL-", "SSPL-", "OSL-", "EUPL-", "CC-BY-SA-"];

/// The same in the words of classifiers; the lesser licence does not reach over.
const IN_WORDS: [&str; 4] = [
    "GNU General Public",
    "GNU Affero",
    "Server Side Public",
    "European Union Public",
];

impl Demand {
    /// By the expression; where there is none, by the classifiers.
    pub(crate) fn of(stated: &Stated) -> Self {
        let expression = stated
            .text
            .as_deref()
            .and_then(|text| Expression::parse_mode(text, ParseMode::LAX).ok());
        if let Some(expression) = expression {
            // With a choice, the mildest counts; exceptions are made so that programs can be linked.
            let is_mild = expression.evaluate(|one| {
                let id = one.license.id().map_or("", |id| id.name);
                one.addition.is_some() || !REACHING.iter().any(|begin| id.starts_with(begin))
            });
            return if is_mild {
                Self::Little
            } else {
                Self::SameLicence
            };
        }
        let reaches = |line: &String| {
            !line.contains("Lesser") && IN_WORDS.iter().any(|words| line.contains(words))
        };
        match stated.classifiers.as_slice() {
            [] => Self::Unknown,
            lines if lines.iter().all(reaches) => Self::SameLicence,
            _ => Self::Little,
        }
    }
}
