//! Planes at another size.

use crate::Scalar;
use crate::host::number;

/// How a plane is enlarged or reduced, as PyTorch's `interpolate` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest element.
    #[default]
    Nearest,
    /// Linear between the four nearest elements, corners not aligned.
    Bilinear,
}

/// A plane of `from` rows and columns with `to` rows and columns.
pub(super) fn resize<E: Scalar>(plane: &[E], from: [usize; 2], to: [usize; 2], mode: Interpolation) -> Vec<E> {
    let [rows, columns] = [0, 1].map(|axis| (0..to[axis]).map(|i| place(i, from[axis], to[axis], mode)).collect::<Vec<_>>());
    let at = |row: usize, column: usize| plane[row * from[1] + column];
    let mut made = Vec::with_capacity(to[0] * to[1]);
    for &(top, bottom, down) in &rows {
        for &(left, right, across) in &columns {
            let (down, across) = (number::<E>(down), number::<E>(across));
            let upper = at(top, left) * (E::one() - across) + at(top, right) * across;
            let lower = at(bottom, left) * (E::one() - across) + at(bottom, right) * across;
            made.push(upper * (E::one() - down) + lower * down);
        }
    }
    made
}

/// The two elements that an element lies between, and its distance from the first.
fn place(i: usize, from: usize, to: usize, mode: Interpolation) -> (usize, usize, f64) {
    let scale = from as f64 / to as f64;
    match mode {
        Interpolation::Nearest => {
            // As PyTorch does, without rounding errors.
            let nearest = (i * from / to).min(from - 1);
            (nearest, nearest, 0.0)
        }
        Interpolation::Bilinear => {
            let place = (scale * (i as f64 + 0.5) - 0.5).max(0.0);
            let first = (place as usize).min(from - 1);
            (first, (first + 1).min(from - 1), place - first as f64)
        }
    }
}
