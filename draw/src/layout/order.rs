//! The order within the layers.

use super::grid::Grid;

/// The number of sweeps over the layers; more change little.
const SWEEPS: usize = 12;

/// Orders each layer so that few links cross. Where nothing crosses, the longest path is on the left, and links that skip layers pass it on
/// the right, the longest one outermost.
pub(super) fn arrange(grid: &mut Grid) {
    let mut neighbors = Neighbors { above: vec![Vec::new(); grid.cells.len()], below: vec![Vec::new(); grid.cells.len()] };
    for segment in &grid.segments {
        neighbors.above[segment.lower].push(segment.upper);
        neighbors.below[segment.upper].push(segment.lower);
    }
    grid.layers = walk(grid);
    let mut best = (crossings(grid), grid.layers.clone());
    for sweep in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        let count = grid.layers.len();
        for step in 1..count {
            let (layer, towards) = if sweep % 2 == 0 { (step, &neighbors.above) } else { (count - 1 - step, &neighbors.below) };
            let places = places(grid);
            let key = |cell: &usize| {
                let near = &towards[*cell];
                let sum: usize = near.iter().map(|&other| places[other]).sum();
                if near.is_empty() { places[*cell] as f64 } else { sum as f64 / near.len() as f64 }
            };
            let mut order: Vec<(f64, usize)> = grid.layers[layer].iter().map(|cell| (key(cell), *cell)).collect();
            // Cells with the same desired position keep their order, but every other pair of sweeps exchanges them.
            if sweep % 4 > 1 {
                order.reverse();
            }
            order.sort_by(|a, b| a.0.total_cmp(&b.0));
            grid.layers[layer] = order.into_iter().map(|(_, cell)| cell).collect();
        }
        let now = crossings(grid);
        if now < best.0 {
            best = (now, grid.layers.clone());
        }
    }
    grid.layers = best.1;
}

struct Neighbors {
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

/// The order in which a depth-first walk from the sources meets the cells, preferring the longest path.
fn walk(grid: &Grid) -> Vec<Vec<usize>> {
    let mut layers = vec![Vec::new(); grid.layers.len()];
    let mut met = vec![false; grid.cells.len()];
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); grid.items.len()];
    for (index, wire) in grid.wires.iter().enumerate() {
        leaving[wire.from].push(index);
    }
    for wires in &mut leaving {
        // The last one on the stack is followed first.
        wires.sort_by_key(|&wire| (grid.heights[grid.wires[wire].to], std::cmp::Reverse(grid.wires[wire].exit), std::cmp::Reverse(wire)));
    }
    let mut sources: Vec<usize> = (0..grid.items.len()).filter(|&item| !grid.wires.iter().any(|wire| wire.to == item)).collect();
    sources.sort_by_key(|&item| std::cmp::Reverse(grid.heights[item]));
    for source in sources {
        met[source] = true;
        layers[grid.cells[source].layer].push(source);
        let mut stack = leaving[source].clone();
        while let Some(wire) = stack.pop() {
            for &segment in &grid.runs[wire] {
                let cell = grid.segments[segment].lower;
                if !met[cell] {
                    met[cell] = true;
                    layers[grid.cells[cell].layer].push(cell);
                    if !grid.is_lane(cell) {
                        stack.extend(&leaving[cell]);
                    }
                }
            }
        }
    }
    layers
}

/// The position of each cell in its layer.
pub(super) fn places(grid: &Grid) -> Vec<usize> {
    let mut places = vec![0; grid.cells.len()];
    for layer in &grid.layers {
        for (place, &cell) in layer.iter().enumerate() {
            places[cell] = place;
        }
    }
    places
}

/// The number of pairs of links that cross.
fn crossings(grid: &Grid) -> usize {
    let places = places(grid);
    grid.gaps.iter().map(|gap| inversions(gap.iter().map(|&segment| ends(grid, &places, segment)).collect())).sum()
}

fn ends(grid: &Grid, places: &[usize], segment: usize) -> (usize, usize) {
    let segment = &grid.segments[segment];
    (places[segment.upper], places[segment.lower])
}

/// The number of pairs whose first and second numbers are in opposite order, counted with a tree of partial sums.
fn inversions(mut pairs: Vec<(usize, usize)>) -> usize {
    pairs.sort_unstable();
    let size = pairs.iter().map(|pair| pair.1 + 1).max().unwrap_or(0);
    let mut tree = vec![0; size + 1];
    let mut total = 0;
    for (seen, &(_, second)) in pairs.iter().enumerate() {
        let mut smaller_or_equal = 0;
        let mut at = second + 1;
        while at > 0 {
            smaller_or_equal += tree[at];
            at &= at - 1;
        }
        total += seen - smaller_or_equal;
        let mut at = second + 1;
        while at <= size {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::super::{Item, Wire};
    use super::*;

    /// Two chains with crossed ends: 0 -> {2, 3}, 1 -> 4, {2, 4} -> 5, 3 -> 6. The walk puts 4 after 3; nothing crosses between 2 and 3.
    #[test]
    fn sweeps_undo_crossings() {
        let items = vec![Item { weight: 1, exits: vec![0.0], ..Item::default() }; 7];
        let wires = [(0, 2), (0, 3), (1, 4), (2, 5), (3, 6), (4, 5)].map(|(from, to)| Wire { from, exit: 0, to, entry: 0 });
        let mut grid = Grid::of(&items, &wires);
        grid.layers = walk(&grid);
        assert!(crossings(&grid) > 0);
        arrange(&mut grid);
        assert_eq!(crossings(&grid), 0);
    }

    #[test]
    fn crossings_are_inversions() {
        assert_eq!(inversions(vec![]), 0);
        assert_eq!(inversions(vec![(0, 0), (0, 1), (1, 1)]), 0);
        assert_eq!(inversions(vec![(0, 2), (1, 1), (2, 0)]), 3);
        assert_eq!(inversions(vec![(0, 1), (1, 0), (1, 3), (2, 2)]), 2);
    }
}
