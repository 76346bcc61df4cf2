//! `package-structure`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "package-structure",
    family: Family::Security,
    severity: Severity::Error,
    title: "the archive is well formed and tells one story",
    reason: "What two programs read differently can pass a review as one package and be installed as another.",
    hint: "build the file with `python -m build`, and do not change it by hand",
    threat: None,
    check: Check::Judge,
};
