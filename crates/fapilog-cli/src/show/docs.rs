//! What is missing in a plugin's page.

use std::io::Write as _;

use super::{BOLD, DIM, GREEN, YELLOW, printable};
use crate::failure::Failure;
use crate::page::Page;

/// Shows the files that were written, and what is missing.
pub fn show(page: &Page, written: &[String]) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    for path in written {
        writeln!(out, "wrote {BOLD}{}{BOLD:#}", printable(path))?;
    }
    if page.missing.is_empty() {
        writeln!(
            out,
            "{GREEN}complete{GREEN:#} {DIM}({} options, {} examples run){DIM:#}",
            page.options(),
            page.examples()
        )?;
        return Ok(());
    }
    for one in &page.missing {
        writeln!(
            out,
            "{YELLOW}{}{YELLOW:#}: {}\n  hint: {}",
            one.id,
            printable(&one.what),
            printable(&one.hint)
        )?;
    }
    writeln!(out, "\n{} missing", page.missing.len())?;
    Ok(())
}
