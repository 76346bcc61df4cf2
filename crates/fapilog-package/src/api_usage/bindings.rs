//! What names mean in one scope.

use std::collections::HashMap;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, Parameter, Pattern, Stmt, TypeParam};

/// What one name stands for.
#[derive(Debug, Clone, Default)]
pub(super) struct Binding {
    /// Paths of the core that it may be; empty for anything else.
    pub paths: Vec<String>,
    /// Whether something else may stand in for it.
    pub optional: bool,
    /// Whether it is bound for type checkers only.
    pub typing_only: bool,
}

/// The names of one scope.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub names: HashMap<String, Binding>,
    /// Names that belong to a scope outside (`global`, `nonlocal`).
    pub outside: Vec<String>,
    /// Class scopes are not seen from functions inside of them.
    pub is_class: bool,
}

impl Scope {
    /// Everything that statements bind, without what their functions and classes bind inside.
    /// Imports and aliases of the core get their meaning later; until then they are something else.
    pub(super) fn of(body: &[Stmt]) -> Self {
        let mut collector = Collector(Self::default());
        collector.visit_body(body);
        collector.0
    }

    pub(super) fn bind_other(&mut self, name: &str) {
        self.names.entry(name.to_owned()).or_default();
    }
}

/// Walks one scope only.
struct Collector(Scope);

impl<'a> Visitor<'a> for Collector {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => self.0.bind_other(def.name.as_str()),
            Stmt::ClassDef(def) => self.0.bind_other(def.name.as_str()),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.0
                        .bind_other(name.split('.').next().unwrap_or_default());
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.0
                        .bind_other(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
            }
            Stmt::Global(global) => {
                let names = global.names.iter().map(|name| name.as_str().to_owned());
                self.0.outside.extend(names);
            }
            Stmt::Nonlocal(nonlocal) => {
                let names = nonlocal.names.iter().map(|name| name.as_str().to_owned());
                self.0.outside.extend(names);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                self.0.bind_other(name.id.as_str());
            }
            Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.0.bind_other(name.as_str());
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(inner) => inner.name.as_ref(),
            Pattern::MatchStar(inner) => inner.name.as_ref(),
            Pattern::MatchMapping(inner) => inner.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.0.bind_other(name.as_str());
        }
        visitor::walk_pattern(self, pattern);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.0.bind_other(parameter.name.as_str());
    }

    fn visit_type_param(&mut self, _: &'a TypeParam) {}
}
