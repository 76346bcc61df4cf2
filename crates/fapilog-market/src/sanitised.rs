//! Descriptions as HTML that can't do harm.

use comrak::Options;

/// Longest description in bytes that is rendered; longer ones are shown as text.
const MAX_RENDERED_BYTES: usize = 200 * 1024;

/// HTML that went through the sanitiser. The only type that templates may show unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitisedHtml(String);

impl SanitisedHtml {
    /// Renders a description by its content type: Markdown as HTML, everything else as text.
    #[must_use]
    pub fn from_description(text: &str, content_type: Option<&str>) -> Self {
        let kind = content_type
            .and_then(|kind| kind.split(';').next())
            .unwrap_or_default();
        let markdown = kind.trim().eq_ignore_ascii_case("text/markdown");
        if markdown && text.len() <= MAX_RENDERED_BYTES {
            Self::from_markdown(text)
        } else {
            Self(format!("<pre>{}</pre>", ammonia::clean_text(text)))
        }
    }

    fn from_markdown(text: &str) -> Self {
        let mut options = Options::default();
        options.extension.table = true;
        options.extension.autolink = true;
        options.extension.strikethrough = true;
        options.extension.tasklist = true;
        let html = comrak::markdown_to_html(text, &options);
        // Pictures of other sites would tell them who reads the page; headings keep no ids, so
        // that they can't shadow the page's own.
        let clean = ammonia::Builder::default()
            .rm_tags(["img", "map", "area"])
            .url_schemes(["http", "https", "mailto"].into())
            .url_relative(ammonia::UrlRelative::Deny)
            .link_rel(Some("noopener noreferrer nofollow ugc"))
            .clean(&html)
            .to_string();
        Self(clean)
    }

    /// The HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_html_without_anything_that_acts() {
        let text = "# Acme\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[good](https://example.org) \
            [bad](javascript:alert(1)) <script>alert(1)</script> <img src=x onerror=alert(1)> \
            <svg onload=alert(1)> <a href=\"data:text/html,x\" onclick=\"x()\">c</a> \
            <style>*{}</style><iframe src=//x></iframe><form action=/legacy/><input></form>";
        let html = SanitisedHtml::from_description(text, Some("text/markdown; charset=UTF-8"));
        let html = html.as_str();
        assert!(
            html.contains("<h1>Acme</h1>") && html.contains("<table>"),
            "{html}"
        );
        assert!(html.contains("href=\"https://example.org\""), "{html}");
        for bad in [
            "javascript:",
            "<script",
            "<img",
            "onerror",
            "<svg",
            "data:",
            "onclick",
            "<style",
            "<iframe",
            "<form",
            "<input",
        ] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
    }

    #[test]
    fn other_types_are_shown_as_text() {
        for kind in [None, Some("text/x-rst"), Some("text/html")] {
            let html = SanitisedHtml::from_description("<b>x</b>", kind);
            assert!(!html.as_str().contains("<b>"), "{html:?}");
        }
    }
}
