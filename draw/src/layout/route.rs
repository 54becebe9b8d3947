//! Vertical positions, and the corners of the links.

use std::collections::HashMap;

use super::grid::Grid;
use super::tracks::{Net, tracks};
use super::{Entries, Item, Layout, Path, Place};

/// The space below an item, where its label is next to the link: no link runs across here.
const LABEL: f64 = 22.0;
/// The space below lanes.
const NO_LABEL: f64 = 6.0;
/// The space above an item, for the heads of arrows.
const ARROW: f64 = 14.0;
/// The distance between two tracks.
const TRACK: f64 = 9.0;
/// The distance between two links that enter at the top of one item.
const APART: f64 = 12.0;

/// The end of a link.
#[derive(Clone, Copy)]
enum Entry {
    /// At the top, at this distance from the center.
    Top(f64),
    /// At the side that faces its source.
    Side,
}

/// Places all items, given the `x` of each cell.
pub(super) fn route(grid: &Grid) -> Layout {
    let entries = entries(grid);
    let mut places = vec![Place::default(); grid.items.len()];
    // For each gap, the height of each net's track.
    let mut turns: Vec<HashMap<usize, f64>> = Vec::new();
    let mut y = 0.0;
    for (index, layer) in grid.layers.iter().enumerate() {
        let most = |of: fn(&Item) -> f64| layer.iter().filter_map(|&cell| grid.items.get(cell)).map(of).fold(0.0, f64::max);
        y += most(|item| item.above);
        let height = most(|item| item.height);
        for &cell in layer.iter().filter(|&&cell| !grid.is_lane(cell)) {
            places[cell] = Place { x: grid.cells[cell].x, y, layer: index };
        }
        y += height;
        let Some(gap) = grid.gaps.get(index) else { break };
        let nets = nets(grid, gap, &entries);
        let levels = tracks(&nets);
        let count = levels.iter().max().map_or(0, |most| most + 1);
        let labeled = layer.iter().any(|&cell| !grid.is_lane(cell));
        y += if labeled { LABEL + most(|item| item.below) } else { NO_LABEL };
        turns.push(nets.iter().zip(&levels).map(|(net, &level)| (net.number, y + level as f64 * TRACK)).collect());
        y += count.saturating_sub(1) as f64 * TRACK + ARROW;
    }
    let paths = (0..grid.wires.len()).map(|wire| path(grid, wire, &places, &turns, entries[wire])).collect();
    let width = grid.cells.iter().map(|cell| cell.x + cell.right).fold(0.0, f64::max);
    Layout { places, paths, width: width.ceil(), height: y }
}

/// The links that turn in a gap, grouped by value.
fn nets(grid: &Grid, gap: &[usize], entries: &[Entry]) -> Vec<Net> {
    let mut nets: Vec<Net> = Vec::new();
    for &index in gap {
        let segment = &grid.segments[index];
        let upper = grid.cells[segment.upper].x + segment.exit;
        let lower = match segment.wire.map(|wire| entries[wire]) {
            // It passes the gap straight.
            Some(Entry::Side) => upper,
            Some(Entry::Top(offset)) => grid.cells[segment.lower].x + offset,
            None => grid.cells[segment.lower].x,
        };
        match nets.iter_mut().find(|net| net.number == segment.net) {
            Some(net) => net.lower.push(lower),
            None => nets.push(Net { number: segment.net, upper, lower: vec![lower] }),
        }
    }
    nets.retain(|net| net.lower.iter().any(|&lower| lower != net.upper));
    nets
}

fn path(grid: &Grid, wire: usize, places: &[Place], turns: &[HashMap<usize, f64>], entry: Entry) -> Path {
    let ends = grid.wires[wire];
    let run = &grid.runs[wire];
    let (item, place) = (&grid.items[ends.to], places[ends.to]);
    let from = places[ends.from];
    let mut path = vec![[from.x + grid.segments[run[0]].exit, from.y + grid.items[ends.from].height]];
    for (step, &index) in run.iter().enumerate() {
        let segment = &grid.segments[index];
        let upper = grid.cells[segment.upper].x + segment.exit;
        let lower = match entry {
            _ if step + 1 < run.len() => grid.cells[segment.lower].x,
            Entry::Top(offset) => place.x + offset,
            Entry::Side => upper,
        };
        if lower != upper {
            let turn = turns[from.layer + step][&segment.net];
            path.extend([[upper, turn], [lower, turn]]);
        }
    }
    let x = path[path.len() - 1][0];
    match entry {
        Entry::Top(offset) => path.push([x, place.y + top(item, offset)]),
        Entry::Side => {
            let y = place.y + item.height / 2.0;
            path.extend([[x, y], [place.x + (item.width / 2.0).copysign(x - place.x), y]]);
        }
    }
    path
}

