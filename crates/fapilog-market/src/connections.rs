//! Connections: how many there may be, how long each may take, and how they end.

use std::sync::Arc;
use std::time::Duration;

use std::net::SocketAddr;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::client_address::ClientAddress;
use crate::market::Market;

/// How long requests may still run after the signal to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause when no connection can be accepted, as when the limit of open files is reached.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Most bytes of a request's head. Also the size of reads, of which an upload has many at most.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Serves until `stopped` holds `true`, then lets running requests end within ten seconds. Speaks TLS
/// when there is an acceptor.
pub async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    market: Market,
    routes: Router,
    stopped: watch::Receiver<bool>,
) {
    let most = market.config.max_connections;
    let places = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX)));
    let service = TowerToHyperService::new(routes);
    let accepting = async {
        loop {
            // Never closed, so that there is always a place in the end.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let life = Life {
                        market: market.clone(),
                        peer,
                        acceptor: acceptor.clone(),
                        stopped: stopped.clone(),
                        _place: place,
                    };
                    tokio::spawn(life.spend(stream, service.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = seen(stopped.clone()) => {}
    }
    drop(listener);
    // All places are free when all connections have ended.
    let ended = timeout(SHUTDOWN_TIMEOUT, places.acquire_many(most)).await;
    if ended.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// Returns when the value is `true`, or its sender is gone, which means the same.
pub async fn seen(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// What one connection needs; its place is free again when it ends.
struct Life {
    market: Market,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    stopped: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Life {
    async fn spend(self, stream: TcpStream, service: TowerToHyperService<Router>) {
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = self.acceptor.clone() else {
            return self.speak(stream, service).await;
        };
        match timeout(self.market.config.head_timeout, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, service).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection didn't speak TLS"),
            Err(_) => tracing::debug!("a connection took too long to begin TLS"),
        }
    }

    async fn speak<S>(self, stream: S, service: TowerToHyperService<Router>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let config = &self.market.config;
        let service = service_fn(|mut request: Request<Incoming>| {
            ClientAddress::note(&mut request, self.peer.ip(), &config.trusted_proxies);
            service.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(config.head_timeout)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = seen(self.stopped.clone()) => None,
            () = sleep(config.connection_timeout) => None,
        };
        let ended = match ended {
            Some(ended) => Ok(ended),
            None => {
                connection.as_mut().graceful_shutdown();
                timeout(config.upload_timeout, connection).await
            }
        };
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection was broken off"),
            Err(_) => tracing::warn!("a connection took too long and was cut off"),
        }
    }
}
