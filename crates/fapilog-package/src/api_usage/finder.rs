//! Finds the core's names in a tree: imports, aliases, attribute chains.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    ElifElseClause, ExceptHandler, Expr, ExprCall, ExprContext, Number, Parameters, Stmt,
    StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom, StmtTry,
};
use ruff_python_parser::parse_expression;
use ruff_text_size::{Ranged as _, TextSize};

use super::NameUse;
use super::bindings::{Binding, Scope};
use crate::gate::CORE_DISTRIBUTION;
use crate::python_source::{Lines, Source, is_too_deep};

/// Longest path in bytes that is followed; the longest public one has about 60.
const MAX_PATH_BYTES: usize = 200;

/// What a `try` must catch for its body to be optional.
const CAUGHT: [&str; 5] = [
    "ImportError",
    "ModuleNotFoundError",
    "AttributeError",
    "Exception",
    "BaseException",
];

pub(super) struct Finder<'s> {
    file: &'s str,
    lines: &'s Lines,
    scopes: Vec<Scope>,
    /// Modules of the core from which everything was imported.
    stars: Vec<String>,
    /// Whether names are only given their meaning; else uses are recorded.
    binding: bool,
    optional: bool,
    typing_only: bool,
    in_annotation: bool,
    /// The line of the text in which the tree at hand stands, when it isn't the file itself.
    outer_line: Option<u32>,
    pub uses: BTreeSet<NameUse>,
    pub api_versions: BTreeSet<(u32, u32)>,
}

impl<'s> Finder<'s> {
    pub(super) fn new(file: &'s str, source: &'s Source<'_>) -> Self {
        Self {
            file,
            lines: &source.lines,
            scopes: Vec::new(),
            stars: Vec::new(),
            binding: false,
            optional: false,
            typing_only: false,
            in_annotation: false,
            outer_line: None,
            uses: BTreeSet::new(),
            api_versions: BTreeSet::new(),
        }
    }

    /// Looks through a whole module.
    pub(super) fn module(&mut self, body: &[Stmt]) {
        self.scope(Scope::of(body), body);
    }

    /// Gives names their meaning first, since functions use what the module binds after them.
    fn scope(&mut self, scope: Scope, body: &[Stmt]) {
        let before = (self.optional, self.typing_only);
        self.scopes.push(scope);
        for binding in [true, false] {
            self.binding = binding;
            self.visit_body(body);
        }
        self.scopes.pop();
        (self.optional, self.typing_only) = before;
    }

    fn record(&mut self, name: String, at: TextSize, guessed: bool, known: &Binding) {
        if name.len() > MAX_PATH_BYTES {
            return;
        }
        let line = self.outer_line.unwrap_or_else(|| self.lines.of(at));
        self.uses.insert(NameUse {
            name,
            file: self.file.to_owned(),
            line,
            optional: self.optional || known.optional,
            typing_only: self.typing_only || known.typing_only,
            guessed,
        });
    }

    fn bind(&mut self, name: &str, path: String) {
        let (optional, typing_only) = (self.optional, self.typing_only);
        let Some(scope) = self.scopes.last_mut() else {
            return;
        };
        let binding = scope.names.entry(name.to_owned()).or_default();
        let first = binding.paths.is_empty();
        binding.optional |= optional;
        binding.typing_only = typing_only && (first || binding.typing_only);
        if !binding.paths.contains(&path) && binding.paths.len() < 8 {
            binding.paths.push(path);
        }
    }

    /// What a name means here; names that stars may have brought are guessed.
    fn meaning(&self, name: &str) -> (Binding, bool) {
        let innermost = self.scopes.len().saturating_sub(1);
        let mut skipped = false;
        for (index, scope) in self.scopes.iter().enumerate().rev() {
            if scope.is_class && index != innermost || skipped && index != 0 {
                continue;
            }
            if scope.outside.iter().any(|other| other == name) {
                skipped = true;
                continue;
            }
            if let Some(binding) = scope.names.get(name) {
                return (binding.clone(), false);
            }
        }
        let paths = self.stars.iter().map(|module| format!("{module}.{name}"));
        let binding = Binding {
            paths: paths.collect(),
            ..Binding::default()
        };
        (binding, true)
    }

    /// The paths of the core that an expression may stand for.
    fn paths(&self, expr: &Expr) -> (Binding, bool) {
        let nothing = (Binding::default(), false);
        match expr {
            Expr::Name(name) => self.meaning(name.id.as_str()),
            Expr::Attribute(attribute) => {
                let (mut binding, guessed) = self.paths(&attribute.value);
                for path in &mut binding.paths {
                    path.push('.');
                    path.push_str(attribute.attr.as_str());
                }
                (binding, guessed)
            }
            Expr::Call(call) => self.called(call).unwrap_or(nothing),
            _ => nothing,
        }
    }

