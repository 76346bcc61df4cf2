//! Which form of an index page a client wants (RFC 9110, section 12.5.1).

/// The forms of index pages (PEP 691).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexForm {
    /// `application/vnd.pypi.simple.v1+json`.
    Json,
    /// `application/vnd.pypi.simple.v1+html`.
    Html,
    /// `text/html`, for browsers and old clients.
    PlainHtml,
}

impl IndexForm {
    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/vnd.pypi.simple.v1+json",
            Self::Html => "application/vnd.pypi.simple.v1+html; charset=utf-8",
            Self::PlainHtml => "text/html; charset=utf-8",
        }
    }

    fn names(self) -> [&'static str; 2] {
        match self {
            Self::Json => [
                "application/vnd.pypi.simple.v1+json",
                "application/vnd.pypi.simple.latest+json",
            ],
            Self::Html => [
                "application/vnd.pypi.simple.v1+html",
                "application/vnd.pypi.simple.latest+html",
            ],
            Self::PlainHtml => ["text/html", "text/html"],
        }
    }

    /// The form that an `Accept` header asks for most, or `None` when it accepts none of them.
    ///
    /// A named type wins over one that is only met by a wildcard; among equals JSON wins, except
    /// that plain HTML is the answer to "anything".
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Option<Self> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Some(Self::PlainHtml);
        };
        let ranges: Vec<Range<'_>> = accept
            .split(',')
            .take(MAX_RANGES)
            .map(Range::parse)
            .collect();
        let rank = |form: Self, order: u8| {
            let best = ranges
                .iter()
                .filter(|range| range.matches(form))
                .max_by_key(|range| range.specificity())?;
            let named = best.specificity() == 2;
            let order = if named { 3 - order } else { order };
            (best.quality > 0).then_some((best.quality, named, order, form))
        };
        [
            rank(Self::Json, 0),
            rank(Self::Html, 1),
            rank(Self::PlainHtml, 2),
        ]
        .into_iter()
        .flatten()
        .max_by_key(|(quality, named, order, _)| (*quality, *named, *order))
        .map(|(.., form)| form)
    }
}

/// More ranges than any client sends; the rest of a longer header is not looked at.
const MAX_RANGES: usize = 50;

struct Range<'a> {
    name: &'a str,
    /// In thousandths.
    quality: u32,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(1000, thousandths);
        Self { name, quality }
    }

    fn specificity(&self) -> u8 {
        match self.name {
            "*/*" => 0,
            name if name.ends_with("/*") => 1,
            _ => 2,
        }
    }

    fn matches(&self, form: IndexForm) -> bool {
        match self.name.strip_suffix("/*") {
            Some("*") => true,
            Some(kind) => form.names().iter().any(|name| {
                name.split('/')
                    .next()
                    .is_some_and(|own| own.eq_ignore_ascii_case(kind))
            }),
            None => form
                .names()
                .iter()
                .any(|name| name.eq_ignore_ascii_case(self.name)),
        }
    }
}

/// A quality value as thousandths; one that can't be read counts as 0: not wanted.
fn thousandths(text: &str) -> u32 {
    match text.trim().parse::<f32>() {
        // Within 0..=1, so that the product fits.
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1000.0).round() as u32,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_gets_the_form_it_asks_for_most() {
        let (json, html, plain) = (
            Some(IndexForm::Json),
            Some(IndexForm::Html),
            Some(IndexForm::PlainHtml),
        );
        for (accept, expected) in [
            (
                "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, \
                 text/html; q=0.01",
                json,
            ),
            ("application/vnd.pypi.simple.v1+json, */*;q=0.1", json),
            ("application/vnd.pypi.simple.latest+json", json),
            ("application/vnd.pypi.simple.v1+html", html),
            ("text/html, application/vnd.pypi.simple.v1+json", json),
            ("text/html,application/xhtml+xml,*/*;q=0.8", plain),
            ("*/*", plain),
            ("text/*", plain),
            ("", plain),
            ("application/json", None),
            ("text/html;q=0", None),
            ("application/vnd.pypi.simple.v1+json;q=0, */*", plain),
            (
                "application/vnd.pypi.simple.v2+json, text/html;q=0.01",
                plain,
            ),
        ] {
            assert_eq!(IndexForm::negotiate(Some(accept)), expected, "{accept}");
        }
        assert_eq!(IndexForm::negotiate(None), plain);
    }
}
