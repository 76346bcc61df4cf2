//! What expressions may be worth. Each is evaluated once a round, its parts included.

use std::rc::Rc;

use ruff_python_ast::{
    self as ast, Expr, FStringPart, InterpolatedStringElement, Number, Operator,
};
use ruff_text_size::Ranged as _;

use super::fact::{Literal, Reference};
use super::fold::{self, Arithmetic};
use super::scope::ScopeKind;
use super::sources;
use super::value::{Constant, Marks, Value, Values};
use super::walk::Walk;

/// Most items of a list whose values are remembered one by one.
const MAX_ITEMS: usize = 4096;

impl Walk<'_> {
    pub(super) fn evaluate(&mut self, expression: &Expr) -> Values {
        match expression {
            Expr::Name(name) => self.name(name),
            Expr::Attribute(attribute) => self.attribute(attribute),
            Expr::Call(call) => self.call(call),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::StringLiteral(literal) => {
                let text: Rc<str> = literal.value.to_str().into();
                self.literal(text.as_bytes().into(), expression.range(), None);
                Values::one(Value::text(text))
            }
            Expr::BytesLiteral(literal) => {
                let bytes: Rc<[u8]> = literal.value.bytes().collect();
                self.literal(Rc::clone(&bytes), expression.range(), None);
                Values::one(Value::constant(Constant::Bytes(bytes)))
            }
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(number) => number.as_i64().map_or_else(Values::unknown, |number| {
                    Values::one(Value::constant(Constant::Int(number)))
                }),
                _ => Values::unknown(),
            },
            Expr::BooleanLiteral(literal) => {
                Values::one(Value::constant(Constant::Bool(literal.value)))
            }
            Expr::FString(literal) => self.f_string(literal),
            Expr::BinOp(operation) => {
                let left = self.evaluate(&operation.left);
                let right = self.evaluate(&operation.right);
                binary(operation.op, &left, &right)
            }
            Expr::List(list) => self.items(&list.elts),
            Expr::Tuple(tuple) => self.items(&tuple.elts),
            Expr::Set(set) => self.items(&set.elts),
            Expr::Dict(dict) => self.dict(dict),
            Expr::ListComp(made) => self.comprehension(&[&made.elt], &made.generators),
            Expr::SetComp(made) => self.comprehension(&[&made.elt], &made.generators),
            Expr::Generator(made) => self.comprehension(&[&made.elt], &made.generators),
            Expr::DictComp(made) => {
                let mut parts: Vec<&Expr> = made.key.as_deref().into_iter().collect();
                parts.push(&made.value);
                self.comprehension(&parts, &made.generators)
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            _ => self.rest(expression),
        }
    }

    /// The forms that only hand on what their parts are.
    fn rest(&mut self, expression: &Expr) -> Values {
        match expression {
            Expr::BoolOp(operation) => self.any_of(&operation.values),
            Expr::If(choice) => {
                self.evaluate(&choice.test);
                let mut values = self.evaluate(&choice.body);
                values.join(&self.evaluate(&choice.orelse));
                values
            }
            Expr::Named(named) => {
                let values = self.evaluate(&named.value);
                self.bind(&named.target, &values);
                values
            }
            Expr::Await(awaited) => self.evaluate(&awaited.value),
            Expr::Starred(starred) => self.evaluate(&starred.value),
            Expr::Yield(given) => {
                if let Some(value) = &given.value {
                    let values = self.evaluate(value);
                    self.returned(&values);
                }
                Values::unknown()
            }
            Expr::YieldFrom(given) => {
                let values = self.evaluate(&given.value);
                self.returned(&values);
                Values::unknown()
            }
            Expr::UnaryOp(operation) => {
                let values = self.evaluate(&operation.operand);
                let negative = operation.op == ast::UnaryOp::USub;
                let number = values.iter().find_map(Value::as_int);
                match number.filter(|_| negative).and_then(i64::checked_neg) {
                    Some(number) => Values::one(Value::constant(Constant::Int(number))),
                    None => Values::marked_unknown(values.marks()),
                }
            }
            Expr::Compare(comparison) => {
                self.evaluate(&comparison.left);
                self.any_of(&comparison.comparators);
                Values::unknown()
            }
            Expr::Slice(slice) => {
                let parts = [&slice.lower, &slice.upper, &slice.step];
                for part in parts.into_iter().flatten() {
                    self.evaluate(part);
                }
                Values::unknown()
            }
            Expr::TString(literal) => {
                let elements = literal.value.iter().flat_map(|part| part.elements.iter());
                let marks = self.interpolated(elements).marks();
                Values::marked_unknown(marks)
            }
            _ => Values::unknown(),
        }
    }

    fn any_of(&mut self, expressions: &[Expr]) -> Values {
        let mut values = Values::unknown();
        for expression in expressions {
            values.join(&self.evaluate(expression));
        }
        values
    }

    fn name(&mut self, name: &ast::ExprName) -> Values {
        let word = name.id.as_str();
        if let Some(values) = self.scopes.lookup(self.scope, word) {
            let values = values.clone();
            self.refer(&values, name.range());
            return values;
        }
        let path = match word {
            "__builtins__" => "builtins".to_owned(),
            "__file__" => return Values::one(Value::text("./__file__")),
            _ if sources::is_builtin(word) => format!("builtins.{word}"),
            _ => return Values::unknown(),
        };
        Values::one(Value::path(path))
    }

    fn attribute(&mut self, attribute: &ast::ExprAttribute) -> Values {
        let word = attribute.attr.as_str();
        if let Expr::Name(object) = &*attribute.value
            && let Some(class) = self.scopes.instance_of(self.scope, object.id.as_str())
        {
            return self.of_instance(class, word);
        }
        let object = self.evaluate(&attribute.value);
        let values = attribute_of(&object, word);
        self.refer(&values, attribute.range());
        values
    }

    pub(super) fn of_instance(&mut self, class: usize, word: &str) -> Values {
        let set = self.scopes.own(class, &format!("self.{word}"));
        let own = self.scopes.own(class, word);
        let mut values = set.cloned().unwrap_or_default();
        values.join(&own.cloned().unwrap_or_default());
        values
    }

    pub(super) fn refer(&mut self, values: &Values, range: ruff_text_size::TextRange) {
        if !self.emitting() {
            return;
        }
        let outside = values.paths().filter(|path| !path.starts_with(['.', '~']));
        let references = outside.map(|path| Reference {
            path: Rc::clone(path),
            range,
        });
        self.facts.references.extend(references);
    }

    pub(super) fn literal(
        &mut self,
        value: Rc<[u8]>,
        range: ruff_text_size::TextRange,
        target: Option<Rc<str>>,
    ) {
        // Short constants tell nothing that their use doesn't.
        if self.emitting() && value.len() >= 8 {
            self.facts.literals.push(Literal {
                value,
                target: target.or_else(|| self.target.clone()),
                range,
                is_docstring: self.in_docstring,
            });
        }
    }

    fn f_string(&mut self, literal: &ast::ExprFString) -> Values {
        let mut whole = String::new();
        let mut marks = Marks::NONE;
        for part in literal.value.iter() {
            match part {
                FStringPart::Literal(text) => whole.push_str(text.as_str()),
                FStringPart::FString(formatted) => {
                    let values = self.interpolated(formatted.elements.iter());
                    marks = marks.or(values.marks());
                    whole.push_str(values.text().unwrap_or_default());
                }
            }
        }
        self.literal(whole.as_bytes().into(), literal.range(), None);
        Values::one(Value::text(whole).marked(marks))
    }

    /// The text of formatted parts; `{}` stands for what is not known, which makes it partial.
    fn interpolated<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e InterpolatedStringElement>,
    ) -> Values {
        let mut whole = String::new();
        let mut marks = Marks::NONE;
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(text) => whole.push_str(&text.value),
                InterpolatedStringElement::Interpolation(part) => {
                    let values = self.evaluate(&part.expression);
                    marks = marks.or(values.marks());
                    if let Some(format) = &part.format_spec {
                        let inner = self.interpolated(format.elements.iter());
                        marks = marks.or(inner.marks());
                    }
                    match values
                        .text()
                        .filter(|_| part.conversion == ast::ConversionFlag::None)
                    {
                        Some(text) => whole.push_str(text),
                        None => {
                            whole.push_str("{}");
                            marks = marks.or(Marks::PARTIAL);
                        }
                    }
                }
            }
        }
        Values::one(Value::text(whole).marked(marks))
    }

    fn items(&mut self, elements: &[Expr]) -> Values {
        let mut items = Vec::new();
        let mut marks = Marks::NONE;
        for element in elements {
            let values = self.evaluate(element);
            marks = marks.or(values.marks());
            if items.len() < MAX_ITEMS {
                items.push(values.iter().next().cloned().unwrap_or_default());
            }
        }
        Values::one(Value::constant(Constant::List(items.into())).marked(marks))
    }

    fn dict(&mut self, dict: &ast::ExprDict) -> Values {
        let mut items = Vec::new();
        let mut marks = Marks::NONE;
        for item in &dict.items {
            let key = item.key.as_ref().map(|key| self.evaluate(key));
            let outer = self.target.take();
            self.target = key.as_ref().and_then(|key| key.text().map(Into::into));
            let values = self.evaluate(&item.value);
            self.target = outer;
            marks = marks.or(values.marks());
            if items.len() < MAX_ITEMS {
                items.push(values.iter().next().cloned().unwrap_or_default());
            }
        }
        Values::one(Value::constant(Constant::List(items.into())).marked(marks))
    }

    fn lambda(&mut self, lambda: &ast::ExprLambda) -> Values {
        let scope = self.enter(lambda.range(), ScopeKind::Function, "<lambda>");
        if let Some(parameters) = &lambda.parameters {
            self.parameters(parameters);
        }
        let values = self.evaluate(&lambda.body);
        self.leave(scope);
        Values::marked_unknown(values.marks())
    }

    fn comprehension(&mut self, made: &[&Expr], generators: &[ast::Comprehension]) -> Values {
        let mut marks = Marks::NONE;
        let mut listed = None;
        for generator in generators {
            let items = self.evaluate(&generator.iter);
            marks = marks.or(items.marks());
            listed = each(&items);
            self.bind(&generator.target, &any_item(&items));
            for condition in &generator.ifs {
                self.evaluate(condition);
            }
        }
        let mut whole = Values::unknown();
        for part in made {
            whole.join(&self.evaluate(part));
        }
        marks = marks.or(whole.marks());
        if let ([part], [generator], Some(items)) = (made, generators, listed)
            && generator.ifs.is_empty()
            && let Expr::Name(target) = &generator.target
            && let Some(values) = self.one_by_one(part, target.id.as_str(), &items)
        {
            return values;
        }
        Values::marked_unknown(marks)
    }

    /// `[chr(c) for c in [101, 120]]`: the part for each item, while there is fuel.
    fn one_by_one(&mut self, part: &Expr, target: &str, items: &[Value]) -> Option<Values> {
        if items.is_empty() || items.len() > self.fuel || self.silent {
            return None;
        }
        self.fuel -= items.len();
        self.silent = true;
        let mut results = Vec::new();
        let mut marks = Marks::NONE;
        for item in items {
            let outer = self.replaced.replace((target.into(), item.clone()));
            let values = self.evaluate_replaced(part);
            self.replaced = outer;
            marks = marks.or(values.marks());
            match values.iter().find(|value| value.constant.is_some()) {
                Some(value) => results.push(value.clone()),
                None => {
                    self.silent = false;
                    return None;
                }
            }
        }
        self.silent = false;
        Some(Values::one(
            Value::constant(Constant::List(results.into())).marked(marks),
        ))
    }

    /// Evaluates the few forms in which single characters are made, with the target's value known.
    fn evaluate_replaced(&mut self, part: &Expr) -> Values {
        match part {
            Expr::Name(name) => match &self.replaced {
                Some((target, value)) if **target == *name.id.as_str() => {
                    Values::one(value.clone())
                }
                _ => self.name(name),
            },
            Expr::Call(call) if call.arguments.keywords.is_empty() => {
                let function = self.evaluate_replaced(&call.func);
                let arguments: Vec<Values> = call
                    .arguments
                    .args
                    .iter()
                    .map(|argument| self.evaluate_replaced(argument))
                    .collect();
                function
                    .paths()
                    .filter_map(|path| fold::call(path, &arguments))
                    .collect()
            }
            Expr::BinOp(operation) => {
                let left = self.evaluate_replaced(&operation.left);
                let right = self.evaluate_replaced(&operation.right);
                binary(operation.op, &left, &right)
            }
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => self.evaluate(part),
            _ => Values::unknown(),
        }
    }

    fn subscript(&mut self, subscript: &ast::ExprSubscript) -> Values {
        let object = self.evaluate(&subscript.value);
        let key = self.evaluate(&subscript.slice);
        if let Expr::Slice(slice) = &*subscript.slice {
            let backwards = slice.lower.is_none()
                && slice.upper.is_none()
                && matches!(slice.step.as_deref(), Some(Expr::UnaryOp(step)) if step.op == ast::UnaryOp::USub);
            if backwards {
                return object.iter().filter_map(fold::reversed).collect();
            }
            return Values::marked_unknown(object.marks());
        }
        let mut found = Values::unknown();
        for value in object.iter() {
            found.join(&self.item_of(value, &key));
        }
        self.refer(&found, subscript.range());
        found
    }

    fn item_of(&self, object: &Value, key: &Values) -> Values {
        let text = key.text();
        match (object.path.as_deref(), text) {
            (Some("os.environ"), _) => {
                let marks = object.marks.without(Marks::WHOLE_ENVIRONMENT);
                let mut value = Value::default().marked(marks);
                if matches!(
                    text,
                    Some("HOME" | "USERPROFILE" | "APPDATA" | "LOCALAPPDATA")
                ) {
                    value.constant = Some(Constant::Text("~".into()));
                }
                return Values::one(value);
            }
            (Some("sys.modules"), Some(name)) => return Values::one(Value::path(name)),
            (Some("builtins.globals()" | "builtins.locals()" | "builtins.vars()"), Some(name)) => {
                let known = self.scopes.lookup(self.scope, name).cloned();
                return known.unwrap_or_else(|| match name {
                    "__builtins__" => Values::one(Value::path("builtins")),
                    _ => Values::unknown(),
                });
            }
            (Some(path), Some(name)) if path.ends_with(".__dict__") => {
                let module = path.trim_end_matches(".__dict__");
                return Values::one(Value::path(format!("{module}.{name}")));
            }
            (Some("builtins"), Some(name)) => {
                return Values::one(Value::path(format!("builtins.{name}")));
            }
            _ => {}
        }
        let index = key.iter().find_map(Value::as_int);
        match (object.as_list(), index) {
            (Some(items), Some(index)) => {
                let item = usize::try_from(index).ok().and_then(|at| items.get(at));
                item.map_or_else(Values::unknown, |item| Values::one(item.clone()))
            }
            (Some(items), None) => items.iter().cloned().collect(),
            (None, _) => {
                let item = |path: &Rc<str>| Value::path(format!("{path}[]"));
                let value = object.path.as_ref().map(item).unwrap_or_default();
                Values::one(value.marked(object.marks))
            }
        }
    }
}

