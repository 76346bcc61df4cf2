//! A plugin's page: from what its code, metadata and README say.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const MARKDOWN: &str = include_str!("../templates/page/plugin.md.jinja");
const HTML: &str = include_str!("../templates/page/plugin.html.jinja");

/// Everything that is on the page, as the tool tells it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Page {
    project: Project,
    plugins: Vec<Plugin>,
    security: String,
    examples: Vec<Example>,
    /// What the documentation standard asks for and is not there.
    pub missing: Vec<Missing>,
}

/// The distribution.
#[derive(Debug, Serialize, Deserialize)]
struct Project {
    name: String,
    version: String,
    description: String,
    license: String,
    requires_python: String,
    requires: Vec<String>,
    urls: BTreeMap<String, String>,
}

/// One plugin of it.
#[derive(Debug, Serialize, Deserialize)]
struct Plugin {
    name: String,
    kind: String,
    target: String,
    summary: String,
    text: String,
    method: String,
    method_text: String,
    config: String,
    options: Vec<PluginOption>,
    errors: Vec<PluginError>,
    capabilities: Vec<String>,
}

/// One option of its configuration.
#[derive(Debug, Serialize, Deserialize)]
struct PluginOption {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// As Python would write it; nothing for one that must be given.
    default: Option<String>,
    text: String,
}

/// One error that it raises.
#[derive(Debug, Serialize, Deserialize)]
struct PluginError {
    name: String,
    text: String,
}

/// An example of the README.
#[derive(Debug, Serialize, Deserialize)]
struct Example {
    code: String,
    problem: String,
}

/// Something that is missing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Missing {
    /// Stable id.
    pub id: String,
    /// What.
    pub what: String,
    /// What repairs it.
    pub hint: String,
}

impl Page {
    /// How many options are described.
    pub fn options(&self) -> usize {
        self.plugins.iter().map(|plugin| plugin.options.len()).sum()
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.examples.len()
    }

    /// The page as Markdown.
    pub fn markdown(&self) -> Result<String, Failure> {
        let mut environment = environment(AutoEscape::None)?;
        // A cell of a table is one line, and a bar would end it.
        environment.add_filter("cell", |text: String| {
            text.replace('|', "\\|").replace(['\r', '\n'], " ")
        });
        let text = environment.render_named_str("plugin.md", MARKDOWN, Serde(self));
        text.map_err(|source| Failure::BrokenTemplate {
            template: "plugin.md".to_owned(),
            source,
        })
    }

    /// The page as HTML, without script; raw HTML in texts stays text.
    pub fn html(&self, markdown: &str) -> Result<String, Failure> {
        let mut options = comrak::Options::default();
        options.extension.table = true;
        options.extension.autolink = true;
        options.render.escape = true;
        let values = BTreeMap::from([
            (
                "title",
                format!("{} {}", self.project.name, self.project.version),
            ),
            ("body", comrak::markdown_to_html(markdown, &options)),
        ]);
        let text =
            environment(AutoEscape::Html)?.render_named_str("plugin.html", HTML, Serde(values));
        text.map_err(|source| Failure::BrokenTemplate {
            template: "plugin.html".to_owned(),
            source,
        })
    }
}

/// Templates are whole files: a line that only holds a tag leaves no line behind.
fn environment(escape: AutoEscape) -> Result<Environment<'static>, Failure> {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|source| Failure::BrokenTemplate {
            template: "syntax".to_owned(),
            source,
        })?;
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(move |_| escape.clone());
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        serde_json::from_value(serde_json::json!({
            "project": {
                "name": "fapilog-acme", "version": "1.0", "description": "Ships records.",
                "license": "MIT", "requires_python": ">=3.10",
                "requires": ["fapilog>=3.0,<4.0"], "urls": {"Homepage": "https://example.com"},
            },
            "plugins": [{
                "name": "acme", "kind": "sink", "target": "fapilog_acme.sink:Acme",
                "summary": text, "text": "", "method": "write(…)", "method_text": "Write.",
                "config": "AcmeConfig",
                "options": [
                    {"name": "url", "type": "str | None", "default": null, "text": text},
                    {"name": "size", "type": "int", "default": "512", "text": "records a batch"},
                ],
                "errors": [{"name": "OSError", "text": "the peer is gone"}],
                "capabilities": ["network: example.com"],
            }],
            "security": "It sends records.",
            "examples": [{"code": "import fapilog\n", "problem": ""}],
            "missing": [],
        }))
        .unwrap()
    }

    #[test]
    fn the_page_says_all_there_is() {
        let markdown = page("Writes | somewhere.").markdown().unwrap();
        for part in [
            "# fapilog-acme 1.0",
            "pip install fapilog-acme",
            "uv add fapilog-acme",
            "| `url` | `str \\| None` | must be given | Writes \\| somewhere. |",
            "| `size` | `int` | `512` | records a batch |",
            "| `OSError` | the peer is gone |",
            "`network: example.com`",
            "It sends records.",
            "import fapilog",
        ] {
            assert!(markdown.contains(part), "{part} in\n{markdown}");
        }
    }

    #[test]
    fn texts_of_a_plugin_cannot_become_markup() {
        let page = page("<script>alert(1)</script> [x](javascript:alert(1))");
        let html = page.html(&page.markdown().unwrap()).unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("href=\"javascript:"), "{html}");
        assert!(html.contains("<table>"), "{html}");
    }
}
