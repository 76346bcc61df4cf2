//! Descriptions as HTML that can't do harm.

use comrak::Options;

/// Longest description in bytes that is rendered; longer ones are shown as text.
const MAX_RENDERED_BYTES: usize = 200 * 1024;

/// Deepest nesting of quotes and lists that is rendered; deeper texts are shown as text. The time for
/// rendering grows with the square of the depth: 200 KiB of `>` took minutes.
const MAX_DEPTH: usize = 32;

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
        let small = text.len() <= MAX_RENDERED_BYTES && depth(text) <= MAX_DEPTH;
        if markdown && small {
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

/// An upper bound for the nesting of quotes and lists: each level is opened by a mark at the
/// beginning of a line, or continued by two columns or more of blanks there.
fn depth(text: &str) -> usize {
    let of_line = |line: &str| {
        let marks = |c: char| c.is_ascii_digit() || " \t>-+*.)".contains(c);
        let end = line.find(|c| !marks(c)).unwrap_or(line.len());
        let opening = line.get(..end).unwrap_or_default();
        let columns = |c: char| match c {
            '>' => 2,
            ' ' => 1,
            '\t' => 4,
            _ => 0,
        };
        opening.chars().map(columns).sum::<usize>().div_ceil(2)
    };
    text.split(['\n', '\r']).map(of_line).max().unwrap_or(0)
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

    #[test]
    fn texts_made_to_take_long_are_shown_as_text_or_rendered_soon() {
        let start = std::time::Instant::now();
        for unit in [
            ">",
            "> ",
            "- ",
            "+ ",
            "1) ",
            "> - ",
            ">\t",
            "*a ",
            "**a",
            "[",
            "](",
            "`",
            "<b>",
            "<",
            "_*",
            "~~a",
            "a|",
            "[a](",
            "[x]: y\n",
            "[a]\n",
            "&#",
            "* a\n",
            "> > > > > > > > > > a\n",
        ] {
            let text = unit.repeat(MAX_RENDERED_BYTES / unit.len());
            let _ = SanitisedHtml::from_description(&text, Some("text/markdown"));
        }
        // Each of them takes minutes when it goes wrong.
        assert!(start.elapsed() < std::time::Duration::from_secs(60));
        let nested = ">".repeat(MAX_DEPTH + 1) + " **a**";
        let html = SanitisedHtml::from_description(&nested, Some("text/markdown"));
        assert!(html.as_str().starts_with("<pre>"), "{html:?}");
        let plain = "> 1. **a**\n>\n>    - b\n\n------------------------------------------\n";
        let html = SanitisedHtml::from_description(plain, Some("text/markdown"));
        assert!(html.as_str().contains("<strong>a</strong>"), "{html:?}");
    }
}
