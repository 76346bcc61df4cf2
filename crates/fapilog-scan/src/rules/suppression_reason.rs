//! `suppression-reason`

use crate::module::Module;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "suppression-reason",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "accepted findings name a rule and a reason",
    reason: "A finding that is accepted without a reason can not be reviewed.",
    hint: "write `# fapilog: allow[rule-id] reason`, or a reason in `[[tool.fapilog.check.allow]]`",
    threat: None,
    check: Check::Module(check),
};

/// A comment that accepts findings without saying why, or names no rule.
fn check(module: &Module<'_>, found: &mut Found<'_>) {
    for (index, line) in module.source.lines().enumerate() {
        let Some(fault) = crate::suppression::fault(line) else {
            continue;
        };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let place = module.whole_line(number);
        found.place(module.path, &place, fault);
    }
}
