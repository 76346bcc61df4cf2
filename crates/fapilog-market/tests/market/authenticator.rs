//! An authenticator in software: it makes one passkey and signs with it. Everything that it says can be
//! made a lie.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::browser::Browser;

/// Flags of authenticator data (WebAuthn, section 6.1).
pub const PRESENT: u8 = 0x01;
pub const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

#[derive(Clone)]
pub struct Authenticator {
    key: SigningKey,
    pub id: Vec<u8>,
    /// How often it has signed; `None` when it doesn't count.
    pub counter: Option<u32>,
    pub flags: u8,
    /// What the browser says of the page that asks.
    pub origin: String,
    pub rp_id: String,
    pub handle: Vec<u8>,
}

impl Authenticator {
    pub fn new(origin: &str) -> Self {
        let mut secret = [0; 32];
        let mut id = vec![0; 32];
        fapilog_market::secret::fill(&mut secret).unwrap();
        fapilog_market::secret::fill(&mut id).unwrap();
        Self {
            key: SigningKey::from_slice(&secret).unwrap(),
            id,
            counter: Some(1),
            flags: PRESENT | VERIFIED,
            origin: origin.to_owned(),
            rp_id: origin.split("://").nth(1).unwrap().to_owned(),
            handle: Vec::new(),
        }
    }

    /// Answers `navigator.credentials.create`.
    pub fn create(&mut self, question: &Value) -> String {
        let options = &question["publicKey"];
        self.handle = BASE64
            .decode(options["user"]["id"].as_str().unwrap())
            .unwrap();
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.data(ATTESTED);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": …} as CBOR.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend_from_slice(&data);
        self.answer(json!({
            "clientDataJSON": BASE64.encode(client_data),
            "attestationObject": BASE64.encode(object),
            "transports": ["internal"],
        }))
    }

    /// Answers `navigator.credentials.get`.
    pub fn get(&mut self, question: &Value) -> String {
        if let Some(counter) = &mut self.counter {
            *counter += 1;
        }
        let client_data = self.client_data("webauthn.get", &question["publicKey"]);
        let data = self.data(0);
        let mut signed = data.clone();
        signed.extend_from_slice(&Sha256::digest(&client_data));
        let signature: Signature = self.key.sign(&signed);
        self.answer(json!({
            "clientDataJSON": BASE64.encode(client_data),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature.to_der()),
            "userHandle": BASE64.encode(&self.handle),
        }))
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let told = json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        serde_json::to_vec(&told).unwrap()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(self.flags | flags);
        data.extend_from_slice(&self.counter.unwrap_or_default().to_be_bytes());
        data
    }

    /// COSE (RFC 9053): an elliptic curve key on P-256 for ES256.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let mut key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        key.extend_from_slice(point.x().unwrap());
        key.extend_from_slice(b"\x22\x58\x20");
        key.extend_from_slice(point.y().unwrap());
        key
    }

    fn answer(&self, response: Value) -> String {
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
        .to_string()
    }
}

impl Browser<'_> {
    /// The question for an authenticator.
    pub async fn question(&mut self, path: &str, fields: &[(&str, &str)]) -> Value {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }
}
