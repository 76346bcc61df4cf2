//! A plot of what a record costs: a bar for each that was measured, with its confidence interval.

use std::fmt::Write as _;

use super::{escaped, head};
use crate::show::bench::{Contestant, Report};
use crate::show::{cut, nanos};

const WIDTH: f64 = 760.0;
const ROW: f64 = 34.0;
const LEFT: f64 = 200.0;
const RIGHT: f64 = 100.0;
const TOP: f64 = 50.0;
/// Characters of a name that fit beside its bar.
const MOST_OF_NAME: usize = 25;

/// The plot of a report.
pub fn plot(report: &Report) -> String {
    let rows = report.contestants.len() as f64;
    let title = format!(
        "{}: time for a record through the pipeline, median and 95 % interval",
        report.subject.plugin
    );
    let mut svg = head(WIDTH, TOP + rows * ROW + 16.0, &title);
    let most = report.contestants.iter().map(|one| one.ns_per_record.high);
    let scale = (WIDTH - LEFT - RIGHT) / most.max().unwrap_or(1).max(1) as f64;
    // Writing to a string never fails.
    let _ = writeln!(svg, "<text x=\"16\" y=\"26\">{}</text>", escaped(&title));
    for (index, contestant) in report.contestants.iter().enumerate() {
        bar(&mut svg, contestant, TOP + index as f64 * ROW, scale);
    }
    svg.push_str("</svg>\n");
    svg
}

fn bar(svg: &mut String, contestant: &Contestant, top: f64, scale: f64) {
    let time = contestant.ns_per_record;
    let at = |value: i64| LEFT + value as f64 * scale;
    let middle = top + ROW / 2.0;
    let colour = match contestant.role.as_str() {
        "baseline" => "#9aa5b1",
        "subject" => "#2f7ed8",
        _ => "#c2773d",
    };
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{name}</text>\
         <rect x=\"{LEFT}\" y=\"{bar_top}\" width=\"{width:.1}\" height=\"18\" fill=\"{colour}\"/>\
         <path class=\"line\" fill=\"none\" d=\"M{low:.1} {middle}H{high:.1}M{low:.1} {tick}v8M{high:.1} {tick}v8\"/>\
         <text x=\"{after:.1}\" y=\"{y}\">{value}</text>",
        x = LEFT - 10.0,
        y = middle + 4.0,
        name = escaped(&cut(&contestant.plugin, MOST_OF_NAME)),
        bar_top = middle - 9.0,
        width = at(time.median) - LEFT,
        low = at(time.low),
        high = at(time.high),
        tick = middle - 4.0,
        after = at(time.high) + 8.0,
        value = nanos(time.median as f64),
    );
}
