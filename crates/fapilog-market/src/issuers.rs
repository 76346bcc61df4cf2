//! Statements that issuers have signed (OpenID Connect ID tokens), and the keys to check them with.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{ClaimsVerificationError, ClientId, IssuerUrl, Nonce};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::error::MarketError;
use crate::outbound::{Bounds, Outbound};

/// Largest statement in bytes; real ones have about two thousand.
const MAX_BYTES: usize = 16 * 1024;

/// What one question to an issuer may take.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(10),
    bytes: 256 * 1024,
};

/// How long keys are kept, and how soon they may be asked for again when a statement fits none.
const KEEP: Duration = Duration::from_secs(600);
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// Most issuers whose keys are kept.
const MAX_ISSUERS: usize = 1000;

/// How statements may be signed: with keys that the issuer alone has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Keys of issuers, asked for once and kept for a while.
#[derive(Debug, Default)]
pub struct Issuers(Mutex<HashMap<String, Known>>);

#[derive(Debug, Clone)]
struct Known {
    keys: CoreJsonWebKeySet,
    asked: Instant,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// What a statement says, its signature checked.
pub type Claims = Map<String, Value>;

impl Issuers {
    /// Checks a statement: its signature by the issuer's keys, issuer, audience and end.
    ///
    /// # Errors
    ///
    /// `bad-statement` when anything of it is wrong; `outbound` or `outbound-failed` when the issuer
    /// can't be asked.
    pub async fn verify(
        &self,
        outbound: &Outbound,
        issuer: &str,
        audience: &str,
        statement: &str,
    ) -> Result<Claims, MarketError> {
        let known = self.keys(outbound, issuer, KEEP).await?;
        let checked = match check(&known.keys, issuer, audience, statement) {
            // The issuer may have new keys.
            Err(Fault::UnknownKey) => {
                let known = self.keys(outbound, issuer, ASK_AGAIN).await?;
                check(&known.keys, issuer, audience, statement)
            }
            checked => checked,
        };
        checked.map_err(|fault| match fault {
            Fault::UnknownKey => bad("no key of its issuer has signed it"),
            Fault::Other(why) => bad(&why),
        })
    }

    /// Keys that are no older than that. One question at a time: who comes meanwhile waits for its
    /// answer.
    async fn keys(
        &self,
        outbound: &Outbound,
        issuer: &str,
        oldest: Duration,
    ) -> Result<Known, MarketError> {
        let mut known = self.0.lock().await;
        if let Some(found) = known.get(issuer)
            && found.asked.elapsed() < oldest
        {
            return Ok(found.clone());
        }
        let asked = Instant::now();
        let keys = ask(outbound, issuer).await?;
        let fresh = Known { keys, asked };
        if known.len() >= MAX_ISSUERS {
            known.clear();
        }
        known.insert(issuer.to_owned(), fresh.clone());
        Ok(fresh)
    }
}

/// Asks an issuer for its keys (OpenID Connect Discovery 1.0, section 4).
async fn ask(outbound: &Outbound, issuer: &str) -> Result<CoreJsonWebKeySet, MarketError> {
    let wrong = || {
        MarketError::new(
            StatusCode::BAD_GATEWAY,
            "outbound-failed",
            "the issuer's answer is none of OpenID Connect",
            "check the issuer's address",
        )
    };
    let address = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let document = get(outbound, &address).await?;
    let document: Discovery = serde_json::from_slice(&document).map_err(|_| wrong())?;
    if document.issuer != issuer {
        return Err(wrong());
    }
    let keys = get(outbound, &document.jwks_uri).await?;
    serde_json::from_slice(&keys).map_err(|_| wrong())
}

async fn get(outbound: &Outbound, address: &str) -> Result<Bytes, MarketError> {
    let uri = outbound.check(address)?;
    let request = Request::get(uri).header("accept", "application/json");
    let request = request
        .body(Bytes::new())
        .map_err(|error| MarketError::internal(&error))?;
    let response = outbound.send(request, BOUNDS).await?;
    if response.status() != StatusCode::OK {
        return Err(MarketError::new(
            StatusCode::BAD_GATEWAY,
            "outbound-failed",
            format!("the issuer answered with {}", response.status().as_u16()),
            "check the issuer's address",
        ));
    }
    Ok(response.into_body())
}

enum Fault {
    UnknownKey,
    Other(String),
}

fn check(
    keys: &CoreJsonWebKeySet,
    issuer: &str,
    audience: &str,
    statement: &str,
) -> Result<Claims, Fault> {
    let broken = |_| Fault::Other("it is no signed statement".to_owned());
    let url = IssuerUrl::new(issuer.to_owned()).map_err(|_| Fault::UnknownKey)?;
    let token = CoreIdToken::from_str(statement).map_err(broken)?;
    let client = ClientId::new(audience.to_owned());
    let verifier = CoreIdTokenVerifier::new_public_client(client, url, keys.clone())
        .set_allowed_algs(ALGORITHMS);
    // A nonce binds a statement to a browser; those of programs have none.
    let any_nonce = |_: Option<&Nonce>| Ok(());
    match token.claims(&verifier, any_nonce) {
        Ok(_) => {}
        Err(ClaimsVerificationError::SignatureVerification(_)) => return Err(Fault::UnknownKey),
        Err(error) => return Err(Fault::Other(told(&error))),
    }
    claims(statement).ok_or_else(|| Fault::Other("it is no signed statement".to_owned()))
}

/// What is wrong, without repeating the statement.
fn told(error: &ClaimsVerificationError) -> String {
    let what = match error {
        ClaimsVerificationError::Expired(_) => "it has expired",
        ClaimsVerificationError::InvalidAudience(_) => "it was made for somebody else",
        ClaimsVerificationError::InvalidIssuer(_) => "it names another issuer",
        _ => "it can't be relied on",
    };
    what.to_owned()
}

/// What a statement says, true or not.
#[must_use]
pub fn claims(statement: &str) -> Option<Claims> {
    if statement.len() > MAX_BYTES {
        return None;
    }
    let payload = statement.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A statement that isn't taken.
#[must_use]
pub fn bad(why: &str) -> MarketError {
    MarketError::new(
        StatusCode::FORBIDDEN,
        "bad-statement",
        format!("the statement is not taken: {why}"),
        "let the CI service make a new one for this marketplace's audience (`/_/oidc/audience`)",
    )
}
