//! What a class says of the configuration of a plugin: which class it is made into, and the fields
//! of dataclasses, msgspec structures and pydantic models.

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

/// Longest annotation or default in characters.
const MAX_CODE_CHARS: usize = 200;
/// Longest description in characters.
const MAX_DESCRIPTION_CHARS: usize = 400;
/// Most fields of a class.
const MAX_FIELDS: usize = 64;

/// A field with its type; the texts are source code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub name: String,
    pub annotation: String,
    /// None where a value must be given.
    pub default: Option<String>,
    pub description: Option<String>,
}

/// The fields of a class, in order.
pub(super) fn fields(class: &ast::StmtClassDef, source: &str) -> Vec<Field> {
    let told = docstring(&class.body).map(attributes).unwrap_or_default();
    let statements = class.body.iter().enumerate();
    let field = |(at, statement): (usize, &Stmt)| {
        let Stmt::AnnAssign(assign) = statement else {
            return None;
        };
        let name = field_name(assign)?;
        let below = class.body.get(at + 1).and_then(text_alone);
        let value = assign.value.as_deref();
        let description = value
            .and_then(described)
            .or_else(|| below.map(str::to_owned))
            .or_else(|| {
                told.iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, text)| text.clone())
            });
        Some(Field {
            name: bounded(name, MAX_CODE_CHARS),
            annotation: code(&*assign.annotation, source),
            default: value.and_then(|value| default(value, source)),
            description: description.map(|text| bounded(&text, MAX_DESCRIPTION_CHARS)),
        })
    };
    statements.filter_map(field).take(MAX_FIELDS).collect()
}

/// The name of the class that a plugin's configuration is made into: `Config = AcmeConfig`, or a
/// class `Config` within it, whose fields come with it.
pub(super) fn config(class: &ast::StmtClassDef, source: &str) -> (Option<String>, Vec<Field>) {
    for statement in &class.body {
        match statement {
            Stmt::Assign(assign) => {
                let names_it = assign.targets.iter().any(is_config);
                if let Some(name) = names_it.then(|| last_name(&assign.value)).flatten() {
                    return (Some(name), Vec::new());
                }
            }
            Stmt::AnnAssign(assign) if is_config(&assign.target) => {
                return (assign.value.as_deref().and_then(last_name), Vec::new());
            }
            Stmt::ClassDef(inner) if inner.name.as_str() == "Config" => {
                return (None, fields(inner, source));
            }
            _ => {}
        }
    }
    (None, Vec::new())
}

fn is_config(target: &Expr) -> bool {
    matches!(target, Expr::Name(name) if name.id.as_str() == "Config")
}

fn last_name(value: &Expr) -> Option<String> {
    match value {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => Some(attribute.attr.to_string()),
        _ => None,
    }
}

/// Private names and class variables are no fields.
fn field_name(assign: &ast::StmtAnnAssign) -> Option<&str> {
    let Expr::Name(name) = &*assign.target else {
        return None;
    };
    let outer = match &*assign.annotation {
        Expr::Subscript(subscript) => &subscript.value,
        other => other,
    };
    let is_variable = last_name(outer).is_some_and(|name| name == "ClassVar");
    let name = name.id.as_str();
    (!is_variable && !name.starts_with('_') && name != "model_config").then_some(name)
}

/// The default behind `field(default=1)`, `field(default_factory=list)`, `Field(1)` and `1`.
fn default(value: &Expr, source: &str) -> Option<String> {
    let Some(call) = field_call(value) else {
        return Some(code(value, source));
    };
    if let Some(given) = keyword(call, "default") {
        return Some(code(given, source));
    }
    if let Some(factory) = keyword(call, "default_factory") {
        return Some(match last_name(factory) {
            Some(_) => format!("{}()", code(factory, source)),
            None => code(factory, source),
        });
    }
    let first = call.arguments.args.first()?;
    (!matches!(first, Expr::EllipsisLiteral(_))).then(|| code(first, source))
}

fn described(value: &Expr) -> Option<String> {
    match keyword(field_call(value)?, "description")? {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        _ => None,
    }
}

fn field_call(value: &Expr) -> Option<&ast::ExprCall> {
    let call = value.as_call_expr()?;
    let name = last_name(&call.func)?;
    matches!(name.as_str(), "field" | "Field" | "ib" | "attrib").then_some(call)
}

fn keyword<'a>(call: &'a ast::ExprCall, name: &str) -> Option<&'a Expr> {
    let mut keywords = call.arguments.keywords.iter();
    let found = keywords.find(|keyword| {
        let known = keyword.arg.as_ref();
        known.is_some_and(|known| known.as_str() == name)
    });
    found.map(|keyword| &keyword.value)
}

