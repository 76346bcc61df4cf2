//! Connections: how many there may be, how long each may take, and how they end.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::client_address::ClientAddress;
use crate::market::Market;
use crate::server::router;

/// How long requests may still run after the signal to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause when no connection can be accepted, as when the limit of open files is reached.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Most bytes of a request's head. Also the size of reads, of which an upload has many at most.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Serves until `stopped` holds `true`, then lets running requests end within ten seconds.
pub async fn serve(listener: TcpListener, market: Market, stopped: watch::Receiver<bool>) {
    let most = market.config.max_connections;
    let places = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX)));
    let service = TowerToHyperService::new(router(market.clone()));
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
                        client: ClientAddress::new(peer.ip()),
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
async fn seen(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// What one connection needs; its place is free again when it ends.
struct Life {
    market: Market,
    client: ClientAddress,
    stopped: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Life {
    async fn spend(self, stream: TcpStream, service: TowerToHyperService<axum::Router>) {
        let config = &self.market.config;
        let client = self.client;
        let service = service_fn(move |mut request: hyper::Request<_>| {
            request.extensions_mut().insert(client);
            service.call(request)
        });
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
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
