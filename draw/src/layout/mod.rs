//! The positions in a drawing: a layered drawing (Sugiyama, Tagawa and Toda, 1981).
//!
//! 1. `grid`: each item is in the layer below the lowest of its inputs. A link that passes layers gets a *lane* in each; links of one value
//!    share their lanes.
//! 2. `order`: the order within the layers, with few crossings.
//! 3. `columns`: horizontal positions. Lanes and the longest path through the network are straight.
//! 4. `route`: vertical positions and the corners of links. Between two layers, each horizontal segment has a track.
//!
//! This module does not know what an item is; lengths are in pixels.

mod columns;
mod grid;
mod order;
mod route;
mod tracks;

/// An item to be placed.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub width: f64,
    pub height: f64,
    /// The free space on both sides.
    pub margin: f64,
    /// The free space above, and below beyond the label, for the edges of frames.
    pub above: f64,
    pub below: f64,
    /// Its weight in the length of paths.
    pub weight: usize,
    /// The positions of the exits at the bottom, relative to the center.
    pub exits: Vec<f64>,
    /// How far the labels of the exits reach to the right of the center.
    pub reach: f64,
    pub entries: Entries,
}

/// How links enter an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Entries {
    /// At the top, each at a given position relative to the center.
    #[default]
    Center,
    Fixed(Vec<f64>),
    /// Anywhere, also at the sides: a bar.
    Free,
    /// Anywhere, on a circle.
    Round,
}

/// A link to be routed, to an item later in the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wire {
    pub from: usize,
    pub exit: usize,
    pub to: usize,
    pub entry: usize,
}

/// The position of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// Its center.
    pub x: f64,
    /// Its top.
    pub y: f64,
    pub layer: usize,
}

/// The corners of a link, from its exit to its entry.
pub(super) type Path = Vec<[f64; 2]>;

/// The finished layout.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub places: Vec<Place>,
    /// One path for each wire.
    pub paths: Vec<Path>,
    pub width: f64,
    pub height: f64,
}

impl Layout {
    pub fn of(items: &[Item], wires: &[Wire]) -> Self {
        let mut grid = grid::Grid::of(items, wires);
        order::arrange(&mut grid);
        columns::place(&mut grid);
        route::route(&grid)
    }
}
