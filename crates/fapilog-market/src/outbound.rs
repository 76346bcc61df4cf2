//! Requests that this server makes: to identity providers, to addresses that people configure.
//!
//! An address can be anybody's choice, so that it must not lead into the network the server stands
//! in. Names are resolved here, once for each request; every address is judged, and the connection goes
//! to the very address that was judged: a name that resolves differently a moment later gains nothing.
//! Redirects are not followed.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::error::MarketError;

/// Which addresses may be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboundPolicy {
    /// Public ones, by TLS only.
    PublicOnly,
    /// All, and without TLS too: for marketplaces whose peers stand in the same network.
    Everywhere,
}

/// How much an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For the whole exchange.
    pub time: Duration,
    /// Of the answer's body.
    pub bytes: usize,
}

/// What is asked of the network: names, and connections to addresses.
pub trait Network: std::fmt::Debug + Send + Sync {
    /// The addresses of a name now.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Asking<'a, Vec<SocketAddr>>;

    /// A connection to an address.
    fn connect(&self, address: SocketAddr) -> Asking<'_, TcpStream>;
}

/// What a [`Network`] answers after a while.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// The network that the system knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Asking<'a, Vec<SocketAddr>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }

    fn connect(&self, address: SocketAddr) -> Asking<'_, TcpStream> {
        Box::pin(TcpStream::connect(address))
    }
}

/// Makes requests under a policy. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    policy: OutboundPolicy,
    network: Arc<dyn Network>,
    tls: TlsConnector,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Outbound({:?})", self.policy)
    }
}

