//! The gated linear unit: the first half of each segment times the sigmoid of the second.

use pulp::{Simd, WithSimd};

use super::{
    math,
    simd::{arch, load, store},
};

/// `y = a sigmoid(b)`, where each segment of `2 half` elements of `x` is `a` followed by `b`.
pub fn forward(half: usize, x: &[f32], y: &mut [f32]) {
    arch().dispatch(Forward { half, x, y });
}

/// The gradient of `x`; overwrites or is added.
pub fn backward(half: usize, x: &[f32], dy: &[f32], dx: &mut [f32], add: bool) {
    arch().dispatch(Backward { half, x, dy, dx, add });
}

struct Forward<'a> {
    half: usize,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { half, x, y } = self;
        for (x, y) in x.chunks_exact(2 * half).zip(y.chunks_exact_mut(half)) {
            let (a, b) = x.split_at(half);
            for ((a, b), y) in a.chunks(S::F32_LANES).zip(b.chunks(S::F32_LANES)).zip(y.chunks_mut(S::F32_LANES)) {
                store(simd, simd.mul_f32s(load(simd, a), math::sigmoid(simd, load(simd, b))), y);
            }
        }
    }
}

struct Backward<'a> {
    half: usize,
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    add: bool,
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { half, x, dy, dx, add } = self;
        let put = {
            #[inline(always)]
            |value: S::f32s, to: &mut [f32]| {
                let value = if add { simd.add_f32s(load(simd, to), value) } else { value };
                store(simd, value, to);
            }
        };
        for ((x, dy), dx) in x.chunks_exact(2 * half).zip(dy.chunks_exact(half)).zip(dx.chunks_exact_mut(2 * half)) {
            let (a, b) = x.split_at(half);
            let (da, db) = dx.split_at_mut(half);
            let inputs = a.chunks(S::F32_LANES).zip(b.chunks(S::F32_LANES)).zip(dy.chunks(S::F32_LANES));
            let outputs = da.chunks_mut(S::F32_LANES).zip(db.chunks_mut(S::F32_LANES));
            for (((a, b), dy), (da, db)) in inputs.zip(outputs) {
                let (gate, dy) = (math::sigmoid(simd, load(simd, b)), load(simd, dy));
                put(simd.mul_f32s(dy, gate), da);
                let slope = simd.negate_mul_add_e_f32s(gate, gate, gate);
                put(simd.mul_f32s(dy, simd.mul_f32s(load(simd, a), slope)), db);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    #[test]
    fn agrees_with_the_definition() {
        for (count, half) in [(1, 1), (3, 5), (2, 16), (2, 37)] {
            let (x, dy, old) = (numbers(2 * count * half, 1), numbers(count * half, 2), numbers(2 * count * half, 3));
            let (mut y, mut dx, mut more) = (vec![9.0; count * half], vec![9.0; x.len()], old.clone());
            forward(half, &x, &mut y);
            backward(half, &x, &dy, &mut dx, false);
            backward(half, &x, &dy, &mut more, true);
            let (mut slow_y, mut slow_dx) = (y.clone(), dx.clone());
            for at in 0..y.len() {
                let a = at / half * 2 * half + at % half;
                let gate = 1.0 / (1.0 + (-x[a + half]).exp());
                slow_y[at] = x[a] * gate;
                slow_dx[a] = dy[at] * gate;
                slow_dx[a + half] = dy[at] * x[a] * gate * (1.0 - gate);
            }
            close(&y, &slow_y, 1e-6);
            close(&dx, &slow_dx, 1e-6);
            close(&more, &slow_dx.iter().zip(&old).map(|(a, b)| a + b).collect::<Vec<_>>(), 1e-6);
        }
    }
}
