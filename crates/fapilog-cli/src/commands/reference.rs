//! `fapilog reference`: every command as Markdown, for the documentation.

use std::fmt::Write as _;
use std::io::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use crate::args::Args;
use crate::commands::Outcome;
use crate::failure::Failure;

/// Prints the reference.
pub fn run() -> Result<Outcome, Failure> {
    let mut command = Args::command();
    command.build();
    let mut text = String::new();
    // Writing to a string never fails.
    let _ = describe(&mut text, &command, "fapilog");
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Outcome::Fine)
}

fn describe(text: &mut String, command: &Command, name: &str) -> std::fmt::Result {
    let inner: Vec<_> = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
        .collect();
    if inner.is_empty() {
        describe_leaf(text, command, name)?;
    }
    for inner in inner {
        describe(text, inner, &format!("{name} {}", inner.get_name()))?;
    }
    Ok(())
}

fn describe_leaf(text: &mut String, command: &Command, name: &str) -> std::fmt::Result {
    let about = command.get_about().map(ToString::to_string);
    writeln!(text, "### `{name}`\n\n{}.\n", about.unwrap_or_default())?;
    let arguments: Vec<_> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && argument.get_id() != "help")
        .collect();
    if !arguments.is_empty() {
        writeln!(text, "| argument | meaning | default |\n|---|---|---|")?;
        for argument in arguments {
            describe_argument(text, argument)?;
        }
        text.push('\n');
    }
    if let Some(after) = command.get_after_help() {
        writeln!(text, "```text\n{after}\n```\n")?;
    }
    Ok(())
}

fn describe_argument(text: &mut String, argument: &Arg) -> std::fmt::Result {
    let value = argument
        .get_value_names()
        .and_then(|names| names.first())
        .map(|name| name.as_str());
    let takes_value = argument.get_action().takes_values();
    let typed = match (argument.get_long(), value) {
        (Some(long), Some(value)) if takes_value => format!("--{long} {value}"),
        (Some(long), _) => format!("--{long}"),
        (None, value) => value.unwrap_or_default().to_owned(),
    };
    let mut help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let choices = argument.get_possible_values();
    if takes_value && !choices.is_empty() {
        let names: Vec<_> = choices
            .iter()
            .map(|choice| format!("`{}`", choice.get_name()))
            .collect();
        help = format!("{help}: {}", names.join(", "));
    }
    let default: Vec<_> = argument
        .get_default_values()
        .iter()
        .filter(|_| takes_value)
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    writeln!(
        text,
        "| `{typed}` | {} | {} |",
        help.replace('|', "\\|"),
        default.join(", ")
    )
}
