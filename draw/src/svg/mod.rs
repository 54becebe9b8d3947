//! Drawings as SVG.

mod blocks;
mod frames;
mod links;
mod sizes;

use super::diagram::Diagram;
use super::layout::{Item, Layout, Wire};
use super::text::{self, escape};

const FONT: &str = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
/// The colors of texts and of secondary texts.
const INK: &str = "#1f2733";
const MUTED: &str = "#5a6675";

const MARGIN: f64 = 20.0;
const TITLE: f64 = 15.0;
/// The height of the heading with the network's name and totals.
const HEAD: f64 = 50.0;

/// The frames that cannot be drawn, because something else would be inside them.
pub(super) fn crowded(diagram: &Diagram) -> Vec<usize> {
    let (items, layout) = laid_out(diagram);
    let placed = frames::place(diagram, &items, &layout);
    placed.iter().enumerate().filter(|(_, frame)| frame.is_none()).map(|(number, _)| number).collect()
}

fn laid_out(diagram: &Diagram) -> (Vec<Item>, Layout) {
    let items: Vec<Item> = sizes::items(diagram);
    let wire = |link: &super::diagram::Link| Wire { from: link.from, exit: link.exit, to: link.to, entry: link.entry };
    let wires: Vec<Wire> = diagram.links.iter().map(wire).collect();
    let layout = Layout::of(&items, &wires);
    (items, layout)
}

pub(super) fn write(diagram: &Diagram) -> String {
    let (items, layout) = laid_out(diagram);
    let frames: Vec<frames::Placed> = frames::place(diagram, &items, &layout).into_iter().flatten().collect();
    // Frames may extend beyond both sides.
    let out = frames.iter().map(|frame| (-frame.area[0]).max(frame.area[2] - layout.width)).fold(0.0, f64::max).ceil();

    let name = text::cut(&diagram.name, 60);
    let head = text::width(&name, TITLE, true).max(text::width(&diagram.totals, sizes::PLAIN, false));
    let inside = (layout.width + 2.0 * out).max(head.ceil());
    let (width, height) = (inside + 2.0 * MARGIN, HEAD + layout.height + 2.0 * MARGIN);
    let (left, top) = (MARGIN + ((inside - layout.width) / 2.0).round(), MARGIN + HEAD);

    let mut page = Page(String::new());
    page.add(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{}" font-family="{FONT}" font-size="{}" fill="{INK}">"#,
        escape(&format!("{}: {}", diagram.name, diagram.totals)),
        sizes::PLAIN
    ));
    let (right, bottom) = (width - 1.0, height - 1.0);
    page.add(format!(r##"<rect x="0.5" y="0.5" width="{right}" height="{bottom}" rx="10" fill="#ffffff" stroke="#d5dbe3"/>"##));
    page.add(format!(r#"<text x="{MARGIN}" y="{}" font-size="{TITLE}" font-weight="bold">{}</text>"#, MARGIN + 12.0, escape(&name)));
    page.add(format!(r#"<text x="{MARGIN}" y="{}" fill="{MUTED}">{}</text>"#, MARGIN + 30.0, escape(&diagram.totals)));
    page.add(format!(r#"<g transform="translate({left} {top})">"#));
    frames.iter().for_each(|frame| frames::draw(&mut page, frame));
    links::draw(&mut page, diagram, &items, &layout);
    let rows = sizes::Rows::of(&diagram.blocks);
    for ((block, item), place) in diagram.blocks.iter().zip(&items).zip(&layout.places) {
        blocks::draw(&mut page, rows, block, item, *place);
    }
    page.add("</g>\n</svg>".to_owned());
    page.0
}

/// The output so far.
struct Page(String);

impl Page {
    fn add(&mut self, line: String) {
        self.0.push_str(&line);
        self.0.push('\n');
    }
}