    /// `import_module("fapilog.plugins")`, `__import__("fapilog")`, `getattr(module, "name")`.
    fn called(&self, call: &ExprCall) -> Option<(Binding, bool)> {
        let text = |index: usize| match call.arguments.args.get(index) {
            Some(Expr::StringLiteral(text)) => Some(text.value.to_str()),
            _ => None,
        };
        match function_name(&call.func) {
            "import_module" => {
                let path = text(0).filter(|path| is_core(path))?;
                Some((known(path), false))
            }
            "__import__" => text(0)
                .filter(|path| is_core(path))
                .map(|_| (known(CORE_DISTRIBUTION), false)),
            "getattr" | "hasattr" => {
                let (mut binding, guessed) = self.paths(call.arguments.args.first()?);
                let name = text(1)?;
                for path in &mut binding.paths {
                    path.push('.');
                    path.push_str(name);
                }
                let has_default = call.arguments.args.len() > 2;
                binding.optional |= has_default || function_name(&call.func) == "hasattr";
                Some((binding, guessed)).filter(|(binding, _)| !binding.paths.is_empty())
            }
            _ => None,
        }
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            if !is_core(path) {
                continue;
            }
            if !self.binding {
                self.record(
                    path.to_owned(),
                    alias.range.start(),
                    false,
                    &Binding::default(),
                );
            } else if let Some(name) = &alias.asname {
                self.bind(name.as_str(), path.to_owned());
            } else {
                self.bind(CORE_DISTRIBUTION, CORE_DISTRIBUTION.to_owned());
            }
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let module = import
            .module
            .as_ref()
            .map(|name| name.as_str())
            .unwrap_or_default();
        if import.level != 0 || !is_core(module) {
            return;
        }
        for alias in &import.names {
            let name = alias.name.as_str();
            let at = alias.range.start();
            match (name, self.binding) {
                ("*", true) => self.stars.push(module.to_owned()),
                ("*", false) => self.record(module.to_owned(), at, false, &Binding::default()),
                (_, true) => {
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.bind(bound, format!("{module}.{name}"));
                }
                (_, false) => {
                    let path = format!("{module}.{name}");
                    self.record(path, at, false, &Binding::default());
                }
            }
        }
    }

    /// `name = module.attribute` makes an alias; `API_VERSION = (1, 0)` states a version.
    fn assign(&mut self, target: &Expr, value: &Expr) {
        let Expr::Name(target) = target else {
            return;
        };
        let name = target.id.as_str();
        let in_function = self.scopes.iter().skip(1).any(|scope| !scope.is_class);
        if name == "API_VERSION" && !in_function {
            self.api_versions.extend(version_of(value));
        }
        let (binding, guessed) = self.paths(value);
        if !guessed {
            for path in binding.paths {
                self.bind(name, path);
            }
        }
    }

    fn function(&mut self, def: &StmtFunctionDef) {
        for decorator in &def.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(params) = &def.type_params {
            self.visit_type_params(params);
        }
        self.visit_parameters(&def.parameters);
        if let Some(returns) = &def.returns {
            self.visit_annotation(returns);
        }
        let mut scope = Scope::of(&def.body);
        bind_parameters(&mut scope, &def.parameters);
        self.scope(scope, &def.body);
    }

    fn class(&mut self, def: &StmtClassDef) {
        for decorator in &def.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(params) = &def.type_params {
            self.visit_type_params(params);
        }
        if let Some(arguments) = &def.arguments {
            self.visit_arguments(arguments);
        }
        let mut scope = Scope::of(&def.body);
        scope.is_class = true;
        self.scope(scope, &def.body);
    }

    fn try_statement(&mut self, statement: &StmtTry) {
        let before = self.optional;
        self.optional |= statement.handlers.iter().any(makes_optional);
        self.visit_body(&statement.body);
        self.optional = before;
        for handler in &statement.handlers {
            self.visit_except_handler(handler);
        }
        self.visit_body(&statement.orelse);
        self.visit_body(&statement.finalbody);
    }

    fn guarded(&mut self, test: Option<&Expr>, body: &[Stmt], asked: bool) {
        let before = (self.optional, self.typing_only);
        self.optional |= asked;
        self.typing_only |= test.is_some_and(is_type_checking);
        self.visit_body(body);
        (self.optional, self.typing_only) = before;
    }

