//! Every refusal has its place in the documentation.

use std::collections::BTreeSet;

use fapilog_package::{error, fault};

#[test]
fn every_refusal_is_documented_and_nothing_else() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/package-refusals.md"
    );
    let text = std::fs::read_to_string(page).unwrap();
    let documented: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let known: BTreeSet<&str> = fault::ALL
        .iter()
        .map(|fault| fault.id())
        .chain(error::PLAIN_IDS)
        .collect();
    assert_eq!(documented, known.into_iter().collect::<Vec<_>>());
}
