//! Python source, parsed within bounds (feature `source`).
//!
//! The parser builds a tree that is walked and dropped by recursion, so that a text made of nothing
//! but `-` would overflow the stack of whoever reads it. A pass over the tokens, which needs no
//! recursion, bounds how deep a tree can become before one is made.

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, Parsed, lexer, parse_module};
use ruff_text_size::{Ranged as _, TextSize};

use crate::name::shorten;

/// Largest source file in bytes; the largest one in Python's own library has 0.6 MB.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Deepest nesting of brackets; Python itself stops at 200.
pub const MAX_BRACKETS: usize = 200;

/// Most levels of indentation; Python itself stops at 100.
pub const MAX_INDENTS: usize = 100;

/// Highest estimate of a tree's depth: operators in a row without a comma, over all open brackets.
/// The longest one in Python's own library has about 120.
pub const MAX_DEPTH: usize = 2000;

/// Stack in bytes for walking a tree of [`MAX_DEPTH`]; see [`with_stack`].
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Why a source file was not parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file isn't text in UTF-8, the only encoding that is read.
    #[error("the source is not UTF-8")]
    NotUtf8,
    /// The file is larger than [`MAX_BYTES`].
    #[error("the source is larger than 2 MiB")]
    TooLarge,
    /// Nested deeper than [`MAX_BRACKETS`], [`MAX_INDENTS`] or [`MAX_DEPTH`].
    #[error("the source is nested too deeply")]
    TooDeep,
    /// Not Python, or Python newer than the parser knows (3.15).
    #[error("line {line}: {detail}")]
    Syntax {
        /// The line, counted from 1.
        line: u32,
        /// The parser's message, escaped and shortened.
        detail: String,
    },
}

impl SourceError {
    /// Stable identifier of this kind of error.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "source-encoding",
            Self::TooLarge => "source-too-large",
            Self::TooDeep => "source-too-deep",
            Self::Syntax { .. } => "source-syntax",
        }
    }
}

/// Parses a module. Walk its tree inside of [`with_stack`].
///
/// # Errors
///
/// [`SourceError`].
pub fn parse(bytes: &[u8]) -> Result<Source<'_>, SourceError> {
    if bytes.len() > MAX_BYTES {
        return Err(SourceError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| SourceError::NotUtf8)?;
    if is_too_deep(text) {
        return Err(SourceError::TooDeep);
    }
    let lines = Lines::new(text);
    let parsed = parse_module(text).map_err(|error| SourceError::Syntax {
        line: lines.of(error.range().start()),
        detail: shorten(&error.error.to_string()),
    })?;
    Ok(Source {
        text,
        parsed,
        lines,
    })
}

/// Runs work that walks trees on a thread whose stack is large enough for the deepest of them.
/// Panics are passed on.
///
/// # Errors
///
/// The system's, when it gives no thread.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map(|thread| match thread.join() {
                Ok(value) => value,
                Err(panic) => std::panic::resume_unwind(panic),
            })
    })
}

/// A parsed module.
#[derive(Debug)]
pub struct Source<'a> {
    /// The text, without a byte order mark.
    pub text: &'a str,
    /// The tree and its tokens.
    pub parsed: Parsed<ModModule>,
    /// Where lines begin.
    pub lines: Lines,
}

/// Where the lines of a text begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines(Vec<u32>);

impl Lines {
    fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = ends.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        Self(std::iter::once(0).chain(starts).collect())
    }

    /// The line of an offset, counted from 1.
    #[must_use]
    pub fn of(&self, offset: TextSize) -> u32 {
        let line = self.0.partition_point(|start| *start <= offset.to_u32());
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}

/// What is open at one level of brackets.
#[derive(Default)]
struct Level {
    /// Tokens that can nest, since the last comma.
    chain: usize,
    /// Lambdas: their parameters hold commas, and their bodies nest.
    lambdas: usize,
}

pub(crate) fn is_too_deep(text: &str) -> bool {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut levels = vec![Level::default()];
    let (mut indents, mut closed) = (0_usize, 0_usize);
    loop {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile => return false,
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::Newline if levels.len() == 1 => levels = vec![Level::default()],
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                // Calls and subscripts in a row nest to the left.
                if let Some(level) = levels.last_mut() {
                    level.chain += 1;
                    closed += level.chain + level.lambdas;
                }
                levels.push(Level::default());
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if levels.len() > 1 {
                    levels.pop();
                    let below = levels.last();
                    closed -= below.map_or(0, |level| level.chain + level.lambdas);
                }
            }
            _ => count(&mut levels, kind),
        }
        let open = levels.last().map_or(0, |level| level.chain + level.lambdas);
        if levels.len() > MAX_BRACKETS || indents > MAX_INDENTS || closed + open > MAX_DEPTH {
            return true;
        }
    }
}

fn count(levels: &mut [Level], kind: TokenKind) {
    let Some(level) = levels.last_mut() else {
        return;
    };
    match kind {
        TokenKind::Comma => level.chain = 0,
        TokenKind::Lambda => level.lambdas += 1,
        // What never makes a tree deeper.
        TokenKind::Name
        | TokenKind::Int
        | TokenKind::Float
        | TokenKind::Complex
        | TokenKind::String
        | TokenKind::FStringMiddle
        | TokenKind::TStringMiddle
        | TokenKind::Comment
        | TokenKind::NonLogicalNewline => {}
        _ => level.chain += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> &'static str {
        with_stack(|| parse(text.as_bytes()).map_or_else(|error| error.id(), |_| "parsed")).unwrap()
    }

    #[test]
    fn newest_syntax_is_read_and_faults_are_told_with_their_line() {
        assert_eq!(
            verdict("type A[T = int] = list[T]\nx = f'{f\"{1}\"}'\n"),
            "parsed"
        );
        assert_eq!(verdict("\u{feff}import os\n"), "parsed");
        match parse(b"x = 1\ny = (\n") {
            Err(SourceError::Syntax { line, .. }) => assert!(line >= 2, "{line}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(parse(b"\xff").unwrap_err().id(), "source-encoding");
        assert_eq!(
            parse(&vec![b'#'; MAX_BYTES + 1]).unwrap_err().id(),
            "source-too-large"
        );
    }

    #[test]
    fn trees_that_would_overflow_a_stack_are_refused_before_they_grow() {
        for (part, count) in [
            ("-", 100_000),
            ("not ", 100_000),
            ("[", 100_000),
            ("a.", 100_000),
            ("lambda a, b: ", 100_000),
            ("a if b else ", 100_000),
            ("f'{", 5_000),
            ("await ", 100_000),
            ("x = ", 100_000),
        ] {
            assert_eq!(
                verdict(&format!("y = {}1\n", part.repeat(count))),
                "source-too-deep",
                "{part}"
            );
        }
        let calls = format!("a{}\n", "()".repeat(100_000));
        assert_eq!(verdict(&calls), "source-too-deep");
        let blocks: String = (0..200).map(|n| " ".repeat(n) + "if x:\n").collect();
        assert_eq!(verdict(&blocks), "source-too-deep");
    }

    #[test]
    fn large_tables_and_the_deepest_trees_allowed_are_read() {
        assert_eq!(
            verdict(&format!("t = [{}]\n", "(1, 'a'), ".repeat(50_000))),
            "parsed"
        );
        let deep = format!("x = {}1\n", "-".repeat(MAX_DEPTH - 10));
        assert_eq!(verdict(&deep), "parsed");
    }
}
