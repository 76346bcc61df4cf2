//! `fapilog plugin new NAME`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anstyle::Style;
use clap::ValueEnum as _;
use fapilog_package::name::PluginName;
use serde::Serialize;

use crate::args::{NewArgs, ReportFormat};
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::harness::print_line;
use crate::kind::PluginKind;
use crate::language::Language;
use crate::prompt;
use crate::scaffold::{self, Author, Blueprint, PluginClass, Templates};

/// What a plugin is made of when nobody says so.
const DEFAULT_KINDS: [PluginKind; 2] = [PluginKind::Processor, PluginKind::Sink];

/// Makes the plugin's folder and says what to do next.
pub fn run(mut args: NewArgs) -> Result<Outcome, Failure> {
    if args.name.is_none() && prompt::possible() {
        ask_for_the_rest(&mut args)?;
    }
    let given = args.name.as_deref().ok_or(Failure::MissingPluginName)?;
    let name = PluginName::parse(given).map_err(|reason| Failure::BadPluginName {
        reason,
        suggestion: scaffold::nearest_plugin_name(given),
    })?;
    let author = match &args.author {
        Some(given) => Author::parse(given)?,
        None => Author::of_plugin(&name),
    };
    let kinds = match (&*args.kinds, args.language) {
        ([], Language::Python) => DEFAULT_KINDS.to_vec(),
        ([], _) => vec![DEFAULT_KINDS[0]],
        _ => args.kinds,
    };
    let templates = match &args.template {
        Some(folder) => Templates::read(folder)?,
        None => Templates::built_in(args.language, args.first_party),
    };
    let blueprint = Blueprint::new(name, kinds, args.language, author)?;
    let files = blueprint.render(&templates)?;
    // Without `./`, for a person to read.
    let target = if args.dir == Path::new(".") {
        PathBuf::from(blueprint.distribution())
    } else {
        args.dir.join(blueprint.distribution())
    };
    scaffold::write(&args.dir, &target, &files)?;
    match args.format {
        ReportFormat::Text => print_next_steps(&blueprint, &target, files.len())?,
        ReportFormat::Json => {
            let files = files.iter().map(|file| &*file.path).collect();
            print_json(&blueprint, &target, files)?;
        }
    }
    Ok(Outcome::Fine)
}

/// Asks the person at the terminal for what was not given.
fn ask_for_the_rest(args: &mut NewArgs) -> Result<(), Failure> {
    let (mut input, mut out) = (io::stdin().lock(), anstream::stdout());
    args.name = prompt::ask(&mut input, &mut out, "Name of the plugin?", None, |text| {
        match PluginName::parse(text) {
            Ok(name) => Ok(name.to_string()),
            Err(reason) => Err(format!(
                "{reason}; such as `{}`",
                scaffold::nearest_plugin_name(text)
            )),
        }
    })?;
    if args.name.is_none() || !args.kinds.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = PluginKind::value_variants()
        .iter()
        .map(|kind| kind.word())
        .collect();
    let question = format!("What does it do ({})?", words.join(", "));
    let kinds = prompt::ask(
        &mut input,
        &mut out,
        &question,
        Some("processor, sink"),
        kinds_of,
    )?;
    args.kinds = kinds.ok_or(Failure::MissingPluginName)?;
    writeln!(out)?;
    Ok(())
}

/// Kinds in a list with commas.
fn kinds_of(text: &str) -> Result<Vec<PluginKind>, String> {
    text.split(',')
        .map(|word| {
            PluginKind::from_str(word.trim(), true)
                .map_err(|_| format!("`{}` is no kind of plugin", word.trim()))
        })
        .collect()
}

fn print_json(blueprint: &Blueprint, target: &Path, files: Vec<&str>) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Made<'a> {
        distribution: String,
        folder: &'a Path,
        plugins: &'a [PluginClass],
        files: Vec<&'a str>,
    }
    let made = Made {
        distribution: blueprint.distribution(),
        folder: target,
        plugins: blueprint.plugins(),
        files,
    };
    let text = serde_json::to_string_pretty(&made).map_err(io::Error::from)?;
    print_line(&text)
}

fn print_next_steps(blueprint: &Blueprint, target: &Path, files: usize) -> Result<(), Failure> {
    let bold = Style::new().bold();
    let mut out = anstream::stdout();
    writeln!(
        out,
        "Made {bold}{}{bold:#} with {files} files:\n",
        target.display()
    )?;
    let plugins = blueprint.plugins();
    let widest = |texts: Vec<&str>| texts.into_iter().map(str::len).max().unwrap_or_default();
    let width = widest(plugins.iter().map(|plugin| &*plugin.entry).collect());
    let kind_width = widest(plugins.iter().map(|plugin| plugin.kind).collect());
    for plugin in plugins {
        writeln!(
            out,
            "  {:width$}  {:kind_width$}  {}",
            plugin.entry, plugin.kind, plugin.target
        )?;
    }
    let (python, activate) = if cfg!(windows) {
        ("python", ".venv\\Scripts\\activate")
    } else {
        ("python3", ". .venv/bin/activate")
    };
    writeln!(
        out,
        "
{bold}Next steps{bold:#}

  cd {}
  {python} -m venv .venv
  {activate}
  python -m pip install -e \".[dev]\"
  pytest
  python -c \"import fapilog; fapilog.debug_plugins()\"

README.md says how to check, build and publish it.",
        scaffold::quoted(target)
    )?;
    Ok(())
}
