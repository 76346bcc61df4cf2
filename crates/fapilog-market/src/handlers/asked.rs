//! What the address of the catalogue asks for, and the addresses of everything next to it: pages and
//! API read and write the same words.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use url::form_urlencoded;

use crate::search::facets::Facet;
use crate::search::query::MAX_RESULTS;
use crate::search::{Query, Sort};

/// Most filters that are looked at.
const MAX_FILTERS: usize = 16;
/// Longest value of a filter in bytes; no value that could match is longer.
const MAX_VALUE_BYTES: usize = 100;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The text.
    pub text: String,
    /// The filters.
    pub filters: Vec<(Facet, String)>,
    /// The order.
    pub sort: Sort,
    /// The page, from 1.
    pub page: usize,
    /// Everything else, for the API.
    pub others: Vec<(String, String)>,
}

impl Asked {
    /// Reads the query of an address. What can't be read asks for nothing.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let mut asked = Self {
            page: 1,
            ..Self::default()
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "q" => asked.text = Query::shown_text(&value),
                "sort" => asked.sort = Sort::parse(&value).unwrap_or_default(),
                "page" => asked.page = value.parse().unwrap_or(1).clamp(1, MAX_RESULTS),
                word => match Facet::ALL.into_iter().find(|facet| facet.word() == word) {
                    Some(facet) => asked.filter(facet, &value),
                    None if asked.others.len() < MAX_FILTERS => {
                        asked.others.push((name.into_owned(), value.into_owned()));
                    }
                    None => {}
                },
            }
        }
        asked
    }

    fn filter(&mut self, facet: Facet, value: &str) {
        let new = (facet, value.to_owned());
        let fits = !value.is_empty() && value.len() <= MAX_VALUE_BYTES;
        if fits && self.filters.len() < MAX_FILTERS && !self.filters.contains(&new) {
            self.filters.push(new);
        }
    }

    /// The value of a parameter that is no part of the search.
    #[must_use]
    pub fn other(&self, name: &str) -> Option<&str> {
        let found = self.others.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether anything narrows the catalogue down.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.text.is_empty() && self.filters.is_empty()
    }

    /// Whether a filter is on.
    #[must_use]
    pub fn has(&self, facet: Facet, value: &str) -> bool {
        self.filters
            .iter()
            .any(|(one, other)| *one == facet && other == value)
    }

    /// The query of one page of so many results.
    #[must_use]
    pub fn query(&self, limit: usize) -> Query {
        Query {
            text: self.text.clone(),
            filters: self.filters.clone(),
            sort: self.sort,
            offset: (self.page - 1).saturating_mul(limit),
            limit,
        }
    }

    /// The address of the same search on another page.
    #[must_use]
    pub fn at_page(&self, page: usize) -> String {
        let other = Self {
            page,
            ..self.clone()
        };
        other.address()
    }

    /// The address of the same search in another order.
    #[must_use]
    pub fn in_order(&self, sort: Sort) -> String {
        let other = Self {
            sort,
            page: 1,
            ..self.clone()
        };
        other.address()
    }

    /// The address with a filter switched over.
    #[must_use]
    pub fn switched(&self, facet: Facet, value: &str) -> String {
        let mut other = Self {
            page: 1,
            ..self.clone()
        };
        if self.has(facet, value) {
            other
                .filters
                .retain(|(one, own)| !(*one == facet && own == value));
        } else {
            other.filters.push((facet, value.to_owned()));
        }
        other.address()
    }

    /// The address of the same text without filters.
    #[must_use]
    pub fn without_filters(&self) -> String {
        let other = Self {
            page: 1,
            filters: Vec::new(),
            ..self.clone()
        };
        other.address()
    }

    fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.text.is_empty() {
            query.append_pair("q", &self.text);
        }
        for (facet, value) in &self.filters {
            query.append_pair(facet.word(), value);
        }
        if self.sort != Sort::default() {
            query.append_pair("sort", self.sort.word());
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() {
            "/plugins/".to_owned()
        } else {
            format!("/plugins/?{query}")
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_was_read_from_it() {
        let asked = Asked::parse("q=a+%26b&kind=sink&kind=sink&core=3.0&sort=downloads&page=3&x=1");
        assert_eq!((asked.text.as_str(), asked.page), ("a &b", 3));
        assert_eq!(asked.filters.len(), 2);
        assert_eq!(asked.other("x"), Some("1"));
        let address = asked.at_page(3);
        assert_eq!(
            address,
            "/plugins/?q=a+%26b&kind=sink&core=3.0&sort=downloads&page=3"
        );
        let again = Asked::parse(address.split_once('?').unwrap().1);
        assert_eq!(
            again,
            Asked {
                others: Vec::new(),
                ..asked.clone()
            }
        );
        let switched = asked.switched(Facet::Kind, "sink");
        assert_eq!(switched, "/plugins/?q=a+%26b&core=3.0&sort=downloads");
        assert_eq!(asked.without_filters(), "/plugins/?q=a+%26b&sort=downloads");
    }

    #[test]
    fn nonsense_asks_for_nothing() {
        for query in [
            "", "%", "%ff", "page=-1", "page=x", "sort=up", "kind=", "&&&",
        ] {
            let asked = Asked::parse(query);
            assert!(asked.is_everything() && asked.page == 1, "{query}");
        }
        let long = format!("kind={}", "x".repeat(1000));
        assert!(Asked::parse(&long).filters.is_empty());
        assert!(Asked::parse(&"kind=a&".repeat(1000)).filters.len() == 1);
    }
}
