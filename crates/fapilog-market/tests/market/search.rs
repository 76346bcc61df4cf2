//! The catalogue's search: judged queries, typing errors, facets, and the index kept level with changes.

use fapilog_market::search::cores::Cores;
use fapilog_market::search::document::kinds_named;
use fapilog_market::search::facets::Facet;
use fapilog_market::search::{Document, Query, Snapshot, Sort};
use serde::Deserialize;
use std::collections::HashMap;

const NOW_US: i64 = 1_795_000_000_000_000;
const DAY_US: i64 = 86_400_000_000;
/// Results that are judged.
const DEPTH: usize = 10;

#[derive(Deserialize)]
struct Judged(String, String, String, String, i64, i64, String);

fn documents() -> Vec<Document> {
    let rows: Vec<Judged> = serde_json::from_str(include_str!("judged/plugins.json")).unwrap();
    let document = |Judged(name, summary, keywords, text, downloads, days, range)| Document {
        kinds: kinds_named(&keywords).join(" "),
        name,
        summary,
        keywords,
        text,
        downloads,
        core_range: Some(range),
        license: Some("MIT".into()),
        requires_python: Some(">=3.10".into()),
        health: 90,
        updated_us: NOW_US - days * DAY_US,
        ..Document::default()
    };
    rows.into_iter().map(document).collect()
}

fn cores() -> Cores {
    Cores::new(["3.0.0", "3.1.0", "3.2.0"])
}

fn snapshot() -> Snapshot {
    Snapshot::new(documents(), cores(), 1, NOW_US).unwrap()
}

fn names(snapshot: &Snapshot, query: &Query) -> Vec<String> {
    let found = snapshot.search(query);
    found.hits.into_iter().map(|hit| hit.name).collect()
}

fn text(text: &str) -> Query {
    Query {
        text: text.to_owned(),
        limit: DEPTH,
        ..Query::default()
    }
}

/// How good an order is: each result's grade counts less the further down it stands.
fn gain(grades: impl Iterator<Item = f64>) -> f64 {
    let places = grades.take(DEPTH).zip(1_u32..);
    places
        .map(|(grade, place)| (grade.exp2() - 1.0) / f64::from(place + 1).log2())
        .sum()
}

#[test]
fn judged_queries_are_answered_in_a_good_order() {
    let snapshot = snapshot();
    let queries: Vec<(String, HashMap<String, f64>)> =
        serde_json::from_str(include_str!("judged/queries.json")).unwrap();
    let mut worst = Vec::new();
    for (query, grades) in &queries {
        let found = names(&snapshot, &text(query));
        let grade = |name: &String| grades.get(name).copied().unwrap_or(0.0);
        let mut best: Vec<f64> = grades.values().copied().collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let ndcg = gain(found.iter().map(grade)) / gain(best.into_iter());
        worst.push((ndcg, query.as_str(), found));
    }
    worst.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = worst.iter().map(|(ndcg, ..)| ndcg).sum::<f64>() / worst.len() as f64;
    assert!(
        mean >= 0.95,
        "nDCG@10 is {mean:.3}; worst: {:#?}",
        &worst[..6]
    );
    // Words that no plugin uses find nothing: `duplicate` isn't `deduplication`.
    let poor = worst.iter().filter(|(ndcg, ..)| *ndcg < 0.5).count();
    assert!(poor <= 1, "{:#?}", &worst[..3]);
}

#[test]
fn each_letter_that_is_typed_narrows_to_the_plugin() {
    let snapshot = snapshot();
    for name in ["elasticsearch", "kubernetes", "prometheus", "opentelemetry"] {
        for end in 4..=name.len() {
            let found = names(&snapshot, &text(&name[..end]));
            let first = &found[0];
            let expected = name == "opentelemetry" || first.contains(name);
            assert!(expected, "{}: {found:?}", &name[..end]);
        }
    }
}

#[test]
fn errors_are_forgiven_only_where_nothing_is_spelt_so() {
    let snapshot = snapshot();
    let found = snapshot.search(&text("kuberentes"));
    assert_eq!(
        found.corrections,
        [("kuberente".to_owned(), "kubernete".to_owned())]
    );
    let found = snapshot.search(&text("redis"));
    assert!(found.corrections.is_empty());
    assert_eq!(names(&snapshot, &text("qqqqqqqq")), [""; 0]);
    assert_eq!(names(&snapshot, &text("xyz")), [""; 0]);
}

#[test]
fn a_query_that_no_plugin_fits_whole_shows_those_that_fit_best() {
    let snapshot = snapshot();
    let found = snapshot.search(&text("kafka telegram unheardof"));
    assert!(found.partial);
    let mut names: Vec<_> = found.hits.iter().map(|hit| hit.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["fapilog-kafka", "fapilog-telegram"]);
}

