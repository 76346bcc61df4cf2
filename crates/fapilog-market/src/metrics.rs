//! Numbers for operators, in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::MarketError;
use crate::market::Market;
use crate::queries::{jobs, uploads};

/// Upper bounds of the buckets of answer times, in seconds.
const BUCKETS: [f64; 8] = [0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0];

/// What was counted since the start.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<Series, Times>>);

/// One line of requests. Paths themselves would be lines without end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    area: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Default, Clone)]
struct Times {
    count: u64,
    sum: Duration,
    buckets: [u64; BUCKETS.len()],
}

impl Metrics {
    fn note(&self, series: Series, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = all.entry(series).or_default();
        times.count += 1;
        times.sum += took;
        for (count, bound) in times.buckets.iter_mut().zip(BUCKETS) {
            *count += u64::from(took.as_secs_f64() <= bound);
        }
    }

    fn write(&self, text: &mut String) {
        let all = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let name = "fapilog_market_request_seconds";
        let _ = writeln!(text, "# HELP {name} Time until an answer's head was ready.");
        let _ = writeln!(text, "# TYPE {name} histogram");
        for (series, times) in all {
            let labels = format!(
                "area=\"{}\",method=\"{}\",status=\"{}\"",
                series.area, series.method, series.status
            );
            for (count, bound) in times.buckets.iter().zip(BUCKETS) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
            }
            let _ = writeln!(
                text,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {}",
                times.count
            );
            let _ = writeln!(text, "{name}_sum{{{labels}}} {}", times.sum.as_secs_f64());
            let _ = writeln!(text, "{name}_count{{{labels}}} {}", times.count);
        }
    }
}

/// The parts of the marketplace that are told apart: the first word of the path.
const AREAS: [&str; 10] = [
    "accounts",
    "api",
    "badges",
    "feeds",
    "files",
    "integrity",
    "legacy",
    "plugins",
    "simple",
    "static",
];

fn area_of(path: &str) -> &'static str {
    let first = path.split('/').nth(1).unwrap_or_default();
    let known = AREAS.iter().find(|area| **area == first);
    known.copied().unwrap_or("other")
}

/// Counts a request and how long its answer took.
pub async fn count(State(market): State<Market>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let area = area_of(request.uri().path());
    let method = match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        _ => "other",
    };
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let series = Series {
        area,
        method,
        status,
    };
    market.metrics.note(series, started.elapsed());
    response
}

/// Everything, as Prometheus reads it.
///
/// # Errors
///
/// `internal` when the database doesn't answer.
pub async fn text(market: &Market) -> Result<String, MarketError> {
    let mut text = String::new();
    let version = env!("CARGO_PKG_VERSION");
    gauge(
        &mut text,
        "build_info",
        "The version.",
        &[(format!("version=\"{version}\""), 1)],
    );
    let jobs = jobs::counts(&market.database).await?;
    let jobs: Vec<(String, i64)> = jobs
        .into_iter()
        .map(|(kind, state, count)| (format!("kind=\"{kind}\",state=\"{state}\""), count))
        .collect();
    gauge(&mut text, "jobs", "Jobs in the queue.", &jobs);
    let uploads = uploads::counts(&market.database).await?;
    let uploads: Vec<(String, i64)> = uploads
        .into_iter()
        .map(|(state, count)| (format!("state=\"{state}\""), count))
        .collect();
    gauge(&mut text, "uploads", "Uploads by state.", &uploads);
    let connections = [
        (
            "state=\"open\"".to_owned(),
            i64::from(market.database.size()),
        ),
        (
            "state=\"idle\"".to_owned(),
            i64::try_from(market.database.num_idle()).unwrap_or(i64::MAX),
        ),
    ];
    let help = "Connections to the database.";
    gauge(&mut text, "database_connections", help, &connections);
    market.metrics.write(&mut text);
    Ok(text)
}

fn gauge(text: &mut String, name: &str, help: &str, values: &[(String, i64)]) {
    let _ = writeln!(text, "# HELP fapilog_market_{name} {help}");
    let _ = writeln!(text, "# TYPE fapilog_market_{name} gauge");
    for (labels, value) in values {
        let _ = writeln!(text, "fapilog_market_{name}{{{labels}}} {value}");
    }
}
