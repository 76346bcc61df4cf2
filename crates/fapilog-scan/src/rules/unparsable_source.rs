//! `unparsable-source`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "unparsable-source",
    family: Family::Security,
    severity: Severity::Error,
    title: "every Python file can be parsed",
    reason: "Code that cannot be parsed cannot be judged, though some interpreter may run it.",
    hint: "check the file with `python -m py_compile FILE`, and leave out code for other interpreters",
    threat: None,
    check: Check::Judge,
};
