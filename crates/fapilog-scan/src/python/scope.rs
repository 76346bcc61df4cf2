//! Names in scopes: what each may stand for.

use std::collections::HashMap;
use std::rc::Rc;

use super::value::{Value, Values};

pub(crate) type ScopeId = usize;

/// The module's own scope.
pub(crate) const MODULE: ScopeId = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Function,
    Class,
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub parent: Option<ScopeId>,
    pub kind: ScopeKind,
    /// Dotted name within the module; empty for the module.
    pub name: Rc<str>,
    /// The first parameter of a method and its class.
    pub instance: Option<(Rc<str>, ScopeId)>,
    bindings: HashMap<Rc<str>, Values>,
}

/// All scopes of a module. Bindings are joined and never forgotten, so that the order of statements
/// and the branch taken don't matter.
#[derive(Debug)]
pub(crate) struct Scopes(Vec<Scope>, bool);

impl Scopes {
    pub(crate) fn new() -> Self {
        Self(
            vec![Scope {
                parent: None,
                kind: ScopeKind::Module,
                name: "".into(),
                instance: None,
                bindings: HashMap::new(),
            }],
            true,
        )
    }

    /// Whether anything became known since this was asked last.
    pub(crate) fn have_changed(&mut self) -> bool {
        std::mem::take(&mut self.1)
    }

    pub(crate) fn add(&mut self, parent: ScopeId, kind: ScopeKind, name: Rc<str>) -> ScopeId {
        self.1 = true;
        self.0.push(Scope {
            parent: Some(parent),
            kind,
            name,
            instance: None,
            bindings: HashMap::new(),
        });
        self.0.len() - 1
    }

    pub(crate) fn get(&self, id: ScopeId) -> Option<&Scope> {
        self.0.get(id)
    }

    pub(crate) fn set_instance(&mut self, id: ScopeId, name: Rc<str>, class: ScopeId) {
        if let Some(scope) = self.0.get_mut(id) {
            scope.instance = Some((name, class));
        }
    }

    pub(crate) fn bind(&mut self, id: ScopeId, name: &str, values: &Values) {
        if let Some(scope) = self.0.get_mut(id) {
            let is_new = match scope.bindings.get_mut(name) {
                Some(known) => known.join(values),
                None => scope.bindings.insert(name.into(), values.clone()).is_none(),
            };
            self.1 |= is_new;
        }
    }

    /// What a name means in a scope; functions don't see the classes around them.
    pub(crate) fn lookup(&self, from: ScopeId, name: &str) -> Option<&Values> {
        let mut current = Some(from);
        while let Some(scope) = current.and_then(|id| self.0.get(id)) {
            let visible = scope.kind != ScopeKind::Class || current == Some(from);
            if visible && let Some(values) = scope.bindings.get(name) {
                return Some(values);
            }
            current = scope.parent;
        }
        None
    }

    /// A binding of this scope alone.
    pub(crate) fn own(&self, id: ScopeId, name: &str) -> Option<&Values> {
        self.0.get(id)?.bindings.get(name)
    }

    /// Class and name of the attribute when `object` is a method's own instance.
    pub(crate) fn instance_of(&self, from: ScopeId, object: &str) -> Option<ScopeId> {
        let mut current = Some(from);
        while let Some(scope) = current.and_then(|id| self.0.get(id)) {
            if let Some((name, class)) = &scope.instance
                && &**name == object
            {
                return Some(*class);
            }
            current = scope.parent;
        }
        None
    }

    /// Names bound at module level.
    pub(crate) fn module_names(&self) -> Vec<Rc<str>> {
        let module = self.0.get(MODULE);
        module.map_or_else(Vec::new, |scope| scope.bindings.keys().cloned().collect())
    }

    /// The dotted name of something in a scope.
    pub(crate) fn qualified(&self, id: ScopeId, name: &str) -> Rc<str> {
        match self.0.get(id) {
            Some(scope) if !scope.name.is_empty() => format!("{}.{name}", scope.name).into(),
            _ => name.into(),
        }
    }

    /// A value for something defined in the module itself.
    pub(crate) fn local(qualified: &str) -> Value {
        Value::path(format!(".{qualified}"))
    }
}
