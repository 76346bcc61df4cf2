//! Records to an HTTP server, many in one request.

mod body;
mod client;
mod options;
mod verdict;

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

use super::{Retry, Sink, WriteError};
use crate::portion::Portion;
use body::Shape;
use client::{Client, Refusal};
pub(super) use options::HttpOptions;

/// Sends records to an HTTP server: a portion is one request.
///
/// A record counts as taken when the answer has a status of 2xx. What got another answer, or none,
/// is sent again under the same `Idempotency-Key`; a server that does not look at the key may get
/// records twice, when its answer was lost. A body that is too large (413) is sent in halves.
pub struct HttpSink {
    name: String,
    client: Client,
    shape: Shape,
    hashes: RandomState,
    /// The request that failed last and may come again.
    pending: Option<Pending>,
    /// Hashes of records that the server refused for ever, as part of a request; the lane has not
    /// been told about each of them yet.
    refused: VecDeque<u64>,
    refused_because: String,
}

/// A request that failed.
struct Pending {
    body_hash: u64,
    records: usize,
    key: String,
}

impl HttpSink {
    /// A sink that connects when it is first used.
    ///
    /// # Errors
    /// A text: which option cannot be used, and why.
    pub(super) fn new(options: HttpOptions) -> Result<Self, String> {
        let plan = options.plan()?;
        let shape = plan.shape;
        // The path may be part of what lets one in, as in webhooks; the host is not.
        let host = plan.url.authority().map_or("", |part| part.as_str());
        let scheme = plan.url.scheme_str().unwrap_or_default();
        Ok(Self {
            name: format!("{scheme}://{host}"),
            client: Client::new(plan)?,
            shape,
            hashes: RandomState::new(),
            pending: None,
            refused: VecDeque::new(),
            refused_because: String::new(),
        })
    }

    /// Sends all lines, in as few requests as the server lets it.
    fn send(&mut self, lines: &[&[u8]]) -> Result<(), WriteError> {
        let mut done = 0;
        // A request that failed is sent again as it was.
        let mut most = match &self.pending {
            Some(pending) if pending.records <= lines.len() => pending.records,
            _ => lines.len(),
        };
        while done < lines.len() {
            let records = most.min(lines.len() - done);
            let part = &lines[done..done + records];
            match self.request(part) {
                Ok(()) => done += records,
                Err(refusal) if refusal.too_large && records > 1 => most = records.div_ceil(2),
                Err(refusal) => return Err(self.refuse(refusal, part, lines.len()).after(done)),
            }
        }
        Ok(())
    }

    /// One request; its key stays the same until it succeeds or another one is sent.
    fn request(&mut self, part: &[&[u8]]) -> Result<(), Refusal> {
        let body = self.shape.body(part.iter().copied());
        let body_hash = self.hashes.hash_one(&body);
        let key = match self.pending.take() {
            Some(pending) if pending.body_hash == body_hash => pending.key,
            _ => new_key()?,
        };
        let result = self.client.send(&body, &key);
        if result.is_err() {
            self.pending = Some(Pending {
                body_hash,
                records: part.len(),
                key,
            });
        }
        result
    }

    /// The error for a request. When it was about a part of the portion and for ever, exactly its
    /// records are given up, and the others go on.
    fn refuse(&mut self, refusal: Refusal, part: &[&[u8]], of: usize) -> WriteError {
        if refusal.retry != Retry::Never {
            return refusal.into();
        }
        self.pending = None;
        if part.len() == of && of > 1 {
            return refusal.into();
        }
        let hashes = &self.hashes;
        self.refused = part.iter().map(|line| hashes.hash_one(line)).collect();
        self.refused.pop_front();
        self.refused_because.clone_from(&refusal.message);
        WriteError::of_record(refusal.message).retry(Retry::Never)
    }
}

impl Sink for HttpSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let lines: Vec<&[u8]> = portion.lines().collect();
        if let (Some(hash), Some(first)) = (self.refused.pop_front(), lines.first()) {
            if hash == self.hashes.hash_one(first) {
                let because = self.refused_because.clone();
                return Err(WriteError::of_record(because).retry(Retry::Never));
            }
            self.refused.clear();
        }
        self.send(&lines)
    }

    fn give_up(&mut self) {
        self.pending = None;
    }
}

/// A key that no other request has: 128 random bits as hexadecimal digits.
fn new_key() -> Result<String, Refusal> {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).map_err(|error| Refusal {
        too_large: false,
        retry: Retry::Backoff,
        message: format!("the system gives no random numbers: {error}"),
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}
