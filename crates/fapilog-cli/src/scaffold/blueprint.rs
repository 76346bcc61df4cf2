//! What a new plugin consists of: its names, and its files rendered from the templates.

use fapilog_package::name::PluginName;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::Author;
use super::templates::{Template, Templates};
use crate::failure::Failure;
use crate::kind::PluginKind;
use crate::language::Language;

/// The cores that a new plugin works with: those of this command's major version.
const CORE_REQUIREMENT: &str = "fapilog>=3.0,<4.0";

/// The oldest of them, for workflows.
const CORE_VERSION: &str = "3.0";

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

impl PluginClass {
    /// The names of one of so many plugins.
    fn new(name: &PluginName, kind: PluginKind, of: usize, language: Language) -> Self {
        let class = format!("{}{}", class_prefix(name), kind.class_word());
        let target = match language {
            Language::Python => format!("{}.{}:{class}", name.module(), kind.word()),
            // A library is an object of its own.
            Language::Rust | Language::C => format!("{}:plugin", name.module()),
        };
        Self {
            kind: kind.word(),
            entry: match of {
                1 => name.to_string(),
                _ => format!("{name}-{}", kind.word()),
            },
            config: format!("{}Config", kind.class_word()),
            target,
            class,
        }
    }
}

/// What every template is rendered with.
#[derive(Debug, Serialize)]
struct Context<'a> {
    name: &'a str,
    distribution: String,
    module: String,
    author_toml: String,
    language: &'static str,
    core_requirement: &'static str,
    plugins: &'a [PluginClass],
    exports: Vec<&'a str>,
    package_imports: Vec<String>,
    example_options: Vec<String>,
    conformance_needs_path: bool,
    conformance_has_sink: bool,
    security_notes: String,
    fapilog_version: &'static str,
    core_range: &'static str,
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
    language: Language,
    author: Author,
}

impl Blueprint {
    /// Settles the names of everything in the plugin. A kind that is named twice counts once.
    pub fn new(
        name: PluginName,
        mut kinds: Vec<PluginKind>,
        language: Language,
        author: Author,
    ) -> Result<Self, Failure> {
        kinds.sort_unstable();
        kinds.dedup();
        if let Some(reason) = language.refuses(&kinds) {
            return Err(Failure::WrongLanguage {
                language: language.word(),
                reason,
            });
        }
        let plugins = kinds
            .iter()
            .map(|kind| PluginClass::new(&name, *kind, kinds.len(), language))
            .collect();
        Ok(Self {
            name,
            kinds,
            plugins,
            language,
            author,
        })
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
    pub fn render(&self, templates: &Templates) -> Result<Vec<RenderedFile>, Failure> {
        let environment = environment()?;
        let mut files = Vec::new();
        for template in &templates.files {
            if template.path.contains("{kind}") {
                for (kind, plugin) in self.kinds.iter().zip(&self.plugins) {
                    if template.kind.is_none_or(|only| only == *kind) {
                        files.push(self.render_one(&environment, template, Some(plugin))?);
                    }
                }
            } else {
                files.push(self.render_one(&environment, template, None)?);
            }
        }
        Ok(files)
    }

    fn render_one(
        &self,
        environment: &Environment<'_>,
        template: &Template,
        plugin: Option<&PluginClass>,
    ) -> Result<RenderedFile, Failure> {
        let path = template
            .path
            .replace("{module}", &self.name.module())
            .replace("{distribution}", &self.distribution())
            .replace("{name}", self.name.as_str())
            .replace("{kind}", plugin.map_or("", |plugin| plugin.kind));
        let content = if template.is_rendered {
            let context = Serde(self.context(plugin));
            environment
                .render_named_str(&template.path, &template.source, context)
                .map_err(|source| Failure::BrokenTemplate {
                    template: template.path.to_string(),
                    source,
                })?
        } else {
            template.source.to_string()
        };
        Ok(RenderedFile { path, content })
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
            language: self.language.word(),
            core_requirement: CORE_REQUIREMENT,
            plugins: &self.plugins,
            exports: by_module.iter().map(|plugin| &*plugin.class).collect(),
            package_imports: by_module
                .iter()
                .map(|plugin| import(plugin, false))
                .collect(),
            example_options: self.example_options(),
            conformance_needs_path: self.kinds.iter().copied().any(writes_file),
            conformance_has_sink: self.kinds.contains(&PluginKind::Sink),
            security_notes: self.security_notes(),
            fapilog_version: CORE_VERSION,
            core_range: CORE_REQUIREMENT.trim_start_matches("fapilog"),
            entry: plugin.map_or("", |plugin| &plugin.entry),
            class: plugin.map_or("", |plugin| &plugin.class),
            imports: plugin.map_or_else(String::new, |plugin| import(plugin, true)),
            module,
        }
    }

