//! A walk over the statements of a module: binds names, and in its last round writes down facts.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged as _, TextRange};

use super::evaluate::any_item;
use super::fact::{Assignment, Class, Facts, Function, Replacement};
use super::fold;
use super::guard;
use super::scope::{MODULE, ScopeId, ScopeKind, Scopes};
use super::settings;
use super::value::{Constant, Marks, Value, Values};

/// Most rounds over the module: names bound late and results of functions are known to all in the
/// last. A round in which nothing new becomes known is the last one, too.
const ROUNDS: usize = 3;
/// Most items for which parts of comprehensions are computed one by one, in a module.
const FUEL: usize = 100_000;

/// A function of the module, as its callers see it.
#[derive(Debug, Clone)]
pub(super) struct Callable {
    pub scope: ScopeId,
    /// Positional and keyword parameters in order, without the instance of a method.
    pub parameters: Vec<Rc<str>>,
}

pub(super) struct Walk<'a> {
    pub scopes: Scopes,
    pub scope: ScopeId,
    pub facts: Facts,
    pub functions: HashMap<Rc<str>, Callable>,
    pub returns: HashMap<Rc<str>, Values>,
    pub called_at_import: HashSet<Rc<str>>,
    pub at_import: bool,
    pub function: Option<Rc<str>>,
    /// The name that the literal under evaluation is given to.
    pub target: Option<Rc<str>>,
    pub in_docstring: bool,
    pub fuel: usize,
    /// No facts are written down: an expression is evaluated once more with other values.
    pub silent: bool,
    pub replaced: Option<(Rc<str>, Value)>,
    /// Under a condition that asks whether certificates shall be verified.
    asked: bool,
    known: HashMap<TextRange, ScopeId>,
    globals: HashSet<(ScopeId, Rc<str>)>,
    /// Facts are written down in this round.
    is_writing: bool,
    /// Something other than a binding became known in this round.
    pub news: bool,
    source: &'a str,
    package: &'a str,
}

/// Walks a module; `package` is its dotted package, against which relative imports are resolved.
pub(super) fn walk(module: &ast::ModModule, source: &str, package: &str) -> Facts {
    let mut walk = Walk {
        scopes: Scopes::new(),
        scope: MODULE,
        facts: Facts::default(),
        functions: HashMap::new(),
        returns: HashMap::new(),
        called_at_import: HashSet::new(),
        at_import: true,
        function: None,
        target: None,
        in_docstring: false,
        fuel: FUEL,
        silent: false,
        replaced: None,
        asked: false,
        known: HashMap::new(),
        globals: HashSet::new(),
        is_writing: false,
        news: false,
        source,
        package,
    };
    for round in 1..=ROUNDS {
        // What the first round sees was never complete.
        walk.is_writing = round > 1;
        walk.facts = Facts::default();
        walk.scopes.have_changed();
        walk.news = false;
        walk.body(&module.body);
        if round > 1 && !walk.news && !walk.scopes.have_changed() {
            break;
        }
    }
    walk.facts.names = walk.scopes.module_names();
    walk.facts
}