/// What an attribute of known values is; marks go along.
pub(super) fn attribute_of(object: &Values, word: &str) -> Values {
    let one = |value: &Value| {
        let made = match value.path.as_deref() {
            Some("os") if word == "environ" => {
                Value::path("os.environ").marked(Marks::ENVIRONMENT.or(Marks::WHOLE_ENVIRONMENT))
            }
            Some(path) if word == "__builtins__" && !path.is_empty() => Value::path("builtins"),
            // Parts of a path are texts.
            Some(path)
                if path.starts_with("pathlib.") && matches!(word, "name" | "stem" | "suffix") =>
            {
                Value::default()
            }
            // Paths know their text whatever is asked of them, but not what is read from them.
            Some(path) if path.starts_with("pathlib.") => Value {
                path: Some(format!("{path}.{word}").into()),
                constant: value.constant.clone(),
                marks: value.marks,
            },
            Some(path) => Value::path(format!("{path}.{word}")),
            None => Value::default(),
        };
        made.marked(value.marks)
    };
    object.iter().map(one).collect()
}

fn binary(operator: Operator, left: &Values, right: &Values) -> Values {
    let mut marks = left.marks().or(right.marks());
    if operator == Operator::BitXor {
        marks = marks.or(Marks::DECODED);
    }
    let mut found = Values::unknown();
    for a in left.iter() {
        for b in right.iter() {
            let constant = match operator {
                Operator::Add => fold::add(a, b),
                Operator::Sub => fold::arithmetic(Arithmetic::Minus, a, b),
                Operator::Mult => fold::arithmetic(Arithmetic::Times, a, b),
                Operator::FloorDiv => fold::arithmetic(Arithmetic::Divide, a, b),
                Operator::BitXor => fold::arithmetic(Arithmetic::Xor, a, b),
                Operator::Mod => match a.as_text() {
                    Some(pattern) => {
                        fold::percent(pattern, b).map(|text| Constant::Text(text.into()))
                    }
                    None => fold::arithmetic(Arithmetic::Modulo, a, b),
                },
                Operator::Div => path_of(a, b),
                _ => None,
            };
            if let Some(constant) = constant {
                let path = a.path.clone().filter(|_| operator == Operator::Div);
                found.push(Value {
                    path,
                    constant: Some(constant),
                    marks,
                });
            }
        }
    }
    if marks.has(Marks::CHARACTER) && operator == Operator::Add {
        marks = marks.or(Marks::DECODED);
        return found
            .iter()
            .cloned()
            .map(|value| value.marked(marks))
            .collect();
    }
    if found.iter().next().is_none() {
        // `"https://host/" + unknown` still begins with a known text.
        let (known, other) = (left.text(), right.text());
        let joins = matches!(operator, Operator::Add) && (known.is_some() || other.is_some());
        if joins || operator == Operator::Mod && known.is_some() {
            let end = if joins { other.unwrap_or("{}") } else { "" };
            let text = format!("{}{end}", known.unwrap_or("{}"));
            return Values::one(Value::text(text).marked(marks.or(Marks::PARTIAL)));
        }
        if let (Operator::Div, Some(path)) = (operator, left.paths().next()) {
            return Values::one(Value::path(Rc::clone(path)).marked(marks));
        }
        return Values::marked_unknown(marks);
    }
    found
}

