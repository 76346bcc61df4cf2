//! How an upload ended.

/// How an upload ended well, or goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// The file is in the index.
    Published,
    /// The very same file was in the index already.
    Already,
    /// The file is kept and waits for its verdict; the upload's id.
    Waiting(String),
}