    /// What the README says of security: what is true of the code as it is made.
    fn security_notes(&self) -> String {
        if self.kinds.iter().copied().any(writes_file) {
            "It sends nothing over the network. It writes records to the file that `path` names, with the\n\
             permissions that the process gives new files: what must not be kept is taken out by a redactor\n\
             before."
                .to_owned()
        } else {
            "It sends nothing over the network, reads and writes no file, and keeps no record."
                .to_owned()
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
            template: "syntax".to_owned(),
            source,
        })?;
    let mut environment = Environment::empty();
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    Ok(environment)
}

/// Whether a kind's example writes a file, which `path` of its configuration names.
const fn writes_file(kind: PluginKind) -> bool {
    matches!(kind, PluginKind::Sink | PluginKind::Alerter)
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
    use clap::ValueEnum as _;

    use super::*;

    fn blueprint(name: &str, kinds: &[PluginKind], language: Language) -> Blueprint {
        let name = PluginName::parse(name).unwrap();
        let author = Author::of_plugin(&name);
        Blueprint::new(name, kinds.to_vec(), language, author).unwrap()
    }

    #[test]
    fn one_kind_bears_the_plugins_name_and_several_add_their_own() {
        let one = blueprint("acme-logs", &[PluginKind::Sink], Language::Python);
        assert_eq!(one.plugins()[0].entry, "acme-logs");
        assert_eq!(
            one.plugins()[0].target,
            "fapilog_acme_logs.sink:AcmeLogsSink"
        );
        let two = blueprint(
            "acme",
            &[PluginKind::Sink, PluginKind::Filter, PluginKind::Sink],
            Language::Python,
        );
        let entries: Vec<_> = two.plugins().iter().map(|plugin| &*plugin.entry).collect();
        assert_eq!(entries, ["acme-filter", "acme-sink"]);
    }

    #[test]
    fn every_kind_and_language_renders_and_leaves_no_template_syntax_behind() {
        let mut rendered = 0;
        for kind in PluginKind::value_variants() {
            for language in Language::value_variants() {
                if language.refuses(&[*kind]).is_some() {
                    continue;
                }
                let templates = Templates::built_in(*language, true);
                let files = blueprint("acme", &[*kind], *language).render(&templates);
                for file in files.unwrap() {
                    // A workflow has `${{ … }}` of its own.
                    let content = file.content.replace("${{", "");
                    assert!(
                        !content.contains("{{") && !content.contains("{%"),
                        "{}",
                        file.path
                    );
                }
                rendered += 1;
            }
        }
        assert_eq!(rendered, 6 + 5 + 5);
    }

    #[test]
    fn a_library_has_one_kind_and_is_no_alerter() {
        for kinds in [
            &[PluginKind::Alerter][..],
            &[PluginKind::Sink, PluginKind::Filter],
        ] {
            let name = PluginName::parse("acme").unwrap();
            let author = Author::of_plugin(&name);
            let failure = Blueprint::new(name, kinds.to_vec(), Language::Rust, author).unwrap_err();
            assert_eq!(failure.id(), "wrong-language");
        }
    }
}
