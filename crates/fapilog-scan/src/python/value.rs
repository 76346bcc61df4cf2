//! What is known about the value of an expression without running it.

use std::rc::Rc;

/// Most values that a name is remembered to have.
const MOST_VALUES: usize = 6;
/// Longest constant in bytes that is carried through operations.
pub(crate) const MAX_CONSTANT_BYTES: usize = 1024 * 1024;

/// Where data came from and what was done to it, as a set of flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks(u16);

impl Marks {
    pub(crate) const NONE: Self = Self(0);
    /// Went through base64, hex, zlib, a character list or another encoding.
    pub(crate) const DECODED: Self = Self(1);
    /// Received from the network.
    pub(crate) const RECEIVED: Self = Self(1 << 1);
    /// Environment variables.
    pub(crate) const ENVIRONMENT: Self = Self(1 << 2);
    /// Keys, password stores, cookies, configuration of cloud tools.
    pub(crate) const CREDENTIALS: Self = Self(1 << 3);
    /// Contents of some file.
    pub(crate) const FILE: Self = Self(1 << 4);
    /// Names of host, user, address, operating system.
    pub(crate) const HOST: Self = Self(1 << 5);
    /// Clipboard, keyboard, screen.
    pub(crate) const WATCHED: Self = Self(1 << 6);
    /// Output of another program.
    pub(crate) const OUTPUT: Self = Self(1 << 7);
    /// A single character made from its number.
    pub(crate) const CHARACTER: Self = Self(1 << 8);
    /// The whole environment, not single variables.
    pub(crate) const WHOLE_ENVIRONMENT: Self = Self(1 << 9);

    /// Text of which parts are not known.
    pub(crate) const PARTIAL: Self = Self(1 << 10);

    /// A socket of the family that stays on this machine.
    pub(crate) const LOCAL_SOCKET: Self = Self(1 << 11);

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// A value that can be computed from the source alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    Int(i64),
    Bool(bool),
    List(Rc<[Value]>),
}

/// One possible value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Value {
    /// The qualified name: `os.system`; `socket.socket()` is what calling `socket.socket` gives;
    /// a leading dot stands for the module itself, `~` for another module of the package.
    pub path: Option<Rc<str>>,
    pub constant: Option<Constant>,
    pub marks: Marks,
}

impl Value {
    pub(crate) fn path(path: impl Into<Rc<str>>) -> Self {
        Self {
            path: Some(path.into()),
            ..Self::default()
        }
    }

    pub(crate) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::constant(Constant::Text(text.into()))
    }

    pub(crate) fn constant(constant: Constant) -> Self {
        Self {
            constant: Some(constant),
            ..Self::default()
        }
    }

    pub(crate) fn marked(mut self, marks: Marks) -> Self {
        self.marks = self.marks.or(marks);
        self
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.constant {
            Some(Constant::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.constant {
            Some(Constant::Text(text)) => Some(text.as_bytes()),
            Some(Constant::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Value]> {
        match &self.constant {
            Some(Constant::List(items)) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self.constant {
            Some(Constant::Int(number)) => Some(number),
            _ => None,
        }
    }

    /// Whether all of it is known.
    fn is_whole(&self) -> bool {
        self.constant.is_some() && !self.marks.has(Marks::PARTIAL)
    }

    fn is_unknown(&self) -> bool {
        self.path.is_none() && self.constant.is_none() && self.marks == Marks::NONE
    }
}

/// What an expression may be: nothing known, or one of several.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Values(Vec<Value>);

impl Values {
    pub(crate) fn one(value: Value) -> Self {
        Self(vec![value])
    }

    pub(crate) fn unknown() -> Self {
        Self::default()
    }

    pub(crate) fn marked_unknown(marks: Marks) -> Self {
        if marks == Marks::NONE {
            Self::unknown()
        } else {
            Self::one(Value::default().marked(marks))
        }
    }

    /// Adds what else it may be; beyond a handful of values only marks are kept. Tells whether
    /// anything was new.
    pub(crate) fn join(&mut self, other: &Self) -> bool {
        let mut is_new = false;
        for value in &other.0 {
            is_new |= self.take_in(value);
        }
        is_new
    }

    pub(crate) fn push(&mut self, value: Value) {
        self.take_in(&value);
    }

    fn take_in(&mut self, value: &Value) -> bool {
        if value.is_unknown() || self.0.contains(value) {
            return false;
        }
        if self.0.len() < MOST_VALUES {
            self.0.push(value.clone());
            return true;
        }
        let Some(last) = self.0.last_mut() else {
            return false;
        };
        let before = last.marks;
        last.marks = before.or(value.marks);
        before != last.marks
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Value> {
        self.0.iter()
    }

    pub(crate) fn marks(&self) -> Marks {
        self.0
            .iter()
            .fold(Marks::NONE, |marks, value| marks.or(value.marks))
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &Rc<str>> {
        self.0.iter().filter_map(|value| value.path.as_ref())
    }

    /// The first constant text, looking into lists.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.iter().find_map(Value::as_text)
    }

    /// All constant texts, those within lists too.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut pending: Vec<&Value> = self.0.iter().rev().collect();
        while let Some(value) = pending.pop() {
            found.extend(value.as_text());
            if let Some(items) = value.as_list() {
                pending.extend(items.iter().rev());
            }
        }
        found
    }

    pub(crate) fn is_constant(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(Value::is_whole)
    }

    pub(crate) fn is_true(&self) -> bool {
        let truth = |value: &Value| value.constant == Some(Constant::Bool(true));
        self.0.iter().any(truth)
    }

    pub(crate) fn is_false(&self) -> bool {
        let falsehood = |value: &Value| value.constant == Some(Constant::Bool(false));
        self.0.iter().any(falsehood)
    }
}

impl FromIterator<Value> for Values {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut all = Self::default();
        for value in values {
            all.push(value);
        }
        all
    }
}