/// The height difference between an item's top and its edge, at this distance from the center.
fn top(item: &Item, offset: f64) -> f64 {
    let radius = item.height / 2.0;
    if item.entries == Entries::Round { radius - (radius * radius - offset * offset).max(0.0).sqrt() } else { 0.0 }
}

/// How each wire enters its item.
fn entries(grid: &Grid) -> Vec<Entry> {
    let mut entries = vec![Entry::Top(0.0); grid.wires.len()];
    let mut arriving: Vec<Vec<usize>> = vec![Vec::new(); grid.items.len()];
    for (wire, ends) in grid.wires.iter().enumerate() {
        arriving[ends.to].push(wire);
        if let Entries::Fixed(offsets) = &grid.items[ends.to].entries {
            entries[wire] = Entry::Top(offsets[ends.entry]);
        }
    }
    for layer in &grid.layers {
        // The space that is taken in this layer by links that enter at a side.
        let mut taken: Vec<[f64; 2]> = Vec::new();
        for &item in layer.iter().filter(|&&cell| !grid.is_lane(cell)) {
            if matches!(grid.items[item].entries, Entries::Free | Entries::Round) {
                let mut wires = arriving[item].clone();
                wires.sort_by(|&a, &b| source(grid, a).total_cmp(&source(grid, b)));
                let left = wires.first().copied().filter(|&wire| opens(grid, layer, wire, item, &mut taken, -1.0));
                let right = wires.last().copied().filter(|&wire| opens(grid, layer, wire, item, &mut taken, 1.0));
                for wire in [left, right].into_iter().flatten() {
                    entries[wire] = Entry::Side;
                }
                wires.retain(|&wire| Some(wire) != left && Some(wire) != right);
                for (wire, offset) in wires.iter().zip(spread(grid, item, &wires)) {
                    entries[*wire] = Entry::Top(offset);
                }
            }
        }
    }
    entries
}

/// The source of a wire: its `x` above its last gap.
fn source(grid: &Grid, wire: usize) -> f64 {
    let run = &grid.runs[wire];
    let segment = &grid.segments[run[run.len() - 1]];
    grid.cells[segment.upper].x + segment.exit
}

/// Whether the wire can run down next to the item, on the left (-1) or right (1), and enter from there. If so, it takes the space.
fn opens(grid: &Grid, layer: &[usize], wire: usize, item: usize, taken: &mut Vec<[f64; 2]>, side: f64) -> bool {
    let (edge, from) = (grid.cells[item].x + side * grid.items[item].width / 2.0, source(grid, wire));
    if (from - edge) * side < ARROW {
        return false;
    }
    let run = &grid.runs[wire];
    let net = grid.segments[run[run.len() - 1]].net;
    let [low, high] = if side < 0.0 { [from - 5.0, edge] } else { [edge, from + 5.0] };
    let apart = |[least, most]: [f64; 2]| most < low || least > high;
    let others = layer.iter().filter(|&&cell| cell != item && grid.cells[cell].lane != Some(net)).map(|&cell| &grid.cells[cell]);
    let free = others.into_iter().all(|cell| apart([cell.x - cell.left, cell.x + cell.right])) && taken.iter().all(|&way| apart(way));
    if free {
        taken.push([low, high]);
    }
    free
}

/// The positions at which wires enter at the top of an item, relative to its center: directly from above if possible, and at a distance
/// from each other.
fn spread(grid: &Grid, item: usize, wires: &[usize]) -> Vec<f64> {
    let x = grid.cells[item].x;
    let round = grid.items[item].entries == Entries::Round;
    let room = grid.items[item].width / 2.0 - if round { 3.0 } else { 8.0 };
    let apart = if wires.len() > 1 { APART.min(2.0 * room / (wires.len() - 1) as f64) } else { 0.0 };
    // A single link meets a circle at its top.
    let wish = |&wire: &usize| if round && wires.len() == 1 { 0.0 } else { (source(grid, wire) - x).clamp(-room, room) };
    let mut offsets: Vec<f64> = wires.iter().map(wish).collect();
    // The wire that is closest to vertical keeps its position, and the others move aside; if that leaves too little space, it moves too.
    let away = |&&wire: &&usize| (source(grid, wire) - x).abs();
    let nearest = wires.iter().min_by(|a, b| away(a).total_cmp(&away(b)));
    let nearest = nearest.and_then(|wire| wires.iter().position(|other| other == wire)).unwrap_or(0);
    for i in nearest + 1..offsets.len() {
        offsets[i] = offsets[i].max(offsets[i - 1] + apart);
    }
    for i in (0..nearest).rev() {
        offsets[i] = offsets[i].min(offsets[i + 1] - apart);
    }
    let mut most = room;
    for offset in offsets.iter_mut().rev() {
        *offset = offset.min(most);
        most = *offset - apart;
    }
    let mut least = -room;
    for offset in &mut offsets {
        *offset = offset.max(least);
        least = *offset + apart;
    }
    offsets
}
