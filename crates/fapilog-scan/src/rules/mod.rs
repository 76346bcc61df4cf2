//! All rules, one a file. The list's order is that of the reference.

mod archive_extraction;
mod attack_pattern;
mod changelog;
mod core_compatibility;
mod core_range;
mod credential_harvest;
mod decode_and_execute;
mod deserialisation;
mod distribution_name;
mod docstrings;
mod download_and_execute;
mod dynamic_code;
mod dynamic_import;
mod environment_use;
mod exfiltration;
mod extras;
mod file_use;
mod foreign_module_changed;
mod hard_coded_password;
mod import_time_effect;
mod insecure_temporary_file;
mod invisible_unicode;
mod licence;
mod maintainers;
pub(crate) mod native;
mod native_address;
mod native_call;
mod native_hardening;
mod native_symbol;
mod network_use;
mod not_judged;
mod obfuscated_blob;
mod own_build_backend;
mod package_size;
mod package_structure;
mod path_file;
mod plugin_contract;
mod plugin_entry_point;
mod process_shell;
mod process_start;
mod project_links;
mod readme_sections;
mod request_timeout;
mod requirement_licence;
mod requires_python;
mod reverse_shell;
mod secret_in_package;
mod setup_code;
mod similar_name;
mod site_customize;
mod suppression_reason;
mod system_file_write;
mod tests_present;
mod tls_verification;
mod typing_annotations;
mod typing_marker;
mod unbounded_requirement;
mod unparsable_source;
mod vulnerable_requirement;
mod weak_hash;
mod yanked_requirement;
mod yara_match;

pub(crate) use attack_pattern::RULE as ATTACK_PATTERN;
pub(crate) use not_judged::RULE as NOT_JUDGED;
pub(crate) use package_structure::RULE as STRUCTURE;
pub(crate) use requirement_licence::RULE as REQUIREMENT_LICENCE;
pub(crate) use suppression_reason::RULE as SUPPRESSION;
pub(crate) use unparsable_source::RULE as UNPARSABLE;
pub(crate) use vulnerable_requirement::RULE as VULNERABLE;
pub(crate) use yanked_requirement::RULE as YANKED;
pub(crate) use yara_match::RULE as YARA_MATCH;

use crate::capability::Capability;
use crate::package::Package;
use crate::report::Severity;
use crate::rule::Found;
pub use crate::rule::Rule;

/// Every rule.
pub static RULES: &[&Rule] = &[
    // What stops the judge.
    &package_structure::RULE,
    &unparsable_source::RULE,
    &not_judged::RULE,
    // Quality.
    &changelog::RULE,
    &core_compatibility::RULE,
    &core_range::RULE,
    &distribution_name::RULE,
    &docstrings::RULE,
    &extras::RULE,
    &licence::RULE,
    &maintainers::RULE,
    &package_size::RULE,
    &plugin_contract::RULE,
    &plugin_entry_point::RULE,
    &project_links::RULE,
    &readme_sections::RULE,
    &requires_python::RULE,
    &suppression_reason::RULE,
    &tests_present::RULE,
    &typing_annotations::RULE,
    &typing_marker::RULE,
    // Security.
    &archive_extraction::RULE,
    &attack_pattern::RULE,
    &credential_harvest::RULE,
    &decode_and_execute::RULE,
    &deserialisation::RULE,
    &download_and_execute::RULE,
    &dynamic_code::RULE,
    &dynamic_import::RULE,
    &environment_use::RULE,
    &exfiltration::RULE,
    &file_use::RULE,
    &foreign_module_changed::RULE,
    &hard_coded_password::RULE,
    &import_time_effect::RULE,
    &insecure_temporary_file::RULE,
    &invisible_unicode::RULE,
    &native::RULE,
    &native_address::RULE,
    &native_call::RULE,
    &native_hardening::RULE,
    &native_symbol::RULE,
    &network_use::RULE,
    &obfuscated_blob::RULE,
    &own_build_backend::RULE,
    &path_file::RULE,
    &process_shell::RULE,
    &process_start::RULE,
    &request_timeout::RULE,
    &reverse_shell::RULE,
    &secret_in_package::RULE,
    &setup_code::RULE,
    &similar_name::RULE,
    &site_customize::RULE,
    &system_file_write::RULE,
    &tls_verification::RULE,
    &weak_hash::RULE,
    &yara_match::RULE,
    // Dependencies.
    &requirement_licence::RULE,
    &unbounded_requirement::RULE,
    &vulnerable_requirement::RULE,
    &yanked_requirement::RULE,
];

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

/// The id most similar to a given text.
#[must_use]
pub fn nearest(given: &str) -> &'static str {
    let ids = RULES.iter().map(|rule| rule.id);
    ids.min_by_key(|id| crate::distance::edits(given, id, usize::MAX))
        .unwrap_or_default()
}

/// Whether a file of a source archive belongs to a build backend that the archive brings itself.
pub(crate) fn is_own_backend(pyproject: &str, path: &str) -> bool {
    let Ok(table) = pyproject.parse::<toml::Table>() else {
        return false;
    };
    let system = table.get("build-system");
    let folders = system.and_then(|system| system.get("backend-path"));
    let folders = folders
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten();
    let backend = system
        .and_then(|system| system.get("build-backend"))
        .and_then(toml::Value::as_str)
        .unwrap_or_default();
    let module = backend
        .split(':')
        .next()
        .unwrap_or_default()
        .replace('.', "/");
    folders.filter_map(toml::Value::as_str).any(|folder| {
        let folder = folder.trim_start_matches("./").trim_matches('/');
        let file = match folder {
            "" | "." => module.clone(),
            _ => format!("{folder}/{module}"),
        };
        path == format!("{file}.py") || path.starts_with(&format!("{file}/"))
    })
}

/// A finding at the first use of a capability that the plugin does not declare.
fn undeclared(package: &Package, capability: Capability, found: &mut Found<'_>) {
    let capabilities = &package.capabilities;
    if !capabilities.undeclared().contains(&capability) {
        return;
    }
    let mut uses = capabilities
        .used
        .iter()
        .filter(|used| used.capability == capability);
    let Some(first) = uses.next() else {
        return;
    };
    let others = uses.count();
    let detail = first
        .detail
        .as_ref()
        .map_or(String::new(), |detail| format!(" (`{detail}`)"));
    let more = if others == 0 {
        String::new()
    } else {
        format!(", and in {others} more places")
    };
    let line = if first.line == 0 {
        String::new()
    } else {
        format!(" in line {}", first.line)
    };
    let what = format!("it {}{detail}{line}{more}", capability.sentence());
    if package.plugins().next().is_none() {
        // Only plugins have a class that could declare it.
        found.file_as(Severity::Note, &first.file, what);
        return;
    }
    let message = format!("{what}, and no class declares `{}`", capability.word());
    found.file(&first.file, message);
}
