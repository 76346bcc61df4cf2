//! Extras: which of a distribution's optional groups bring another project in.

use std::collections::HashSet;

use pep508_rs::ExtraName;

use crate::gate::{leading_name, parse_requirement};
use crate::name::ProjectName;

/// The extras of a distribution that require `project`, given its `Requires-Dist` lines and the
/// extras it provides. Lines that can't be read are passed over: they bring nothing in.
///
/// ```
/// # use fapilog_package::{extras::extras_with, name::ProjectName};
/// let lines = ["fapilog-fastapi>=1.0,<2.0; extra == 'fastapi'".to_owned()];
/// let found = extras_with(&lines, &["fastapi".to_owned()], &ProjectName::parse("fapilog-fastapi")?);
/// assert_eq!(found, ["fastapi"]);
/// # Ok::<(), fapilog_package::name::NameError>(())
/// ```
#[must_use]
pub fn extras_with(
    requires_dist: &[String],
    provides_extra: &[String],
    project: &ProjectName,
) -> Vec<String> {
    let requirements: Vec<_> = requires_dist
        .iter()
        .filter(|line| ProjectName::parse(leading_name(line)).is_ok_and(|name| name == *project))
        .filter_map(|line| parse_requirement(line).ok())
        .collect();
    let holds = |active: &HashSet<ExtraName>| {
        requirements
            .iter()
            .any(|requirement| requirement.evaluate_extras_and_python_version(active, &[]))
    };
    let optional = |extra: &&String| {
        ExtraName::new((*extra).clone())
            .is_ok_and(|name| !holds(&HashSet::new()) && holds(&HashSet::from([name])))
    };
    provides_extra.iter().filter(optional).cloned().collect()
}
