//! What shows a receiver that a delivery comes from this marketplace, and that it is not an old one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What every secret begins with, so that secret scanners can find lost ones.
pub const SECRET_PREFIX: &str = "fapw_";

/// The value of the header: `t=<seconds since 1970>,v1=<HMAC-SHA256 in hexadecimal>` over the seconds,
/// a full stop, and the body as it is. The key is the secret's text, its prefix included.
#[must_use]
pub fn sign(secret: &str, at_s: i64, body: &[u8]) -> String {
    // Keys of any length are taken (RFC 2104).
    let digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(at_s.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    });
    format!("t={at_s},v1={}", digest.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `hmac`.
    #[test]
    fn the_signature_is_what_others_compute() {
        assert_eq!(
            sign("fapw_key", 1_700_000_000, b"{\"a\":1}"),
            "t=1700000000,v1=9668395069b497d456fe24f6da1aad3a15ff10b91655e8a07bbefb014de98ea2"
        );
    }
}
