//! What the source of a module does, as rules ask about it.

use std::cell::OnceCell;
use std::rc::Rc;

use ruff_text_size::TextRange;

use super::settings::Field;
use super::value::{Marks, Values};
use crate::capability::Capability;

/// A call whose target is known by name.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Qualified name of what is called: `subprocess.run`, `socket.socket().connect`.
    pub path: Rc<str>,
    pub arguments: Vec<Values>,
    pub keywords: Vec<(Rc<str>, Values)>,
    /// What is known about the object whose method is called.
    pub receiver: Values,
    pub range: TextRange,
    /// Runs when the module is imported.
    pub at_import: bool,
    /// What `exposure::of_call` found out.
    pub capability: OnceCell<Option<Capability>>,
}

impl Call {
    pub(crate) fn argument(&self, index: usize) -> Option<&Values> {
        self.arguments.get(index)
    }

    pub(crate) fn keyword(&self, name: &str) -> Option<&Values> {
        let named = self.keywords.iter().find(|(key, _)| &**key == name);
        named.map(|(_, value)| value)
    }

    /// The argument by position or name.
    pub(crate) fn value(&self, index: usize, name: &str) -> Option<&Values> {
        self.argument(index).or_else(|| self.keyword(name))
    }

    /// Marks of everything handed in.
    pub(crate) fn marks(&self) -> Marks {
        let arguments = self.arguments.iter();
        let all = arguments.chain(self.keywords.iter().map(|(_, value)| value));
        all.fold(Marks::NONE, |marks, value| marks.or(value.marks()))
    }

    /// Every constant text handed in.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let arguments = self.arguments.iter();
        let all = arguments.chain(self.keywords.iter().map(|(_, value)| value));
        all.flat_map(Values::texts).collect()
    }
}

/// A name that is read: `os.environ`.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub path: Rc<str>,
    pub range: TextRange,
}

/// An attribute of another module that is set: `logging.Logger.info = …`.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    pub path: Rc<str>,
    pub range: TextRange,
}

/// An attribute of some object that is set: `context.check_hostname = False`.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    pub object: Values,
    pub attribute: Rc<str>,
    pub value: Values,
    pub range: TextRange,
    /// Only where a condition asks whether certificates shall be verified.
    pub asked: bool,
}

/// A constant text or byte string.
#[derive(Debug, Clone)]
pub(crate) struct Literal {
    pub value: Rc<[u8]>,
    /// The name or key it is given to, if any.
    pub target: Option<Rc<str>>,
    pub range: TextRange,
    /// Stands alone as a statement, as docstrings do.
    pub is_docstring: bool,
}

/// A function or method.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// Dotted within the module: `AcmeSink.write`.
    pub name: Rc<str>,
    pub is_async: bool,
    pub range: TextRange,
    /// Parameters without an annotation, `self` and `cls` not counted.
    pub bare_parameters: Vec<String>,
    pub has_return_annotation: bool,
    pub has_docstring: bool,
    /// Positional parameters that a caller must give, `self` not counted.
    pub required: usize,
}

/// A class at module level.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    pub name: Rc<str>,
    pub bases: Vec<Rc<str>>,
    pub range: TextRange,
    /// The attribute `capabilities`, where it is constant.
    pub capabilities: Option<Vec<String>>,
    pub has_docstring: bool,
    pub fields: Vec<Field>,
    /// The class that the attribute `Config` names.
    pub config: Option<String>,
    /// The fields of a class `Config` within it.
    pub config_fields: Vec<Field>,
}

/// Everything found in one module.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub calls: Vec<Call>,
    pub references: Vec<Reference>,
    pub replacements: Vec<Replacement>,
    pub assignments: Vec<Assignment>,
    pub literals: Vec<Literal>,
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    /// Modules that are imported, by qualified name.
    pub imports: Vec<(Rc<str>, TextRange)>,
    /// `from x import *` stands somewhere.
    pub has_star_import: bool,
    /// Names bound at module level.
    pub names: Vec<Rc<str>>,
    /// Source that is decoded from constants and run, with the call that runs it.
    pub payloads: Vec<(String, TextRange)>,
}
