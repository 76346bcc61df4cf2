//! Signing in with an account elsewhere (OpenID Connect: authorisation code with PKCE).

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use axum::body::Bytes;
use axum::http::StatusCode;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse as _,
};

use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::outbound::{Bounds, Outbound};
use crate::queries::identities::{self, AttemptRow};
use crate::secret::Secret;

/// How long somebody may take at the provider.
const LIFE_US: i64 = 10 * 60 * 1_000_000;

/// What one question to the provider may take.
const BOUNDS: Bounds = Bounds {
    time: std::time::Duration::from_secs(10),
    bytes: 256 * 1024,
};

/// A provider as it is configured. Never shows its secret in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcProvider {
    /// Its address.
    pub issuer: String,
    /// Who this marketplace is there.
    pub client_id: String,
    /// How this marketplace shows that.
    pub client_secret: String,
}

impl fmt::Debug for OidcProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OidcProvider({}, ****)", self.issuer)
    }
}

/// Who somebody is at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Their id there, which never changes.
    pub subject: String,
    /// What they are called there.
    pub name: String,
    /// Their address, if the provider has verified it.
    pub email: String,
}

fn provider(market: &Market) -> Result<&OidcProvider, MarketError> {
    market.config.oidc.as_ref().ok_or_else(|| {
        MarketError::not_found("Signing in with another account is not set up here.")
    })
}

fn redirect_url(market: &Market) -> Result<RedirectUrl, MarketError> {
    RedirectUrl::new(format!("{}/sign-in/oidc/callback", market.public_url))
        .map_err(|error| MarketError::internal(&error))
}

/// Requests of the library go the way of all others.
struct Through(Outbound);

impl<'c> AsyncHttpClient<'c> for Through {
    type Error = MarketError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, MarketError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let response = self.0.send(request.map(Bytes::from), BOUNDS).await?;
            Ok(response.map(|body| body.to_vec()))
        })
    }
}

async fn metadata(
    market: &Market,
    provider: &OidcProvider,
) -> Result<CoreProviderMetadata, MarketError> {
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|_| unreachable_provider())?;
    let ask = Through(market.outbound.clone());
    CoreProviderMetadata::discover_async(issuer, &ask)
        .await
        .map_err(|_| unreachable_provider())
}

/// The provider's page to go to. Bound to the visitor's browser; what is needed to come back is kept
/// here.
///
/// # Errors
///
/// `not-found` when no provider is set up; `provider`, `internal`.
pub async fn begin(market: &Market, visit: &Secret, next: &str) -> Result<String, MarketError> {
    let provider = provider(market)?;
    let metadata = metadata(market, provider).await?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(provider.client_id.clone()),
        Some(ClientSecret::new(provider.client_secret.clone())),
    )
    .set_redirect_uri(redirect_url(market)?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (state, nonce) = (Secret::generate()?, Secret::generate()?);
    let (told_state, told_nonce) = (state.reveal().to_owned(), nonce.reveal().to_owned());
    let (address, _, _) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(told_state),
            move || Nonce::new(told_nonce),
        )
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let row = AttemptRow {
        state_sha256: state.sha256(),
        visit_sha256: visit.sha256(),
        nonce: nonce.reveal().to_owned(),
        verifier: verifier.into_secret(),
        next: next.to_owned(),
        expires_us: clock::now_us() + LIFE_US,
    };
    identities::insert_attempt(&market.database, &row, clock::now_us()).await?;
    Ok(address.to_string())
}

/// Who comes back from the provider, and where they wanted to go.
///
/// # Errors
///
/// `provider-refused` when state, code, signature, nonce or browser don't fit; `provider` when it
/// can't be asked; `internal`.
pub async fn finish(
    market: &Market,
    visit: &Secret,
    state: &str,
    code: &str,
) -> Result<(Identity, String), MarketError> {
    let provider = provider(market)?;
    let state = Secret::parse(state).ok_or_else(refused)?;
    let (digest, visit) = (state.sha256(), visit.sha256());
    let now_us = clock::now_us();
    let attempt = identities::take_attempt(&market.database, &digest, &visit, now_us).await?;
    let attempt = attempt.ok_or_else(refused)?;
    let metadata = metadata(market, provider).await?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(provider.client_id.clone()),
        Some(ClientSecret::new(provider.client_secret.clone())),
    )
    .set_redirect_uri(redirect_url(market)?);
    let ask = Through(market.outbound.clone());
    let answer = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(|_| unreachable_provider())?
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
        .request_async(&ask)
        .await
        .map_err(|_| refused())?;
    let token = answer.id_token().ok_or_else(refused)?;
    let claims = token
        .claims(&client.id_token_verifier(), &Nonce::new(attempt.nonce))
        .map_err(|_| refused())?;
    Ok((identity(&provider.issuer, claims), attempt.next))
}

fn identity(issuer: &str, claims: &CoreIdTokenClaims) -> Identity {
    let verified = claims.email_verified() == Some(true);
    let email = claims.email().filter(|_| verified);
    let name = claims.preferred_username().map(|name| name.as_str());
    let name = name.or_else(|| email.and_then(|email| email.as_str().split('@').next()));
    Identity {
        issuer: issuer.to_owned(),
        subject: claims.subject().as_str().to_owned(),
        name: name.unwrap_or_default().to_owned(),
        email: email.map(|email| email.to_lowercase()).unwrap_or_default(),
    }
}

fn refused() -> MarketError {
    MarketError::new(
        StatusCode::FORBIDDEN,
        "provider-refused",
        "The answer of the other site does not fit",
        "begin again at `/sign-in`, in the same browser",
    )
}

fn unreachable_provider() -> MarketError {
    MarketError::new(
        StatusCode::BAD_GATEWAY,
        "provider",
        "The other site can't be asked",
        "try again in a while, or sign in with a password",
    )
}