impl Walk<'_> {
    pub(super) fn emitting(&self) -> bool {
        self.is_writing && !self.silent
    }

    fn body(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Assign(assign) => {
                let values = self.named(assign.targets.first(), &assign.value);
                for target in &assign.targets {
                    self.bind(target, &values);
                }
            }
            Stmt::AnnAssign(assign) => {
                let values = match &assign.value {
                    Some(value) => self.named(Some(&assign.target), value),
                    None => return,
                };
                self.bind(&assign.target, &values);
            }
            Stmt::AugAssign(assign) => {
                let before = self.evaluate(&assign.target);
                let after = self.named(Some(&assign.target), &assign.value);
                self.bind(&assign.target, &sums(&before, &after));
            }
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(given) => {
                if let Some(value) = &given.value {
                    let values = self.evaluate(value);
                    self.returned(&values);
                }
            }
            Stmt::Expr(expression) => {
                let outer = self.in_docstring;
                self.in_docstring = matches!(&*expression.value, Expr::StringLiteral(_));
                self.evaluate(&expression.value);
                self.in_docstring = outer;
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    self.news |= self.globals.insert((self.scope, name.as_str().into()));
                }
            }
            _ => self.compound(statement),
        }
    }

    fn compound(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(choice) => self.choice(choice),
            Stmt::For(each) => {
                let items = self.evaluate(&each.iter);
                self.bind(&each.target, &any_item(&items));
                self.body(&each.body);
                self.body(&each.orelse);
            }
            Stmt::While(repeat) => {
                self.evaluate(&repeat.test);
                self.body(&repeat.body);
                self.body(&repeat.orelse);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    let values = self.evaluate(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, &values);
                    }
                }
                self.body(&with.body);
            }
            Stmt::Try(attempt) => {
                self.body(&attempt.body);
                for ast::ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    if let Some(name) = &handler.name {
                        self.bind_name(name.as_str(), &Values::unknown());
                    }
                    self.body(&handler.body);
                }
                self.body(&attempt.orelse);
                self.body(&attempt.finalbody);
            }
            Stmt::Match(choice) => {
                self.evaluate(&choice.subject);
                for case in &choice.cases {
                    if let Some(guard) = &case.guard {
                        self.evaluate(guard);
                    }
                    self.body(&case.body);
                }
            }
            Stmt::Raise(raise) => {
                let parts = [&raise.exc, &raise.cause];
                for part in parts.into_iter().flatten() {
                    self.evaluate(part);
                }
            }
            Stmt::Assert(assertion) => {
                self.evaluate(&assertion.test);
            }
            Stmt::Delete(deleted) => {
                for target in &deleted.targets {
                    if !matches!(target, Expr::Name(_)) {
                        self.evaluate(target);
                    }
                }
            }
            _ => {}
        }
    }

    /// What stands under `if __name__ == "__main__"` or `if TYPE_CHECKING` does not run at import.
    fn choice(&mut self, choice: &ast::StmtIf) {
        self.evaluate(&choice.test);
        let outer = self.at_import;
        self.at_import = outer && !guard::is_never_at_import(&choice.test);
        let outer_asked = self.asked;
        self.asked = outer_asked || guard::asks_for_verification(&choice.test);
        self.body(&choice.body);
        self.at_import = outer;
        for clause in &choice.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.evaluate(test);
                self.asked = self.asked || guard::asks_for_verification(test);
            }
            self.body(&clause.body);
        }
        self.asked = outer_asked;
    }

    fn import(&mut self, import: &ast::StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            self.imported(module, alias.range);
            match &alias.asname {
                Some(name) => {
                    self.bind_name(name.as_str(), &Values::one(Value::path(module)));
                }
                None => {
                    let top = module.split('.').next().unwrap_or(module);
                    self.bind_name(top, &Values::one(Value::path(top)));
                }
            }
        }
    }

    fn import_from(&mut self, import: &ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |name| name.as_str());
        let module = match import.level {
            0 => module.to_owned(),
            level => relative(self.package, level, module),
        };
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.imported(&module, alias.range);
                self.facts.has_star_import = true;
                continue;
            }
            let path = if module.ends_with('~') {
                format!("{module}{name}")
            } else {
                format!("{module}.{name}")
            };
            self.imported(&path, alias.range);
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            let marks = match path.as_str() {
                "os.environ" => Marks::ENVIRONMENT.or(Marks::WHOLE_ENVIRONMENT),
                _ => Marks::NONE,
            };
            self.bind_name(bound, &Values::one(Value::path(path).marked(marks)));
        }
    }

    fn imported(&mut self, module: &str, range: TextRange) {
        if self.emitting() {
            self.facts.imports.push((module.into(), range));
        }
    }

    /// Evaluates a value that is given to `target`, so that constants know their name.
    fn named(&mut self, target: Option<&Expr>, value: &Expr) -> Values {
        let outer = self.target.take();
        self.target = match target {
            Some(Expr::Name(name)) => Some(name.id.as_str().into()),
            Some(Expr::Attribute(attribute)) => Some(attribute.attr.as_str().into()),
            Some(Expr::Subscript(subscript)) => match &*subscript.slice {
                Expr::StringLiteral(key) => Some(key.value.to_str().into()),
                _ => None,
            },
            _ => None,
        };
        let values = self.evaluate(value);
        self.target = outer;
        values
    }

    pub(super) fn bind_name(&mut self, name: &str, values: &Values) {
        let scope = match self.globals.contains(&(self.scope, name.into())) {
            true => MODULE,
            false => self.scope,
        };
        self.scopes.bind(scope, name, values);
    }

    pub(super) fn bind(&mut self, target: &Expr, values: &Values) {
        match target {
            Expr::Name(name) => self.bind_name(name.id.as_str(), values),
            Expr::Attribute(attribute) => self.bind_attribute(attribute, values),
            Expr::Subscript(subscript) => {
                let object = self.evaluate(&subscript.value);
                self.evaluate(&subscript.slice);
                // A module may give itself another form.
                let itself =
                    matches!(&*subscript.slice, Expr::Name(name) if name.id.as_str() == "__name__");
                if !itself {
                    self.replaced_items(&object, subscript.range());
                }
            }
            Expr::Starred(starred) => self.bind(&starred.value, values),
            Expr::Tuple(tuple) => self.bind_each(&tuple.elts, values),
            Expr::List(list) => self.bind_each(&list.elts, values),
            _ => {}
        }
    }

    fn bind_attribute(&mut self, attribute: &ast::ExprAttribute, values: &Values) {
        let word = attribute.attr.as_str();
        if let Expr::Name(object) = &*attribute.value
            && let Some(class) = self.scopes.instance_of(self.scope, object.id.as_str())
        {
            self.scopes.bind(class, &format!("self.{word}"), values);
            return;
        }
        let object = self.evaluate(&attribute.value);
        if !self.emitting() {
            return;
        }
        self.facts.assignments.push(Assignment {
            object: object.clone(),
            attribute: word.into(),
            value: values.clone(),
            range: attribute.range(),
            asked: self.asked,
        });
        for path in object.paths().filter(|path| !path.starts_with(['.', '~'])) {
            // What a call gave is this code's own, and so is what a list held; what was imported
            // belongs to others.
            let module = path.trim_start_matches("sys.modules[]");
            if !module.contains(['(', '[']) {
                self.facts.replacements.push(Replacement {
                    path: format!("{path}.{word}").into(),
                    range: attribute.range(),
                });
            }
        }
    }

    fn replaced_items(&mut self, object: &Values, range: TextRange) {
        if !self.emitting() {
            return;
        }
        for path in object.paths() {
            if matches!(&**path, "sys.modules" | "builtins" | "os.environ")
                || path.ends_with(".__dict__") && !path.contains('(')
            {
                let path = format!("{path}[]").into();
                self.facts.replacements.push(Replacement { path, range });
            }
        }
    }

    fn bind_each(&mut self, targets: &[Expr], values: &Values) {
        let items = values.iter().find_map(Value::as_list);
        for (index, target) in targets.iter().enumerate() {
            match items.filter(|items| items.len() == targets.len()) {
                Some(items) => {
                    let item = items.get(index).cloned().unwrap_or_default();
                    self.bind(target, &Values::one(item));
                }
                None => self.bind(target, &any_item(values)),
            }
        }
    }

    pub(super) fn returned(&mut self, values: &Values) {
        if let Some(function) = &self.function {
            let known = self.returns.entry(Rc::clone(function)).or_default();
            self.news |= known.join(values);
        }
    }

    pub(super) fn enter(&mut self, range: TextRange, kind: ScopeKind, name: &str) -> ScopeId {
        let outer = self.scope;
        let scope = match self.known.get(&range) {
            Some(scope) => *scope,
            None => {
                let qualified = self.scopes.qualified(outer, name);
                let scope = self.scopes.add(outer, kind, qualified);
                self.known.insert(range, scope);
                scope
            }
        };
        self.scope = scope;
        outer
    }

    pub(super) fn leave(&mut self, outer: ScopeId) {
        self.scope = outer;
    }

    pub(super) fn parameters(&mut self, parameters: &ast::Parameters) -> Vec<Rc<str>> {
        let mut names = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            let default = parameter.default.as_deref();
            let values = default.map(|default| self.evaluate(default));
            let name: Rc<str> = parameter.parameter.name.as_str().into();
            self.scopes
                .bind(self.scope, &name, &values.unwrap_or_default());
            names.push(name);
        }
        for variadic in [&parameters.vararg, &parameters.kwarg]
            .into_iter()
            .flatten()
        {
            let name = variadic.name.as_str();
            self.scopes.bind(self.scope, name, &Values::unknown());
        }
        names
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.evaluate(&decorator.expression);
        }
        let name = function.name.as_str();
        let qualified = self.scopes.qualified(self.scope, name);
        self.bind_name(name, &Values::one(Scopes::local(&qualified)));
        let in_class = self.scopes.get(self.scope).map(|scope| scope.kind);
        let class = (in_class == Some(ScopeKind::Class)).then_some(self.scope);
        let outer = self.enter(function.range(), ScopeKind::Function, name);
        let mut parameters = self.parameters(&function.parameters);
        let is_static = function.decorator_list.iter().any(|decorator| {
            matches!(&decorator.expression, Expr::Name(name) if name.id.as_str() == "staticmethod")
        });
        if let Some(class) = class.filter(|_| !is_static && !parameters.is_empty()) {
            self.scopes
                .set_instance(self.scope, parameters.remove(0), class);
        }
        let callable = Callable {
            scope: self.scope,
            parameters,
        };
        self.news |= self
            .functions
            .insert(Rc::clone(&qualified), callable)
            .is_none();
        let outer_function = self.function.replace(Rc::clone(&qualified));
        let outer_import = self.at_import;
        self.at_import = self.called_at_import.contains(&qualified);
        self.body(&function.body);
        self.at_import = outer_import;
        self.function = outer_function;
        self.leave(outer);
        if self.emitting() {
            self.facts.functions.push(described(
                function,
                qualified,
                class.is_some() && !is_static,
            ));
        }
    }

    fn class(&mut self, class: &ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.evaluate(&decorator.expression);
        }
        let mut bases = Vec::new();
        if let Some(arguments) = &class.arguments {
            for base in &arguments.args {
                bases.extend(self.evaluate(base).paths().cloned());
            }
            for keyword in &arguments.keywords {
                self.evaluate(&keyword.value);
            }
        }
        let name = class.name.as_str();
        let qualified = self.scopes.qualified(self.scope, name);
        self.bind_name(name, &Values::one(Scopes::local(&qualified)));
        let at_module_level = self.scope == MODULE;
        let outer = self.enter(class.range(), ScopeKind::Class, name);
        self.body(&class.body);
        let capabilities = self.scopes.own(self.scope, "capabilities");
        let capabilities =
            capabilities.map(|values| values.texts().into_iter().map(str::to_owned).collect());
        self.leave(outer);
        if self.emitting() && at_module_level {
            let (config, config_fields) = settings::config(class, self.source);
            self.facts.classes.push(Class {
                name: qualified,
                bases,
                range: class.name.range(),
                capabilities,
                has_docstring: has_docstring(&class.body),
                fields: settings::fields(class, self.source),
                config,
                config_fields,
            });
        }
    }
}

