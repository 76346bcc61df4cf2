//! Settings from a TOML file: they become the defaults of the options of the same names, so that an
//! option has one parser, and options and variables go before the file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use clap::Command;
use toml::{Table, Value};

use crate::error::MarketError;

/// The file that arguments or environment name. Read before the arguments as a whole, whose defaults
/// it holds.
pub(super) fn named(arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let mut arguments = arguments.skip(1);
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        if text == "--config" {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    let variable = std::env::var_os("FAPILOG_MARKET_CONFIG");
    variable.filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Makes the file's values defaults.
///
/// # Errors
///
/// `config-file`: it can't be read, is no TOML, has a key that is no option, or a value that the
/// option doesn't take.
pub(super) fn apply(command: Command, path: &Path) -> Result<Command, MarketError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(path, &format!("can't be read: {error}"), "check its name"))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let hint = "write it as TOML, one `key = value` a line";
        wrong(
            path,
            &format!("is no TOML: {}", error.to_string().trim()),
            hint,
        )
    })?;
    let mut command = command;
    for (key, value) in &table {
        let id = check_key(&command, path, key)?;
        let texts = texts_of(value).ok_or_else(|| {
            let message =
                format!("has the key `{key}`, whose value is no text, number or list of texts");
            wrong(path, &message, "see `fapilog-market serve --help`")
        })?;
        command = set_default(command, &id, &texts);
        check_value(&command, path, key, value)?;
    }
    Ok(command)
}

/// The id of the option that a key names.
fn check_key(command: &Command, path: &Path, key: &str) -> Result<String, MarketError> {
    let serve = command.find_subcommand("serve");
    let options: Vec<(String, &str)> = serve
        .into_iter()
        .flat_map(Command::get_arguments)
        .filter_map(|option| Some((option.get_id().to_string(), option.get_long()?)))
        .collect();
    let found = options.iter().find(|(_, long)| *long == key);
    if let Some((id, _)) = found {
        return Ok(id.clone());
    }
    let mut known: Vec<&str> = options.iter().map(|(_, long)| *long).collect();
    known.sort_unstable();
    let message = format!("has the key `{key}`, which is no setting");
    let hint = format!("the settings are: {}", known.join(", "));
    Err(wrong(path, &message, &hint))
}

fn texts_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Integer(number) => Some(vec![number.to_string()]),
        Value::Boolean(truth) => Some(vec![truth.to_string()]),
        Value::Array(values) => {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect()
        }
        _ => None,
    }
}

/// Sets the default in every command that has the option.
fn set_default(command: Command, id: &str, texts: &[String]) -> Command {
    let command = command.mut_subcommands(|inner| set_default(inner, id, texts));
    if !command.get_arguments().any(|option| option.get_id() == id) {
        return command;
    }
    // Lives as long as the process does, as the options themselves do.
    let texts: Vec<&'static str> = texts
        .iter()
        .map(|text| &*Box::leak(text.clone().into_boxed_str()))
        .collect();
    command.mut_arg(id, |option| option.default_values(texts))
}

/// A wrong value is told with its key, before any argument is looked at.
fn check_value(
    command: &Command,
    path: &Path,
    key: &str,
    value: &Value,
) -> Result<(), MarketError> {
    use clap::error::{ContextKind, ErrorKind};
    let tried = command
        .clone()
        .try_get_matches_from(["fapilog-market", "serve"]);
    let Err(error) = tried else { return Ok(()) };
    if !matches!(
        error.kind(),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue
    ) {
        return Ok(());
    }
    let about = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    if !about.is_some_and(|about| about.starts_with(&format!("--{key} "))) {
        return Ok(());
    }
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    // Some values are addresses with passwords.
    let shown = match key {
        "database" => "…".to_owned(),
        _ => texts_of(value).unwrap_or_default().join(", "),
    };
    let message = format!("has `{key} = {shown}`: {}", cause.unwrap_or_default());
    Err(wrong(path, &message, "see `fapilog-market serve --help`"))
}

fn wrong(path: &Path, message: &str, hint: &str) -> MarketError {
    MarketError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "config-file",
        format!("the file `{}` {message}", path.display()),
        hint,
    )
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::cli::{Arguments, Command as Verb};

    fn read(text: &str, arguments: &[&str]) -> Result<Arguments, MarketError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("market.toml");
        std::fs::write(&path, text).unwrap();
        let command = apply(Arguments::command(), &path)?;
        let words = [&["fapilog-market"], arguments].concat();
        let matches = command.try_get_matches_from(words).unwrap();
        Ok(Arguments::from_arg_matches(&matches).unwrap())
    }

    #[test]
    fn a_file_sets_what_no_option_sets() {
        let text = "data = \"/srv/market\"\nworkers = 5\nlisten = \"127.0.0.1:9\"\n\
             trusted-proxy = [\"10.0.0.1\", \"10.0.0.2\"]\n";
        let arguments = read(text, &["serve", "--listen", "127.0.0.1:7"]).unwrap();
        let Verb::Serve(serve) = arguments.command else {
            panic!("serve was expected");
        };
        assert_eq!(serve.place.data, Path::new("/srv/market"));
        assert_eq!((serve.workers, serve.trusted_proxies.len()), (5, 2));
        assert_eq!(serve.listen.port(), 7);
        let arguments = read(text, &["token", "list"]).unwrap();
        assert!(format!("{arguments:?}").contains("/srv/market"));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        for (text, expected) in [
            ("lisen = \"x\"", "`lisen`, which is no setting"),
            ("listen = \"nowhere\"", "`listen = nowhere`: "),
            ("workers = 1000", "`workers = 1000`: "),
            ("data = { a = 1 }", "no text, number or list of texts"),
            ("data", "is no TOML"),
            (
                "database = \"mysql://u:s3cret@h/d\"",
                "`database = …`: expected `postgres://",
            ),
        ] {
            let error = read(text, &["serve"]).unwrap_err();
            assert_eq!(error.id, "config-file", "{text}");
            assert!(error.message.contains(expected), "{}", error.message);
            assert!(!error.message.contains("s3cret"), "{}", error.message);
        }
    }
}
