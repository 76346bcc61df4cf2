//! `vulnerable-requirement`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "vulnerable-requirement",
    family: Family::Dependencies,
    severity: Severity::Error,
    title: "no known vulnerability is required",
    reason: "What a plugin requires is installed with it, with its published holes.",
    hint: "raise the lower end of the range to a version in which it is repaired",
    threat: None,
    check: Check::Judge,
};
