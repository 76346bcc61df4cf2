//! `attack-pattern`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "attack-pattern",
    family: Family::Security,
    severity: Severity::Error,
    title: "the parts do not add up to an attack",
    reason: "Each part may have a reason; together, in one file, they are how malicious packages are made.",
    hint: "take the parts apart: nothing at import, no encoded code, data sent only where the user configured",
    threat: None,
    check: Check::Judge,
};
