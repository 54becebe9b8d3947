//! A chart as SVG text inside the page: its colors are those of the page's style, and a pointer on a point shows its value.

use std::fmt::Write;

use super::super::axis::Axis;
use super::super::panels::{Curve, Panel};
use super::super::style::{LINES, width};
use super::html::{escape, figure};

/// The size of the picture, in its own units.
const WIDE: f64 = 400.0;
const HIGH: f64 = 240.0;
/// Font size of labels.
const LABEL: u32 = 12;
/// The most points of a curve that are drawn; more would not be told apart.
const MOST: usize = 1000;
/// The most points that answer to a pointer.
const ANSWER: usize = 100;

/// A figure: its name, its legend where there are several curves, and the curves.
pub(super) fn chart(panel: &Panel) -> String {
    figure_of(panel, |values| {
        let percent = panel.share && values.iter().all(|value| (0.0..=100.0).contains(value));
        if percent { Axis::percent(values) } else { Axis::of(values) }
    })
}

/// The same, with an axis that begins at 0 and is not logarithmic.
pub(super) fn chart_from_zero(panel: &Panel) -> String {
    figure_of(panel, |values| Axis::linear_of(&[values, &[0.0]].concat()))
}

fn figure_of(panel: &Panel, up: impl Fn(&[f64]) -> Axis) -> String {
    let mut html = format!("<figure class=\"chart\"><figcaption><b>{}</b>", escape(&panel.name));
    if panel.curves.len() > 1 {
        panel.curves.iter().for_each(|curve| {
            let _ = write!(html, " <span class=\"key c{}\">{}</span>", color(curve), escape(&curve.name));
        });
    }
    html += "</figcaption>";
    let values: Vec<f64> = panel.curves.iter().flat_map(|curve| curve.points().map(|point| point.1)).collect();
    if values.is_empty() {
        return html + "<p class=\"note\">no finite values yet</p></figure>\n";
    }
    let up = up(&values);
    let across = panel.places.clone().unwrap_or_else(|| Axis::epochs(0));
    let unit = if panel.share { " %" } else { "" };
    let _ = write!(html, "<svg viewBox=\"0 0 {WIDE} {HIGH}\" role=\"img\" aria-label=\"{}\">", escape(&panel.name));
    let widest = up.labels.iter().map(|label| width(label, LABEL) + width(unit, LABEL)).max().unwrap_or(0);
    let (left, right, top, bottom) = (12.0 + f64::from(widest), WIDE - 10.0, 8.0, HIGH - 40.0);
    let x = |place: f64| left + across.along(place) * (right - left);
    let y = |value: f64| bottom - up.along(value) * (bottom - top);
    for (&tick, label) in across.ticks.iter().zip(&across.labels) {
        let _ = write!(
            html,
            "<path class=\"grid\" d=\"M{0:.1} {top}V{bottom}\"/><text x=\"{0:.1}\" y=\"{1}\" text-anchor=\"middle\">{2}</text>",
            x(tick),
            bottom + 16.0,
            escape(label)
        );
    }
    for (&tick, label) in up.ticks.iter().zip(&up.labels) {
        let _ = write!(
            html,
            "<path class=\"grid\" d=\"M{left} {0:.1}H{right}\"/><text x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}{unit}</text>",
            y(tick),
            left - 6.0,
            y(tick) + 4.0,
            escape(label)
        );
    }
    let _ = write!(html, "<path class=\"axis\" d=\"M{left} {top}V{bottom}H{right}\"/>");
    let logarithmic = if up.logarithmic { ", vertical axis logarithmic" } else { "" };
    let _ = write!(
        html,
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}{logarithmic}</text>",
        (left + right) / 2.0,
        bottom + 34.0,
        escape(&panel.across)
    );
    for curve in &panel.curves {
        draw(&mut html, curve, &panel.across, unit, &x, &y);
    }
    html + "</svg></figure>\n"
}

/// The lines, a dot for a point without neighbors, and the points that answer to a pointer.
fn draw(html: &mut String, curve: &Curve, across: &str, unit: &str, x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) {
    let (color, all) = (color(curve), curve.points().count());
    for segment in &curve.segments {
        let every = all.div_ceil(MOST);
        let last = segment.len() - 1;
        let drawn = segment.iter().enumerate().filter(|(i, _)| i.is_multiple_of(every) || *i == last);
        let points: Vec<String> = drawn.map(|(_, &(place, value))| format!("{:.1},{:.1}", x(place), y(value))).collect();
        let _ = write!(html, "<polyline class=\"c{color}\" points=\"{}\"/>", points.join(" "));
    }
    let every = all.div_ceil(ANSWER).max(1);
    let radius = if all <= 30 { 2.5 } else { 1.0 };
    for (place, value) in curve.points().step_by(every) {
        let _ = write!(
            html,
            "<g class=\"c{color}\"><circle class=\"hit\" cx=\"{0:.1}\" cy=\"{1:.1}\" r=\"8\"/><circle cx=\"{0:.1}\" cy=\"{1:.1}\" r=\"{radius}\"/><title>{2}, {3} {place}: {4}{unit}</title></g>",
            x(*place),
            y(*value),
            escape(&curve.name),
            escape(across),
            figure(*value),
        );
    }
}

/// The index of a curve's color in the style.
fn color(curve: &Curve) -> usize {
    LINES.iter().position(|color| *color == curve.color).unwrap_or(0)
}
