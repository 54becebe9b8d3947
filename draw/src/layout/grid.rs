//! Layers, and the lanes of links that pass layers.

use std::collections::HashMap;

use super::{Item, Wire};

/// Items and lanes in layers.
pub(super) struct Grid<'a> {
    pub items: &'a [Item],
    pub wires: &'a [Wire],
    /// The items in their order, then the lanes.
    pub cells: Vec<Cell>,
    /// The cells of each layer, from left to right.
    pub layers: Vec<Vec<usize>>,
    pub segments: Vec<Segment>,
    /// The indices of the segments between each layer and the next.
    pub gaps: Vec<Vec<usize>>,
    /// The indices of the segments of each wire.
    pub runs: Vec<Vec<usize>>,
    /// For each item, the weight of the longest path from a source to it, without its own weight.
    pub depths: Vec<usize>,
    /// For each item, the weight of the longest path from it to a sink, with its own weight.
    pub heights: Vec<usize>,
}

/// A cell of a layer.
pub(super) struct Cell {
    pub layer: usize,
    /// The value of a lane, by its index in [`Grid::of`]; `None` for an item.
    pub lane: Option<usize>,
    /// The space that it needs on both sides of its center.
    pub left: f64,
    pub right: f64,
    /// Its center.
    pub x: f64,
}

/// The part of a link between two layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    /// The value: the links of one value form one net.
    pub net: usize,
    pub upper: usize,
    pub lower: usize,
    /// The position at which it leaves the upper cell, relative to its center.
    pub exit: f64,
    /// The wire that ends with it.
    pub wire: Option<usize>,
}

impl<'a> Grid<'a> {
    pub fn of(items: &'a [Item], wires: &'a [Wire]) -> Self {
        let down: Vec<(usize, usize)> = wires.iter().map(|wire| (wire.from, wire.to)).collect();
        let last = items.len().saturating_sub(1);
        let up: Vec<(usize, usize)> = down.iter().map(|&(from, to)| (last - to, last - from)).collect();
        let depths = longest(items.len(), &down, |item| items[item].weight);
        let below = longest(items.len(), &up, |item| items[last - item].weight);
        let heights = below.iter().rev().zip(items).map(|(&below, item)| below + item.weight).collect();
        let steps = longest(items.len(), &down, |_| 1);
        let levels = levels(&steps, wires);
        let count = levels.iter().max().map_or(0, |most| most + 1);
        let cell = |(item, &layer): (&Item, &usize)| {
            let half = item.width / 2.0 + item.margin;
            Cell { layer, lane: None, left: half, right: half.max(item.reach), x: 0.0 }
        };
        let cells: Vec<Cell> = items.iter().zip(&levels).map(cell).collect();
        let gaps = vec![Vec::new(); count.saturating_sub(1)];
        let mut grid =
            Self { items, wires, cells, layers: vec![Vec::new(); count], segments: Vec::new(), gaps, runs: Vec::new(), depths, heights };
        grid.lay_lanes();
        for (index, cell) in grid.cells.iter().enumerate() {
            grid.layers[cell.layer].push(index);
        }
        for (index, segment) in grid.segments.iter().enumerate() {
            grid.gaps[grid.cells[segment.upper].layer].push(index);
        }
        grid
    }

    fn lay_lanes(&mut self) {
        let mut nets: HashMap<(usize, usize), usize> = HashMap::new();
        // For each net, the segments from cell to lane, beginning at the source.
        let mut trunks: Vec<Vec<usize>> = Vec::new();
        for (index, wire) in self.wires.iter().enumerate() {
            let net = *nets.entry((wire.from, wire.exit)).or_insert(trunks.len());
            if net == trunks.len() {
                trunks.push(Vec::new());
            }
            let (begin, end) = (self.cells[wire.from].layer, self.cells[wire.to].layer);
            let lanes = end - begin - 1;
            while trunks[net].len() < lanes {
                let layer = begin + 1 + trunks[net].len();
                self.cells.push(Cell { layer, lane: Some(net), left: 0.0, right: 0.0, x: 0.0 });
                let lower = self.cells.len() - 1;
                let segment = self.segment(net, wire, &trunks[net], lower, None);
                trunks[net].push(segment);
            }
            let mut run = trunks[net][..lanes].to_vec();
            let last = self.segment(net, wire, &run, wire.to, Some(index));
            run.push(last);
            self.runs.push(run);
        }
    }

    /// Adds the segment after those of `run`, and returns its index.
    fn segment(&mut self, net: usize, wire: &Wire, run: &[usize], lower: usize, end: Option<usize>) -> usize {
        let (upper, exit) = match run.last() {
            Some(&before) => (self.segments[before].lower, 0.0),
            None => (wire.from, self.items[wire.from].exits[wire.exit]),
        };
        self.segments.push(Segment { net, upper, lower, exit, wire: end });
        self.segments.len() - 1
    }

    pub fn is_lane(&self, cell: usize) -> bool {
        self.cells[cell].lane.is_some()
    }
}

/// For each item, the weight of the longest path to it. Every arrow leads to an item with a larger index.
fn longest(items: usize, arrows: &[(usize, usize)], weight: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut arrows = arrows.to_vec();
    arrows.sort_unstable();
    let mut ways = vec![0; items];
    for (from, to) in arrows {
        ways[to] = ways[to].max(ways[from] + weight(from));
    }
    ways
}

/// The layers: each item is as high as possible, but an item without inputs is directly above its first user.
fn levels(steps: &[usize], wires: &[Wire]) -> Vec<usize> {
    let mut levels = steps.to_vec();
    for (item, level) in levels.iter_mut().enumerate() {
        if steps[item] == 0 {
            let users = wires.iter().filter(|wire| wire.from == item).map(|wire| steps[wire.to]);
            *level = users.min().map_or(0, |first| first - 1);
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 -> 1 -> 2 -> 3, where 0 -> 2 and 0 -> 3 share a lane, and a source 4 -> 5 <- 3 directly above its user.
    #[test]
    fn layers_and_shared_lanes() {
        let items = vec![Item { weight: 1, exits: vec![0.0], ..Item::default() }; 6];
        let wire = |from, to| Wire { from, exit: 0, to, entry: 0 };
        let wires = [wire(0, 1), wire(1, 2), wire(2, 3), wire(0, 2), wire(0, 3), wire(3, 5), wire(4, 5)];
        let grid = Grid::of(&items, &wires);
        let levels: Vec<usize> = grid.cells[..6].iter().map(|cell| cell.layer).collect();
        assert_eq!(levels, [0, 1, 2, 3, 3, 4]);
        assert_eq!(grid.cells.len() - 6, 2);
        assert_eq!((grid.depths[5], grid.heights[0], grid.heights[4]), (4, 5, 2));
        assert_eq!(grid.runs.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 2, 3, 1, 1]);
    }
}
