//! From the large maps to the small ones, and from the small to the large ones.

use super::{PHASES, Phased, ROWS, SQUARES, chunks};
use crate::kernels::{
    layout,
    product::{Every, Left, Outer, Start, outer},
    winograd::{self, Begin, Pairs, Taps, Tiles, apart, bounds::Limits, singly},
};

/// A pass in one of the two directions.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The number of images.
    pub images: usize,
    /// `[outputs, inputs, 4, 4]`
    pub weight: &'a [f32],
    /// The initial values of the results.
    pub begin: Begin<'a>,
    /// The limits; elements beyond them are not computed in tiles.
    pub limits: Limits<'a>,
}

impl Phased {
    /// The small maps from the large ones.
    pub fn gather(&self, pass: Pass, x: &[f32], y: &mut [f32], spare: &mut [f32]) {
        self.gather_tiles(pass, x, y, spare);
        if let Some(limits) = pass.limits {
            singly::gather(&self.definition(), pass.images, pass.weight, limits, x, y);
        }
    }

    fn gather_tiles(&self, pass: Pass, x: &[f32], y: &mut [f32], spare: &mut [f32]) {
        let Pass { images, weight, begin, limits } = pass;
        let (rows, terms) = (self.outputs, self.inputs);
        let (weight, spare) = {
            let (turned, rest) = spare.split_at_mut(weight.len());
            layout::transpose(rows, 16 * terms, weight, turned, false);
            (&*turned, rest)
        };
        for to in chunks(self.small, images) {
            let columns = to.columns();
            let (u, rest) = spare.split_at_mut(SQUARES * apart(ROWS.min(rows) * terms));
            let (v, m) = rest.split_at_mut(SQUARES * apart(terms * columns));
            for (index, &phase) in PHASES.iter().enumerate() {
                winograd::data(Pairs, &self.above(phase, to), limits, x, v);
                let taps = Taps { row: 1, term: 16 * rows, ..self.taps(phase, rows) };
                for first in (0..rows).step_by(ROWS) {
                    let count = ROWS.min(rows - first);
                    winograd::weights(Pairs, taps, weight, [first, count, terms], u);
                    let start = if index > 0 { Start::Sum } else { Start::Zero };
                    products([count, terms, columns], [u, v], (&mut m[first * columns..], rows), start);
                }
            }
            winograd::sums(Pairs, &to, m, begin, y);
        }
    }

    /// The large maps from the small ones: the gradient of [`Phased::gather`].
    pub fn scatter(&self, pass: Pass, y: &[f32], x: &mut [f32], spare: &mut [f32]) {
        self.scatter_tiles(pass, y, x, spare);
        if let Some(limits) = pass.limits {
            singly::scatter(&self.definition(), pass.images, pass.weight, limits, y, x);
        }
    }

    fn scatter_tiles(&self, pass: Pass, y: &[f32], x: &mut [f32], spare: &mut [f32]) {
        let Pass { images, weight, begin, limits } = pass;
        let (rows, terms) = (self.inputs, self.outputs);
        let map = self.large[0] * self.large[1] * images;
        let mut transformed = None;
        let (weight, spare) = {
            let (turned, rest) = spare.split_at_mut(weight.len());
            for (weight, turned) in weight.chunks_exact(16 * rows).zip(turned.chunks_exact_mut(16 * rows)) {
                layout::transpose(rows, 16, weight, turned, false);
            }
            (&*turned, rest)
        };
        for phase in PHASES {
            let side = self.side(phase);
            let taps = Taps { row: 1, term: 16 * rows, flipped: true, ..self.taps(phase, rows) };
            for chunk in chunks(side.count, images) {
                let columns = chunk.columns();
                let (u, rest) = spare.split_at_mut(SQUARES * apart(ROWS.min(rows) * terms));
                let (v, m) = rest.split_at_mut(SQUARES * apart(terms * columns));
                let from = Tiles { size: self.small, first: side.from.map(|from| from as isize - 1), ..chunk };
                let to = Tiles { size: self.large, first: side.first, stride: 2, ..chunk };
                // Often the next phase reads the same data.
                if transformed.replace(from) != Some(from) {
                    winograd::data(Pairs, &from, limits, y, v);
                }
                for first in (0..rows).step_by(ROWS) {
                    let count = ROWS.min(rows - first);
                    winograd::weights(Pairs, taps, weight, [first, count, terms], u);
                    products([count, terms, columns], [u, v], (m, count), Start::Zero);
                    let begin = if let Begin::Bias(bias) = begin { Begin::Bias(&bias[first..]) } else { begin };
                    winograd::sums(Pairs, &to, m, begin, &mut x[first * map..][..count * map]);
                }
            }
        }
    }
}

/// The product for each position of a tile, into rows of matrices that have `whole` rows.
fn products([rows, terms, columns]: [usize; 3], [u, v]: [&[f32]; 2], (m, whole): (&mut [f32], usize), start: Start) {
    for square in 0..SQUARES {
        let product = Outer::new(
            [rows, terms, columns],
            Left::columns(&u[square * apart(terms * rows)..], rows),
            &v[square * apart(terms * columns)..],
            Every(columns),
        )
        .start(start);
        outer(product, &mut m[square * apart(whole * columns)..]);
    }
}
