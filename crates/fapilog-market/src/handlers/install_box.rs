//! The box that says how to install one version: as a package or as an extra of the core, with the tool
//! of one's choice. The tabs are radio buttons, so that they work without script.

use crate::queries::files::FileRow;

/// One way to get the plugin: as an extra or as a package of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Word for ids in the page.
    pub word: &'static str,
    /// Heading.
    pub title: &'static str,
    /// The tools.
    pub tabs: Vec<Tab>,
}

/// What to do with one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Word for ids and classes in the page.
    pub word: &'static str,
    /// The tool's name.
    pub title: &'static str,
    /// What to type or to write.
    pub text: String,
    /// Where it goes.
    pub note: &'static str,
}

/// What is to be installed.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Normalised name of the distribution.
    pub name: &'a str,
    /// The version of the page.
    pub version: &'a str,
    /// Whether it is what installers choose by themselves.
    pub is_latest: bool,
    /// The extra of the core that brings it in.
    pub extra: Option<&'a str>,
    /// Newest core that the version admits, as `3.0`.
    pub core: Option<&'a str>,
    /// Address of the marketplace.
    pub public_url: &'a str,
    /// Files of the version.
    pub files: &'a [FileRow],
}

/// All ways, the extra first: it is how the core's own documentation installs.
#[must_use]
pub fn ways(wanted: &Wanted<'_>) -> Vec<Way> {
    let mut ways = Vec::new();
    // An extra chooses the version by itself.
    if let (Some(extra), true) = (wanted.extra, wanted.is_latest) {
        ways.push(Way {
            word: "extra",
            title: "As an extra of the core",
            tabs: extra_tabs(wanted, &format!("fapilog[{extra}]")),
        });
    }
    ways.push(Way {
        word: "package",
        title: "As a package",
        tabs: package_tabs(wanted),
    });
    ways
}

fn extra_tabs(wanted: &Wanted<'_>, requirement: &str) -> Vec<Tab> {
    let index = format!("--index-url {}/simple/", wanted.public_url);
    let quoted = format!("\"{requirement}\"");
    let mut tabs = vec![
        Tab {
            word: "pip",
            title: "pip",
            text: format!(
                "pip install {quoted}\n\n# from this marketplace\npip install {index} {quoted}"
            ),
            note: "Into the environment that is active.",
        },
        Tab {
            word: "uv",
            title: "uv",
            text: format!("uv add {quoted}\n\n# without a project\nuv pip install {quoted}"),
            note: "Into the project, or into the environment that is active.",
        },
        pyproject(requirement),
        Tab {
            word: "requirements",
            title: "requirements",
            text: requirement.to_owned(),
            note: "In requirements.txt. Pin it with pip-tools or uv: see the guide to lock files.",
        },
    ];
    tabs.extend(constraints(wanted, &quoted));
    tabs
}

fn package_tabs(wanted: &Wanted<'_>) -> Vec<Tab> {
    let name = wanted.name;
    let pinned = format!("{name}=={}", wanted.version);
    let requirement = if wanted.is_latest { name } else { &pinned };
    let index = format!("--index-url {}/simple/", wanted.public_url);
    let mut tabs = vec![
        Tab {
            word: "pip",
            title: "pip",
            text: format!(
                "pip install {requirement}\n\n# from this marketplace\npip install {index} {requirement}"
            ),
            note: "Into the environment that is active.",
        },
        Tab {
            word: "uv",
            title: "uv",
            text: format!(
                "uv add {requirement}\n\n# without a project\nuv pip install {requirement}"
            ),
            note: "Into the project, or into the environment that is active.",
        },
        pyproject(&bounded(wanted)),
        Tab {
            word: "requirements",
            title: "requirements",
            text: hashed(wanted, &pinned),
            note: "In requirements.txt. With hashes, pip installs these very files or nothing.",
        },
    ];
    tabs.extend(constraints(wanted, requirement));
    tabs
}

fn pyproject(requirement: &str) -> Tab {
    Tab {
        word: "pyproject",
        title: "pyproject",
        text: format!("[project]\ndependencies = [\n    \"{requirement}\",\n]"),
        note: "In pyproject.toml, for pip, uv, poetry, hatch and pdm alike.",
    }
}

fn constraints(wanted: &Wanted<'_>, requirement: &str) -> Option<Tab> {
    let core = wanted.core?;
    Some(Tab {
        word: "constraints",
        title: "constraints",
        text: format!(
            "pip install --constraint {}/constraints/{core}.txt {requirement}",
            wanted.public_url
        ),
        note: "Holds every plugin of this marketplace at the newest version for that core.",
    })
}

/// At least this version, below the next major one.
fn bounded(wanted: &Wanted<'_>) -> String {
    let name = wanted.name;
    if !wanted.is_latest {
        return format!("{name}=={}", wanted.version);
    }
    let major = wanted
        .version
        .split('.')
        .next()
        .and_then(|part| part.parse::<u64>().ok());
    match major {
        Some(major) => format!("{name}>={},<{}", wanted.version, major + 1),
        None => format!("{name}>={}", wanted.version),
    }
}

fn hashed(wanted: &Wanted<'_>, pinned: &str) -> String {
    let mut text = pinned.to_owned();
    for file in wanted.files {
        text.push_str(" \\\n    --hash=sha256:");
        text.push_str(&file.sha256);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(is_latest: bool, extra: Option<&'a str>) -> Wanted<'a> {
        Wanted {
            name: "fapilog-acme",
            version: "1.4.0",
            is_latest,
            extra,
            core: Some("3.0"),
            public_url: "https://market.test",
            files: &[],
        }
    }

    fn text(ways: &[Way], way: &str, tab: &str) -> String {
        let way = ways.iter().find(|one| one.word == way).unwrap();
        way.tabs
            .iter()
            .find(|one| one.word == tab)
            .unwrap()
            .text
            .clone()
    }

    #[test]
    fn every_way_offers_every_tool() {
        let ways = ways(&wanted(true, Some("acme")));
        assert_eq!(ways.len(), 2);
        for way in &ways {
            let words: Vec<_> = way.tabs.iter().map(|tab| tab.word).collect();
            assert_eq!(
                words,
                ["pip", "uv", "pyproject", "requirements", "constraints"]
            );
        }
        assert!(text(&ways, "extra", "uv").starts_with("uv add \"fapilog[acme]\""));
        assert!(text(&ways, "package", "pyproject").contains("\"fapilog-acme>=1.4.0,<2\""));
        assert!(
            text(&ways, "package", "constraints").contains("/constraints/3.0.txt fapilog-acme")
        );
    }

    #[test]
    fn an_older_version_is_pinned_and_comes_by_no_extra() {
        let ways = ways(&wanted(false, Some("acme")));
        assert_eq!(ways.len(), 1);
        for tab in ["pip", "uv", "pyproject", "requirements", "constraints"] {
            assert!(
                text(&ways, "package", tab).contains("fapilog-acme==1.4.0"),
                "{tab}"
            );
        }
    }
}
