//! The fields of a small form, read once by the guard.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// Fields by name; of several with one name, the first.
#[derive(Clone, Default)]
pub struct Fields(Arc<HashMap<String, String>>);

/// Names only: values can be passwords.
impl std::fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Fields {
    /// Reads `application/x-www-form-urlencoded`. What is no UTF-8 becomes replacement characters.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let mut fields = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            fields
                .entry(name.into_owned())
                .or_insert_with(|| value.into_owned());
        }
        Self(Arc::new(fields))
    }

    /// A field as it was sent; empty when it wasn't.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A field as one line: without spaces around it and control characters.
    #[must_use]
    pub fn line(&self, name: &str) -> String {
        let line = self.raw(name).trim();
        line.chars().filter(|c| !c.is_control()).collect()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Fields {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_values_never_debug_printed() {
        let fields = Fields::parse(b"name=Ada%20L&password=s3cret+x&name=Eve&x=%ff%0a");
        assert_eq!(fields.raw("name"), "Ada L");
        assert_eq!(fields.raw("password"), "s3cret x");
        assert_eq!(fields.line("x"), "\u{fffd}");
        assert_eq!(fields.raw("none"), "");
        assert!(!format!("{fields:?}").contains("s3cret"));
    }
}
