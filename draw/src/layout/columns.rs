//! Horizontal positions.
//!
//! Cells that must be directly below each other form a column: the lanes of a value, and items along the longest path. Columns are first
//! placed as far left as possible, and then moved toward the cells that they are linked to, as far as their neighbors allow.

use std::collections::BTreeMap;

use super::grid::{Grid, Segment};
use super::{Entries, order};

/// The distances between two items, between an item and a lane, and between two lanes.
const GAPS: [f64; 3] = [28.0, 18.0, 14.0];

/// The weight of a lane's link, compared with 1 for an item's: the lane follows the item.
const LANE: f64 = 0.05;

/// The number of sweeps over all columns. Positions settle much earlier, except in very wide networks.
const SWEEPS: usize = 40;

/// Sets the `x` of every cell; the leftmost cell begins at 0.
pub(super) fn place(grid: &mut Grid) {
    let columns = Columns::of(grid);
    let mut x = columns.packed();
    for sweep in 0..SWEEPS {
        for step in 0..x.len() {
            let column = columns.sequence[if sweep % 2 == 0 { x.len() - 1 - step } else { step }];
            columns.draw(column, &mut x);
        }
    }
    for (cell, &column) in grid.cells.iter_mut().zip(&columns.of_cell) {
        cell.x = x[column].round();
    }
    let least = grid.cells.iter().map(|cell| cell.x - cell.left).fold(f64::INFINITY, f64::min);
    for cell in &mut grid.cells {
        cell.x -= least.floor();
    }
}

struct Columns {
    of_cell: Vec<usize>,
    /// For each column, its neighbors on the left and their distance, once for each layer in which they meet.
    lefts: Vec<Vec<(usize, f64)>>,
    rights: Vec<Vec<(usize, f64)>>,
    /// For each column, the columns that it is linked to, its position relative to them, and the weight.
    pulls: Vec<Vec<(usize, f64, f64)>>,
    /// The columns from left to right.
    sequence: Vec<usize>,
}

impl Columns {
    fn of(grid: &Grid) -> Self {
        let below = straight(grid);
        let mut of_cell = vec![usize::MAX; grid.cells.len()];
        let mut count = 0;
        for &first in grid.layers.iter().flatten() {
            if of_cell[first] != usize::MAX {
                continue;
            }
            let mut cell = Some(first);
            while let Some(at) = cell {
                of_cell[at] = count;
                cell = below[at];
            }
            count += 1;
        }
        let (mut lefts, mut rights, mut pulls) = (vec![Vec::new(); count], vec![Vec::new(); count], vec![Vec::new(); count]);
        for layer in &grid.layers {
            for pair in layer.windows(2) {
                let [a, b] = [&grid.cells[pair[0]], &grid.cells[pair[1]]];
                let gap = GAPS[usize::from(a.lane.is_some()) + usize::from(b.lane.is_some())];
                let distance = a.right + gap + b.left;
                rights[of_cell[pair[0]]].push((of_cell[pair[1]], distance));
                lefts[of_cell[pair[1]]].push((of_cell[pair[0]], distance));
            }
        }
        let mut weights = vec![LANE; count];
        for (column, _) in of_cell.iter().zip(&grid.cells).filter(|(_, cell)| cell.lane.is_none()) {
            weights[*column] = 1.0;
        }
        for segment in &grid.segments {
            let [upper, lower] = [of_cell[segment.upper], of_cell[segment.lower]];
            if upper != lower {
                let offset = segment.exit - entry(grid, segment);
                pulls[upper].push((lower, -offset, weights[lower]));
                pulls[lower].push((upper, offset, weights[upper]));
            }
        }
        let sequence = sequence(&lefts, &rights);
        Self { of_cell, lefts, rights, pulls, sequence }
    }

    /// Places each column as far left as possible.
    fn packed(&self) -> Vec<f64> {
        let mut x = vec![0.0; self.sequence.len()];
        for &column in &self.sequence {
            x[column] = self.lefts[column].iter().map(|&(left, distance)| x[left] + distance).fold(0.0, f64::max);
        }
        x
    }

    /// Moves a column toward the mean of its links, as far as its neighbors allow.
    fn draw(&self, column: usize, x: &mut [f64]) {
        let pulls = &self.pulls[column];
        if pulls.is_empty() {
            return;
        }
        let total: f64 = pulls.iter().map(|pull| pull.2).sum();
        let wish = pulls.iter().map(|&(other, offset, weight)| (x[other] + offset) * weight).sum::<f64>() / total;
        let least = self.lefts[column].iter().map(|&(left, distance)| x[left] + distance).fold(f64::NEG_INFINITY, f64::max);
        let most = self.rights[column].iter().map(|&(right, distance)| x[right] - distance).fold(f64::INFINITY, f64::min);
        x[column] = wish.min(most).max(least);
    }
}

