//! A flame graph: as wide as a function and what it calls was seen at work, callers below.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::{escaped, head};
use crate::show::cut;

const WIDTH: f64 = 1200.0;
const ROW: f64 = 18.0;
const MARGIN: f64 = 12.0;
const TOP: f64 = 44.0;
/// Narrower functions are left out, in the drawing's units.
const NARROWEST: f64 = 0.5;
/// Width of a character, in the drawing's units.
const CHARACTER: f64 = 7.3;

/// A stack, and how often it was seen.
#[derive(Debug, Deserialize)]
pub struct Stack {
    /// Functions, the caller first.
    pub frames: Vec<String>,
    /// How often.
    pub samples: u64,
}

/// A function in its place: how often it was seen, and what it called.
#[derive(Debug, Default)]
struct Node<'a> {
    samples: u64,
    inner: BTreeMap<&'a str, Node<'a>>,
}

impl<'a> Node<'a> {
    fn of(stacks: &'a [Stack]) -> Self {
        let mut root = Self::default();
        for stack in stacks {
            let mut node = &mut root;
            node.samples += stack.samples;
            for frame in &stack.frames {
                node = node.inner.entry(frame).or_default();
                node.samples += stack.samples;
            }
        }
        root
    }

    fn depth(&self) -> usize {
        let inner = self.inner.values().map(|node| 1 + node.depth());
        inner.max().unwrap_or_default()
    }
}

/// The flame graph of some stacks.
pub fn graph(title: &str, stacks: &[Stack]) -> String {
    let root = Node::of(stacks);
    let height = TOP + root.depth().max(1) as f64 * ROW + MARGIN;
    let mut svg = head(WIDTH, height, title);
    // Writing to a string never fails.
    let _ = writeln!(
        svg,
        "<text x=\"{MARGIN}\" y=\"26\">{}</text>",
        escaped(title)
    );
    let scale = (WIDTH - 2.0 * MARGIN) / root.samples.max(1) as f64;
    let mut painter = Painter {
        svg,
        scale,
        all: root.samples.max(1) as f64,
    };
    painter.inner(&root, MARGIN, height - MARGIN - ROW);
    painter.svg.push_str("</svg>\n");
    painter.svg
}

struct Painter {
    svg: String,
    scale: f64,
    all: f64,
}

impl Painter {
    fn inner(&mut self, node: &Node<'_>, left: f64, top: f64) {
        let mut left = left;
        for (name, inner) in &node.inner {
            let width = inner.samples as f64 * self.scale;
            if width >= NARROWEST {
                self.function(name, inner, (left, top, width));
                self.inner(inner, left, top - ROW);
            }
            left += width;
        }
    }

    fn function(&mut self, name: &str, node: &Node<'_>, (left, top, width): (f64, f64, f64)) {
        let share = 100.0 * node.samples as f64 / self.all;
        let _ = write!(
            self.svg,
            "<g><title>{full}: {samples} samples, {share:.1} %</title>\
             <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{drawn:.1}\" height=\"{height}\" fill=\"{colour}\"/>",
            full = escaped(name),
            samples = node.samples,
            drawn = (width - 0.5).max(NARROWEST / 2.0),
            height = ROW - 1.0,
            colour = colour(name),
        );
        let fitting = ((width - 6.0) / CHARACTER).max(0.0).floor();
        if fitting >= 3.0 {
            let text = cut(name, fitting as usize);
            let _ = write!(
                self.svg,
                "<text class=\"on\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>",
                x = left + 3.0,
                y = top + 12.5,
                text = escaped(&text),
            );
        }
        self.svg.push_str("</g>\n");
    }
}

/// A warm colour, the same for the same function.
fn colour(name: &str) -> String {
    // FNV-1a: stable across runs, unlike the library's hasher.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let (green, blue) = (130 + hash % 90, 60 + (hash >> 8) % 50);
    format!("rgb(245,{green},{blue})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(frames: &[&str], samples: u64) -> Stack {
        Stack {
            frames: frames.iter().map(|&frame| frame.to_owned()).collect(),
            samples,
        }
    }

    #[test]
    fn a_function_is_as_wide_as_it_was_seen() {
        let svg = graph(
            "t",
            &[
                stack(&["a", "b"], 30),
                stack(&["a", "<c>"], 10),
                stack(&["d"], 60),
            ],
        );
        assert!(
            svg.contains("<title>a: 40 samples, 40.0 %</title>"),
            "{svg}"
        );
        assert!(svg.contains("<title>&lt;c&gt;: 10 samples, 10.0 %</title>"));
        assert!(svg.contains("width=\"469.9\""), "40 % of 1176, less a gap");
        assert_eq!(svg.matches("<g>").count(), 4);
    }

    #[test]
    fn nothing_seen_is_an_empty_drawing() {
        assert!(graph("t", &[]).ends_with("</svg>\n"));
    }
}
