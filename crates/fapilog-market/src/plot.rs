//! A plot of downloads, drawn by the server: no script, colours from the style sheet.

use std::fmt::Write as _;

/// Size of the drawing in its own units; the page scales it.
const WIDTH: f64 = 272.0;
const HEIGHT: f64 = 92.0;
/// Room for the numbers beside and the days below.
const LEFT: f64 = 34.0;
const BOTTOM: f64 = 16.0;
const TOP: f64 = 6.0;

/// One value each day, oldest first, as inline SVG; empty for fewer than two days. `first` and `last`
/// name the days at both ends.
#[must_use]
pub fn of_days(values: &[i64], first: &str, last: &str) -> String {
    if values.len() < 2 {
        return String::new();
    }
    let most = nice(values.iter().copied().max().unwrap_or(0));
    let (width, height) = (WIDTH - LEFT, HEIGHT - TOP - BOTTOM);
    let floor = HEIGHT - BOTTOM;
    let steps = (values.len() - 1) as f64;
    let mut line = String::new();
    for (at, value) in values.iter().enumerate() {
        let x = LEFT + width * at as f64 / steps;
        let y = floor - height * (*value).max(0) as f64 / most as f64;
        let _ = write!(line, "{x:.1},{y:.1} ");
    }
    let line = line.trim_end();
    let total: i64 = values.iter().sum();
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Downloads a \
         day from {first} to {last}: {total} in all, at most {} on one day\">\
         <path class=\"axis\" d=\"M{LEFT} {TOP}H{WIDTH}M{LEFT} {floor}H{WIDTH}\"/>\
         <polygon class=\"area\" points=\"{LEFT},{floor} {line} {WIDTH},{floor}\"/>\
         <polyline class=\"line\" points=\"{line}\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
         <text x=\"{}\" y=\"{floor}\" text-anchor=\"end\">0</text>\
         <text x=\"{LEFT}\" y=\"{}\">{first}</text>\
         <text x=\"{WIDTH}\" y=\"{}\" text-anchor=\"end\">{last}</text></svg>",
        values.iter().max().unwrap_or(&0),
        LEFT - 4.0,
        TOP + 9.0,
        short(most),
        LEFT - 4.0,
        HEIGHT - 3.0,
        HEIGHT - 3.0,
    );
    svg
}

/// The next of 4, 10, 20, 50, 100, 200 … at or above a value, so that the axis ends at a round number.
fn nice(most: i64) -> i64 {
    let mut step: i64 = 10;
    if most <= 4 {
        return 4;
    }
    while step < i64::MAX / 100 {
        for factor in [1, 2, 5] {
            if most <= step * factor {
                return step * factor;
            }
        }
        step *= 10;
    }
    most
}

/// A number for people: `950`, `12.3k`, `4.5M`.
#[must_use]
pub fn short(number: i64) -> String {
    let scaled = |by: f64, unit: char| {
        let value = number as f64 / by;
        let text = if value < 100.0 {
            format!("{value:.1}")
        } else {
            format!("{value:.0}")
        };
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match number {
        ..1_000 => number.to_string(),
        1_000..1_000_000 => scaled(1e3, 'k'),
        1_000_000..1_000_000_000 => scaled(1e6, 'M'),
        _ => scaled(1e9, 'G'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plot_stays_within_its_frame_and_says_its_numbers() {
        let svg = of_days(&[0, 7, 3, 12], "2026-11-01", "2026-11-04");
        assert!(svg.contains("22 in all, at most 12 on one day"), "{svg}");
        let points = svg.split("points=\"").nth(2).unwrap();
        for pair in points.split('"').next().unwrap().split(' ') {
            let (x, y) = pair.split_once(',').unwrap();
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            assert!(
                (LEFT..=WIDTH).contains(&x) && (TOP..=HEIGHT).contains(&y),
                "{pair}"
            );
        }
        assert!(
            svg.contains(">20</text>"),
            "the axis ends at a round number"
        );
    }

    #[test]
    fn nothing_and_extremes_draw_without_harm() {
        assert_eq!(of_days(&[5], "a", "b"), "");
        for values in [[0, 0], [-5, 3], [i64::MAX / 4, 1]] {
            assert!(!of_days(&values, "a", "b").contains("NaN"));
        }
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1k"),
            (12_345, "12.3k"),
            (250_400, "250k"),
            (4_500_000, "4.5M"),
            (7_000_000_000, "7G"),
        ] {
            assert_eq!(short(number), text);
        }
    }
}
