//! What holds for all answers, and the life of the server.

use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::config::Config;
use crate::connections;
use crate::downloads;
use crate::error::MarketError;
use crate::handlers::assets;
use crate::jobs::worker;
use crate::market::Market;
use crate::metrics;
use crate::routes;
use crate::tls;

/// How long jobs may go on after the signal to stop; what is cut off is taken up by others.
const WORK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the database may take to close.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages hold nothing but the own style sheet, own images and the one script, which the policy names
/// by its digest; they talk to nobody else and can't be framed.
static CONTENT_SECURITY_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         script-src '{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        assets::script_integrity()
    );
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

/// All routes over one marketplace.
pub fn router(market: Market) -> Router {
    routes::table()
        .into_router(&market)
        .layer(map_response(protect))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(from_fn_with_state(market.clone(), metrics::count))
        .with_state(market)
}

/// What the log tells of a request: never its query, which can hold the secret of a link.
fn span<B>(request: &Request<B>) -> Span {
    tracing::debug_span!(
        "request",
        method = %request.method(),
        path = request.uri().path()
    )
}

/// The headers that every answer bears.
async fn protect(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 3] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Other sites are told nothing. Our own forms have to say that they are ours: under `no-referrer`
        // browsers send them with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        CONTENT_SECURITY_POLICY.clone(),
    );
    response
}

/// Serves, and does jobs, until SIGTERM or SIGINT. Prints one line with the address on standard
/// output as soon as requests are answered.
///
/// # Errors
///
/// What [`Market::open`] reports; `listen` when an address can't be used, `tls` when a certificate
/// can't be.
pub async fn serve(mut config: Config) -> Result<(), MarketError> {
    let listener = listen(config.listen, "--listen").await?;
    config.listen = address_of(&listener)?;
    let acceptor = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let scheme = match acceptor {
        Some(_) => "https",
        None => "http",
    };
    let address = config.listen;
    let market = Market::open(config).await?;
    let stopped = stop_on_signal(&market)?;
    let operation = serve_operation(&market, &stopped).await?;
    let working = Working::start(&market);
    announce(&format!("fapilog-market ready at {scheme}://{address}"))?;
    let writing = tokio::spawn(downloads::writer::run(market.clone(), stopped.clone()));
    let routes = router(market.clone());
    connections::serve(listener, acceptor, market.clone(), routes, stopped).await;
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, writing).await;
    end(market, working, operation).await
}

/// Does jobs until SIGTERM or SIGINT. Prints one line on standard output as soon as it does.
///
/// # Errors
///
/// What [`Market::open`] reports; `listen`.
pub async fn work(config: Config) -> Result<(), MarketError> {
    let market = Market::open(config).await?;
    let stopped = stop_on_signal(&market)?;
    let operation = serve_operation(&market, &stopped).await?;
    let working = Working::start(&market);
    announce("fapilog-market worker ready")?;
    connections::seen(stopped).await;
    end(market, working, operation).await
}

type Task = tokio::task::JoinHandle<()>;

/// The workers of this process. They go on until all requests have ended: an upload may wait for
/// its verdict.
struct Working {
    stop: watch::Sender<bool>,
    task: Task,
}

impl Working {
    fn start(market: &Market) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(worker::work(market.clone(), stopped));
        Self { stop, task }
    }
}

async fn end(market: Market, working: Working, operation: Option<Task>) -> Result<(), MarketError> {
    let _ = working.stop.send(true);
    if tokio::time::timeout(WORK_TIMEOUT, working.task)
        .await
        .is_err()
    {
        tracing::warn!("some jobs did not end in time; they are taken up by others");
    }
    if let Some(operation) = operation {
        operation.abort();
    }
    // Blocked only while a request that was cut off still waits for its statement.
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, market.database.close()).await;
    Ok(())
}

/// The address for operators, if there is one.
async fn serve_operation(
    market: &Market,
    stopped: &watch::Receiver<bool>,
) -> Result<Option<Task>, MarketError> {
    let Some(address) = market.config.operation_listen else {
        return Ok(None);
    };
    let listener = listen(address, "--operation-listen").await?;
    let address = address_of(&listener)?;
    tracing::info!(%address, "metrics and health");
    let routes = routes::operation_table().into_router(market);
    let routes = routes.with_state(market.clone());
    let (market, stopped) = (market.clone(), stopped.clone());
    Ok(Some(tokio::spawn(async move {
        connections::serve(listener, None, market, routes, stopped).await;
    })))
}

async fn listen(address: SocketAddr, option: &str) -> Result<TcpListener, MarketError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| unusable(&address.to_string(), option, &cause))
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, MarketError> {
    listener
        .local_addr()
        .map_err(|cause| unusable("the address", "--listen", &cause))
}

fn unusable(address: &str, option: &str, cause: &std::io::Error) -> MarketError {
    MarketError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "listen",
        format!("can't listen on `{address}`: {cause}"),
        format!("choose another address with `{option}`, for example `{option} 127.0.0.1:0`"),
    )
}

/// Tells everyone when the signal to stop has come.
fn stop_on_signal(market: &Market) -> Result<watch::Receiver<bool>, MarketError> {
    let (stop, stopped) = watch::channel(false);
    let signalled = wait_for_signal()?;
    let market = market.clone();
    tokio::spawn(async move {
        signalled.await;
        tracing::info!("stopping");
        market.stop();
        let _ = stop.send(true);
    });
    Ok(stopped)
}

/// SIGTERM and SIGINT mean the same: finish what is running, then end with success.
fn wait_for_signal() -> Result<impl Future<Output = ()> + Send, MarketError> {
    let install = |kind| signal(kind).map_err(|error| MarketError::internal(&error));
    let mut terminate = install(SignalKind::terminate())?;
    let mut interrupt = install(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn announce(line: &str) -> Result<(), MarketError> {
    let mut output = std::io::stdout();
    writeln!(output, "{line}")
        .and_then(|()| output.flush())
        .map_err(|error| MarketError::internal(&error))
}
