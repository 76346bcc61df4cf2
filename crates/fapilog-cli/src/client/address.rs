//! Where the marketplace is.

use std::fmt;

use ureq::http::Uri;

use super::ClientFailure;

/// Names the marketplace, before the index that pip or uv is set up with.
pub const VARIABLE: &str = "FAPILOG_MARKET";

/// Indexes of pip and uv, in the order in which they are looked at.
const INDEX_VARIABLES: [&str; 4] = [
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
];

/// The address of a marketplace, without the slash at its end. Its credentials are not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The address that was given, else that of `FAPILOG_MARKET`, else that of the index that pip
    /// or uv is set up with by the environment.
    pub fn find(
        given: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ClientFailure> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        if let Some(address) = given.map(str::to_owned).or_else(|| set(VARIABLE)) {
            return Self::parse(&address);
        }
        let index = INDEX_VARIABLES.iter().find_map(|name| set(name));
        let index = index.ok_or(ClientFailure::NoMarket)?;
        // uv lets an index have a name: `name=https://…`.
        let address = match index.split_once('=') {
            Some((name, address)) if !name.contains(':') => address.to_owned(),
            _ => index,
        };
        let address = address.split_whitespace().next().unwrap_or_default();
        Self::parse(address.trim_end_matches('/').trim_end_matches("/simple"))
    }

    /// Reads an address.
    pub fn parse(given: &str) -> Result<Self, ClientFailure> {
        let address = Self(given.trim().trim_end_matches('/').to_owned());
        let uri: Result<Uri, _> = address.0.parse();
        let right = uri.is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.query().is_none()
        });
        if right {
            Ok(address)
        } else {
            Err(ClientFailure::BadAddress {
                given: address.to_string(),
            })
        }
    }

    /// Reads an upload address, whose slash at the end belongs to it.
    pub fn parse_upload(given: &str) -> Result<Self, ClientFailure> {
        Self::parse(given).map(|_| Self(given.trim().to_owned()))
    }

    /// The address with credentials, for a request.
    pub fn for_request(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return formatter.write_str(&self.0);
        };
        let end = rest.find('/').unwrap_or(rest.len());
        match rest[..end].rfind('@') {
            Some(at) => write!(formatter, "{scheme}://****{}", &rest[at..]),
            None => formatter.write_str(&self.0),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn found(given: Option<&str>, set: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Address::find(given, variable).map_or_else(
            |failure| failure.id().to_owned(),
            |address| address.for_request().to_owned(),
        )
    }

    #[test]
    fn what_is_given_counts_more_than_what_is_set() {
        let set = [
            ("FAPILOG_MARKET", "https://m.example/"),
            ("PIP_INDEX_URL", "https://p.example/simple/"),
        ];
        assert_eq!(found(Some("http://g.example"), &set), "http://g.example");
        assert_eq!(found(None, &set), "https://m.example");
        assert_eq!(found(None, &set[1..]), "https://p.example");
        let named = [("UV_DEFAULT_INDEX", "own=https://u.example/base/simple")];
        assert_eq!(found(None, &named), "https://u.example/base");
        assert_eq!(found(None, &[]), "no-market");
        assert_eq!(found(Some("ftp://x"), &[]), "bad-market-address");
    }

    #[test]
    fn credentials_are_not_shown() {
        let address = Address::parse("https://ann:s3cret@m.example/x").unwrap();
        assert_eq!(address.to_string(), "https://****@m.example/x");
        assert!(!format!("{address:?}").contains("s3cret"));
    }
}
