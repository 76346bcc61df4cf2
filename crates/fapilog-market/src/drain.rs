//! The rest of a request that is refused.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

/// How much of a refused upload is still read, so that its sender gets to see the answer instead
/// of a broken connection.
const MAX_DRAINED_BYTES: u64 = 128 * 1024 * 1024;
/// How long that may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Reads and forgets the rest of a refused upload, within bounds.
pub async fn drain(body: Body) {
    let mut body = body;
    let read = async {
        let mut left = MAX_DRAINED_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(bytes) {
                Some(remaining) => left = remaining,
                None => break,
            }
        }
    };
    // Whether it worked makes no difference: the request is refused in any case.
    let _ = timeout(DRAIN_TIMEOUT, read).await;
}
