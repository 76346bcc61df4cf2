//! Calls: what is called, with what, and what comes back.

use std::cell::OnceCell;
use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged as _, TextRange};

use super::evaluate::attribute_of;
use super::fact::Call;
use super::fold;
use super::sources;
use super::value::{Constant, Marks, Value, Values};
use super::walk::Walk;

/// What is handed to a call.
struct Given {
    arguments: Vec<Values>,
    keywords: Vec<(Rc<str>, Values)>,
}

impl Given {
    fn marks(&self) -> Marks {
        let keywords = self.keywords.iter().map(|(_, values)| values);
        let all = self.arguments.iter().chain(keywords);
        all.fold(Marks::NONE, |marks, values| marks.or(values.marks()))
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().flat_map(|values| values.texts())
    }
}

impl Walk<'_> {
    pub(super) fn call(&mut self, call: &ast::ExprCall) -> Values {
        let (receiver, functions, method) = match &*call.func {
            Expr::Attribute(attribute) => {
                let word = attribute.attr.as_str();
                let instance = match &*attribute.value {
                    Expr::Name(object) => self.scopes.instance_of(self.scope, object.id.as_str()),
                    _ => None,
                };
                match instance {
                    Some(class) => (Values::unknown(), self.of_instance(class, word), None),
                    None => {
                        let object = self.evaluate(&attribute.value);
                        let functions = attribute_of(&object, word);
                        (object, functions, Some(word))
                    }
                }
            }
            other => (Values::unknown(), self.evaluate(other), None),
        };
        let given = self.given(&call.arguments);
        let mut results = Values::unknown();
        if let Some(word) = method {
            for value in receiver.iter().filter(|value| value.constant.is_some()) {
                let folded = fold::method(value, word, &given.arguments);
                folded.into_iter().for_each(|value| results.push(value));
            }
        }
        let mut marks = given.marks().or(receiver.marks());
        let mut known = false;
        for function in functions.iter() {
            let Some(path) = &function.path else { continue };
            known = true;
            marks = marks.or(self.marks_from(path, &receiver, &given));
            self.emit(path, &receiver, &given, call.range());
            let all = function.marks.or(marks);
            match same_path(function) {
                Some(value) => results.push(value.marked(all)),
                None => {
                    results.join(&self.result(path, &given, all));
                }
            }
        }
        if functions.paths().any(|path| &**path == "builtins.getattr") {
            self.refer(&results, call.range());
        }
        if !known && results.iter().next().is_none() {
            return Values::marked_unknown(marks.or(functions.marks()));
        }
        results
    }

    fn given(&mut self, arguments: &ast::Arguments) -> Given {
        let outer = self.target.take();
        let positional = arguments.args.iter();
        let positional: Vec<Values> = positional.map(|value| self.evaluate(value)).collect();
        self.target = outer;
        let mut keywords = Vec::new();
        for keyword in &arguments.keywords {
            let outer = self.target.take();
            self.target = keyword.arg.as_ref().map(|name| name.as_str().into());
            let values = self.evaluate(&keyword.value);
            self.target = outer;
            let name = keyword.arg.as_ref().map_or("**", |name| name.as_str());
            keywords.push((name.into(), values));
        }
        Given {
            arguments: positional,
            keywords,
        }
    }

    fn marks_from(&self, path: &str, receiver: &Values, given: &Given) -> Marks {
        let mut marks = sources::marks_of(path);
        let family = given.arguments.first();
        if path == "socket.socket"
            && family.is_some_and(|family| family.paths().any(|path| &**path == "socket.AF_UNIX"))
        {
            marks = marks.or(Marks::LOCAL_SOCKET);
        }
        if sources::reads_file(path) {
            marks = marks.or(Marks::FILE);
            let mut files = receiver.texts().into_iter().chain(given.texts());
            if files.any(sources::is_secret_place) {
                marks = marks.or(Marks::CREDENTIALS);
            }
        }
        if marks.has(Marks::RECEIVED) && given.texts().any(sources::is_metadata_service) {
            marks = marks.or(Marks::CREDENTIALS);
        }
        marks
    }

    fn emit(&mut self, path: &Rc<str>, receiver: &Values, given: &Given, range: TextRange) {
        if path.starts_with('.') {
            self.hand_over(path, given);
        }
        if !self.emitting() {
            return;
        }
        if matches!(
            &**path,
            "builtins.exec" | "builtins.eval" | "builtins.compile"
        ) && let Some(source) = given.arguments.first()
        {
            for value in source
                .iter()
                .filter(|value| value.marks.has(Marks::DECODED))
            {
                let text = value
                    .as_bytes()
                    .and_then(|bytes| std::str::from_utf8(bytes).ok());
                let text = text.map(|text| (text.to_owned(), range));
                self.facts.payloads.extend(text);
            }
        }
        self.facts.calls.push(Call {
            path: Rc::clone(path),
            arguments: given.arguments.clone(),
            keywords: given.keywords.clone(),
            receiver: receiver.clone(),
            range,
            at_import: self.at_import,
            capability: OnceCell::new(),
        });
    }

    /// Binds the parameters of a function of this module to what it is called with.
    fn hand_over(&mut self, path: &Rc<str>, given: &Given) {
        let name = path.trim_start_matches('.').replace("()", "");
        let made = format!("{name}.__init__");
        let name = if self.functions.contains_key(name.as_str()) {
            name
        } else {
            made
        };
        if self.at_import {
            self.news |= self.called_at_import.insert(name.as_str().into());
        }
        let Some(function) = self.functions.get(name.as_str()).cloned() else {
            return;
        };
        for (index, values) in given.arguments.iter().enumerate() {
            if let Some(parameter) = function.parameters.get(index) {
                self.scopes.bind(function.scope, parameter, values);
            }
        }
        for (keyword, values) in &given.keywords {
            if function.parameters.iter().any(|name| name == keyword) {
                self.scopes.bind(function.scope, keyword, values);
            }
        }
    }

    fn result(&self, path: &Rc<str>, given: &Given, marks: Marks) -> Values {
        if let Some(values) = self.special(path, given) {
            return values;
        }
        if let Some(value) = fold::call(path, &given.arguments) {
            return Values::one(value);
        }
        let mut results = Values::one(Value::path(format!("{path}()")).marked(marks));
        if path.starts_with('.') {
            let name = path.trim_start_matches('.').replace("()", "");
            if let Some(returned) = self.returns.get(name.as_str()) {
                results.join(returned);
            }
        }
        if sources::is_path_object(path) || &**path == "os.path.expanduser" {
            results = path_result(path, given, marks).unwrap_or(results);
        }
        results
    }

    /// The built-in ways to get at a module or an attribute by name.
    fn special(&self, path: &str, given: &Given) -> Option<Values> {
        let text = |index: usize| given.arguments.get(index).and_then(|values| values.text());
        match path {
            "builtins.__import__"
            | "importlib.import_module"
            | "importlib.__import__"
            | "builtins.importlib.import_module" => {
                let module = text(0)?;
                // `__import__("a.b")` gives `a`.
                let top = match path.ends_with("__import__") {
                    true => module.split('.').next().unwrap_or(module),
                    false => module,
                };
                Some(Values::one(Value::path(top)))
            }
            "builtins.getattr" => {
                let (object, word) = (given.arguments.first()?, text(1)?);
                let mut values = attribute_of(object, word);
                if let Some(default) = given.arguments.get(2) {
                    values.join(default);
                }
                Some(values)
            }
            "builtins.vars" if !given.arguments.is_empty() => {
                let dicts = given.arguments.first()?.paths();
                Some(
                    dicts
                        .map(|path| Value::path(format!("{path}.__dict__")))
                        .collect(),
                )
            }
            "os.path.join" | "posixpath.join" => {
                let mut whole: Option<String> = None;
                for values in &given.arguments {
                    let part = values.text().unwrap_or("{}");
                    whole = Some(match whole {
                        Some(before) => fold::join_path(&before, part),
                        None => part.to_owned(),
                    });
                }
                let marks = given.marks();
                whole.map(|whole| Values::one(Value::text(whole).marked(marks)))
            }
            "functools.partial" => given.arguments.first().cloned(),
            "operator.attrgetter" | "operator.methodcaller" => None,
            _ => None,
        }
    }
}

