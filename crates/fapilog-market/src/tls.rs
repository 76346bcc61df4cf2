//! TLS, when the server speaks it itself.

use std::sync::Arc;

use axum::http::StatusCode;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;
use crate::error::MarketError;

/// Makes ring do the cryptography of every connection of this process. Calling it again is right.
pub fn choose_provider() {
    // An error says that it was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Reads certificate and key.
///
/// # Errors
///
/// `tls` with the file that can't be used.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, MarketError> {
    let wrong = |path: &std::path::Path, cause: String| {
        MarketError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "tls",
            format!("`{}` can't be used: {cause}", path.display()),
            "give PEM files with `--tls-certificate` and `--tls-key`",
        )
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(&files.certificate, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| wrong(&files.key, error.to_string()))?;
    choose_provider();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| wrong(&files.certificate, error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
