//! Files in a bucket of an S3-compatible store. An object is there whole or not at all; one that is
//! there already has the same contents, since its name holds their digest.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::client::ClientOptions;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, WriteMultipart};
use tempfile::NamedTempFile;

use super::{BucketAddress, Location, METADATA_SUFFIX, Part, StorageError};
use crate::error::MarketError;
use crate::tls;

/// Larger files are sent in pieces, so that few uploads don't fill the memory.
const WHOLE_BYTES: u64 = 16 * 1024 * 1024;

/// The size of those pieces, and how many of them are under way at once.
const PIECE_BYTES: usize = 8 * 1024 * 1024;
const PIECES_AT_ONCE: usize = 2;

/// A bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: String,
}

impl Bucket {
    pub(super) fn open(address: &BucketAddress) -> Result<Self, MarketError> {
        tls::choose_provider();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&address.bucket)
            .with_region(address.region.as_deref().unwrap_or("us-east-1"))
            .with_client_options(ClientOptions::new().with_allow_http(true));
        if let Some(endpoint) = &address.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let (Some(id), Some(key)) = (&address.access_key_id, &address.secret_access_key) {
            builder = builder.with_access_key_id(id).with_secret_access_key(key);
        }
        let store = builder.build().map_err(|error| {
            MarketError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "storage",
                format!("the bucket `{}` can't be used: {error}", address.bucket),
                "check `--storage` and the variables `AWS_ENDPOINT_URL`, `AWS_REGION`, \
                 `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`",
            )
        })?;
        Ok(Self {
            store: Arc::new(store),
            prefix: address.prefix.clone(),
        })
    }

    fn path_of(&self, location: &Location, part: Part) -> Path {
        let suffix = match part {
            Part::File => "",
            Part::Metadata => METADATA_SUFFIX,
        };
        Path::from(format!("{}/{}{suffix}", self.prefix, location.path()))
    }

    pub(super) async fn keep(
        &self,
        upload: NamedTempFile,
        location: &Location,
        metadata: Option<Vec<u8>>,
    ) -> Result<(), StorageError> {
        if let Some(bytes) = metadata {
            self.create(&self.path_of(location, Part::Metadata), bytes)
                .await?;
        }
        let path = self.path_of(location, Part::File);
        let mut file = upload.reopen()?;
        if file.metadata()?.len() <= WHOLE_BYTES {
            let bytes = blocking(move || {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                Ok(bytes)
            });
            return self.create(&path, bytes.await?).await;
        }
        let mut pieces = WriteMultipart::new_with_chunk_size(
            self.store.put_multipart(&path).await?,
            PIECE_BYTES,
        );
        let mut rest = file;
        loop {
            let (file, piece) = blocking(move || {
                let mut piece = Vec::with_capacity(PIECE_BYTES);
                let mut part = rest.take(PIECE_BYTES as u64);
                part.read_to_end(&mut piece)?;
                Ok((part.into_inner(), piece))
            })
            .await?;
            if piece.is_empty() {
                break;
            }
            rest = file;
            pieces.wait_for_capacity(PIECES_AT_ONCE).await?;
            pieces.put(piece.into());
        }
        pieces.finish().await?;
        Ok(())
    }

    /// Puts an object that isn't there yet; one that is has the same contents.
    async fn create(&self, path: &Path, bytes: Vec<u8>) -> Result<(), StorageError> {
        let payload = PutPayload::from(bytes);
        match self
            .store
            .put_opts(path, payload, PutMode::Create.into())
            .await
        {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn remove(&self, location: &Location) -> Result<(), StorageError> {
        for part in [Part::Metadata, Part::File] {
            match self.store.delete(&self.path_of(location, part)).await {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) async fn open_object(
        &self,
        location: &Location,
        part: Part,
    ) -> Result<(Object, u64), StorageError> {
        let path = self.path_of(location, part);
        let length = self.store.head(&path).await?.size;
        let store = Arc::clone(&self.store);
        Ok((Object { store, path }, length))
    }

    pub(super) async fn fetch(
        &self,
        location: &Location,
        mut target: File,
    ) -> Result<(), StorageError> {
        let path = self.path_of(location, Part::File);
        let mut stream = self.store.get(&path).await?.into_stream();
        while let Some(bytes) = stream.try_next().await? {
            target = blocking(move || {
                target.write_all(&bytes)?;
                Ok(target)
            })
            .await?;
        }
        Ok(())
    }
}

/// An object that is about to be sent.
#[derive(Debug)]
pub(super) struct Object {
    store: Arc<dyn ObjectStore>,
    path: Path,
}

impl Object {
    /// The bytes from the first to the last, both included.
    pub(super) async fn body(self, first: u64, last: u64) -> Result<Body, StorageError> {
        let options = object_store::GetOptions {
            range: Some((first..last.saturating_add(1)).into()),
            ..Default::default()
        };
        let result = self.store.get_opts(&self.path, options).await?;
        Ok(Body::from_stream(result.into_stream()))
    }
}

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::Missing,
            other => Self::Io(io::Error::other(other)),
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(io::Error::other)??)
}
