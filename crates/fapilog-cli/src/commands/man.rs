//! `fapilog man`

use std::fs;
use std::io::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::args::{Args, ManArgs};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Prints the page of the whole command, or writes one for each.
pub fn run(args: ManArgs) -> Result<Outcome, Failure> {
    let mut command = Args::command();
    command.build();
    let Some(folder) = args.dir else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        std::io::stdout().write_all(&page)?;
        return Ok(Outcome::Fine);
    };
    write_pages(&folder, &command, "fapilog").map_err(|source| Failure::FileNotWritten {
        path: folder.clone(),
        source,
    })?;
    Ok(Outcome::Fine)
}

/// One page for a command and each below it: `fapilog-plugin-new.1`.
fn write_pages(folder: &Path, command: &clap::Command, name: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    fs::write(folder.join(format!("{name}.1")), page)?;
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
    {
        write_pages(folder, inner, &format!("{name}-{}", inner.get_name()))?;
    }
    Ok(())
}