/// The position at which a segment enters the cell below, relative to its center, if it is fixed.
fn entry(grid: &Grid, segment: &Segment) -> f64 {
    match segment.wire.map(|wire| (&grid.items[segment.lower].entries, grid.wires[wire].entry)) {
        Some((Entries::Fixed(offsets), entry)) => offsets[entry],
        _ => 0.0,
    }
}

/// The columns in an order in which each comes after all columns on its left. Such an order exists, because straight segments do not cross,
/// so no column is both left and right of another.
fn sequence(lefts: &[Vec<(usize, f64)>], rights: &[Vec<(usize, f64)>]) -> Vec<usize> {
    let mut missing: Vec<usize> = lefts.iter().map(Vec::len).collect();
    let mut sequence: Vec<usize> = (0..lefts.len()).filter(|&column| missing[column] == 0).collect();
    let mut next = 0;
    while next < sequence.len() {
        for &(right, _) in &rights[sequence[next]] {
            missing[right] -= 1;
            if missing[right] == 0 {
                sequence.push(right);
            }
        }
        next += 1;
    }
    assert_eq!(sequence.len(), lefts.len(), "columns are in order");
    sequence
}

/// For each cell, the cell directly below it.
fn straight(grid: &Grid) -> Vec<Option<usize>> {
    let places = order::places(grid);
    let (mut below, mut above) = (vec![None; grid.cells.len()], vec![None; grid.cells.len()]);
    let (heirs, parents) = favorites(grid);
    let wanted = |segment: &Segment| {
        let down = grid.is_lane(segment.upper) || heirs[segment.upper] == Some(segment.lower);
        let up = grid.is_lane(segment.lower) || parents[segment.lower] == Some(segment.upper);
        down && up
    };
    for gap in &grid.gaps {
        let mut chosen: BTreeMap<usize, usize> = BTreeMap::new();
        // Links between lanes come first, because a bend in one is the hardest to follow; then links between items.
        for lanes in [2, 0, 1] {
            for segment in gap.iter().map(|&segment| &grid.segments[segment]) {
                let count = usize::from(grid.is_lane(segment.upper)) + usize::from(grid.is_lane(segment.lower));
                if count != lanes || below[segment.upper].is_some() || above[segment.lower].is_some() || !wanted(segment) {
                    continue;
                }
                let (a, b) = (places[segment.upper], places[segment.lower]);
                let left = chosen.range(..a).next_back().is_none_or(|(_, &other)| other < b);
                let right = chosen.range(a..).next().is_none_or(|(_, &other)| other > b);
                if left && right {
                    chosen.insert(a, b);
                    below[segment.upper] = Some(segment.lower);
                    above[segment.lower] = Some(segment.upper);
                }
            }
        }
    }
    below
}

/// For each item, the next cell on the longest path from it, and the previous cell on the longest path to it. `None` if several paths are
/// equally long, or if the item has many links; it is centered then.
fn favorites(grid: &Grid) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
    let mut heirs = vec![Votes::default(); grid.cells.len()];
    let mut parents = heirs.clone();
    for (wire, run) in grid.wires.iter().zip(&grid.runs) {
        let (first, last) = (&grid.segments[run[0]], &grid.segments[run[run.len() - 1]]);
        heirs[wire.from].add(grid.heights[wire.to], first.lower);
        parents[wire.to].add(grid.depths[wire.from], last.upper);
    }
    let winners = |votes: Vec<Votes>| votes.iter().map(|votes| votes.winner(grid)).collect();
    (winners(heirs), winners(parents))
}

/// The cells that an item is linked to on one side, with the length of the longest path there.
#[derive(Clone, Default)]
struct Votes(Vec<(usize, usize)>);

/// An item with more links than this has no preferred one.
const FAN: usize = 3;

impl Votes {
    fn add(&mut self, length: usize, cell: usize) {
        match self.0.iter_mut().find(|vote| vote.1 == cell) {
            Some(vote) => vote.0 = vote.0.max(length),
            None => self.0.push((length, cell)),
        }
    }

    fn winner(&self, grid: &Grid) -> Option<usize> {
        if self.0.iter().filter(|vote| !grid.is_lane(vote.1)).count() >= FAN {
            return None;
        }
        let &(most, winner) = self.0.iter().max()?;
        (self.0.iter().filter(|vote| vote.0 == most).count() == 1).then_some(winner)
    }
}
