//! Trusted publishing: the job of a CI service gets a token for what it may publish, and no secret is
//! kept anywhere.

use std::io::Read as _;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::StatusCode;

use super::market::{agent_for, said};
use super::{Address, ClientFailure};

/// Where a job asks for a statement about itself, and what it shows there (GitHub and those like it).
const REQUEST_VARIABLES: [&str; 2] = [
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];
/// The statement itself, where the service hands it over as a variable.
const STATEMENT_VARIABLE: &str = "FAPILOG_ID_TOKEN";
/// Longest time of one question.
const LIMIT: Duration = Duration::from_secs(30);
/// Most bytes of an answer: statements have some kilobytes.
const ANSWER_BYTES: u64 = 256 * 1024;

#[derive(Deserialize)]
struct Audience {
    audience: String,
}

#[derive(Deserialize)]
struct Statement {
    value: String,
}

#[derive(Deserialize)]
struct Minted {
    token: String,
}

/// A token for this job; `None` outside of jobs, and at indexes that don't offer it.
pub fn token(
    index: &Address,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, ClientFailure> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let given = set(STATEMENT_VARIABLE);
    let [place, right] = REQUEST_VARIABLES.map(set);
    let request = place.zip(right);
    if given.is_none() && request.is_none() {
        return Ok(None);
    }
    let upload = index.for_request().trim_end_matches('/');
    let base = upload.strip_suffix("/legacy").unwrap_or(upload);
    let place = format!("{base}/_/oidc/audience");
    let (status, answer) = ask(index, &place, None)?;
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let Audience { audience } = read(index, status, &answer)?;
    let statement = match (given, request) {
        (Some(statement), _) => statement,
        (None, Some((place, right))) => {
            let joint = if place.contains('?') { '&' } else { '?' };
            let place = format!("{place}{joint}audience={}", escaped(&audience));
            let (status, answer) = ask(index, &place, Some(&right))?;
            read::<Statement>(index, status, &answer)?.value
        }
        (None, None) => return Ok(None),
    };
    let place = format!("{base}/_/oidc/mint-token");
    let body = serde_json::json!({ "token": statement }).to_string();
    let sent = agent_for(&place)
        .post(&place)
        .header("content-type", "application/json")
        .config()
        .timeout_global(Some(LIMIT))
        .max_redirects(0)
        .build()
        .send(body.as_bytes());
    let (status, answer) = heard(index, sent)?;
    read::<Minted>(index, status, &answer).map(|minted| Some(minted.token))
}

fn ask(
    index: &Address,
    place: &str,
    right: Option<&str>,
) -> Result<(StatusCode, Vec<u8>), ClientFailure> {
    let mut request = agent_for(place)
        .get(place)
        .header("accept", "application/json")
        .config()
        .timeout_global(Some(LIMIT))
        .max_redirects(0)
        .build();
    if let Some(right) = right {
        request = request.header("authorization", format!("bearer {right}"));
    }
    heard(index, request.call())
}

fn heard(
    index: &Address,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(StatusCode, Vec<u8>), ClientFailure> {
    // The library's words may hold an address with its credentials.
    let mut answer = answer.map_err(|_| failed(index, "nobody answers".to_owned()))?;
    let mut text = Vec::new();
    answer
        .body_mut()
        .as_reader()
        .take(ANSWER_BYTES)
        .read_to_end(&mut text)
        .map_err(|error| failed(index, format!("an answer broke off: {error}")))?;
    Ok((answer.status(), text))
}

fn read<T: serde::de::DeserializeOwned>(
    index: &Address,
    status: StatusCode,
    text: &[u8],
) -> Result<T, ClientFailure> {
    if !status.is_success() {
        return Err(failed(index, said(status, text)));
    }
    // An answer is not shown: it may hold a statement or a token.
    serde_json::from_slice(text).map_err(|_| failed(index, "an answer cannot be read".to_owned()))
}

fn failed(index: &Address, reason: String) -> ClientFailure {
    ClientFailure::Market {
        address: index.to_string(),
        reason: format!("no token by trusted publishing: {reason}"),
    }
}

/// A value in an address.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{escaped, token};
    use crate::client::Address;

    #[test]
    fn outside_of_a_job_nobody_is_asked() {
        let index = Address::parse("http://127.0.0.1:9/legacy").unwrap();
        assert_eq!(token(&index, |_| None).unwrap(), None);
        let half = |name: &str| (name == "ACTIONS_ID_TOKEN_REQUEST_URL").then(|| "x".to_owned());
        assert_eq!(token(&index, half).unwrap(), None);
        assert_eq!(escaped("a b/ü"), "a%20b%2F%C3%BC");
    }
}
