//! Codes of an authenticator app (RFC 6238), and the recovery codes beside them.

use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::{Algorithm, Secret as Seed, TOTP};

use crate::clock;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::users::{self, UserRow};
use crate::secret::{fill, sha256};

/// Digits of a code, seconds of a step, and the steps before and after now that are taken: what
/// authenticator apps expect.
const DIGITS: usize = 6;
const STEP_S: u64 = 30;
const SKEW: u8 = 1;
/// 160 bits, as RFC 4226 recommends.
const SEED_BYTES: usize = 20;

/// How many recovery codes somebody is given.
const RECOVERY_CODES: usize = 10;
/// 80 bits each: out of reach of guessing.
const RECOVERY_BYTES: usize = 10;

/// A new seed in base32.
///
/// # Errors
///
/// `internal` when the system's source of randomness fails.
pub fn new_seed() -> Result<String, MarketError> {
    let mut bytes = vec![0; SEED_BYTES];
    fill(&mut bytes)?;
    Ok(Seed::Raw(bytes).to_encoded().to_string())
}

fn authenticator(seed: &str, issuer: &str, name: &str) -> Result<TOTP, MarketError> {
    let bytes = Seed::Encoded(seed.to_owned()).to_bytes();
    let bytes =
        bytes.map_err(|_| MarketError::internal(&"an authenticator's seed is no base32"))?;
    // A colon would end the issuer's name within the address.
    let issuer = Some(issuer.replace(':', " "));
    TOTP::new(
        Algorithm::SHA1,
        DIGITS,
        SKEW,
        STEP_S,
        bytes,
        issuer,
        name.to_owned(),
    )
    .map_err(|error| MarketError::internal(&error))
}

/// The address that apps read the seed from, and a picture of it.
///
/// # Errors
///
/// `internal`.
pub fn address(seed: &str, host: &str, name: &str) -> Result<(String, Picture), MarketError> {
    let issuer = format!("fapilog marketplace {host}");
    let address = authenticator(seed, &issuer, name)?.get_url();
    let code = QrCode::encode_text(&address, QrCodeEcc::Medium)
        .map_err(|error| MarketError::internal(&error))?;
    Ok((address, Picture::of(&code)))
}

/// A QR code as one path of an SVG.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Modules on each side, with the quiet zone.
    pub size: i32,
    /// What is dark.
    pub path: String,
}

impl Picture {
    /// Empty modules around a code (ISO/IEC 18004 wants four).
    const QUIET: i32 = 4;

    fn of(code: &QrCode) -> Self {
        let mut path = String::new();
        for y in 0..code.size() {
            for x in 0..code.size() {
                if code.get_module(x, y) {
                    path.push_str(&format!("M{} {}h1v1h-1z", x + Self::QUIET, y + Self::QUIET));
                }
            }
        }
        Self {
            size: code.size() + 2 * Self::QUIET,
            path,
        }
    }
}

/// The code of a time step.
///
/// # Errors
///
/// `internal`.
pub fn code(seed: &str, step: u64) -> Result<String, MarketError> {
    Ok(authenticator(seed, "x", "x")?.generate(step * STEP_S))
}

/// The time step that a code is for, if it is right around a moment.
///
/// # Errors
///
/// `internal`.
pub fn step_of(seed: &str, code: &str, now_s: u64) -> Result<Option<i64>, MarketError> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = now_s / STEP_S;
    let skew = u64::from(SKEW);
    for step in now.saturating_sub(skew)..=now + skew {
        let expected = self::code(seed, step)?;
        if bool::from(subtle::ConstantTimeEq::ct_eq(
            expected.as_bytes(),
            code.as_bytes(),
        )) {
            return Ok(i64::try_from(step).ok());
        }
    }
    Ok(None)
}

/// Whether a code is right and was never taken before.
///
/// # Errors
///
/// `internal`.
pub async fn take(market: &Market, user: &UserRow, code: &str) -> Result<bool, MarketError> {
    let Some(seed) = &user.totp_secret else {
        return Ok(false);
    };
    let now_s = u64::try_from(clock::now_us() / 1_000_000).unwrap_or_default();
    match step_of(seed, code, now_s)? {
        Some(step) => Ok(users::take_totp_step(&market.database, &user.id, step).await?),
        None => Ok(false),
    }
}

/// New recovery codes, to be shown once, and what is stored of them.
///
/// # Errors
///
/// `internal` when the system's source of randomness fails.
pub fn new_recovery_codes() -> Result<(Vec<String>, Vec<String>), MarketError> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let mut bytes = [0; RECOVERY_BYTES];
        fill(&mut bytes)?;
        let text = hex::encode(bytes);
        let groups: Vec<&str> = (0..4).filter_map(|n| text.get(n * 5..n * 5 + 5)).collect();
        codes.push(groups.join("-"));
    }
    let stored = codes.iter().map(|code| recovery_sha256(code)).collect();
    Ok((codes, stored))
}

/// What is stored of a recovery code, however it was typed.
#[must_use]
pub fn recovery_sha256(code: &str) -> String {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_hexdigit)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    sha256(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits: the seed is `12345678901234567890`.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (now_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let step = step_of(seed, code, now_s).unwrap();
            assert_eq!(step, i64::try_from(now_s / 30).ok(), "{now_s}");
            assert!(step_of(seed, code, now_s + 30).unwrap().is_some());
            assert!(step_of(seed, code, now_s + 90).unwrap().is_none());
            assert!(step_of(seed, "000000", now_s).unwrap().is_none());
        }
    }

    #[test]
    fn a_seed_has_an_address_and_a_picture() {
        let seed = new_seed().unwrap();
        let (address, picture) = address(&seed, "market.test:8765", "ada").unwrap();
        assert!(address.starts_with("otpauth://totp/") && address.contains(&seed));
        assert!(picture.size > 20 && picture.path.starts_with('M'));
    }

    #[test]
    fn recovery_codes_differ_and_are_known_in_any_spelling() {
        let (codes, stored) = new_recovery_codes().unwrap();
        assert_eq!(codes.len(), 10);
        let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " "));
        assert_eq!(recovery_sha256(&typed), stored[0]);
        assert_ne!(stored[0], stored[1]);
    }
}
