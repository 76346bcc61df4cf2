//! `fapilog plugin docs`

use std::path::Path;

use super::{Request, write_file};
use crate::args::{DocsArgs, ReportFormat};
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::harness;
use crate::page::Page;
use crate::show::docs::show;

/// Writes the page, and says what is missing in it.
pub fn run(args: DocsArgs) -> Result<Outcome, Failure> {
    let mut pages: Vec<Page> = Vec::new();
    let request = Request::new("docs", None, ());
    harness::ask(&request, args.format, |page: Page| {
        pages.push(page);
        Ok(())
    })?;
    let mut complete = true;
    for page in &pages {
        let written = if args.check {
            Vec::new()
        } else {
            write_pages(page, &args.dir)?
        };
        complete &= page.missing.is_empty();
        if args.format == ReportFormat::Text {
            show(page, &written)?;
        }
    }
    Ok(if complete {
        Outcome::Fine
    } else {
        Outcome::Findings
    })
}

fn write_pages(page: &Page, folder: &Path) -> Result<Vec<String>, Failure> {
    std::fs::create_dir_all(folder).map_err(|source| Failure::FileNotWritten {
        path: folder.to_owned(),
        source,
    })?;
    let markdown = page.markdown()?;
    let html = page.html(&markdown)?;
    let mut written = Vec::new();
    for (name, text) in [("plugin.md", &markdown), ("plugin.html", &html)] {
        let path = folder.join(name);
        write_file(&path, text)?;
        written.push(path.display().to_string());
    }
    Ok(written)
}
