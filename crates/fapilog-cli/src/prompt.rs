//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal as _, Write};

use crate::show::{BOLD, DIM};

/// Whether somebody can be asked: input and output are terminals.
pub fn possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks until `accept` takes the answer; an empty answer means the default, if there is one.
///
/// Returns nothing when the input ends (Ctrl-D).
pub fn ask<T>(
    input: &mut impl BufRead,
    out: &mut impl Write,
    question: &str,
    default: Option<&str>,
    accept: impl Fn(&str) -> Result<T, String>,
) -> io::Result<Option<T>> {
    loop {
        write!(out, "{BOLD}{question}{BOLD:#} ")?;
        if let Some(default) = default {
            write!(out, "{DIM}[{default}]{DIM:#} ")?;
        }
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(None);
        }
        let answer = match line.trim() {
            "" => default.unwrap_or_default(),
            answer => answer,
        };
        match accept(answer) {
            Ok(value) => return Ok(Some(value)),
            Err(reason) => writeln!(out, "  {reason}")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<u32, String> {
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }

    fn asked(typed: &str, default: Option<&str>) -> (Option<u32>, String) {
        let mut out = Vec::new();
        let answer = ask(
            &mut typed.as_bytes(),
            &mut out,
            "How many?",
            default,
            number,
        )
        .unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        (answer, text)
    }

    #[test]
    fn it_asks_again_until_the_answer_will_do() {
        let (answer, text) = asked("many\n 3 \n", None);
        assert_eq!(answer, Some(3));
        assert_eq!(text, "How many?   `many` is no number\nHow many? ");
    }

    #[test]
    fn an_empty_answer_is_the_default_and_an_end_is_no_answer() {
        assert_eq!(
            asked("\n", Some("7")),
            (Some(7), "How many? [7] ".to_owned())
        );
        assert_eq!(asked("", Some("7")).0, None);
    }
}
