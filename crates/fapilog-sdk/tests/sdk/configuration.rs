//! Configuration into types of the plugin's own.

use fapilog_sdk::testing::Host;
use fapilog_sdk::{Config, Error, Filter, Plugin, Record, Table, Verdict};

#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    port: u16,
    token: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 80,
            token: String::new(),
        }
    }
}

struct Configured;

impl Plugin for Configured {
    const NAME: &'static std::ffi::CStr = c"configured";

    fn create(config: Config<'_>) -> Result<Self, Error> {
        assert_eq!(format!("{config:?}"), "Config(****)");
        let options: Options = config.read()?;
        if options.port == 0 {
            return Err(format!("a port, found {} bytes of token", options.token.len()).into());
        }
        Ok(Self)
    }
}

impl Filter for Configured {
    fn filter(&mut self, _: Record<'_>) -> Result<Verdict, Error> {
        Ok(Verdict::Keep)
    }
}

static CONFIGURED: Table = Table::filter::<Configured>();

#[test]
fn options_are_read_and_may_be_left_out() {
    for config in ["{}", "", r#"{"port": 8080}"#, r#"{"token": "x"}"#] {
        Host::start(&CONFIGURED, config).unwrap();
    }
}

#[test]
fn what_does_not_fit_is_named_and_no_secret_is_shown() {
    for (config, named) in [
        (r#"{"prot": 1}"#, "unknown field `prot`"),
        (
            r#"{"port": "hunter2"}"#,
            "invalid type: a text, expected u16",
        ),
        (
            r#"{"port": "hunter2\", expected x"}"#,
            "invalid type: a text, expected u16",
        ),
        (r#"{"port": 70000}"#, "expected u16"),
        (
            r#"{"port": 0, "token": "hunter2"}"#,
            "found 7 bytes of token",
        ),
        ("[", "EOF"),
    ] {
        let failure = Host::start(&CONFIGURED, config).unwrap_err();
        assert!(failure.contains(named), "{failure}");
        assert!(!failure.contains("hunter2"), "{failure}");
    }
}
