//! Where the files are: a folder, or a bucket of an S3-compatible store.

use std::fmt;
use std::path::PathBuf;

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageAddress {
    /// A folder; `None` means `files` in the data folder.
    Folder(Option<PathBuf>),
    /// A bucket.
    Bucket(BucketAddress),
}

/// A bucket. Never shows the secret key.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketAddress {
    /// Its name.
    pub bucket: String,
    /// What all names in it begin with; may be empty.
    pub prefix: String,
    /// The store's address, unless it is that of the original service.
    pub endpoint: Option<String>,
    /// The store's region.
    pub region: Option<String>,
    /// The id of the key.
    pub access_key_id: Option<String>,
    /// The key.
    pub secret_access_key: Option<String>,
}

impl StorageAddress {
    /// Reads an address as it is configured. Endpoint, region and keys of a bucket come from the
    /// environment, under the names that all programs for such stores read.
    ///
    /// # Errors
    ///
    /// A text that says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err("expected a bucket's name, as in `s3://BUCKET/PREFIX`".to_owned());
            }
            let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
            return Ok(Self::Bucket(BucketAddress {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
                endpoint: variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL")),
                region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
                access_key_id: variable("AWS_ACCESS_KEY_ID"),
                secret_access_key: variable("AWS_SECRET_ACCESS_KEY"),
            }));
        }
        match text {
            text if text.contains("://") || text.is_empty() => {
                Err("expected `s3://BUCKET/PREFIX` or a folder".to_owned())
            }
            folder => Ok(Self::Folder(Some(PathBuf::from(folder)))),
        }
    }
}

impl fmt::Debug for BucketAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "BucketAddress(s3://{}/{})",
            self.bucket, self.prefix
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_folders_or_buckets() {
        let Ok(StorageAddress::Bucket(bucket)) = StorageAddress::parse("s3://plugins/eu/") else {
            panic!("a bucket was expected");
        };
        assert_eq!(
            (bucket.bucket.as_str(), bucket.prefix.as_str()),
            ("plugins", "eu")
        );
        let folder = StorageAddress::parse("/srv/files").unwrap();
        assert_eq!(folder, StorageAddress::Folder(Some("/srv/files".into())));
        for text in ["s3://", "gs://bucket", ""] {
            assert!(StorageAddress::parse(text).is_err(), "{text}");
        }
    }
}
