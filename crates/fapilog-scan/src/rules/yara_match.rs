//! `yara-match`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "yara-match",
    family: Family::Security,
    severity: Severity::Error,
    title: "no YARA rule of the operator matches",
    reason: "The operator of this scanner knows the pattern as malicious, or does not want it.",
    hint: "look at what the rule is for: its name is in the message; the operator has its text",
    threat: None,
    check: Check::Judge,
};