fn docstring(body: &[Stmt]) -> Option<&str> {
    body.first().and_then(text_alone)
}

fn text_alone(statement: &Stmt) -> Option<&str> {
    match statement {
        Stmt::Expr(alone) => match &*alone.value {
            Expr::StringLiteral(text) => Some(text.value.to_str()),
            _ => None,
        },
        _ => None,
    }
}

/// What a docstring tells of attributes, in the style of its section `Attributes:`.
fn attributes(docstring: &str) -> Vec<(String, String)> {
    let is_title = |line: &&str| matches!(line.trim(), "Attributes:" | "Args:" | "Parameters:");
    let mut lines = docstring.lines().skip_while(|line| !is_title(line));
    let Some(title) = lines.next() else {
        return Vec::new();
    };
    let mut found: Vec<(String, String)> = Vec::new();
    let mut depth = None;
    for line in lines {
        if line.trim().is_empty() {
            continue;
        }
        let indent = indent(line);
        if indent <= self::indent(title) {
            break;
        }
        if indent <= *depth.get_or_insert(indent) {
            let (head, text) = line.split_once(':').unwrap_or((line, ""));
            let name = head.split(['(', ' ']).find(|word| !word.is_empty());
            found.push((name.unwrap_or_default().to_owned(), text.trim().to_owned()));
        } else if let Some((_, text)) = found.last_mut() {
            text.push(' ');
            text.push_str(line.trim());
        }
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn code(node: &impl Ranged, source: &str) -> String {
    let text = source.get(node.range().to_std_range()).unwrap_or_default();
    bounded(text, MAX_CODE_CHARS)
}

/// On one line, cut where it is too long.
fn bounded(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // A character has four bytes at most.
        if line.len() > 4 * most {
            break;
        }
    }
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(source: &str) -> ast::StmtClassDef {
        let parsed = ruff_python_parser::parse_module(source).unwrap();
        let found = parsed
            .syntax()
            .body
            .iter()
            .find_map(|one| one.as_class_def_stmt());
        found.unwrap().clone()
    }

    fn line(field: &Field) -> String {
        let default = field.default.as_deref().unwrap_or("-");
        let description = field.description.as_deref().unwrap_or("-");
        format!(
            "{} | {} | {default} | {description}",
            field.name, field.annotation
        )
    }

    #[test]
    fn fields_are_read_as_each_library_writes_them() {
        let source = r#"
class AcmeConfig:
    """What it does.

    Attributes:
        host (str): where it is,
            by name.
        retries: how often. Default: 3.

    Other words: none.
    """

    limit: ClassVar[int] = 3
    _hidden: int = 1
    host: str
    retries: int = 3
    paths: tuple[
        str, ...
    ] = field(default_factory=tuple)
    size: Annotated[int, Meta(gt=0)] = msgspec.field(default=10)
    token: str = Field(..., description="The key.")
    level: str = Field("INFO", description="Least level.")
    colour: bool = True
    """Whether colours are used."""

    def method(self) -> None: ...
"#;
        let found: Vec<String> = fields(&class(source), source).iter().map(line).collect();
        assert_eq!(
            found,
            [
                "host | str | - | where it is, by name.",
                "retries | int | 3 | how often. Default: 3.",
                "paths | tuple[ str, ... ] | tuple() | -",
                "size | Annotated[int, Meta(gt=0)] | 10 | -",
                "token | str | - | The key.",
                "level | str | \"INFO\" | Least level.",
                "colour | bool | True | Whether colours are used.",
            ]
        );
    }

    #[test]
    fn a_plugin_names_its_configuration_or_holds_it() {
        let named = "class A:\n    Config = settings.AcmeConfig\n";
        assert_eq!(
            config(&class(named), named).0.as_deref(),
            Some("AcmeConfig")
        );
        let typed = "class A:\n    Config: type[C] = C\n";
        assert_eq!(config(&class(typed), typed).0.as_deref(), Some("C"));
        let inside = "class A:\n    class Config:\n        host: str\n";
        assert_eq!(config(&class(inside), inside).1.len(), 1);
        let none = "class A:\n    other = 1\n";
        assert_eq!(config(&class(none), none), (None, Vec::new()));
    }

    #[test]
    fn what_is_endless_is_cut() {
        let many: String = (0..500).map(|n| format!("    a{n}: int = 1\n")).collect();
        let source = format!("class A:\n{many}");
        assert_eq!(fields(&class(&source), &source).len(), MAX_FIELDS);
        let long = format!("class A:\n    a: str = '{}'\n", "ü ".repeat(5000));
        let default = fields(&class(&long), &long).remove(0).default.unwrap();
        assert_eq!(default.chars().count(), MAX_CODE_CHARS + 1);
    }
}
