//! Whom a network sink trusts, and who it says it is: TLS by rustls with the ring provider.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

/// Options that every sink with TLS has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TlsOptions {
    /// PEM file with the certificates that are trusted; those of the system when none.
    pub(super) ca_file: Option<PathBuf>,
    /// PEM file with the client's certificate and those that lead to its root.
    pub(super) client_certificate: Option<PathBuf>,
    /// PEM file with the key of that certificate.
    pub(super) client_key: Option<PathBuf>,
}

/// What the options name, read.
pub(super) struct Identity {
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl TlsOptions {
    /// Reads the files.
    ///
    /// # Errors
    /// A text that names the file; never what is in it.
    pub(super) fn read(&self) -> Result<Identity, String> {
        let roots = match &self.ca_file {
            Some(path) => certificates(path)?,
            // The system's own rather than a collection in the wheel: that is where a company puts
            // its authorities, it does not grow old with the wheel, and it costs no bytes in it.
            None => rustls_native_certs::load_native_certs().certs,
        };
        if roots.is_empty() {
            return Err("the system has no trusted certificates; give `ca_file`".to_owned());
        }
        let client = match (&self.client_certificate, &self.client_key) {
            (Some(certificate), Some(key)) => Some((certificates(certificate)?, private_key(key)?)),
            (None, None) => None,
            _ => {
                return Err("`client_certificate` and `client_key` go together".to_owned());
            }
        };
        Ok(Identity { roots, client })
    }
}

impl Identity {
    /// The same for rustls itself.
    ///
    /// # Errors
    /// What rustls says about the certificates.
    pub(super) fn client_config(self) -> Result<Arc<ClientConfig>, String> {
        let mut store = RootCertStore::empty();
        // A system's collection may hold a certificate that rustls does not understand.
        let (added, _) = store.add_parsable_certificates(self.roots);
        if added == 0 {
            return Err("none of the trusted certificates can be read".to_owned());
        }
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(store);
        let config = match self.client {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("the client certificate cannot be used: {error}"))?,
            None => builder.with_no_client_auth(),
        };
        Ok(Arc::new(config))
    }
}

/// The cryptography: ring, which needs no CMake and makes the smaller wheel.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let cannot_read = |reason: String| {
        format!(
            "cannot read certificates from `{}`: {reason}",
            path.display()
        )
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|error| cannot_read(error.to_string()))?
        .collect();
    match found {
        Ok(found) if found.is_empty() => Err(cannot_read("there are none in it".to_owned())),
        Ok(found) => Ok(found),
        Err(error) => Err(cannot_read(error.to_string())),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path)
        // The error could quote the file.
        .map_err(|_| format!("cannot read a private key from `{}`", path.display()))
}
