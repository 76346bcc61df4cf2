//! `POST /legacy/`: the upload interface that twine, uv, hatch and poetry speak.

use std::future::Future;
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fapilog_package::name::shorten;
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::bounded_body::{BoundedBody, Buffered};
use crate::error::MarketError;
use crate::form::Form;
use crate::handlers::page::moved;
use crate::market::Market;
use crate::publish::{Published, Received, publish};
use crate::queries::tokens::{self, TokenRow};
use crate::token::{PREFIX, Token};

/// The user name that goes with a token.
const TOKEN_USER: &str = "__token__";
/// Most form fields: a description has one, classifiers and requirements one for each line.
const MAX_FIELDS: usize = 4096;
/// Most bytes of all form fields beside the file.
pub const MAX_FORM_BYTES: u64 = 8 * 1024 * 1024;
/// How much of a refused upload is still read, so that its sender gets to see the answer instead
/// of a broken connection.
const MAX_DRAINED_BYTES: u64 = 128 * 1024 * 1024;
/// How long that may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
/// How long an upload waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Receives a file and publishes it.
pub async fn post(State(market): State<Market>, request: Request) -> Response {
    let json = wants_json(request.headers());
    match upload(&market, request).await {
        Ok(Published::New) => "published\n".into_response(),
        Ok(Published::Already) => "the same file is published already\n".into_response(),
        Err(error) => {
            tracing::info!(id = error.id, reason = error.message, "upload refused");
            error.into_upload_response(json)
        }
    }
}

/// `POST /legacy`: the address with the slash that belongs there; the method stays.
pub async fn without_slash(uri: Uri) -> Redirect {
    moved("legacy/", &uri)
}

/// `GET /legacy/`: what a person sees who follows the address.
pub async fn get() -> Response {
    let error = MarketError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "this address takes uploads only",
        "upload with `twine upload --repository-url URL` or `uv publish --publish-url URL`",
    );
    ([(header::ALLOW, "POST")], error).into_response()
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}

async fn upload(market: &Market, request: Request) -> Result<Published, MarketError> {
    let token = match admit(market, request.headers()).await {
        Ok(token) => token,
        Err(error) => {
            drain(request.into_body()).await;
            return Err(error);
        }
    };
    let turn = timeout(TURN_TIMEOUT, market.receiving.acquire()).await;
    let _turn = turn.map_err(|_| {
        MarketError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many uploads at the same time",
            "try again in a minute",
        )
    })?;
    let received = timeout(market.config.upload_timeout, receive(market, request)).await;
    let (form, received) = received.map_err(|_| too_slow())??;
    publish(market, &token, form, received).await
}

/// Everything that can be refused before the body is read.
async fn admit(market: &Market, headers: &HeaderMap) -> Result<TokenRow, MarketError> {
    let token = authenticate(market, headers).await?;
    let length = headers.get(header::CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > market.config.max_upload_bytes + MAX_FORM_BYTES) {
        return Err(too_large(market));
    }
    Ok(token)
}

async fn authenticate(market: &Market, headers: &HeaderMap) -> Result<TokenRow, MarketError> {
    let refused = |status, message: &str| {
        let hint = format!(
            "use the user name `{TOKEN_USER}` and a token that begins with `{PREFIX}`; make one \
             with `fapilog-market token create`"
        );
        MarketError::new(status, "token", message, hint)
    };
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return Err(refused(StatusCode::UNAUTHORIZED, "uploads need a token"));
    };
    let wrong = || refused(StatusCode::FORBIDDEN, "the token is wrong or was revoked");
    let token = header
        .to_str()
        .ok()
        .and_then(parse_basic)
        .ok_or_else(wrong)?;
    let row = tokens::find(&market.database, &token.id).await?;
    row.filter(|row| token.matches(row)).ok_or_else(wrong)
}

/// The token in a `Basic` header, if user and form are right.
fn parse_basic(value: &str) -> Option<Token> {
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    (scheme.eq_ignore_ascii_case("basic") && user == TOKEN_USER)
        .then(|| Token::parse(password))
        .flatten()
}

/// Reads and forgets the rest of a refused upload, within bounds.
async fn drain(body: Body) {
    let mut body = body;
    let read = async {
        let mut left = MAX_DRAINED_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(bytes) {
                Some(remaining) => left = remaining,
                None => break,
            }
        }
    };
    // Whether it worked makes no difference: the request is refused in any case.
    let _ = timeout(DRAIN_TIMEOUT, read).await;
}

