//! What a search costs in a catalogue of so many made-up plugins: `make bench-search`.
//!
//! `search_speed SIZE...` measures; `search_speed --print SIZE` prints the plugins as JSON lines for
//! other engines (`bench/search/databases.py`).

#![expect(clippy::print_stdout, reason = "results are what this program is for")]

use std::time::{Duration, Instant};

use fapilog_market::search::cores::Cores;
use fapilog_market::search::facets::Facet;
use fapilog_market::search::{Document, Query, Snapshot, Sort};

/// Words as frequent as their place is early, as in real texts.
const SERVICES: [&str; 40] = [
    "http",
    "aws",
    "json",
    "kafka",
    "postgres",
    "redis",
    "metrics",
    "trace",
    "azure",
    "google",
    "elastic",
    "splunk",
    "loki",
    "datadog",
    "sentry",
    "slack",
    "email",
    "kubernetes",
    "docker",
    "fastapi",
    "django",
    "flask",
    "celery",
    "grpc",
    "mqtt",
    "amqp",
    "nats",
    "parquet",
    "mongo",
    "clickhouse",
    "bigquery",
    "snowflake",
    "vault",
    "geoip",
    "pii",
    "gdpr",
    "hipaa",
    "pci",
    "sox",
    "syslog",
];
const KINDS: [&str; 6] = [
    "sink",
    "enricher",
    "filter",
    "processor",
    "redactor",
    "alerter",
];
const VERBS: [&str; 12] = [
    "sends",
    "adds",
    "keeps",
    "counts",
    "redacts",
    "renames",
    "batches",
    "compresses",
    "samples",
    "signs",
    "routes",
    "stores",
];
const LICENSES: [&str; 4] = ["MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0"];
const NOW_US: i64 = 1_795_000_000_000_000;

/// Queries as people type them: whole words, beginnings, typing errors, many words, none.
const QUERIES: [&str; 16] = [
    "splunk",
    "kafk",
    "elastc",
    "aws metrics",
    "redact pii",
    "s",
    "http json sink",
    "kuberentes",
    "fapilog-kafka-77",
    "word1234",
    "postgres trace enricher",
    "sends records",
    "snowflke",
    "",
    "gdpr hipaa pci",
    "wor",
];

/// Numbers that look random and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap_or(0)
    }

    /// Small numbers often, large ones seldom.
    fn skewed(&mut self, sides: usize) -> usize {
        let first = self.roll(sides);
        self.roll(first + 1)
    }
}

fn document(number: usize, dice: &mut Dice) -> Document {
    let pick = |dice: &mut Dice, words: &[&'static str]| {
        words.get(dice.skewed(words.len())).copied().unwrap_or("x")
    };
    let (service, other) = (pick(dice, &SERVICES), pick(dice, &SERVICES));
    let (kind, verb) = (pick(dice, &KINDS), pick(dice, &VERBS));
    let rare: Vec<String> = (0..60)
        .map(|_| format!("word{}", dice.skewed(30_000)))
        .collect();
    Document {
        name: format!("fapilog-{service}-{number}"),
        summary: format!("A {kind} that {verb} records for {service} and {other}"),
        keywords: format!("{service} {other} {kind}"),
        text: format!(
            "{verb} records {} {}",
            rare.join(" "),
            pick(dice, &SERVICES)
        ),
        license: LICENSES
            .get(dice.skewed(4))
            .map(|license| (*license).to_owned()),
        kinds: kind.to_owned(),
        core_range: Some(
            if dice.roll(5) == 0 {
                ">=3.0,<3.1"
            } else {
                ">=3.0,<4.0"
            }
            .to_owned(),
        ),
        requires_python: Some(format!(">=3.{}", 10 + dice.skewed(4))),
        downloads: i64::try_from(dice.skewed(1000) * dice.skewed(1000)).unwrap_or(0),
        health: i64::try_from(dice.roll(101)).unwrap_or(0),
        updated_us: NOW_US - i64::try_from(dice.skewed(1500)).unwrap_or(0) * 86_400_000_000,
        ..Document::default()
    }
}

fn documents(size: usize) -> Vec<Document> {
    let mut dice = Dice(88_172_645_463_325_252);
    (0..size)
        .map(|number| document(number, &mut dice))
        .collect()
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

fn measure(size: usize) -> Result<(), fst::Error> {
    let before = resident_mib();
    let started = Instant::now();
    let cores = Cores::new(["3.0.0", "3.1.0", "3.2.0"]);
    let snapshot = Snapshot::new(documents(size), cores, 0, NOW_US)?;
    let built = started.elapsed();
    let mut times: Vec<Duration> = Vec::new();
    let mut slowest = (Duration::ZERO, "");
    for round in 0..200 {
        for text in QUERIES {
            let filters = match round % 4 {
                0 => vec![(Facet::Kind, "sink".to_owned())],
                1 => vec![
                    (Facet::Core, "3.2".to_owned()),
                    (Facet::License, "MIT".to_owned()),
                ],
                _ => Vec::new(),
            };
            let query = Query {
                text: text.to_owned(),
                filters,
                sort: Sort::Relevance,
                offset: 0,
                limit: 20,
            };
            let started = Instant::now();
            let found = snapshot.search(&query);
            let took = started.elapsed();
            std::hint::black_box(found);
            times.push(took);
            slowest = slowest.max((took, text));
        }
    }
    times.sort();
    let at = |share: f64| {
        times
            .get((times.len() as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{size:>8} plugins: built in {built:>9.1?}, {:>4} MiB more; a search p50 {:>8.1?}, p99 {:>8.1?}, most {:>8.1?} ({:?})",
        resident_mib().saturating_sub(before),
        at(0.5),
        at(0.99),
        slowest.0,
        slowest.1
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, size] = arguments.as_slice()
        && first == "--print"
    {
        for one in documents(size.parse()?) {
            println!(
                "{}",
                serde_json::json!([one.name, one.summary, one.keywords, one.text])
            );
        }
        return Ok(());
    }
    for size in arguments {
        measure(size.parse()?)?;
    }
    Ok(())
}
