//! Where syslog messages go.

use std::fmt;
use std::path::PathBuf;

/// A receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// RFC 5426.
    Udp(Host),
    /// RFC 6587.
    Tcp(Host),
    /// RFC 5425.
    Tls(Host),
    /// A socket of this machine; datagrams, or a stream where it takes none.
    Unix(PathBuf),
}

/// A name or number, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// Without the brackets of an IPv6 number.
    pub(super) name: String,
    pub(super) port: u16,
}

impl Address {
    /// Reads `udp://host[:514]`, `tcp://host[:601]`, `tls://host[:6514]` or `unix:///path`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("the address has no `udp://`, `tcp://`, `tls://` or `unix://`")?;
        Ok(match scheme {
            "udp" => Self::Udp(Host::parse(rest, 514)?),
            "tcp" => Self::Tcp(Host::parse(rest, 601)?),
            "tls" => Self::Tls(Host::parse(rest, 6514)?),
            "unix" if rest.starts_with('/') => Self::Unix(rest.into()),
            "unix" => return Err("a Unix socket is named by its whole path".to_owned()),
            _ => return Err(format!("`{scheme}://` is no transport of syslog")),
        })
    }
}

impl Host {
    fn parse(text: &str, usual_port: u16) -> Result<Self, String> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or("an IPv6 number ends with `]`")?,
            None => match text.find(':') {
                Some(colon) => text.split_at(colon),
                None => (text, ""),
            },
        };
        if name.is_empty() || name.contains(['/', '@', '?', '#', ' ']) {
            return Err("the address has no host, or more than a host and a port".to_owned());
        }
        let port = match port.strip_prefix(':') {
            Some(number) => number
                .parse()
                .map_err(|_| format!("`{number}` is no port"))?,
            None if port.is_empty() => usual_port,
            None => return Err("only a port may follow the host".to_owned()),
        };
        Ok(Self {
            name: name.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp(host) => write!(formatter, "udp://{host}"),
            Self::Tcp(host) => write!(formatter, "tcp://{host}"),
            Self::Tls(host) => write!(formatter, "tls://{host}"),
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(formatter, "[{}]:{}", self.name, self.port)
        } else {
            write!(formatter, "{}:{}", self.name, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_is_read_with_the_usual_port_of_its_transport() {
        for (text, shown) in [
            ("udp://logs", "udp://logs:514"),
            ("tcp://logs:99", "tcp://logs:99"),
            ("tls://[::1]", "tls://[::1]:6514"),
            ("unix:///dev/log", "unix:///dev/log"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "logs",
            "udp://",
            "udp://a:b",
            "udp://u:p@h",
            "http://h",
            "unix://dev",
            "tcp://[::1",
            "tcp://[::1]x",
            "tcp://h:70000",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
