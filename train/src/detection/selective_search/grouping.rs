//! Joins the most similar neighbors until one region is left.

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap};

use super::histograms::Histograms;
use crate::data::Image;

/// A region: the first ones, and those that were joined.
struct Region {
    size: f32,
    /// `[left, upper, right, lower]` in pixels; the last two are not part of it.
    corners: [usize; 4],
    neighbors: BTreeSet<usize>,
    joined: bool,
}

/// Two neighbors, the most similar first.
struct Couple {
    similarity: f32,
    regions: [usize; 2],
}

impl PartialEq for Couple {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Couple {}

impl PartialOrd for Couple {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Couple {
    fn cmp(&self, other: &Self) -> Ordering {
        self.similarity.total_cmp(&other.similarity).then_with(|| other.regions.cmp(&self.regions))
    }
}

/// The box of each region, in the order in which they were found.
pub fn boxes(image: &Image, segments: &[usize]) -> Vec<[usize; 4]> {
    let count = segments.iter().max().map_or(0, |last| last + 1);
    let mut histograms = Histograms::of(image, segments, count);
    let mut regions = first(segments, image.size(), count);
    let whole = segments.len() as f32;
    let couple = |a: usize, b: usize, regions: &[Region], histograms: &Histograms| {
        let around = merged(regions[a].corners, regions[b].corners);
        let size = regions[a].size + regions[b].size;
        let area = ((around[2] - around[0]) * (around[3] - around[1])) as f32;
        let similarity = histograms.similarity(a, b) + (1.0 - size / whole) + (1.0 - (area - size) / whole);
        Couple { similarity, regions: [a, b] }
    };
    let mut queue = BinaryHeap::new();
    for (a, region) in regions.iter().enumerate() {
        queue.extend(region.neighbors.range(a + 1..).map(|&b| couple(a, b, &regions, &histograms)));
    }
    while let Some(Couple { regions: [a, b], .. }) = queue.pop() {
        if regions[a].joined || regions[b].joined {
            continue;
        }
        let new = regions.len();
        histograms.join((a, regions[a].size), (b, regions[b].size));
        let mut neighbors = std::mem::take(&mut regions[a].neighbors);
        neighbors.append(&mut std::mem::take(&mut regions[b].neighbors));
        neighbors.retain(|&other| other != a && other != b && !regions[other].joined);
        [a, b].into_iter().for_each(|old| regions[old].joined = true);
        neighbors.iter().for_each(|&other| _ = regions[other].neighbors.insert(new));
        let corners = merged(regions[a].corners, regions[b].corners);
        regions.push(Region { size: regions[a].size + regions[b].size, corners, neighbors, joined: false });
        queue.extend(regions[new].neighbors.iter().map(|&other| couple(other, new, &regions, &histograms)));
    }
    regions.into_iter().map(|region| region.corners).collect()
}

/// The box around two boxes.
fn merged(a: [usize; 4], b: [usize; 4]) -> [usize; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// The sizes, boxes and neighbors of the first regions.
fn first(segments: &[usize], [height, width]: [usize; 2], count: usize) -> Vec<Region> {
    let none = || Region { size: 0.0, corners: [usize::MAX, usize::MAX, 0, 0], neighbors: BTreeSet::new(), joined: false };
    let mut regions: Vec<Region> = std::iter::repeat_with(none).take(count).collect();
    for row in 0..height {
        for column in 0..width {
            let here = segments[row * width + column];
            regions[here].size += 1.0;
            regions[here].corners = merged(regions[here].corners, [column, row, column + 1, row + 1]);
            let right = (column + 1 < width).then(|| segments[row * width + column + 1]);
            let below = (row + 1 < height).then(|| segments[(row + 1) * width + column]);
            for there in [right, below].into_iter().flatten().filter(|&there| there != here) {
                regions[here].neighbors.insert(there);
                regions[there].neighbors.insert(here);
            }
        }
    }
    regions
}
