//! A tree of squares in the plane, in which groups of points that are far away count as one.

use rayon::prelude::*;

/// Halvings of a square, at most: as many as coordinates of 31 bits tell apart.
const LEVELS: u32 = 31;
/// Points that a thread takes at least.
const TOGETHER: usize = 64;

/// A square and the points in it.
struct Cell {
    /// The mean of its points.
    center: [f64; 2],
    /// The square of its width.
    squared_width: f64,
    /// Its points, in the order of the tree.
    first: usize,
    end: usize,
    /// The number of the next cell that is not within this one. A leaf is followed by it.
    next: usize,
}

/// The tree of points. Its cells are in preorder, and its points in the order of the cells.
pub(super) struct Tree {
    cells: Vec<Cell>,
    points: Vec<[f64; 2]>,
    /// The number of each point as it was given.
    numbers: Vec<u32>,
}

impl Tree {
    pub fn new(at: &[[f64; 2]]) -> Self {
        let bounds =
            |axis: usize| at.iter().map(|point| point[axis]).fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], x| [a.min(x), b.max(x)]);
        let [[left, right], [top, bottom]] = [0, 1].map(bounds);
        let width = (right - left).max(bottom - top).max(f64::MIN_POSITIVE);
        let cells_across = f64::from(1_u32 << LEVELS);
        let bits = |x: f64, from: f64| (((x - from) / width * cells_across) as u64).min((1 << LEVELS) - 1);
        // The bits of both coordinates in turn: points of a square of any level follow each other.
        let mut keys: Vec<(u64, u32)> =
            at.iter().zip(0..).map(|(&[x, y], number)| (spread(bits(x, left)) | spread(bits(y, top)) << 1, number)).collect();
        keys.sort_unstable();
        let points = keys.iter().map(|key| at[key.1 as usize]).collect();
        let mut tree = Self { cells: Vec::with_capacity(2 * at.len()), points, numbers: keys.iter().map(|key| key.1).collect() };
        let keys: Vec<u64> = keys.into_iter().map(|key| key.0).collect();
        tree.add(&keys, [0, keys.len()], LEVELS, width);
        tree
    }

    /// Adds the square of a range of points; `level` is the number of halvings that are left.
    fn add(&mut self, keys: &[u64], [first, end]: [usize; 2], level: u32, width: f64) {
        if first == end {
            return;
        }
        let number = self.cells.len();
        let count = (end - first) as f64;
        let sum = self.points[first..end].iter().fold([0.0; 2], |[x, y], point| [x + point[0], y + point[1]]);
        self.cells.push(Cell { center: sum.map(|sum| sum / count), squared_width: width * width, first, end, next: 0 });
        if keys[first] != keys[end - 1] {
            // The quarter of a point is two of its key's bits.
            let quarter = |key: u64| key >> (2 * (level - 1)) & 3;
            let mut from = first;
            for part in 0..4 {
                let to = from + keys[from..end].partition_point(|&key| quarter(key) <= part);
                self.add(keys, [from, to], level - 1, width / 2.0);
                from = to;
            }
        }
        self.cells[number].next = self.cells.len();
    }

    /// For each point the sum of `q * q * (y - other)`, and over all pairs the sum of `q`, with `q = 1 / (1 + |y - other|^2)`.
    pub fn repulsions(&self, angle: f64) -> (Vec<[f64; 2]>, f64) {
        let mut pushes = vec![[0.0; 2]; self.points.len()];
        let found: Vec<([f64; 2], f64)> =
            (0..self.points.len()).into_par_iter().with_min_len(TOGETHER).map(|point| self.repulsion(point, angle * angle)).collect();
        let mut sum = 0.0;
        for ((push, share), &number) in found.into_iter().zip(&self.numbers) {
            pushes[number as usize] = push;
            sum += share;
        }
        (pushes, sum)
    }

    fn repulsion(&self, point: usize, squared_angle: f64) -> ([f64; 2], f64) {
        let [x, y] = self.points[point];
        let (mut push, mut sum) = ([0.0; 2], 0.0);
        let mut add = |[a, b]: [f64; 2], count: f64| {
            let [dx, dy] = [x - a, y - b];
            let q = 1.0 / (1.0 + dx * dx + dy * dy);
            let weight = count * q;
            sum += weight;
            push[0] += weight * q * dx;
            push[1] += weight * q * dy;
        };
        let mut number = 0;
        while let Some(cell) = self.cells.get(number) {
            let [dx, dy] = [x - cell.center[0], y - cell.center[1]];
            let is_far = cell.squared_width < squared_angle * (dx * dx + dy * dy);
            if is_far && !(cell.first..cell.end).contains(&point) {
                add(cell.center, (cell.end - cell.first) as f64);
                number = cell.next;
            } else if cell.next == number + 1 {
                // A leaf: one point, or some at the same place.
                (cell.first..cell.end).filter(|other| *other != point).for_each(|other| add(self.points[other], 1.0));
                number = cell.next;
            } else {
                number += 1;
            }
        }
        (push, sum)
    }
}

/// The bits of a number of at most 32 bits at every second place.
fn spread(x: u64) -> u64 {
    let x = (x | x << 16) & 0x0000_ffff_0000_ffff;
    let x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
    let x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | x << 2) & 0x3333_3333_3333_3333;
    (x | x << 1) & 0x5555_5555_5555_5555
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<[f64; 2]> {
        // With equal points, and two that only the last bits tell apart.
        let mut points: Vec<[f64; 2]> = (0..300).map(|i| [f64::from(i * 37 % 101), f64::from(i * 53 % 97)].map(|x| 0.1 * x)).collect();
        points.extend([[5.0, 5.0], [5.0, 5.0], [5.0, 5.0 + 1e-14], [-40.0, 3.0]]);
        points
    }

    /// All pairs, one by one.
    fn by_pairs(at: &[[f64; 2]]) -> (Vec<[f64; 2]>, f64) {
        let mut sum = 0.0;
        let of = |i: usize| {
            let mut push = [0.0; 2];
            for (_, other) in at.iter().enumerate().filter(|(j, _)| *j != i) {
                let [dx, dy] = [at[i][0] - other[0], at[i][1] - other[1]];
                let q = 1.0 / (1.0 + dx * dx + dy * dy);
                sum += q;
                push = [push[0] + q * q * dx, push[1] + q * q * dy];
            }
            push
        };
        ((0..at.len()).map(of).collect(), sum)
    }

    #[test]
    fn exact_without_an_angle_and_near_with_one() {
        let at = points();
        let (expected, sum) = by_pairs(&at);
        for (angle, bar) in [(0.0, 1e-12), (0.5, 2e-2)] {
            let (found, total) = Tree::new(&at).repulsions(angle);
            assert!((total - sum).abs() < bar * sum, "{total} and {sum}");
            let largest = expected.iter().flatten().fold(0.0, |most: f64, x| most.max(x.abs()));
            for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                assert!((found - expected).abs() < bar * largest, "{angle}: {found} and {expected}");
            }
        }
    }

    #[test]
    fn groups_are_taken_together() {
        // A far point sees the others as few cells.
        let tree = Tree::new(&points());
        assert!(tree.cells.len() < 3 * tree.points.len(), "{}", tree.cells.len());
        assert_eq!(spread(0b1011), 0b0100_0101);
        // One point, and equal points, are one leaf.
        assert_eq!(Tree::new(&[[1.0, 2.0]]).repulsions(0.5), (vec![[0.0; 2]], 0.0));
        assert_eq!(Tree::new(&[[1.0, 2.0]; 3]).repulsions(0.5), (vec![[0.0; 2]; 3], 6.0));
    }
}
