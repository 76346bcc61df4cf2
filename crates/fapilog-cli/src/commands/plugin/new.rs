//! `fapilog plugin new NAME`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anstyle::Style;
use fapilog_package::name::PluginName;

use crate::args::NewArgs;
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::scaffold::{self, Author, Blueprint};

/// Makes the plugin's folder and says what to do next.
pub fn run(args: NewArgs) -> Result<Outcome, Failure> {
    let name = PluginName::parse(&args.name).map_err(|reason| Failure::BadPluginName {
        reason,
        suggestion: scaffold::nearest_plugin_name(&args.name),
    })?;
    let author = match &args.author {
        Some(given) => Author::parse(given)?,
        None => Author::of_plugin(&name),
    };
    let blueprint = Blueprint::new(name, args.kinds, author);
    let files = blueprint.render()?;
    // Without `./`, for a person to read.
    let target = if args.dir == Path::new(".") {
        PathBuf::from(blueprint.distribution())
    } else {
        args.dir.join(blueprint.distribution())
    };
    scaffold::write(&args.dir, &target, &files)?;
    print_next_steps(&blueprint, &target, files.len())?;
    Ok(Outcome::Fine)
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
