//! What holds for all answers, and the life of the server.

use std::future::Future;
use std::io::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::config::Config;
use crate::connections;
use crate::downloads;
use crate::error::MarketError;
use crate::handlers::assets;
use crate::market::Market;
use crate::routes;

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
        (header::REFERRER_POLICY, "no-referrer"),
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

/// Serves until SIGTERM or SIGINT. Prints one line with the address on standard output as soon as
/// requests are answered.
///
/// # Errors
///
/// What [`Market::open`] reports; `listen` when the address can't be used.
pub async fn serve(mut config: Config) -> Result<(), MarketError> {
    let unusable = |address: String, cause: std::io::Error| {
        MarketError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "listen",
            format!("can't listen on `{address}`: {cause}"),
            "choose another address with `--listen`, for example `--listen 127.0.0.1:0`",
        )
    };
    let wanted = config.listen.to_string();
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| unusable(wanted.clone(), error))?;
    config.listen = listener
        .local_addr()
        .map_err(|error| unusable(wanted, error))?;
    let address = config.listen;
    let market = Market::open(config).await?;
    let database = market.database.clone();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let signalled = wait_for_signal()?;
    tokio::spawn(async move {
        signalled.await;
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    let writing = tokio::spawn(downloads::writer::run(market.clone(), stopped.clone()));
    announce(&format!("fapilog-market ready at http://{address}"))?;
    connections::serve(listener, market, stopped).await;
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, writing).await;
    // Blocked only while a request that was cut off still waits for its statement.
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, database.close()).await;
    Ok(())
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
