//! Frames around repeated blocks.

use super::{INK, MUTED, Page, sizes};
use crate::diagram::Diagram;
use crate::layout::{Item, Layout};
use crate::text::{escape, width};

/// The space of a frame above its first box, and below the label of its last box.
pub const ABOVE: f64 = 20.0;
pub const BELOW: f64 = 6.0;
/// The distance between the content and the edges; the line with the name is within the upper one.
const BESIDE: f64 = 8.0;
const LINE: f64 = 15.0;
const OVER: f64 = 5.0;
/// The distance from the lower edge of a box to that of its frame, with the label between them.
const UNDER: f64 = 19.0;
const ROUND: f64 = 8.0;
const FILL: &str = "#f7f8fa";
const EDGE: &str = "#94a0b0";

/// A frame with its position.
pub struct Placed {
    /// Left, top, right, bottom.
    pub area: [f64; 4],
    /// `× 3`, and the name of the blocks if there is space for it.
    times: String,
    what: String,
    tip: String,
}

/// The positions of the frames. `None` for a frame that would contain, cut or cover something outside it.
pub fn place(diagram: &Diagram, items: &[Item], layout: &Layout) -> Vec<Option<Placed>> {
    let mut placed: Vec<Option<Placed>> = Vec::new();
    // From the inside out: an outer frame leaves space for the inner ones.
    for (number, frame) in diagram.frames.iter().enumerate().rev() {
        let inner = diagram.frames[number + 1..].iter().zip(placed.iter().rev());
        let inner = inner.filter(|(inner, _)| inner.blocks.iter().all(|block| frame.blocks.contains(block)));
        let inner: Vec<[f64; 4]> = inner.filter_map(|(_, placed)| placed.as_ref().map(|placed| placed.area)).collect();
        placed.push(one(diagram, items, layout, number, &inner));
    }
    placed.reverse();
    placed
}

fn one(diagram: &Diagram, items: &[Item], layout: &Layout, number: usize, inner: &[[f64; 4]]) -> Option<Placed> {
    let frame = &diagram.frames[number];
    let within = |block: usize| frame.blocks.contains(&block);
    let mut area = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for &block in &frame.blocks {
        let [left, top, right, bottom] = space(&items[block], layout.places[block].x, layout.places[block].y);
        area = around(area, [left, top, right, bottom + UNDER]);
    }
    let top = area[1];
    for (_, path) in diagram.links.iter().zip(&layout.paths).filter(|(link, _)| within(link.to)) {
        for &[x, y] in path.iter().filter(|point| point[1] >= top) {
            area = around(area, [x, y, x, y]);
        }
    }
    for &[left, top, right, bottom] in inner {
        area = around(area, [left, top, right, bottom + BELOW]);
    }
    let mut area = [area[0] - BESIDE, area[1] - OVER - LINE, area[2] + BESIDE, area[3]];
    // The name is on the left of what comes in from above; if there is no space, the frame is extended.
    let enters = diagram.links.iter().zip(&layout.paths).filter(|(link, _)| within(link.to) && !within(link.from));
    let first = enters.flat_map(|(_, path)| path.iter().rev().take(3).map(|point| point[0])).fold(area[2], f64::min);
    let times = format!("× {}", frame.times);
    let taken = width(&times, sizes::NAME, true);
    area[0] = area[0].min(first - taken - 2.0 * BESIDE);
    let room = first - area[0] - 2.0 * BESIDE;
    let what = if taken + sizes::SPACE + width(&frame.what, sizes::SMALL, false) <= room { frame.what.clone() } else { String::new() };
    for block in (0..items.len()).filter(|&block| !within(block)) {
        let [left, top, right, bottom] = space(&items[block], layout.places[block].x, layout.places[block].y);
        // Including its label.
        if meet(area, [left, top, right, bottom + 17.0]) {
            return None;
        }
    }
    for (link, path) in diagram.links.iter().zip(&layout.paths) {
        let passes = |pair: &[[f64; 2]]| {
            meet(area, around([pair[0][0], pair[0][1], pair[0][0], pair[0][1]], [pair[1][0], pair[1][1], pair[1][0], pair[1][1]]))
        };
        if !within(link.from) && !within(link.to) && path.windows(2).any(passes) {
            return None;
        }
    }
    Some(Placed { area, times, what, tip: frame.tip.clone() })
}

/// The area of an item, with the labels of its exits.
fn space(item: &Item, x: f64, y: f64) -> [f64; 4] {
    let half = item.width / 2.0 + item.margin;
    [x - half, y, x + half.max(item.reach), y + item.height]
}

fn around(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn meet(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

pub fn draw(page: &mut Page, frame: &Placed) {
    let [left, top, right, bottom] = frame.area.map(|length| length.round() + 0.5);
    let (x, y, r) = (right - left - 2.0 * ROUND, bottom - top - 2.0 * ROUND, ROUND);
    let outline = format!("M{} {top}h{x}q{r} 0 {r} {r}v{y}q0 {r} -{r} {r}h-{x}q-{r} 0 -{r} -{r}v-{y}q0 -{r} {r} -{r}z", left + r);
    let title = escape(&frame.tip);
    page.add(format!(r#"<path fill="{FILL}" stroke="{EDGE}" stroke-dasharray="5 3" d="{outline}"><title>{title}</title></path>"#));
    let (x, y) = (left + BESIDE, top + 14.0);
    let rest = match frame.what.as_str() {
        "" => String::new(),
        what => format!(
            r#"<tspan font-size="{}" font-weight="normal" fill="{MUTED}" dx="{}">{}</tspan>"#,
            sizes::SMALL,
            sizes::SPACE,
            escape(what)
        ),
    };
    let (times, size) = (&frame.times, sizes::NAME);
    page.add(format!(r#"<text x="{x}" y="{y}" font-size="{size}" font-weight="bold" fill="{INK}">{times}{rest}</text>"#));
}
