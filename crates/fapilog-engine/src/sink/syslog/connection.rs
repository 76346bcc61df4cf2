//! A connection to a syslog receiver.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::address::{Address, Host};
use super::timed::{Timed, Wire, late};

/// Plain text that goes into TLS before it is known to have gone out.
const TLS_PIECE_BYTES: usize = 16 * 1024;

/// Longest time that the last words of a connection may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// An open way to the receiver.
pub(super) enum Connection {
    Udp(UdpSocket),
    UnixDatagram(UnixDatagram),
    Stream(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

/// Not everything went out.
pub(super) struct Stopped {
    /// Bytes that did, at least.
    pub(super) written: usize,
    pub(super) error: Error,
}

impl Connection {
    /// Connects within the limit, TLS included.
    pub(super) fn open(
        address: &Address,
        tls: Option<&Arc<ClientConfig>>,
        limit: Duration,
    ) -> Result<Self> {
        match address {
            Address::Udp(host) => open_udp(host),
            Address::Tcp(host) => Ok(Self::Stream(open_tcp(host, limit)?)),
            Address::Tls(host) => open_tls(host, tls, limit),
            Address::Unix(path) => open_unix(path, limit),
        }
    }

    /// Whether every message is sent by itself.
    pub(super) fn is_datagram(&self) -> bool {
        matches!(self, Self::Udp(_) | Self::UnixDatagram(_))
    }

    /// Sends one message by itself.
    pub(super) fn send(&self, message: &[u8], limit: Duration) -> Result<()> {
        match self {
            Self::Udp(socket) => {
                socket.set_write_timeout(Some(limit))?;
                socket.send(message)?;
            }
            Self::UnixDatagram(socket) => {
                socket.set_write_timeout(Some(limit))?;
                socket.send(message)?;
            }
            Self::Stream(_) | Self::Tls(_) => return Err(ErrorKind::Unsupported.into()),
        }
        Ok(())
    }

    /// Writes bytes to a stream, all within the limit.
    pub(super) fn write(
        &mut self,
        bytes: &[u8],
        limit: Duration,
    ) -> std::result::Result<(), Stopped> {
        match self {
            Self::Stream(stream) => {
                stream.allow(limit);
                write_all(stream, bytes)
            }
            Self::Tls(stream) => {
                stream.sock.allow(limit);
                let mut written = 0;
                for piece in bytes.chunks(TLS_PIECE_BYTES) {
                    let result = stream.write_all(piece).and_then(|()| stream.flush());
                    result.map_err(|error| Stopped { written, error })?;
                    written += piece.len();
                }
                Ok(())
            }
            Self::Udp(_) | Self::UnixDatagram(_) => Err(Stopped {
                written: 0,
                error: ErrorKind::Unsupported.into(),
            }),
        }
    }

    /// Whether the peer has ended the stream. Syslog has no answers: whatever else it says is read
    /// and forgotten, at most 64 KiB at a time.
    pub(super) fn is_ended(&mut self) -> bool {
        match self {
            Self::Udp(_) | Self::UnixDatagram(_) => false,
            Self::Stream(stream) => {
                stream.allow(FAREWELL);
                if stream.set_nonblocking(true).is_err() {
                    return true;
                }
                let ended = drain(stream);
                ended || stream.set_nonblocking(false).is_err()
            }
            Self::Tls(stream) => {
                stream.sock.allow(FAREWELL);
                if stream.sock.set_nonblocking(true).is_err() {
                    return true;
                }
                let ended = drain(&mut **stream);
                ended || stream.sock.set_nonblocking(false).is_err()
            }
        }
    }

    /// Says that nothing more comes, so that the peer takes what it has.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self {
            Self::Udp(_) | Self::UnixDatagram(_) => Ok(()),
            Self::Stream(stream) => stream.finish(),
            Self::Tls(stream) => {
                stream.sock.allow(FAREWELL);
                stream.conn.send_close_notify();
                stream.flush()?;
                stream.sock.finish()
            }
        }
    }
}

fn write_all(stream: &mut Timed, bytes: &[u8]) -> std::result::Result<(), Stopped> {
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(0) => {
                let error = ErrorKind::WriteZero.into();
                return Err(Stopped { written, error });
            }
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Stopped { written, error }),
        }
    }
    Ok(())
}

/// Reads what is there; whether the stream has ended.
fn drain(stream: &mut impl Read) -> bool {
    let mut nothing = [0; 4096];
    for _ in 0..16 {
        match stream.read(&mut nothing) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
    false
}

fn addresses(host: &Host) -> Result<Vec<SocketAddr>> {
    let found: Vec<_> = (host.name.as_str(), host.port).to_socket_addrs()?.collect();
    if found.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "the host has no address"));
    }
    Ok(found)
}

fn open_udp(host: &Host) -> Result<Connection> {
    let mut last = None;
    for address in addresses(host)? {
        let any = if address.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let opened = UdpSocket::bind(any).and_then(|socket| {
            socket.connect(address)?;
            Ok(socket)
        });
        match opened {
            Ok(socket) => return Ok(Connection::Udp(socket)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(late))
}

fn open_tcp(host: &Host, limit: Duration) -> Result<Timed> {
    let deadline = Instant::now() + limit;
    let mut last = None;
    for address in addresses(host)? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                rustix::net::sockopt::set_socket_keepalive(&stream, true)?;
                let left = deadline.saturating_duration_since(Instant::now());
                return Ok(Timed::new(Wire::Tcp(stream), left));
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(late))
}

fn open_tls(host: &Host, tls: Option<&Arc<ClientConfig>>, limit: Duration) -> Result<Connection> {
    let config = tls.ok_or(ErrorKind::Unsupported)?;
    let name = ServerName::try_from(host.name.clone()).map_err(|_| {
        Error::new(
            ErrorKind::InvalidInput,
            "the host's name cannot be in a certificate",
        )
    })?;
    let mut client = ClientConnection::new(Arc::clone(config), name).map_err(Error::other)?;
    let mut stream = open_tcp(host, limit)?;
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(Connection::Tls(Box::new(StreamOwned::new(client, stream))))
}

/// Datagrams, or a stream where the socket is one.
fn open_unix(path: &Path, limit: Duration) -> Result<Connection> {
    let socket = UnixDatagram::unbound()?;
    match socket.connect(path) {
        Ok(()) => Ok(Connection::UnixDatagram(socket)),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::PROTOTYPE.raw_os_error()) => {
            let stream = UnixStream::connect(path)?;
            Ok(Connection::Stream(Timed::new(Wire::Unix(stream), limit)))
        }
        Err(error) => Err(error),
    }
}
