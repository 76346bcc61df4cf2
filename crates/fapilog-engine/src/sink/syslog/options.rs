//! What a syslog sink is told.

use serde::Deserialize;

use super::super::tls::TlsOptions;
use super::address::Address;
use super::message::Template;

/// Options as the Python face gives them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SyslogOptions {
    /// `udp://host:port`, `tcp://…`, `tls://…` or `unix:///path`.
    address: String,
    /// Number of the facility, 0 to 23.
    facility: u8,
    host_name: Option<String>,
    app_name: String,
    message_id: Option<String>,
    structured_id: Option<String>,
    body: Body,
    framing: Framing,
    max_bytes: Option<usize>,
    connect_timeout: f64,
    write_timeout: f64,
    ca_file: Option<std::path::PathBuf>,
    client_certificate: Option<std::path::PathBuf>,
    client_key: Option<std::path::PathBuf>,
}

/// What the text of a message is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Body {
    /// The record in the sink's format.
    Line,
    /// The record's message alone.
    Message,
}

/// How messages are told apart on a stream.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Framing {
    /// RFC 6587 section 3.4.1 and RFC 5425: the length in front.
    OctetCounting,
    /// RFC 6587 section 3.4.2: a line feed behind.
    Newline,
}

/// The same, checked.
pub(super) struct Plan {
    pub(super) address: Address,
    pub(super) template: Template,
    pub(super) framing: Framing,
    pub(super) connect_timeout: std::time::Duration,
    pub(super) write_timeout: std::time::Duration,
    pub(super) tls: TlsOptions,
}

/// Longest UDP message when nothing is said: what RFC 5424 section 6.1 says receivers should take.
const UDP_BYTES: usize = 2048;

/// The same for other transports: what RFC 5425 section 4.3.1 says they should take.
const OTHER_BYTES: usize = 8192;

impl SyslogOptions {
    pub(super) fn plan(self) -> Result<Plan, String> {
        let address = Address::parse(&self.address)?;
        if self.facility > 23 {
            return Err(format!("facility {} is not one of 0 to 23", self.facility));
        }
        let usual = if matches!(address, Address::Udp(_)) {
            UDP_BYTES
        } else {
            OTHER_BYTES
        };
        let host_name = self.host_name.unwrap_or_else(system_host_name);
        Ok(Plan {
            template: Template::new(
                self.facility,
                &host_name,
                &self.app_name,
                self.message_id.as_deref(),
                self.structured_id.as_deref(),
                self.body,
                self.max_bytes.unwrap_or(usual),
            ),
            address,
            framing: self.framing,
            connect_timeout: seconds(self.connect_timeout)?,
            write_timeout: seconds(self.write_timeout)?,
            tls: TlsOptions {
                ca_file: self.ca_file,
                client_certificate: self.client_certificate,
                client_key: self.client_key,
            },
        })
    }
}

fn seconds(number: f64) -> Result<std::time::Duration, String> {
    std::time::Duration::try_from_secs_f64(number)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| format!("`{number}` is no number of seconds above 0"))
}

fn system_host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}
