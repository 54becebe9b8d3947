//! The sizes of blocks, and the positions of their rows.

use super::frames;
use crate::diagram::{Block, Diagram, Exit, Form};
use crate::layers::Row;
use crate::layout::{Entries, Item};
use crate::text;

/// The font sizes: names, other texts, bars and labels.
pub const NAME: f64 = 12.5;
pub const PLAIN: f64 = 11.5;
pub const SMALL: f64 = 10.5;

/// The distance between a box's side and its text.
pub const PAD: f64 = 10.0;
/// The distance between two texts on a line.
pub const APART: f64 = 16.0;
/// The distance between a name and what it names, on one line.
pub const SPACE: f64 = 7.0;
/// The distance between the rows of a box.
pub const SEAM: f64 = 2.0;
/// The distance between two lines of a label.
pub const LINE: f64 = 13.0;
/// The distance between a link and its label.
pub const ASIDE: f64 = 7.0;

/// The minimum width of a box, and of a box that has only bars.
const NARROW: f64 = 120.0;
const NARROWEST: f64 = 64.0;
/// Boxes up to this width get the width of the widest of them.
const WIDE: f64 = 480.0;
/// The radius of a circle, and the space next to it for the signs of a difference.
const RADIUS: f64 = 13.0;
const SIGNS: f64 = 12.0;
/// The offset of the sheet under a network's box.
pub const SHEET: f64 = 3.0;

/// In a drawing with more layers than this, not counting slim ones, each layer has a single line.
const DENSE: usize = 12;

/// How the rows of a drawing are drawn.
#[derive(Clone, Copy)]
pub struct Rows {
    dense: bool,
}

impl Rows {
    pub fn of(blocks: &[Block]) -> Self {
        Self { dense: blocks.iter().flat_map(|block| &block.rows).filter(|row| !row.slim).count() > DENSE }
    }

    /// Whether the row has two lines: the name, and the rest.
    pub fn is_tall(self, row: &Row) -> bool {
        !row.slim && !row.name.is_empty() && !self.dense
    }

    pub fn height(self, row: &Row) -> f64 {
        match row.slim {
            true => 19.0,
            false if self.is_tall(row) => 42.0,
            false => 27.0,
        }
    }

    fn width(self, row: &Row) -> f64 {
        let (main, name) = if row.slim { (SMALL, SMALL) } else { (PLAIN, NAME) };
        let (name, what) = (text::width(&row.name, name, true), text::width(&row.what, main, false));
        let note = if row.note.is_empty() { 0.0 } else { APART + text::width(&row.note, SMALL, false) };
        match (self.is_tall(row), row.name.is_empty()) {
            (true, _) => what.max(name + note),
            (false, true) => what + note,
            (false, false) => name + SPACE + what + note,
        }
    }
}

/// The sizes of the blocks, for the layout.
pub fn items(diagram: &Diagram) -> Vec<Item> {
    let Diagram { blocks, links, frames, .. } = diagram;
    let rows = Rows::of(blocks);
    let mut inputs = vec![0; blocks.len()];
    for link in links {
        inputs[link.to] += 1;
    }
    let mut items: Vec<Item> = blocks.iter().zip(&inputs).map(|(block, &inputs)| item(block, inputs, rows)).collect();
    let is_box = |block: &Block| block.form == Form::Layers && !is_bare(block);
    let boxes = blocks.iter().zip(&items).filter(|(block, _)| is_box(block));
    let common = boxes.map(|(_, item)| item.width).filter(|&width| width <= WIDE).fold(NARROW, f64::max);
    for (item, block) in items.iter_mut().zip(blocks) {
        let least = if is_box(block) { common } else { NARROWEST };
        if block.form == Form::Layers {
            item.width = item.width.max(least);
        }
    }
    for ((block, item), &inputs) in blocks.iter().zip(&mut items).zip(&inputs) {
        ports(block, item, inputs);
    }
    for frame in frames {
        let within = |block: usize| frame.blocks.contains(&block);
        for &block in &frame.blocks {
            // The first one takes nothing from inside, and the last one gives nothing to the inside.
            if !links.iter().any(|link| link.to == block && within(link.from)) {
                items[block].above += frames::ABOVE;
            }
            if !links.iter().any(|link| link.from == block && within(link.to)) {
                items[block].below += frames::BELOW;
            }
        }
    }
    items
}

/// Whether it has only bars with a single text.
pub fn is_bare(block: &Block) -> bool {
    block.rows.iter().all(|row| row.slim && row.name.is_empty() && row.note.is_empty())
}

/// The width and height of a block, without the positions of its ports.
fn item(block: &Block, inputs: usize, rows: Rows) -> Item {
    let row = &block.rows[0];
    let (width, height) = match block.form {
        Form::Input | Form::Output => (text::width(&row.name, NAME, true) + 2.0 * PAD + 8.0, 26.0),
        Form::Join(..) => (2.0 * RADIUS, 2.0 * RADIUS),
        Form::Concat => ((text::width(&row.what, SMALL, false) + 2.0 * PAD).max(APART * (inputs + 1) as f64), 20.0),
        Form::Layers => {
            let width = block.rows.iter().map(|row| rows.width(row)).fold(0.0, f64::max) + 2.0 * PAD;
            let heights = block.rows.iter().map(|row| rows.height(row) + SEAM).sum::<f64>() - SEAM;
            let labels: f64 = block.exits.iter().map(label_width).sum();
            (if block.exits.len() > 1 { width.max(labels) } else { width }.max(APART * (inputs + 1) as f64), heights)
        }
    };
    let margin = match block.form {
        Form::Join(_, true) => SIGNS,
        _ if row.family.is_network() => SHEET,
        _ => 0.0,
    };
    // Even numbers put the center and the sides on whole pixels.
    Item { width: (width / 2.0).ceil() * 2.0, height, margin, weight: block.rows.len(), ..Item::default() }
}

/// The positions at which links leave and enter.
fn ports(block: &Block, item: &mut Item, inputs: usize) {
    let half = item.width / 2.0;
    if block.exits.iter().any(|exit| !exit.below.is_empty()) {
        item.below += LINE;
    }
    if let [exit] = &block.exits[..] {
        item.exits = vec![0.0];
        item.reach = label_width(exit);
    } else {
        let mut at = 2.0 * ASIDE - half;
        for exit in &block.exits {
            item.exits.push(at.round());
            at += label_width(exit);
        }
    }
    item.entries = match block.form {
        Form::Join(..) => Entries::Round,
        Form::Concat => Entries::Free,
        Form::Layers if inputs > 1 => {
            Entries::Fixed((1..=inputs).map(|n| (item.width * n as f64 / (inputs + 1) as f64 - half).round()).collect())
        }
        _ => Entries::Center,
    };
}

/// A label with the space on its left.
fn label_width(exit: &Exit) -> f64 {
    let wide = [&exit.label, &exit.below].map(|text| text::width(text, SMALL, false));
    (ASIDE + wide[0].max(wide[1])).ceil()
}
