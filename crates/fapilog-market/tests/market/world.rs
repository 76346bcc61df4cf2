//! A marketplace in a temporary folder, and uploads to it.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fapilog_market::config::Config;
use fapilog_market::intake::rescan;
use fapilog_market::jobs::worker;
use fapilog_market::market::Market;
use fapilog_market::queries::uploads::{self, UploadRow};
use fapilog_market::queries::{jobs, tokens};
use fapilog_market::server::router;
use fapilog_market::token::{Scope, Token};
use fapilog_testkit::{SourceArchiveBuilder, WheelBuilder};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::postgres;

/// A digest in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> String {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Longest wait for what must happen.
const LIMIT: Duration = Duration::from_secs(20);

/// A running marketplace without a socket.
pub struct World {
    pub data: TempDir,
    pub market: Market,
    router: Router,
    token: String,
    // Workers end when it is dropped.
    stop: watch::Sender<bool>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A marketplace whose workers do their jobs.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let world = Self::build(change).await;
        world.work();
        world
    }

    /// A marketplace in which nobody works, and uploads don't wait for a verdict.
    pub async fn idle() -> Self {
        Self::build(|config| config.verdict_wait = Duration::ZERO).await
    }

    /// Has workers begin.
    pub fn work(&self) {
        tokio::spawn(worker::work(self.market.clone(), self.stop.subscribe()));
    }

    async fn build(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().to_owned());
        config.public_url = Some("http://market.test/".to_owned());
        config.database = postgres::new_database().await;
        // Tests are not what judges; the built program is.
        config.scan.program = Some(env!("CARGO_BIN_EXE_fapilog-market").into());
        change(&mut config);
        let market = Market::open(config).await.unwrap();
        let mut world = Self {
            data,
            router: router(market.clone()),
            market,
            token: String::new(),
            stop: watch::channel(false).0,
        };
        world.token = world.new_token("*").await;
        world
    }

    pub async fn new_token(&self, project: &str) -> String {
        let token = Token::generate().unwrap();
        let row = token.operator_row("test", &Scope::parse(project).unwrap(), 0);
        tokens::insert(&self.market.database, &row).await.unwrap();
        token.reveal()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub async fn get(&self, path: &str, accept: &str) -> Answer {
        self.get_with(path, &[("accept", accept)]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Asks with a token.
    pub async fn get_as(&self, path: &str, token: &str) -> Answer {
        let secret = STANDARD.encode(format!("__token__:{token}"));
        let authorization = format!("Basic {secret}");
        self.get_with(path, &[("authorization", &authorization)])
            .await
    }

    /// Waits until a project is in the index.
    pub async fn until_listed(&self, project: &str) {
        let path = format!("/simple/{project}/");
        let listed = async {
            while self.get(&path, "*/*").await.status != StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, listed).await.unwrap();
    }

    /// Waits for the verdict on an upload.
    pub async fn until_judged(&self, id: &str) -> UploadRow {
        let judged = async {
            loop {
                let mut connection = self.market.database.acquire().await.unwrap();
                let row = uploads::find(&mut connection, id).await.unwrap().unwrap();
                if row.judged_us.is_some() {
                    return row;
                }
                drop(connection);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, judged).await.unwrap()
    }

    /// Has everything judged again that other rules have judged, and waits until it is; returns how
    /// many files.
    pub async fn judge_again(&self) -> usize {
        self.market.scanner.look_for_advisories().unwrap();
        let files = rescan::schedule(&self.market).await.unwrap();
        self.market.wake_workers();
        let judged = async {
            let waits = |job: &jobs::JobRow| job.kind == "rescan";
            while jobs::all(&self.market.database)
                .await
                .unwrap()
                .iter()
                .any(waits)
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, judged).await.unwrap();
        files
    }

    /// Where a stored file is on disk.
    pub fn find_stored(&self, name: &str) -> PathBuf {
        find_below(&self.data.path().join("files"), name).unwrap()
    }

    /// Uploads with the token for everything.
    pub async fn upload(&self, upload: &Upload) -> Answer {
        self.send(upload.request(&self.token)).await
    }

    /// Uploads what must be accepted.
    pub async fn publish(&self, upload: &Upload) {
        let answer = self.upload(upload).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }

    /// Names of all files on disk, uploads in progress among them.
    pub fn stored(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![
            self.data.path().join("files"),
            self.data.path().join("incoming"),
        ];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => found.push(entry.file_name().into_string().unwrap()),
                }
            }
        }
        found.sort();
        found
    }

    /// How many rows tell of something published.
    pub async fn rows(&self) -> i64 {
        sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM projects) + (SELECT count(*) FROM releases) \
             + (SELECT count(*) FROM release_items) + (SELECT count(*) FROM files)",
        )
        .fetch_one(&*self.market.database)
        .await
        .unwrap()
    }
}

