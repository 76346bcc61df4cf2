//! The templates of a new plugin: those that come with the command, or a folder of somebody's own.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::kind::PluginKind;
use crate::language::Language;

/// Most files of a folder of templates, and most bytes of one: a plugin's scaffold has a few dozen
/// small ones, and a folder named by mistake should not be read to its end.
const MOST_FILES: usize = 500;
const MOST_BYTES: u64 = 1024 * 1024;

/// Ends the name of a file that is rendered; others are taken as they are.
const SUFFIX: &str = ".jinja";

/// One file of a new plugin, before it is rendered.
#[derive(Debug, Clone)]
pub struct Template {
    /// Path below the plugin's folder; `{module}`, `{name}`, `{distribution}` and `{kind}` stand
    /// for the plugin's own. One with `{kind}` is rendered for each kind.
    pub path: Cow<'static, str>,
    /// The text.
    pub source: Cow<'static, str>,
    /// Whether it is rendered.
    pub is_rendered: bool,
    /// The only kind that it is for.
    pub kind: Option<PluginKind>,
}

/// All templates of a plugin.
#[derive(Debug)]
pub struct Templates {
    /// In the order of the listing.
    pub files: Vec<Template>,
}

macro_rules! template {
    ($path:literal, $file:literal) => {
        Template {
            path: Cow::Borrowed($path),
            source: Cow::Borrowed(include_str!(concat!("../../templates/", $file))),
            is_rendered: true,
            kind: None,
        }
    };
}

impl Templates {
    /// Those that come with the command.
    pub fn built_in(language: Language, first_party: bool) -> Self {
        let mut files = shared();
        match language {
            Language::Python => files.extend(of_python()),
            Language::Rust => files.extend(of_rust()),
            Language::C => files.extend(of_c()),
        }
        if first_party {
            files.push(template!(
                "FIRST_PARTY.md",
                "first-party/FIRST_PARTY.md.jinja"
            ));
            if language == Language::Python {
                files.extend([
                    template!("src/{module}/_extra.py", "first-party/_extra.py.jinja"),
                    template!("tests/test_extra.py", "first-party/test_extra.py.jinja"),
                ]);
            }
        }
        Self { files }
    }

    /// Those of a folder: every file in it, links not followed.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let mut files = Vec::new();
        read_folder(folder, folder, &mut files)?;
        files.sort_unstable_by(|one: &Template, other| one.path.cmp(&other.path));
        if files.iter().any(|file| file.path == "pyproject.toml") {
            Ok(Self { files })
        } else {
            Err(refused(folder, "expected a `pyproject.toml.jinja` in it"))
        }
    }
}

/// What every plugin has.
fn shared() -> Vec<Template> {
    vec![
        template!(".github/workflows/ci.yml", "github/ci.yml.jinja"),
        template!(".github/workflows/release.yml", "github/release.yml.jinja"),
        template!(".gitignore", "gitignore.jinja"),
        template!(".pre-commit-config.yaml", "pre-commit-config.yaml.jinja"),
        template!("CHANGELOG.md", "CHANGELOG.md.jinja"),
        template!("LICENSE", "LICENSE"),
        template!("README.md", "README.md.jinja"),
        template!("docs/index.md", "docs/index.md.jinja"),
    ]
}

fn of_python() -> Vec<Template> {
    let mut files = vec![
        template!("pyproject.toml", "pyproject.toml.jinja"),
        template!("src/{module}/__init__.py", "src/__init__.py.jinja"),
        template!("src/{module}/py.typed", "src/py.typed"),
        template!(
            "tests/test_conformance.py",
            "tests/test_conformance.py.jinja"
        ),
    ];
    for (kind, [source, test]) in OF_KINDS {
        for (path, text) in [
            ("src/{module}/{kind}.py", source),
            ("tests/test_{kind}.py", test),
        ] {
            files.push(Template {
                path: Cow::Borrowed(path),
                source: Cow::Borrowed(text),
                is_rendered: true,
                kind: Some(kind),
            });
        }
    }
    files
}

fn of_rust() -> Vec<Template> {
    let mut files = of_library();
    files.extend([
        template!("Cargo.toml", "native/rust/Cargo.toml.jinja"),
        template!("hatch_build.py", "native/rust/hatch_build.py.jinja"),
        template!("src/lib.rs", "native/rust/lib.rs.jinja"),
    ]);
    files
}

fn of_c() -> Vec<Template> {
    let mut files = of_library();
    files.extend([
        template!("hatch_build.py", "native/c/hatch_build.py.jinja"),
        template!("src/plugin.c", "native/c/plugin.c.jinja"),
    ]);
    files
}

/// The Python around a library.
fn of_library() -> Vec<Template> {
    vec![
        template!("pyproject.toml", "native/pyproject.toml.jinja"),
        template!(
            "python/{module}/__init__.py",
            "native/python/__init__.py.jinja"
        ),
        template!("python/{module}/py.typed", "src/py.typed"),
        template!(
            "tests/test_conformance.py",
            "native/python/test_conformance.py.jinja"
        ),
        template!(
            "tests/test_pipeline.py",
            "native/python/test_pipeline.py.jinja"
        ),
    ]
}

const OF_KINDS: [(PluginKind, [&str; 2]); 6] = {
    macro_rules! of_kind {
        ($kind:ident, $word:literal) => {
            (
                PluginKind::$kind,
                [
                    include_str!(concat!("../../templates/src/", $word, ".py.jinja")),
                    include_str!(concat!("../../templates/tests/test_", $word, ".py.jinja")),
                ],
            )
        };
    }
    [
        of_kind!(Filter, "filter"),
        of_kind!(Enricher, "enricher"),
        of_kind!(Processor, "processor"),
        of_kind!(Redactor, "redactor"),
        of_kind!(Sink, "sink"),
        of_kind!(Alerter, "alerter"),
    ]
};

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<Template>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| refused(folder, &error.to_string()))?;
    for entry in entries {
        let entry = entry.map_err(|error| refused(folder, &error.to_string()))?;
        let path = entry.path();
        let kind = entry
            .file_type()
            .map_err(|error| refused(&path, &error.to_string()))?;
        if kind.is_dir() && entry.file_name() != ".git" {
            read_folder(root, &path, files)?;
        } else if kind.is_file() {
            if files.len() == MOST_FILES {
                return Err(refused(
                    root,
                    &format!("it has more than {MOST_FILES} files"),
                ));
            }
            files.push(read_file(root, &path)?);
        }
    }
    Ok(())
}

fn read_file(root: &Path, path: &Path) -> Result<Template, Failure> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let name = below
        .to_str()
        .ok_or_else(|| refused(path, "its name is no text"))?
        .replace('\\', "/");
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size > MOST_BYTES {
        return Err(refused(path, "it is larger than 1 MiB"));
    }
    let source = fs::read_to_string(path).map_err(|error| refused(path, &error.to_string()))?;
    let rendered = name.strip_suffix(SUFFIX).map(str::to_owned);
    Ok(Template {
        is_rendered: rendered.is_some(),
        path: Cow::Owned(rendered.unwrap_or(name)),
        source: Cow::Owned(source),
        kind: None,
    })
}

fn refused(path: &Path, reason: &str) -> Failure {
    Failure::BadTemplates {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