fn described(function: &ast::StmtFunctionDef, name: Rc<str>, is_method: bool) -> Function {
    let parameters: Vec<_> = function.parameters.iter_non_variadic_params().collect();
    let own = parameters.iter().skip(usize::from(is_method));
    let bare = own
        .clone()
        .filter(|parameter| parameter.parameter.annotation.is_none());
    let positional = function.parameters.posonlyargs.len() + function.parameters.args.len();
    let required = parameters
        .iter()
        .take(positional)
        .skip(usize::from(is_method));
    Function {
        name,
        is_async: function.is_async,
        range: function.name.range(),
        bare_parameters: bare
            .map(|parameter| parameter.parameter.name.as_str().to_owned())
            .collect(),
        has_return_annotation: function.returns.is_some(),
        has_docstring: has_docstring(&function.body),
        required: required
            .filter(|parameter| parameter.default.is_none())
            .count(),
    }
}

fn has_docstring(body: &[Stmt]) -> bool {
    matches!(body.first(), Some(Stmt::Expr(first)) if matches!(&*first.value, Expr::StringLiteral(_)))
}

/// `~` and the dotted module within the distribution that a relative import means.
fn relative(package: &str, level: u32, module: &str) -> String {
    let mut parts: Vec<&str> = package.split('.').collect();
    for _ in 1..level {
        parts.pop();
    }
    parts.extend(module.split('.').filter(|part| !part.is_empty()));
    format!("~{}", parts.join("."))
}

fn sums(before: &Values, after: &Values) -> Values {
    let marks = before.marks().or(after.marks());
    let mut sums = Values::marked_unknown(marks);
    for left in before.iter() {
        for right in after.iter() {
            if let Some(constant) = fold::add(left, right) {
                // Loops would make it longer each round.
                let short = !matches!(&constant, Constant::List(items) if items.len() > 1024);
                if short {
                    sums.push(Value::constant(constant).marked(marks));
                }
            }
        }
    }
    sums
}