fn find_below(folder: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => find_below(&path, name),
            false => path.ends_with(name).then_some(path),
        }
    })
}

/// An upload as a client sends it; every part can be made wrong.
#[derive(Clone)]
pub struct Upload {
    pub fields: Vec<(String, String)>,
    pub filename: String,
    pub bytes: Vec<u8>,
}

impl Upload {
    pub fn new(filename: &str, bytes: Vec<u8>, name: &str, version: &str, filetype: &str) -> Self {
        let digest = sha256(&bytes);
        let fields = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("metadata_version", "2.3"),
            ("name", name),
            ("version", version),
            ("filetype", filetype),
            ("pyversion", "py3"),
            ("sha256_digest", digest.as_str()),
            ("classifiers", "One"),
            ("classifiers", "Two"),
        ];
        let fields = fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        Self {
            fields,
            filename: filename.to_owned(),
            bytes,
        }
    }

    pub fn wheel(builder: &WheelBuilder) -> Self {
        Self::bytes(builder, builder.build())
    }

    /// The bytes given, under the name of the wheel that the builder would make.
    pub fn bytes(builder: &WheelBuilder, bytes: Vec<u8>) -> Self {
        let filename = builder.filename();
        let mut parts = filename.split('-');
        let name = parts.next().unwrap().replace('_', "-");
        Self::new(
            &filename,
            bytes,
            &name,
            parts.next().unwrap(),
            "bdist_wheel",
        )
    }

    pub fn source(builder: &SourceArchiveBuilder, name: &str, version: &str) -> Self {
        Self::new(&builder.filename(), builder.build(), name, version, "sdist")
    }

    /// Changes a field of the form; an empty value takes it out.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        if !value.is_empty() {
            self.fields.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The same upload with another, equally right wheel.
    pub fn with_padding(self) -> Self {
        let parts: Vec<&str> = self.filename.split('-').collect();
        let name = parts[0].replace('_', "-");
        let builder = WheelBuilder::plugin(&name, parts[1]).file("padding.txt", b"x");
        Self::wheel(&builder)
    }

    pub fn sha256(&self) -> String {
        sha256(&self.bytes)
    }

    pub fn path(&self) -> String {
        let digest = self.sha256();
        format!("/files/{}/{digest}/{}", &digest[..2], self.filename)
    }

    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            let part = format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{}\"\r\n\r\n",
            self.filename
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&self.bytes);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        body
    }

    pub fn request(&self, token: &str) -> Request<Body> {
        self.request_of(token, self.body())
    }

    pub fn request_of(&self, token: &str, body: Vec<u8>) -> Request<Body> {
        let secret = STANDARD.encode(format!("__token__:{token}"));
        Request::post("/legacy/")
            .header("authorization", format!("Basic {secret}"))
            .header("content-type", "multipart/form-data; boundary=edge")
            .body(Body::new(Pieces::new(
                body.chunks(PIECE_BYTES)
                    .map(<[u8]>::to_vec)
                    .collect::<Vec<_>>()
                    .into_iter(),
            )))
            .unwrap()
    }
}

/// How much comes from a connection at once.
const PIECE_BYTES: usize = 16 * 1024;

/// A body that comes in pieces, with a pause after each, as it does from a connection.
pub struct Pieces<I> {
    pieces: I,
    pause: bool,
}

impl<I> Pieces<I> {
    pub fn new(pieces: I) -> Self {
        Self {
            pieces,
            pause: false,
        }
    }
}

impl<I: Iterator<Item = Vec<u8>> + Unpin> hyper::body::Body for Pieces<I> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.pause = !self.pause;
        if !self.pause {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = self.pieces.next();
        Poll::Ready(piece.map(|bytes| Ok(Frame::data(bytes.into()))))
    }
}