impl Outbound {
    /// A client that trusts the system's certificate authorities.
    ///
    /// # Errors
    ///
    /// `internal` when TLS can't be set up.
    pub fn new(policy: OutboundPolicy, network: Arc<dyn Network>) -> Result<Self, MarketError> {
        let mut roots = RootCertStore::empty();
        // A system without authorities still reaches peers that need no TLS.
        let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| MarketError::internal(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            policy,
            network,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> OutboundPolicy {
        self.policy
    }

    /// Whether an address has a form that may be talked to; what its name resolves to is judged on
    /// each use.
    ///
    /// # Errors
    ///
    /// `outbound`.
    pub fn check(&self, address: &str) -> Result<Uri, MarketError> {
        let uri: Uri = address
            .parse()
            .map_err(|_| refused("it is no web address"))?;
        let host = uri.host().unwrap_or_default();
        let scheme = uri.scheme_str().unwrap_or_default();
        let tls = scheme == "https";
        let plain = scheme == "http" && self.policy == OutboundPolicy::Everywhere;
        if host.is_empty() || !(tls || plain) {
            return Err(refused("it does not begin with `https://` and a host"));
        }
        if uri
            .authority()
            .is_some_and(|part| part.as_str().contains('@'))
        {
            return Err(refused("it holds a user or a password"));
        }
        if let Some(literal) = literal(host) {
            self.judge(literal)?;
        }
        Ok(uri)
    }

    fn judge(&self, address: IpAddr) -> Result<(), MarketError> {
        if self.policy == OutboundPolicy::Everywhere || is_public(address) {
            return Ok(());
        }
        Err(refused("its host is in a private network"))
    }

    /// Sends a request and reads the answer whole.
    ///
    /// # Errors
    ///
    /// `outbound` when the address may not be talked to, `outbound-failed` when nobody answers in
    /// time, or too much.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, MarketError> {
        timeout(bounds.time, self.exchange(request, bounds.bytes))
            .await
            .map_err(|_| failed("it took too long"))?
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        most: usize,
    ) -> Result<Response<Bytes>, MarketError> {
        let uri = self.check(&request.uri().to_string())?;
        let host = uri.host().unwrap_or_default();
        let tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let stream = self.connect(host, port).await?;
        let request = for_the_wire(request, &uri)?;
        if tls {
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
                .map_err(|_| refused("its host is no name"))?;
            let stream = self.tls.connect(name, stream).await;
            talk(
                stream.map_err(|_| failed("TLS could not be agreed"))?,
                request,
                most,
            )
            .await
        } else {
            talk(stream, request, most).await
        }
    }

    /// Connects to the first address that may be talked to and answers.
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, MarketError> {
        let addresses: Vec<SocketAddr> = match literal(host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => {
                let known = self.network.resolve(host, port).await;
                known.map_err(|_| failed("its name is unknown"))?
            }
        };
        let mut last = failed("its name has no address");
        for address in addresses {
            match self.judge(address.ip()) {
                Ok(()) => match self.network.connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(_) => last = failed("nobody answers there"),
                },
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// The address in a host that is none but an address.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

/// The request as it goes over the connection: path alone, with the host beside it.
fn for_the_wire(request: Request<Bytes>, uri: &Uri) -> Result<Request<Body>, MarketError> {
    let (mut parts, body) = request.into_parts();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = HeaderValue::from_str(authority).map_err(|_| refused("its host is no name"))?;
    parts.headers.insert(header::HOST, host);
    let agent = concat!("fapilog-market/", env!("CARGO_PKG_VERSION"));
    let agent = HeaderValue::from_static(agent);
    parts.headers.entry(header::USER_AGENT).or_insert(agent);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse().map_err(|_| refused("its path is broken"))?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

async fn talk<S>(
    stream: S,
    request: Request<Body>,
    most: usize,
) -> Result<Response<Bytes>, MarketError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |_| failed("the connection broke");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let connection = tokio::spawn(connection);
    let answered = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, most).collect().await;
        let body = body.map_err(|_| failed("the answer is too large, or broke off"))?;
        Ok::<_, MarketError>(Response::from_parts(parts, body.to_bytes()))
    };
    let answered = answered.await;
    connection.abort();
    answered
}

fn refused(why: &str) -> MarketError {
    MarketError::bad_request(
        "outbound",
        format!("the address can't be used: {why}"),
        "give a public `https://` address, or ask the operator for `--allow-private-addresses`",
    )
}

fn failed(why: &str) -> MarketError {
    MarketError::new(
        axum::http::StatusCode::BAD_GATEWAY,
        "outbound-failed",
        format!("another server could not be asked: {why}"),
        "check its address and try again",
    )
}

/// Whether an address belongs to the public internet (IANA's special-purpose registries).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // Shared between providers and their customers (RFC 6598).
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, relays, benchmarks.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = match segments {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) lead to the address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some((high, low)),
        [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = embedded {
        let bits = (u32::from(high) << 16) | u32::from(low);
        return is_public_v4(Ipv4Addr::from_bits(bits));
    }
    // Only global unicast; within it neither Teredo and its neighbours nor documentation.
    let global = segments[0] & 0xe000 == 0x2000;
    let special = match segments[0] {
        0x2001 => segments[1] < 0x200 || segments[1] == 0xdb8,
        0x3fff => segments[1] < 0x1000,
        _ => false,
    };
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(policy: OutboundPolicy) -> Outbound {
        Outbound::new(policy, Arc::new(SystemNetwork)).unwrap()
    }

    #[test]
    fn only_public_addresses_are_public() {
        for text in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "::7f00:1",
            "64:ff9b:1::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "93.184.216.34",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[tokio::test]
    async fn names_and_spellings_of_this_machine_are_not_talked_to() {
        let outbound = system(OutboundPolicy::PublicOnly);
        let bounds = Bounds {
            time: Duration::from_secs(5),
            bytes: 1000,
        };
        for address in [
            "https://localhost/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data/",
            "http://example.org/",
            "https://user:secret@example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
        ] {
            let request = Request::get(address).body(Bytes::new());
            let Ok(request) = request else { continue };
            let error = outbound.send(request, bounds).await.unwrap_err();
            let refused = error.id == "outbound" || error.message.contains("name");
            assert!(refused, "{address}: {error}");
            assert!(!error.message.contains("secret"));
        }
    }

    #[tokio::test]
    async fn an_answer_is_read_within_bounds_and_redirects_are_not_followed() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 1024];
                let _ = stream.read(&mut head).await;
                let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\
                     Content-Length: 5\r\n\r\nhello";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let outbound = system(OutboundPolicy::Everywhere);
        let send = async |bytes| {
            let time = Duration::from_secs(5);
            let request = Request::get(format!("http://{address}/x")).body(Bytes::new());
            outbound
                .send(request.unwrap(), Bounds { time, bytes })
                .await
        };
        let answer = send(5).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.body().as_ref()),
            (302, &b"hello"[..])
        );
        assert_eq!(send(4).await.unwrap_err().id, "outbound-failed");
    }
}
