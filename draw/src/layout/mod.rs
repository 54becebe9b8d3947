//! Where things stand in a picture: a layered drawing (Sugiyama, Tagawa and Toda, 1981).
//!
//! 1. `grid`: each item gets the layer one below the deepest that it takes from; where a link passes layers, it gets a *lane*
//!    in each. Links of one value share their lanes.
//! 2. `order`: within the layers, so that few links cross.
//! 3. `columns`: horizontal positions. Lanes, and the longest path through the network, stand straight.
//! 4. `route`: vertical positions and the links' corners. Between two layers each horizontal stretch has a track of its own.
//!
//! Nothing here knows what an item is; lengths are pixels.

mod columns;
mod grid;
mod order;
mod route;
mod tracks;

/// Something to be placed.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub width: f64,
    pub height: f64,
    /// What is to be kept free at both sides.
    pub margin: f64,
    /// What is to be kept free above, and below beyond the label: the edges of frames.
    pub above: f64,
    pub below: f64,
    /// How long a way through the network it is.
    pub weight: usize,
    /// Where values leave at the bottom, from the center.
    pub exits: Vec<f64>,
    /// How far labels beside the exits reach to the right of the center.
    pub reach: f64,
    pub entries: Entries,
}

/// How links come in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Entries {
    /// At the top, each at a place of its own, from the center.
    #[default]
    Center,
    Fixed(Vec<f64>),
    /// Wherever it suits, from the sides too: a bar.
    Free,
    /// The same, on a circle.
    Round,
}

/// A link to be routed, from an item to one later in the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wire {
    pub from: usize,
    pub exit: usize,
    pub to: usize,
    pub entry: usize,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// Its center.
    pub x: f64,
    /// Its top.
    pub y: f64,
    pub layer: usize,
}

/// The corners of a link, from the exit to the entry.
pub(super) type Path = Vec<[f64; 2]>;

/// Everything in its place.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub places: Vec<Place>,
    /// One for each wire.
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