fn path_of(left: &Value, right: &Value) -> Option<Constant> {
    let (left, right) = (left.as_text()?, right.as_text()?);
    Some(Constant::Text(fold::join_path(left, right).into()))
}

/// The items of a constant list, or the characters or bytes of a constant.
fn each(values: &Values) -> Option<Vec<Value>> {
    let value = values.iter().find(|value| value.constant.is_some())?;
    let items: Vec<Value> = match value.constant.as_ref()? {
        Constant::List(items) => items.to_vec(),
        Constant::Text(text) => text
            .chars()
            .take(MAX_ITEMS + 1)
            .map(|c| Value::text(c.to_string()))
            .collect(),
        Constant::Bytes(bytes) => bytes
            .iter()
            .take(MAX_ITEMS + 1)
            .map(|byte| Value::constant(Constant::Int(i64::from(*byte))))
            .collect(),
        Constant::Int(_) | Constant::Bool(_) => return None,
    };
    (items.len() <= MAX_ITEMS).then_some(items)
}

/// What an item of these values may be.
pub(super) fn any_item(values: &Values) -> Values {
    let mut found = Values::marked_unknown(values.marks());
    for value in values.iter() {
        match value.as_list() {
            Some(items) => items.iter().for_each(|item| found.push(item.clone())),
            None if value.path.is_some() => found.push(Value {
                constant: None,
                path: value.path.as_ref().map(|path| format!("{path}[]").into()),
                marks: value.marks,
            }),
            None => {}
        }
    }
    found
}
