//! Who asks: the name and address that authenticators bind passkeys to.

use axum::http::StatusCode;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use super::challenge::LIFE;
use crate::error::MarketError;

/// This marketplace as authenticators know it; nothing where browsers allow no passkeys.
#[derive(Debug)]
pub struct RelyingParty(Option<Webauthn>);

impl RelyingParty {
    /// The relying party at a public address. Browsers want a host name rather than an IP address,
    /// and TLS unless the host is `localhost`.
    #[must_use]
    pub fn at(public_url: &str) -> Self {
        Self(Url::parse(public_url).ok().and_then(|url| at(&url)))
    }

    /// Whether passkeys can be used here.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// What makes and checks questions.
    ///
    /// # Errors
    ///
    /// `no-passkeys-here`.
    pub(super) fn get(&self) -> Result<&Webauthn, MarketError> {
        self.0.as_ref().ok_or_else(|| {
            MarketError::new(
                StatusCode::CONFLICT,
                "no-passkeys-here",
                "Passkeys can't be used under this address",
                "the operator gives `--public-url` an `https://` address with a host name",
            )
        })
    }
}

fn at(url: &Url) -> Option<Webauthn> {
    let host = url.domain()?;
    let local = host == "localhost" || host.ends_with(".localhost");
    if url.scheme() != "https" && !local {
        return None;
    }
    let name = format!("fapilog marketplace {host}");
    let builder = WebauthnBuilder::new(host, url).ok()?;
    builder.rp_name(&name).timeout(LIFE).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_host_name_and_tls() {
        for address in [
            "https://plugins.example.org",
            "https://plugins.example.org:8443",
            "http://localhost:8765",
        ] {
            assert!(RelyingParty::at(address).is_there(), "{address}");
        }
        for address in [
            "http://plugins.example.org",
            "http://127.0.0.1:8765",
            "https://192.0.2.1",
            "https://[2001:db8::1]",
            "http://localhost.example.org",
            "plugins.example.org",
            "",
        ] {
            let party = RelyingParty::at(address);
            assert_eq!(
                party.get().err().map(|error| error.id),
                Some("no-passkeys-here"),
                "{address}"
            );
        }
    }
}
