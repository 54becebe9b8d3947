//! Links, their heads and labels.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::{MUTED, Page, sizes};
use crate::diagram::{Diagram, Form, Link};
use crate::layout::{Item, Layout, Path, Place};
use crate::text::escape;

const LINE: &str = "#8a96a5";
/// The colors of links that skip layers, used in turn so that neighbors differ.
const SKIPS: [&str; 5] = ["#c2410c", "#1d6fb8", "#7c3aa8", "#2e7d32", "#b0286b"];
/// The color of the second text of a link.
const BELOW: &str = "#b3261e";
/// The radius of a corner.
const BEND: f64 = 6.0;
/// The length of an arrow's head, and half its width.
const HEAD: [f64; 2] = [8.0, 4.5];

pub fn draw(page: &mut Page, diagram: &Diagram, items: &[Item], layout: &Layout) {
    let colors = colors(diagram, layout);
    // Lines have an even width and whole coordinates: where links of one value overlap, their edges are drawn at the same pixels.
    page.add(r#"<g fill="none" stroke-width="2">"#.to_owned());
    // Links that skip layers are drawn first, so that where two overlap, the other one is visible.
    let mut order: Vec<usize> = (0..diagram.links.len()).collect();
    order.sort_by_key(|&link| colors[link] == LINE);
    for &index in &order {
        let (link, path) = (&diagram.links[index], &layout.paths[index]);
        let target = escape(&link.target);
        page.add(format!(r#"<path data-from="{}" data-to="{target}" stroke="{}" d="{}"/>"#, link.value, colors[index], curve(path)));
    }
    page.add("</g>".to_owned());
    for &index in &order {
        page.add(format!(r#"<path fill="{}" d="{}"/>"#, colors[index], head(&layout.paths[index])));
    }
    for (link, path) in diagram.links.iter().zip(&layout.paths) {
        if matches!(diagram.blocks[link.to].form, Form::Join(_, true)) {
            sign(page, if link.entry == 0 { "+" } else { "−" }, path, layout.places[link.to]);
        }
    }
    let used: HashSet<(usize, usize)> = diagram.links.iter().map(|link| (link.from, link.exit)).collect();
    for (number, block) in diagram.blocks.iter().enumerate() {
        let place = layout.places[number];
        for (index, exit) in block.exits.iter().enumerate() {
            if used.contains(&(number, index)) {
                let (x, y) = (place.x + items[number].exits[index] + sizes::ASIDE, place.y + items[number].height + 14.0);
                page.add(format!(r#"<text x="{x}" y="{y}" font-size="{}" fill="{MUTED}">{}</text>"#, sizes::SMALL, escape(&exit.label)));
                if !exit.below.is_empty() {
                    let (y, text) = (y + sizes::LINE, escape(&exit.below));
                    page.add(format!(r#"<text x="{x}" y="{y}" font-size="{}" fill="{BELOW}">{text}</text>"#, sizes::SMALL));
                }
            }
        }
    }
}

/// The color of each link. A link that skips layers carries a value that also passes through these layers.
fn colors(diagram: &Diagram, layout: &Layout) -> Vec<&'static str> {
    let mut uses: HashMap<(usize, usize), usize> = HashMap::new();
    for link in &diagram.links {
        *uses.entry((link.from, link.exit)).or_default() += 1;
    }
    let mut numbers: HashMap<(usize, usize), usize> = HashMap::new();
    let color = |link: &Link| {
        let net = (link.from, link.exit);
        let skips = layout.places[link.to].layer - layout.places[link.from].layer > 1;
        if !skips || uses[&net] < 2 {
            return LINE;
        }
        let next = numbers.len();
        SKIPS[*numbers.entry(net).or_insert(next) % SKIPS.len()]
    };
    diagram.links.iter().map(color).collect()
}

/// The path with rounded corners, up to the middle of the head.
fn curve(path: &Path) -> String {
    let mut out = format!("M{} {}", figure(path[0][0]), figure(path[0][1]));
    let mut add = |letter: &str, [x, y]: [f64; 2]| {
        let _ = write!(out, "{letter}{} {}", figure(x), figure(y));
    };
    for corner in path.windows(3) {
        let [before, at, after] = [corner[0], corner[1], corner[2]];
        let bend = BEND.min(distance(before, at) / 2.0).min(distance(at, after) / 2.0);
        add("L", towards(at, before, bend));
        add("Q", at);
        add(" ", towards(at, after, bend));
    }
    let end = path[path.len() - 1];
    add("L", towards(end, path[path.len() - 2], HEAD[0] / 2.0));
    out
}

fn head(path: &Path) -> String {
    let (tip, before) = (path[path.len() - 1], path[path.len() - 2]);
    let base = towards(tip, before, HEAD[0]);
    let [dx, dy] = [(tip[0] - base[0]) / HEAD[0] * HEAD[1], (tip[1] - base[1]) / HEAD[0] * HEAD[1]];
    let [x, y] = tip.map(figure);
    let [ax, ay, bx, by] = [base[0] - dy, base[1] + dx, base[0] + dy, base[1] - dx].map(figure);
    format!("M{x} {y}L{ax} {ay}L{bx} {by}Z")
}

/// The sign of a value that enters a difference, next to its arrow and away from other arrows.
fn sign(page: &mut Page, sign: &str, path: &Path, place: Place) {
    let (tip, before) = (path[path.len() - 1], path[path.len() - 2]);
    let [x, y] = if before[1] < tip[1] {
        [tip[0] + if tip[0] > place.x { 9.0 } else { -9.0 }, place.y - 4.0]
    } else {
        [towards(tip, before, 11.0)[0], tip[1] - 5.0]
    };
    let [x, y] = [x, y].map(figure);
    let how = format!(r#"font-size="{}" font-weight="bold" fill="{MUTED}" text-anchor="middle""#, sizes::SMALL);
    page.add(format!(r#"<text x="{x}" y="{y}" {how}>{sign}</text>"#));
}

/// The point at this distance from `a` toward `b`.
fn towards(a: [f64; 2], b: [f64; 2], far: f64) -> [f64; 2] {
    let share = far / distance(a, b).max(1e-9);
    [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// A length with at most two decimals.
fn figure(length: f64) -> f64 {
    let rounded = (length * 100.0).round() / 100.0;
    // Avoids "-0".
    if rounded == 0.0 { 0.0 } else { rounded }
}
