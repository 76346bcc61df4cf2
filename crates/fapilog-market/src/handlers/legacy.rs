//! `POST /legacy/`: the upload interface that twine, uv, hatch and poetry speak.

use std::future::Future;
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use fapilog_package::name::shorten;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::bounded_body::{BoundedBody, Buffered};
use crate::drain::drain;
use crate::error::MarketError;
use crate::form::Form;
use crate::handlers::page::{moved, wants_json};
use crate::intake::submit::Received;
use crate::intake::{Accepted, submit};
use crate::market::Market;
use crate::principal::Principal;

/// Most form fields: a description has one, classifiers and requirements one for each line.
const MAX_FIELDS: usize = 4096;
/// Most bytes of all form fields beside the file.
pub const MAX_FORM_BYTES: u64 = 8 * 1024 * 1024;
/// How long an upload waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Receives a file and publishes it.
pub async fn post(
    State(market): State<Market>,
    principal: Principal,
    request: Request,
) -> Response {
    let json = wants_json(request.headers());
    match upload(&market, &principal, request).await {
        Ok(Accepted::Published) => "published\n".into_response(),
        Ok(Accepted::Already) => "the same file is published already\n".into_response(),
        Ok(Accepted::Waiting(id)) => waiting(&market, &id),
        Err(error) => {
            tracing::info!(id = error.id, reason = error.message, "upload refused");
            error.into_upload_response(json)
        }
    }
}

/// The verdict takes longer than the client should wait; it is told where to look for it.
fn waiting(market: &Market, id: &str) -> Response {
    let address = format!("{}/uploads/{id}", market.public_url);
    let text = format!("accepted, and being judged: see {address}\n");
    (StatusCode::ACCEPTED, [(header::LOCATION, address)], text).into_response()
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

async fn upload(
    market: &Market,
    principal: &Principal,
    request: Request,
) -> Result<Accepted, MarketError> {
    if let Err(error) = check_length(market, request.headers()) {
        drain(request.into_body()).await;
        return Err(error);
    }
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
    submit(market, principal.token()?, form, received).await
}

/// What says itself that it is too large is refused before it is read.
fn check_length(market: &Market, headers: &HeaderMap) -> Result<(), MarketError> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > market.config.max_upload_bytes + MAX_FORM_BYTES) {
        return Err(too_large(market));
    }
    Ok(())
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
        "attestations" => Some(&mut form.attestations),
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