async fn receive(market: &Market, request: Request) -> Result<(Form, Received), MarketError> {
    let buffered = Buffered::default();
    let request = request.map(|body| Body::new(BoundedBody::new(body, buffered.clone())));
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| {
            MarketError::bad_request(
                "bad-form",
                format!(
                    "the request is no multipart form: {}",
                    shorten(&error.body_text())
                ),
                "upload with `twine upload` or `uv publish`",
            )
        })?;
    let mut form = Form::default();
    let mut received = None;
    let mut left = MAX_FORM_BYTES;
    for _ in 0..MAX_FIELDS {
        let next = in_time(market, parts.next_field()).await?;
        buffered.forget();
        let Some(field) = next.map_err(|error| broken(market, &error))? else {
            let received = received.ok_or_else(|| bad_form("the form has no `content` file"))?;
            return Ok((form, received));
        };
        if field.name() == Some("content") {
            if received.is_some() {
                return Err(bad_form("the form has more than one `content` file"));
            }
            received = Some(receive_file(market, field, &buffered).await?);
        } else {
            receive_text(market, field, &buffered, &mut form, &mut left).await?;
        }
    }
    Err(bad_form("the form has more than 4096 fields"))
}

async fn receive_text(
    market: &Market,
    mut field: Field<'_>,
    buffered: &Buffered,
    form: &mut Form,
    left: &mut u64,
) -> Result<(), MarketError> {
    let target = match field.name().unwrap_or_default() {
        ":action" => Some(&mut form.action),
        "protocol_version" => Some(&mut form.protocol_version),
        "name" => Some(&mut form.name),
        "version" => Some(&mut form.version),
        "filetype" => Some(&mut form.filetype),
        "sha256_digest" => Some(&mut form.sha256_digest),
        // Everything else is read from the file itself.
        _ => None,
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = in_time(market, field.chunk())
        .await?
        .map_err(|error| broken(market, &error))?
    {
        buffered.forget();
        let remaining = left.checked_sub(chunk.len() as u64);
        *left = remaining.ok_or_else(|| bad_form("the form's fields are larger than 8 MiB"))?;
        if target.is_some() {
            bytes.extend_from_slice(&chunk);
        }
    }
    if let Some(target) = target {
        let text = String::from_utf8(bytes).map_err(|_| bad_form("a field is not UTF-8"))?;
        if target.replace(text).is_some() {
            return Err(bad_form("a field stands twice in the form"));
        }
    }
    Ok(())
}

async fn receive_file(
    market: &Market,
    mut field: Field<'_>,
    buffered: &Buffered,
) -> Result<Received, MarketError> {
    let internal = |error: std::io::Error| MarketError::internal(&error);
    let filename = field.file_name().unwrap_or_default().to_owned();
    let file = market.storage.new_upload().map_err(internal)?;
    let mut target = tokio::fs::File::from_std(file.reopen().map_err(internal)?);
    let mut hasher = Sha256::new();
    let mut size_bytes = 0_u64;
    while let Some(chunk) = in_time(market, field.chunk())
        .await?
        .map_err(|error| broken(market, &error))?
    {
        buffered.forget();
        size_bytes += chunk.len() as u64;
        if size_bytes > market.config.max_upload_bytes {
            return Err(too_large(market));
        }
        hasher.update(&chunk);
        target.write_all(&chunk).await.map_err(internal)?;
    }
    target.flush().await.map_err(internal)?;
    Ok(Received {
        filename,
        file,
        sha256: hex::encode(hasher.finalize()),
        size_bytes,
    })
}

/// Waits for the client's next bytes, but not for ever.
async fn in_time<F: Future>(market: &Market, next: F) -> Result<F::Output, MarketError> {
    timeout(market.config.upload_idle_timeout, next)
        .await
        .map_err(|_| too_slow())
}

fn bad_form(message: &str) -> MarketError {
    MarketError::bad_request(
        "bad-form",
        message,
        "upload with `twine upload` or `uv publish`",
    )
}

fn broken(market: &Market, error: &MultipartError) -> MarketError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(market);
    }
    MarketError::bad_request(
        "upload-broken",
        "the upload ended before it was complete, or is no valid form",
        "check the connection and upload again",
    )
}

fn too_large(market: &Market) -> MarketError {
    MarketError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "file-too-large",
        format!(
            "the upload is larger than {} bytes",
            market.config.max_upload_bytes
        ),
        "leave data out of the package, or ask the operator to raise `--max-upload-bytes`",
    )
}

fn too_slow() -> MarketError {
    MarketError::new(
        StatusCode::REQUEST_TIMEOUT,
        "upload-timeout",
        "the upload took too long",
        "check the connection and upload again",
    )
}
