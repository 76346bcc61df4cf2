//! Connections to a real socket: slow clients, too many of them, and the end.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use fapilog_market::config::Config;
use fapilog_market::connections::serve;
use fapilog_market::server::router;

use crate::world::World;

/// Longest wait for what must happen.
const LIMIT: Duration = Duration::from_secs(20);
/// A wait that is long against everything on loopback, after which nothing has happened.
const QUIET: Duration = Duration::from_millis(300);

struct Served {
    _world: World,
    address: std::net::SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Served {
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let world = World::with(change).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(
            listener,
            None,
            world.market.clone(),
            router(world.market.clone()),
            stopped,
        ));
        Self {
            _world: world,
            address,
            stop,
            server,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Everything until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is an end as well.
    let read = stream.read_to_end(&mut answer);
    let _ = timeout(LIMIT, read).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_cut_off() {
    let served = Served::with(|config| config.head_timeout = Duration::from_millis(50)).await;
    for beginning in [
        "",
        "GET / HTTP/1.1\r\nHost: x\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut client = served.connect().await;
        client.write_all(beginning.as_bytes()).await.unwrap();
        let answer = rest(&mut client).await;
        // Only the whole request is answered, and its idle connection closed after it.
        assert_eq!(answer.contains("200 OK"), beginning.ends_with("\r\n\r\n"));
    }
}

#[tokio::test]
async fn a_head_beyond_the_limit_is_refused() {
    let served = Served::with(|_| {}).await;
    let mut client = served.connect().await;
    let head = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}",
        "x".repeat(200_000)
    );
    // The server may close before it has read everything.
    let _ = client.write_all(head.as_bytes()).await;
    let answer = rest(&mut client).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let served = Served::with(|config| config.max_connections = 1).await;
    let mut first = served.connect().await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    first.write_all(request).await.unwrap();
    let mut byte = [0];
    timeout(LIMIT, first.read_exact(&mut byte))
        .await
        .unwrap()
        .unwrap();
    let mut second = served.connect().await;
    second.write_all(request).await.unwrap();
    assert!(timeout(QUIET, second.read(&mut byte)).await.is_err());
    drop(first);
    timeout(LIMIT, second.read_exact(&mut byte))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_connection_ends_after_its_time() {
    let served = Served::with(|config| {
        config.connection_timeout = Duration::from_millis(50);
        config.upload_timeout = Duration::from_millis(50);
    })
    .await;
    let mut stuck = served.connect().await;
    let head = b"POST /legacy/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
    stuck.write_all(head).await.unwrap();
    assert_eq!(rest(&mut stuck).await, "");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let served = Served::with(|_| {}).await;
    let mut idle = served.connect().await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    idle.write_all(request).await.unwrap();
    let mut byte = [0];
    timeout(LIMIT, idle.read_exact(&mut byte))
        .await
        .unwrap()
        .unwrap();
    served.stop.send(true).unwrap();
    // Well below the ten seconds that running requests may take.
    timeout(Duration::from_secs(5), served.server)
        .await
        .unwrap()
        .unwrap();
}
