//! A request body whose reader may hold back only so much of it.
//!
//! The form's reader keeps everything in memory until it has found the end of a part's head, or the
//! first boundary. Without a bound, a form of one endless head would fill the memory.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::{BoxError, Error};
use hyper::body::{Frame, SizeHint};

/// Most bytes that the reader may hold back when it asks for more. Heads have some 100 bytes, and
/// what comes in one piece from a connection at most some 100 KiB.
const MAX_BUFFERED_BYTES: u64 = 1024 * 1024;

/// How much was handed out since the reader last got something done.
#[derive(Debug, Default, Clone)]
pub struct Buffered(Arc<AtomicU64>);

impl Buffered {
    /// The reader got something done.
    pub fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The body.
#[derive(Debug)]
pub struct BoundedBody {
    body: Body,
    buffered: Buffered,
}

impl BoundedBody {
    /// Bounds a body; its reader calls [`Buffered::forget`] whenever it gets something done.
    #[must_use]
    pub fn new(body: Body, buffered: Buffered) -> Self {
        Self { body, buffered }
    }
}

impl hyper::body::Body for BoundedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.buffered.0.load(Ordering::Relaxed) > MAX_BUFFERED_BYTES {
            let error = BoxError::from("a part's head is larger than 1 MiB");
            return Poll::Ready(Some(Err(Error::new(error))));
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            self.buffered.0.fetch_add(bytes, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
