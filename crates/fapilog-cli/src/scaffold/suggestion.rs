//! A valid plugin name near to one that was refused.

use fapilog_package::name::{MAX_PLUGIN_NAME, PluginName};

/// Proposed when nothing of the given text can be kept.
const FALLBACK: &str = "acme";

/// The nearest valid short name: unusable characters become hyphens, leading digits go, a name
/// that belongs to fapilog itself gets an addition.
pub fn nearest_plugin_name(given: &str) -> String {
    let mut near = String::new();
    for character in given.chars().take(4 * MAX_PLUGIN_NAME) {
        if character.is_ascii_alphanumeric() {
            near.push(character.to_ascii_lowercase());
        } else if !near.is_empty() && !near.ends_with('-') {
            near.push('-');
        }
    }
    let near = near.trim_start_matches("fapilog-");
    let near = near.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let near: String = near.chars().take(MAX_PLUGIN_NAME).collect();
    let near = near.trim_end_matches('-');
    [near.to_owned(), format!("{near}-logs")]
        .iter()
        .find_map(|candidate| PluginName::parse(candidate).ok())
        .map_or_else(|| FALLBACK.to_owned(), |name| name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_near_and_valid() {
        for (given, near) in [
            ("my plugin!", "my-plugin"),
            ("3com", "com"),
            ("Größe", "gr-e"),
            ("../../etc", "etc"),
            ("market", "market-logs"),
            ("fapilog-", "acme"),
            ("fapilog", "fapilog-logs"),
            ("☃", "acme"),
            ("", "acme"),
        ] {
            let suggestion = nearest_plugin_name(given);
            let expected = PluginName::parse(near).unwrap();
            assert_eq!(suggestion, expected.as_str(), "{given}");
        }
    }

    #[test]
    fn a_suggestion_for_an_endless_name_fits() {
        let suggestion = nearest_plugin_name(&"a".repeat(100_000));
        assert_eq!(suggestion.len(), MAX_PLUGIN_NAME);
    }
}
