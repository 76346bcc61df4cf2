//! Drawings (SVG), written by hand: a few rectangles and texts, no script, no font but the reader's.

pub mod bars;
pub mod flame;

/// Text that can stand in SVG.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no form for most of them.
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// The beginning of a drawing: colours follow the reader's light or dark mode.
fn head(width: f64, height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"ui-monospace, monospace\" \
         font-size=\"12\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n\
         <style>text {{ fill: #1f2933 }} .back {{ fill: #ffffff }} \
         .line {{ stroke: #1f2933 }} .on {{ fill: #1f2933 }} \
         @media (prefers-color-scheme: dark) {{ text {{ fill: #e4e7eb }} \
         .back {{ fill: #12181f }} .line {{ stroke: #e4e7eb }} }}</style>\n\
         <rect class=\"back\" width=\"{width}\" height=\"{height}\"/>\n",
        title = escaped(title)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(
            escaped("<a b=\"&\">\u{0}"),
            "&lt;a b=&quot;&amp;&quot;&gt;\u{fffd}"
        );
    }
}