    /// An annotation written as text is an expression for type checkers.
    fn annotation_text(&mut self, text: &str, at: TextSize) {
        if text.len() > MAX_PATH_BYTES || is_too_deep(text) {
            return;
        }
        let Ok(parsed) = parse_expression(text) else {
            return;
        };
        let before = (self.outer_line, self.typing_only);
        let line = self.lines.of(at);
        self.outer_line = self.outer_line.or(Some(line));
        self.typing_only = true;
        self.visit_expr(parsed.expr());
        (self.outer_line, self.typing_only) = before;
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) if self.binding => {}
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(def) => self.class(def),
            Stmt::Try(statement) => self.try_statement(statement),
            Stmt::If(statement) => {
                let clauses = statement.elif_else_clauses.iter();
                let asked = std::iter::once(Some(&*statement.test))
                    .chain(clauses.map(|clause| clause.test.as_ref()))
                    .flatten()
                    .any(asks_for_attributes);
                self.visit_expr(&statement.test);
                self.guarded(Some(&statement.test), &statement.body, asked);
                for ElifElseClause { test, body, .. } in &statement.elif_else_clauses {
                    test.iter().for_each(|test| self.visit_expr(test));
                    self.guarded(test.as_ref(), body, asked);
                }
            }
            Stmt::Assign(assign) if self.binding => {
                for target in &assign.targets {
                    self.assign(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) if self.binding => {
                if let Some(value) = &assign.value {
                    self.assign(&assign.target, value);
                }
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, expr: &'a Expr) {
        let before = std::mem::replace(&mut self.in_annotation, true);
        self.visit_expr(expr);
        self.in_annotation = before;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.binding {
            return;
        }
        match expr {
            Expr::StringLiteral(text) if self.in_annotation => {
                self.annotation_text(text.value.to_str(), text.range.start());
            }
            // What an import binds was recorded where it was imported.
            Expr::Name(name) => {
                let (binding, guessed) = self.meaning(name.id.as_str());
                if guessed && name.ctx == ExprContext::Load {
                    for path in &binding.paths {
                        self.record(path.clone(), name.range.start(), true, &binding);
                    }
                }
            }
            Expr::Attribute(_) | Expr::Call(_) => {
                let (binding, guessed) = self.paths(expr);
                for path in &binding.paths {
                    self.record(path.clone(), expr.range().start(), guessed, &binding);
                }
                if binding.paths.is_empty() {
                    visitor::walk_expr(self, expr);
                }
            }
            Expr::Lambda(lambda) => {
                let mut scope = Scope::default();
                if let Some(parameters) = &lambda.parameters {
                    self.visit_parameters(parameters);
                    bind_parameters(&mut scope, parameters);
                }
                self.scopes.push(scope);
                self.visit_expr(&lambda.body);
                self.scopes.pop();
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}

fn bind_parameters(scope: &mut Scope, parameters: &Parameters) {
    for parameter in parameters.iter() {
        scope.bind_other(parameter.name().as_str());
    }
}

fn is_core(path: &str) -> bool {
    path.strip_prefix(CORE_DISTRIBUTION)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn known(path: &str) -> Binding {
    Binding {
        paths: vec![path.to_owned()],
        ..Binding::default()
    }
}

/// The last part of what is called.
fn function_name(function: &Expr) -> &str {
    match function {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}

fn is_type_checking(test: &Expr) -> bool {
    function_name(test) == "TYPE_CHECKING"
}

fn asks_for_attributes(test: &Expr) -> bool {
    match test {
        Expr::Call(call) => function_name(&call.func) == "hasattr",
        Expr::UnaryOp(operation) => asks_for_attributes(&operation.operand),
        Expr::BoolOp(operation) => operation.values.iter().any(asks_for_attributes),
        _ => false,
    }
}

/// Whether a handler takes the failure of an import or attribute, and goes on without it.
fn makes_optional(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    let catches = match handler.type_.as_deref() {
        None => true,
        Some(Expr::Tuple(tuple)) => tuple
            .elts
            .iter()
            .any(|one| CAUGHT.contains(&function_name(one))),
        Some(one) => CAUGHT.contains(&function_name(one)),
    };
    catches && !matches!(handler.body.last(), Some(Stmt::Raise(_)))
}

/// `(1, 0)`.
fn version_of(value: &Expr) -> Option<(u32, u32)> {
    let number = |expr: &Expr| match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => int.as_usize().and_then(|value| u32::try_from(value).ok()),
            _ => None,
        },
        _ => None,
    };
    match value {
        Expr::Tuple(tuple) => match tuple.elts.as_slice() {
            [major, minor] => Some((number(major)?, number(minor)?)),
            _ => None,
        },
        _ => None,
    }
}
