//! `core-compatibility`

use fapilog_package::compatibility::{Note, Problem};
use fapilog_package::gate::GateRefusal;

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "core-compatibility",
    family: Family::Quality,
    severity: Severity::Error,
    title: "the code fits the cores that it is declared for",
    reason: "A name that the core does not have fails in the application of the user, often only when it is reached.",
    hint: "use what `fapilog.plugins` lists in `__all__`, and declare the range of cores in which it is there",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let Some(judged) = &package.compatibility else {
        found.not_applicable = true;
        return;
    };
    for problem in &judged.problems {
        // Another rule asks for the range; here it counts when it leaves out the newest core.
        let severity = match problem {
            Problem::Range(GateRefusal::NoCoreRange { .. }) => continue,
            Problem::Range(_) => Severity::Warning,
            _ => Severity::Error,
        };
        found.package_as(severity, format!("with fapilog {}: {problem}", judged.core));
    }
    let told = judged.notes.iter();
    for note in told.filter(|note| !matches!(note, Note::MissingOptional { .. })) {
        found.package_as(
            Severity::Note,
            format!("with fapilog {}: {note}", judged.core),
        );
    }
}