#[test]
fn facets_count_what_each_narrowing_would_leave() {
    let snapshot = snapshot();
    let mut query = Query {
        limit: 100,
        ..Query::default()
    };
    let all = snapshot.search(&query);
    let count = |found: &fapilog_market::search::Found, facet: Facet, value: &str| {
        let (_, values) = found.facets.iter().find(|(one, _)| *one == facet).unwrap();
        values
            .iter()
            .find(|one| one.value == value)
            .map_or(0, |one| one.count)
    };
    for (facet, value) in [
        (Facet::Kind, "redactor"),
        (Facet::Core, "3.0"),
        (Facet::Core, "3.2"),
        (Facet::Python, "3.12"),
        (Facet::License, "MIT"),
    ] {
        let promised = count(&all, facet, value);
        query.filters = vec![(facet, value.to_owned())];
        let narrowed = snapshot.search(&query);
        assert!(promised > 0, "{value}");
        assert_eq!(
            (narrowed.total, narrowed.hits.len()),
            (promised, promised),
            "{value}"
        );
        // The other values of the same facet still tell what they would leave instead.
        assert_eq!(count(&narrowed, facet, value), promised, "{value}");
    }
    query.filters = vec![
        (Facet::Kind, "redactor".to_owned()),
        (Facet::Kind, "alerter".to_owned()),
    ];
    let either = snapshot.search(&query).total;
    let sum = count(&all, Facet::Kind, "redactor") + count(&all, Facet::Kind, "alerter");
    assert_eq!(either, sum);
    query.filters = vec![(Facet::Core, "9.9".to_owned())];
    assert_eq!(snapshot.search(&query).total, 0);
}

#[test]
fn every_order_puts_its_best_first_and_pages_do_not_overlap() {
    let snapshot = snapshot();
    let first = |sort| {
        let query = Query {
            sort,
            limit: 5,
            ..Query::default()
        };
        names(&snapshot, &query)[0].clone()
    };
    assert_eq!(first(Sort::Downloads), "fapilog-fastapi");
    assert_eq!(first(Sort::Updated), "fapilog-fastapi");
    assert_eq!(first(Sort::Name), "fapilog-anonymize-ip");
    for sort in Sort::ALL {
        let mut seen = Vec::new();
        for offset in (0..70).step_by(7) {
            let query = Query {
                sort,
                offset,
                limit: 7,
                ..Query::default()
            };
            seen.extend(names(&snapshot, &query));
        }
        assert_eq!(seen.len(), snapshot.len(), "{sort:?}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), snapshot.len(), "{sort:?}");
    }
}

#[test]
fn changes_are_found_as_if_the_index_had_been_built_with_them() {
    let mut all = documents();
    let base = Snapshot::new(all.clone(), cores(), 1, NOW_US).unwrap();
    let new = Document {
        name: "fapilog-quasar".into(),
        summary: "Sends records to Quasar".into(),
        updated_us: NOW_US,
        ..Document::default()
    };
    let at = all
        .iter()
        .position(|one| one.name == "fapilog-kafka")
        .unwrap();
    all[at].summary = "Sink for Apache Kafka and Quasar".into();
    let changed = vec![new.clone(), all[at].clone()];
    let gone = vec!["fapilog-loki".to_owned()];
    let overlaid = base.with_changes(changed, &gone, 2, NOW_US).unwrap();
    all.push(new);
    all.retain(|one| one.name != "fapilog-loki");
    let rebuilt = Snapshot::new(all, cores(), 2, NOW_US).unwrap();
    assert_eq!(overlaid.len(), rebuilt.len());
    for query in [
        "quasar", "kafka", "loki", "grafana", "sink", "", "quasr", "aws",
    ] {
        let mut asked = text(query);
        asked.limit = 100;
        let (a, b) = (overlaid.search(&asked), rebuilt.search(&asked));
        assert_eq!(a.total, b.total, "{query}");
        assert_eq!(a.facets, b.facets, "{query}");
        let mut left: Vec<_> = a.hits.into_iter().map(|hit| hit.name).collect();
        let mut right: Vec<_> = b.hits.into_iter().map(|hit| hit.name).collect();
        left.sort();
        right.sort();
        assert_eq!(left, right, "{query}");
    }
}

#[test]
fn hostile_texts_are_only_texts() {
    let snapshot = snapshot();
    for query in [
        "\0",
        "%",
        "'; DROP TABLE projects; --",
        "((((",
        "\u{202e}abc",
        "🦀🦀",
        "a".repeat(100_000).as_str(),
        &"kafka ".repeat(1000),
        "ﬁle",
        "İstanbul",
        "𝔣𝔞𝔰𝔱𝔞𝔭𝔦",
    ] {
        let found = snapshot.search(&text(query));
        assert!(found.hits.len() <= DEPTH);
    }
    let far = Query {
        offset: usize::MAX - 10,
        limit: 10,
        ..Query::default()
    };
    assert!(snapshot.search(&far).hits.is_empty());
}
