//! Attestations that come with an upload (PEP 740): their form is checked, not yet what they attest.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::MarketError;

/// Most attestations of one file: publishing clients send one or two.
const MOST: usize = 16;

/// One attestation, as PEP 740 describes it.
#[derive(Deserialize)]
struct Attestation {
    version: u32,
    #[expect(dead_code, reason = "must be there")]
    verification_material: Map<String, Value>,
    #[expect(dead_code, reason = "must be there")]
    envelope: Map<String, Value>,
}

/// Checks the form's field; `None` when there are no attestations.
///
/// # Errors
///
/// `bad-attestations`.
pub fn check(given: Option<String>) -> Result<Option<String>, MarketError> {
    let Some(text) = given.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let wrong = |message: &str| {
        MarketError::bad_request(
            "bad-attestations",
            format!("the form's `attestations` {message}"),
            "let the client that uploads make them, or upload without",
        )
    };
    let read: Vec<Attestation> =
        serde_json::from_str(&text).map_err(|error| wrong(&format!("can't be read: {error}")))?;
    if read.iter().any(|attestation| attestation.version != 1) {
        return Err(wrong("have another version than 1"));
    }
    match read.len() {
        0 => Ok(None),
        1..=MOST => Ok(Some(text)),
        _ => Err(wrong("are more than 16")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lists_of_attestations_are_taken() {
        let right = r#"[{"version": 1, "verification_material": {}, "envelope": {}}]"#;
        assert_eq!(
            check(Some(right.to_owned())).unwrap().as_deref(),
            Some(right)
        );
        assert_eq!(check(Some("[]".to_owned())).unwrap(), None);
        assert_eq!(check(None).unwrap(), None);
        for text in [
            "{}",
            "x",
            "[1]",
            &right.replace(": 1,", ": 2,"),
            "[{\"version\": 1}]",
        ] {
            assert_eq!(
                check(Some(text.to_owned())).unwrap_err().id,
                "bad-attestations"
            );
        }
    }
}
