//! The commands that install a project, as pages show them.

/// The same step for the two installers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallCommand {
    /// What the command is for.
    pub title: String,
    /// With pip.
    pub pip: String,
    /// With uv.
    pub uv: String,
}

impl InstallCommand {
    /// Commands for a requirement from the index that the installers are set up for.
    #[must_use]
    pub fn new(title: &str, requirement: &str) -> Self {
        let quoted = quoted(requirement);
        Self {
            title: title.to_owned(),
            pip: format!("pip install {quoted}"),
            uv: format!("uv pip install {quoted}"),
        }
    }

    /// Commands that name this marketplace's index.
    #[must_use]
    pub fn from_here(title: &str, requirement: &str, public_url: &str) -> Self {
        let quoted = quoted(requirement);
        let index = format!("--index-url {public_url}/simple/");
        Self {
            title: title.to_owned(),
            pip: format!("pip install {index} {quoted}"),
            uv: format!("uv pip install {index} {quoted}"),
        }
    }
}

/// Brackets mean something to shells.
fn quoted(requirement: &str) -> String {
    if requirement.contains('[') {
        format!("\"{requirement}\"")
    } else {
        requirement.to_owned()
    }
}

/// The three ways to install that the whole documentation shows.
#[must_use]
pub fn examples() -> [InstallCommand; 3] {
    [
        InstallCommand::new("Core only", "fapilog"),
        InstallCommand::new("Core with the first-party extra", "fapilog[fastapi]"),
        InstallCommand::new("Community plugin", "fapilog-splunk"),
    ]
}
