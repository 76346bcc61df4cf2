//! `yanked-requirement`

use crate::report::{Family, Severity};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "yanked-requirement",
    family: Family::Dependencies,
    severity: Severity::Error,
    title: "what is required was not withdrawn",
    reason: "A version is withdrawn for a reason: it breaks, or it has a hole. Installers take it only when nothing else is allowed.",
    hint: "allow a version that was not withdrawn",
    threat: None,
    check: Check::Judge,
};
