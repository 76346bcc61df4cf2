//! `native-binary`

use crate::capability::Capability;
use crate::package::{File, Package};
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "native-binary",
    family: Family::Security,
    severity: Severity::Warning,
    title: "native code is declared and looked at",
    reason: "What native code does can not be read from the package; a wheel for any platform should hold none.",
    hint: "build platform wheels with the compiler's hardening options, and declare `capabilities = [\"native\"]`",
    threat: None,
    check: Check::Package(check),
};

/// Whether a file is a program or library for some machine.
pub(crate) fn is_native(file: &File<'_>) -> bool {
    let begins = |magic: &[u8]| file.bytes.starts_with(magic);
    begins(b"\x7fELF")
        || begins(b"MZ") && file.bytes.len() > 1024
        || begins(&[0xcf, 0xfa, 0xed, 0xfe])
        || begins(&[0xce, 0xfa, 0xed, 0xfe])
        || begins(&[0xca, 0xfe, 0xba, 0xbe])
}

fn check(package: &Package, found: &mut Found<'_>) {
    super::undeclared(package, Capability::Native, found);
}
