//! `requirement-licence`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "requirement-licence",
    family: Family::Dependencies,
    severity: Severity::Warning,
    title: "what is required can be used under the own licence",
    reason: "Whoever installs the plugin must keep to all licences at once, those of its requirements included.",
    hint: "use another package, or state the licence that the requirement asks for",
    threat: None,
    check: Check::Judge,
};
