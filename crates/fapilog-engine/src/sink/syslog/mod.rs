//! Syslog: RFC 5424 messages over UDP, TCP, TLS or a Unix socket.

mod address;
mod connection;
mod message;
mod options;
mod timed;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::{Retry, Sink, WriteError};
use crate::diagnostics::Diagnostics;
use crate::portion::Portion;
use address::Address;
use connection::{Connection, Stopped};
use message::Template;
pub(super) use options::SyslogOptions;
use options::{Framing, Plan};

/// Sends records to a syslog receiver.
///
/// The connection is made with the first records and again after every failure. A record counts as
/// taken once the system has all of its message; syslog has no acknowledgement, so what stands in
/// the system's buffers when a peer resets the connection is lost without anyone knowing. To keep
/// that small, a connection that the peer has ended is noticed before each portion. A message that
/// went out in part is sent again as a whole: the receiver may see a part of it first.
pub struct SyslogSink {
    name: String,
    address: Address,
    template: Template,
    framing: Framing,
    connect_timeout: Duration,
    write_timeout: Duration,
    tls: Option<Arc<ClientConfig>>,
    connection: Option<Connection>,
    /// The messages of a portion, one behind the other, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    diagnostics: Diagnostics,
}

impl SyslogSink {
    /// A sink that connects when it is first used.
    ///
    /// # Errors
    /// A text: which option cannot be used, and why.
    pub(super) fn new(options: SyslogOptions) -> Result<Self, String> {
        let Plan {
            address,
            template,
            framing,
            connect_timeout,
            write_timeout,
            tls,
        } = options.plan()?;
        let tls = match address {
            Address::Tls(_) => Some(tls.read()?.client_config()?),
            _ => None,
        };
        Ok(Self {
            name: format!("syslog:{address}"),
            address,
            template,
            framing,
            connect_timeout,
            write_timeout,
            tls,
            connection: None,
            text: Vec::new(),
            ends: Vec::new(),
            diagnostics: Diagnostics::default(),
        })
    }

    /// The connection, made anew when there is none or the peer has ended it.
    fn connect(&mut self) -> Result<Connection, WriteError> {
        if let Some(mut connection) = self.connection.take()
            && !connection.is_ended()
        {
            return Ok(connection);
        }
        Connection::open(&self.address, self.tls.as_ref(), self.connect_timeout)
            .map_err(|error| WriteError::of_sink(format!("cannot connect: {error}")))
    }

    /// Encodes the portion into `text` and `ends`.
    fn encode(&mut self, portion: &Portion<'_>, framed: bool) {
        self.text.clear();
        self.ends.clear();
        let mut message = Vec::new();
        let mut cut = 0_usize;
        for (frame, line) in portion.frames().zip(portion.lines()) {
            message.clear();
            let left_out = self.template.push(&mut message, &frame, line);
            cut += usize::from(left_out > 0);
            match self.framing {
                _ if !framed => self.text.extend_from_slice(&message),
                Framing::OctetCounting => {
                    let mut number = itoa::Buffer::new();
                    let length = number.format(message.len());
                    self.text.extend_from_slice(length.as_bytes());
                    self.text.push(b' ');
                    self.text.extend_from_slice(&message);
                }
                Framing::Newline => push_one_line(&mut self.text, &message),
            }
            self.ends.push(self.text.len());
        }
        if cut > 0 {
            let name = &self.name;
            self.diagnostics.report(
                "cut",
                &format!("sink `{name}`: {cut} messages were cut to `max_bytes`"),
            );
        }
    }

    fn send_each(&self, connection: &Connection) -> Result<(), WriteError> {
        let mut start = 0;
        for (done, &end) in self.ends.iter().enumerate() {
            if let Err(error) = connection.send(&self.text[start..end], self.write_timeout) {
                let too_long =
                    error.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error());
                let failure = if too_long {
                    WriteError::of_record(error.to_string()).retry(Retry::Never)
                } else {
                    WriteError::of_sink(cause(&error))
                };
                return Err(failure.after(done));
            }
            start = end;
        }
        Ok(())
    }

    fn send_all(&self, connection: &mut Connection) -> Result<(), WriteError> {
        let sent = connection.write(&self.text, self.write_timeout);
        sent.map_err(|Stopped { written, error }| {
            let done = self.ends.partition_point(|&end| end <= written);
            WriteError::of_sink(cause(&error)).after(done)
        })
    }
}

impl Sink for SyslogSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let mut connection = self.connect()?;
        let datagrams = connection.is_datagram();
        self.encode(portion, !datagrams);
        let result = if datagrams {
            self.send_each(&connection)
        } else {
            self.send_all(&mut connection)
        };
        // After an error nobody knows where in a message a stream stands.
        if result
            .as_ref()
            .err()
            .is_none_or(|error| error.retry == Retry::Never)
        {
            self.connection = Some(connection);
        }
        result
    }

    fn close(&mut self) -> Result<(), String> {
        match self.connection.take() {
            Some(mut connection) => connection.finish().map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}

/// Appends a message as one line: a line feed inside would end it.
fn push_one_line(text: &mut Vec<u8>, message: &[u8]) {
    for &byte in message {
        if byte == b'\n' {
            text.extend_from_slice(b"\\n");
        } else {
            text.push(byte);
        }
    }
    text.push(b'\n');
}

fn cause(error: &std::io::Error) -> String {
    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) {
        "the peer took nothing within `write_timeout`".to_owned()
    } else {
        error.to_string()
    }
}
