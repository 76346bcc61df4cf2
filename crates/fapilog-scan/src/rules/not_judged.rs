//! `not-judged`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "not-judged",
    family: Family::Security,
    severity: Severity::Error,
    title: "the judge gets to the end",
    reason: "A package over which the judge crashes or runs out of time is not known to be good.",
    hint: "leave large generated files out of the package, and report the package as a fault of fapilog",
    threat: None,
    check: Check::Judge,
};