/// `Path("x").expanduser()` and the like are the same path for our purposes.
fn same_path(function: &Value) -> Option<Value> {
    const SAME: [&str; 4] = [".expanduser", ".resolve", ".absolute", ".as_posix"];
    let path = function.path.as_deref()?;
    let same = sources::is_path_object(path) && SAME.iter().any(|end| path.ends_with(end));
    same.then(|| Value {
        path: Some("pathlib.Path()".into()),
        constant: function.constant.clone(),
        marks: function.marks,
    })
}

/// Paths keep their text: `Path.home() / ".ssh"`, `Path("x").expanduser()`.
fn path_result(path: &str, given: &Given, marks: Marks) -> Option<Values> {
    const MAKERS: [&str; 4] = [
        "pathlib.Path",
        "pathlib.PurePath",
        "pathlib.PosixPath",
        "pathlib.WindowsPath",
    ];
    let made = |text: &str| {
        Some(Values::one(Value {
            path: Some("pathlib.Path()".into()),
            constant: Some(Constant::Text(text.into())),
            marks,
        }))
    };
    if path == "os.path.expanduser" {
        let text = given.arguments.first()?.text()?;
        return Some(Values::one(Value::text(text).marked(marks)));
    }
    if path.ends_with(".home") {
        return made("~");
    }
    if MAKERS.contains(&path) {
        let mut whole: Option<String> = None;
        for values in &given.arguments {
            let part = values.text()?;
            whole = Some(match whole {
                Some(before) => fold::join_path(&before, part),
                None => part.to_owned(),
            });
        }
        return made(whole.as_deref()?);
    }
    None
}
