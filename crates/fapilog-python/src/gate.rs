//! The load gate for Python.

use fapilog_package::gate::{Environment, GateRefusal, check_core_range};
use pyo3::prelude::*;

/// Holds a distribution's `Requires-Dist` lines against the running core.
///
/// `markers` are the eleven PEP 508 environment variables. Returns `(error id, wanted, detail)`:
/// an empty id when the core is in the range `wanted`.
#[pyfunction]
pub fn check_range(
    requires_dist: Vec<String>,
    core_version: &str,
    markers: std::collections::HashMap<String, String>,
) -> (String, String, String) {
    let marker = |name: &str| markers.get(name).cloned().unwrap_or_default();
    let environment = Environment {
        implementation_name: marker("implementation_name"),
        implementation_version: marker("implementation_version"),
        os_name: marker("os_name"),
        platform_machine: marker("platform_machine"),
        platform_python_implementation: marker("platform_python_implementation"),
        platform_release: marker("platform_release"),
        platform_system: marker("platform_system"),
        platform_version: marker("platform_version"),
        python_full_version: marker("python_full_version"),
        python_version: marker("python_version"),
        sys_platform: marker("sys_platform"),
    };
    let lines: Vec<&str> = requires_dist.iter().map(String::as_str).collect();
    match check_core_range(&lines, core_version, &environment) {
        Ok(range) => (String::new(), range.wanted, String::new()),
        Err(refusal) => {
            let wanted = match &refusal {
                GateRefusal::CoreRange { wanted, .. } => wanted.clone(),
                _ => String::new(),
            };
            (refusal.id().to_owned(), wanted, refusal.to_string())
        }
    }
}
