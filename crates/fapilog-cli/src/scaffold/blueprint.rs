//! What a new plugin consists of: its names, and its files rendered from the templates.

use fapilog_package::name::PluginName;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::Author;
use crate::failure::Failure;
use crate::kind::PluginKind;

/// The cores that a new plugin works with: those of this command's major version.
const CORE_REQUIREMENT: &str = "fapilog>=3.0,<4.0";

/// Longest line of the scaffold's code; `line-length` in its `pyproject.toml`.
const PYTHON_LINE_LENGTH: usize = 100;

/// One file of the new plugin.
#[derive(Debug)]
pub struct RenderedFile {
    /// Path below the plugin's folder, with `/` between its parts.
    pub path: String,
    /// The whole text.
    pub content: String,
}

/// One plugin class, as templates and the summary see it.
#[derive(Debug, Clone, Serialize)]
pub struct PluginClass {
    /// The kind's word: `sink`.
    pub kind: &'static str,
    /// The entry point's name, which users write: `acme-sink`.
    pub entry: String,
    /// The class: `AcmeSink`.
    pub class: String,
    /// The class of its configuration: `SinkConfig`.
    pub config: String,
    /// The entry point's value: `fapilog_acme.sink:AcmeSink`.
    pub target: String,
}

/// What every template is rendered with.
#[derive(Debug, Serialize)]
struct Context<'a> {
    name: &'a str,
    distribution: String,
    module: String,
    author_toml: String,
    core_requirement: &'static str,
    plugins: &'a [PluginClass],
    exports: Vec<&'a str>,
    package_imports: Vec<String>,
    example_options: Vec<String>,
    // The one plugin that a template of a kind is about; the shared templates don't use these.
    entry: &'a str,
    class: &'a str,
    imports: String,
}

/// A plugin that is to be made.
#[derive(Debug)]
pub struct Blueprint {
    name: PluginName,
    kinds: Vec<PluginKind>,
    plugins: Vec<PluginClass>,
    author: Author,
}

/// Templates of the files that a plugin has whatever its kinds: path, template's name, template.
/// `{module}` in a path stands for the import package.
const SHARED: [(&str, &str, &str); 8] = [
    (
        ".gitignore",
        "gitignore",
        include_str!("../../templates/gitignore.jinja"),
    ),
    (
        ".pre-commit-config.yaml",
        "pre-commit-config.yaml",
        include_str!("../../templates/pre-commit-config.yaml.jinja"),
    ),
    (
        "CHANGELOG.md",
        "CHANGELOG.md",
        include_str!("../../templates/CHANGELOG.md.jinja"),
    ),
    (
        "LICENSE",
        "LICENSE",
        include_str!("../../templates/LICENSE"),
    ),
    (
        "README.md",
        "README.md",
        include_str!("../../templates/README.md.jinja"),
    ),
    (
        "pyproject.toml",
        "pyproject.toml",
        include_str!("../../templates/pyproject.toml.jinja"),
    ),
    (
        "src/{module}/__init__.py",
        "src/__init__.py",
        include_str!("../../templates/src/__init__.py.jinja"),
    ),
    ("src/{module}/py.typed", "src/py.typed", ""),
];

impl Blueprint {
    /// Settles the names of everything in the plugin. A kind that is named twice counts once.
    pub fn new(name: PluginName, mut kinds: Vec<PluginKind>, author: Author) -> Self {
        kinds.sort_unstable();
        kinds.dedup();
        let prefix = class_prefix(&name);
        let plugins = kinds
            .iter()
            .map(|kind| {
                let class = format!("{prefix}{}", kind.class_word());
                PluginClass {
                    kind: kind.word(),
                    entry: match kinds.len() {
                        1 => name.to_string(),
                        _ => format!("{name}-{}", kind.word()),
                    },
                    config: format!("{}Config", kind.class_word()),
                    target: format!("{}.{}:{class}", name.module(), kind.word()),
                    class,
                }
            })
            .collect();
        Self {
            name,
            kinds,
            plugins,
            author,
        }
    }

    /// The distribution's name, which is also that of its folder.
    pub fn distribution(&self) -> String {
        self.name.distribution()
    }

    /// The plugin classes, in the order of the pipeline.
    pub fn plugins(&self) -> &[PluginClass] {
        &self.plugins
    }

    /// Renders every file.
    pub fn render(&self) -> Result<Vec<RenderedFile>, Failure> {
        let environment = environment()?;
        let module = self.name.module();
        let mut files = Vec::new();
        for (path, template, source) in SHARED {
            let content = self.render_one(&environment, template, source, None)?;
            files.push(RenderedFile {
                path: path.replace("{module}", &module),
                content,
            });
        }
        for (kind, plugin) in self.kinds.iter().zip(&self.plugins) {
            let ([source_name, test_name], [source, test]) = templates_of(*kind);
            for (path, template, text) in [
                (
                    format!("src/{module}/{}.py", plugin.kind),
                    source_name,
                    source,
                ),
                (format!("tests/test_{}.py", plugin.kind), test_name, test),
            ] {
                let content = self.render_one(&environment, template, text, Some(plugin))?;
                files.push(RenderedFile { path, content });
            }
        }
        Ok(files)
    }

