//! `weak-hash`

use crate::module::{Module, Role};
use crate::python::fact::Call;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "weak-hash",
    family: Family::Security,
    severity: Severity::Warning,
    title: "hashes that can be forged protect nothing",
    reason: "Two inputs with the same MD5 or SHA-1 are made in minutes: what is signed, cached or compared by it can be replaced.",
    hint: "use SHA-256 or BLAKE2; for a mere checksum say so: `hashlib.md5(data, usedforsecurity=False)`",
    threat: None,
    check: Check::Module(check),
};

const MAKERS: [&str; 6] = [
    "hashlib.md5",
    "hashlib.sha1",
    "Crypto.Hash.MD5.new",
    "Crypto.Hash.SHA1.new",
    "cryptography.hazmat.primitives.hashes.MD5",
    "cryptography.hazmat.primitives.hashes.SHA1",
];

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    if module.role == Role::Test {
        return;
    }
    let by_name = module
        .calls_of(&["hashlib.new"])
        .filter(|call| is_weak_name(call));
    for call in module.calls_of(&MAKERS).chain(by_name) {
        let is_checksum = call
            .keyword("usedforsecurity")
            .is_some_and(|value| value.is_false());
        if !is_checksum {
            let message = format!("`{}` makes a hash that can be forged", call.path);
            found.at(module, call.range, message);
        }
    }
}

fn is_weak_name(call: &Call) -> bool {
    let name = call.value(0, "name").and_then(|name| name.text());
    name.is_some_and(|name| {
        ["md4", "md5", "sha1", "sha-1"]
            .iter()
            .any(|weak| name.eq_ignore_ascii_case(weak))
    })
}
