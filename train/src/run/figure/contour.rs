//! Lines of equal height.

use std::ops::Range;

/// Numbers on a grid over a plane, row by row from below.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) across: Range<f64>,
    pub(super) up: Range<f64>,
    pub(super) numbers: Vec<f64>,
}

impl Field {
    /// The numbers that a function has at `columns` times `rows` points, which begin and end at the borders of the ranges.
    ///
    /// # Panics
    /// Panics if there are fewer than two columns or rows.
    pub fn of([columns, rows]: [usize; 2], across: Range<f64>, up: Range<f64>, function: impl Fn(f64, f64) -> f64) -> Self {
        assert!(columns > 1 && rows > 1, "expected at least two columns and rows, found {columns} and {rows}");
        let at = |range: &Range<f64>, i: usize, count: usize| range.start + (range.end - range.start) * i as f64 / (count - 1) as f64;
        let numbers = (0..columns * rows).map(|i| function(at(&across, i % columns, columns), at(&up, i / columns, rows))).collect();
        Self { columns, rows, across, up, numbers }
    }

    /// The column and row of a place on the grid, as coordinates.
    pub(super) fn place(&self, column: f64, row: f64) -> (f64, f64) {
        let at = |range: &Range<f64>, i: f64, count: usize| range.start + (range.end - range.start) * i / (count - 1) as f64;
        (at(&self.across, column, self.columns), at(&self.up, row, self.rows))
    }

    /// The line of a level in pieces of two points: marching squares. Corners that are not finite have no line.
    pub(super) fn pieces(&self, level: f64) -> Vec<[(f64, f64); 2]> {
        let mut pieces = Vec::new();
        let number = |column: usize, row: usize| self.numbers[row * self.columns + column];
        for row in 0..self.rows - 1 {
            for column in 0..self.columns - 1 {
                // Around the cell.
                let corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
                if corners.iter().any(|&(column, row)| !number(column, row).is_finite()) {
                    continue;
                }
                let crossings = (0..4).filter_map(|i| {
                    let (from, to) = (corners[i], corners[(i + 1) % 4]);
                    let (low, high) = (number(from.0, from.1), number(to.0, to.1));
                    let share = (level - low) / (high - low);
                    let between = |a: usize, b: usize| a as f64 + (b as f64 - a as f64) * share;
                    ((low < level) != (high < level)).then(|| self.place(between(from.0, to.0), between(from.1, to.1)))
                });
                let crossings: Vec<_> = crossings.collect();
                pieces.extend(crossings.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle() {
        let field = Field::of([41, 41], -2.0..2.0, -2.0..2.0, |x, y| x * x + y * y);
        let pieces = field.pieces(1.0);
        assert!(pieces.len() > 40, "{}", pieces.len());
        for (x, y) in pieces.iter().flatten() {
            assert!((x.hypot(*y) - 1.0).abs() < 0.01, "{x} {y}");
        }
        // Its length, as that of a circle.
        let length: f64 = pieces.iter().map(|[a, b]| (a.0 - b.0).hypot(a.1 - b.1)).sum();
        assert!((length - std::f64::consts::TAU).abs() < 0.05, "{length}");
        assert!(field.pieces(100.0).is_empty());
        assert!(Field::of([3, 3], 0.0..1.0, 0.0..1.0, |x, _| if x > 0.4 { f64::NAN } else { x }).pieces(0.2).is_empty());
    }
}
