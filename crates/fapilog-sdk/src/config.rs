//! What a plugin is configured with.

/// The configuration that the application gave the plugin: a JSON object, `{}` when it gave none.
#[derive(Clone, Copy)]
pub struct Config<'a>(&'a str);

impl<'a> Config<'a> {
    pub(crate) fn new(json: &'a str) -> Self {
        Self(json)
    }

    /// The object as it came.
    #[must_use]
    pub fn json(&self) -> &'a str {
        self.0
    }

    /// Reads it into a type. Give the type `#[serde(default, deny_unknown_fields)]`: then every
    /// option may be left out, and a misspelt one is an error.
    ///
    /// # Errors
    /// What does not fit, by name; texts that were given are not repeated, since they may be secret.
    #[cfg(feature = "serde")]
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, crate::Error> {
        serde_json::from_str(self.0).map_err(|error| without_texts(&error.to_string()).into())
    }
}

/// What is in it may be secret.
impl std::fmt::Debug for Config<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Config(****)")
    }
}

/// serde shows a text where another type was expected: `invalid type: string "…", expected u16 at …`.
#[cfg(feature = "serde")]
fn without_texts(message: &str) -> String {
    const BEFORE: &str = "string \"";
    const AFTER: &str = "\", expected ";
    let cut = message.find(BEFORE).zip(message.rfind(AFTER));
    match cut {
        Some((start, end)) if start + BEFORE.len() <= end => {
            format!("{}a text{}", &message[..start], &message[end + 1..])
        }
        _ => message.to_owned(),
    }
}
