//! `package-size`

use crate::capability::Capability;
use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "package-size",
    family: Family::Quality,
    severity: Severity::Warning,
    title: "the package is small",
    reason: "Every installation, in every container and build, downloads all of it.",
    hint: "leave data, tests and generated files out of the wheel, and load large models when they are needed",
    threat: None,
    check: Check::Package(check),
};

/// Largest package without native code in bytes: ten times what plugins of this kind have.
const MOST_BYTES: u64 = 5 * 1024 * 1024;
/// Largest package with native code in bytes.
const MOST_NATIVE_BYTES: u64 = 50 * 1024 * 1024;

fn check(package: &Package, found: &mut Found<'_>) {
    let is_native = package.capabilities.kinds().contains(&Capability::Native);
    let most = if is_native {
        MOST_NATIVE_BYTES
    } else {
        MOST_BYTES
    };
    let size = package.size_bytes;
    if size > most {
        found.package(format!("it has {size} bytes, more than {most}"));
    }
    for (path, size) in package.files.iter().filter(|(_, size)| *size > most) {
        found.file(path, format!("the file has {size} bytes, more than {most}"));
    }
}