    fn render_one(
        &self,
        environment: &Environment<'_>,
        template: &'static str,
        source: &str,
        plugin: Option<&PluginClass>,
    ) -> Result<String, Failure> {
        environment
            .render_named_str(template, source, Serde(self.context(plugin)))
            .map_err(|source| Failure::BrokenTemplate { template, source })
    }

    fn context<'a>(&'a self, plugin: Option<&'a PluginClass>) -> Context<'a> {
        let module = self.name.module();
        let mut by_module: Vec<&PluginClass> = self.plugins.iter().collect();
        by_module.sort_unstable_by_key(|plugin| plugin.kind);
        let import = |plugin: &PluginClass, with_config: bool| {
            let names = [&*plugin.class, &*plugin.config];
            let names = if with_config { &names[..] } else { &names[..1] };
            import_statement(&format!("{module}.{}", plugin.kind), names)
        };
        Context {
            name: self.name.as_str(),
            distribution: self.name.distribution(),
            author_toml: self.author.to_toml(),
            core_requirement: CORE_REQUIREMENT,
            plugins: &self.plugins,
            exports: by_module.iter().map(|plugin| &*plugin.class).collect(),
            package_imports: by_module
                .iter()
                .map(|plugin| import(plugin, false))
                .collect(),
            example_options: self.example_options(),
            entry: plugin.map_or("", |plugin| &plugin.entry),
            class: plugin.map_or("", |plugin| &plugin.class),
            imports: plugin.map_or_else(String::new, |plugin| import(plugin, true)),
            module,
        }
    }

    /// The README's example: one keyword argument of `get_logger` for each kind.
    fn example_options(&self) -> Vec<String> {
        self.kinds
            .iter()
            .zip(&self.plugins)
            .map(|(kind, plugin)| format!("{}s=[\"{}\"]", kind.word(), plugin.entry))
            .collect()
    }
}

/// Templates are whole files: a line that only holds a tag leaves no line behind, and a name that
/// nobody supplies is an error.
fn environment() -> Result<Environment<'static>, Failure> {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|source| Failure::BrokenTemplate {
            template: "syntax",
            source,
        })?;
    let mut environment = Environment::empty();
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    Ok(environment)
}

/// The module and the test of a kind: the names of their templates, and the templates.
const fn templates_of(kind: PluginKind) -> ([&'static str; 2], [&'static str; 2]) {
    macro_rules! pair {
        ($word:literal) => {
            (
                [
                    concat!("src/", $word, ".py"),
                    concat!("tests/test_", $word, ".py"),
                ],
                [
                    include_str!(concat!("../../templates/src/", $word, ".py.jinja")),
                    include_str!(concat!("../../templates/tests/test_", $word, ".py.jinja")),
                ],
            )
        };
    }
    match kind {
        PluginKind::Filter => pair!("filter"),
        PluginKind::Enricher => pair!("enricher"),
        PluginKind::Processor => pair!("processor"),
        PluginKind::Redactor => pair!("redactor"),
        PluginKind::Sink => pair!("sink"),
        PluginKind::Alerter => pair!("alerter"),
    }
}

/// Names imported from a Python module, sorted and broken into lines as the scaffold's own lint
/// wants it, however long the plugin's name is.
fn import_statement(module: &str, names: &[&str]) -> String {
    let mut names = names.to_vec();
    names.sort_unstable_by_key(|name| name.to_ascii_lowercase());
    let statement = format!("from {module} import {}", names.join(", "));
    if statement.len() <= PYTHON_LINE_LENGTH {
        return statement;
    }
    format!("from {module} import (\n    {},\n)", names.join(",\n    "))
}

/// `acme-logs` as the beginning of a Python class name: `AcmeLogs`.
fn class_prefix(name: &PluginName) -> String {
    let mut prefix = String::new();
    for part in name.as_str().split('-') {
        let mut characters = part.chars();
        prefix.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        prefix.push_str(characters.as_str());
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blueprint(name: &str, kinds: &[PluginKind]) -> Blueprint {
        let name = PluginName::parse(name).unwrap();
        let author = Author::of_plugin(&name);
        Blueprint::new(name, kinds.to_vec(), author)
    }

    #[test]
    fn one_kind_bears_the_plugins_name_and_several_add_their_own() {
        let one = blueprint("acme-logs", &[PluginKind::Sink]);
        assert_eq!(one.plugins()[0].entry, "acme-logs");
        assert_eq!(
            one.plugins()[0].target,
            "fapilog_acme_logs.sink:AcmeLogsSink"
        );
        let two = blueprint(
            "acme",
            &[PluginKind::Sink, PluginKind::Filter, PluginKind::Sink],
        );
        let entries: Vec<_> = two.plugins().iter().map(|plugin| &*plugin.entry).collect();
        assert_eq!(entries, ["acme-filter", "acme-sink"]);
    }

    #[test]
    fn every_kind_renders_and_leaves_no_template_syntax_behind() {
        for kind in [
            PluginKind::Filter,
            PluginKind::Enricher,
            PluginKind::Processor,
            PluginKind::Redactor,
            PluginKind::Sink,
            PluginKind::Alerter,
        ] {
            for file in blueprint("acme", &[kind]).render().unwrap() {
                assert!(
                    !file.content.contains("{{") && !file.content.contains("{%"),
                    "{}",
                    file.path
                );
            }
        }
    }
}
