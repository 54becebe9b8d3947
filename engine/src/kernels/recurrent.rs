//! One step of a recurrent layer after its matrix products, on `[hidden, images]`, and its backward pass. Gates are stored one after the other, after
//! their activation; in the backward pass their gradients overwrite them.

use pulp::{Simd, WithSimd};

use super::{
    math,
    simd::{arch, load, store},
};

/// LSTM: computes the gates i, f, g, o from their inputs, the cell state, and the output.
pub fn lstm_forward(gates: &mut [f32], before: Option<&[f32]>, c: &mut [f32], h: &mut [f32]) {
    arch().dispatch(LstmForward { gates, before, c, h });
}

/// The gradients of the gates' inputs overwrite the gates; `dc`, the gradient of the cell state, becomes that of the previous one.
pub fn lstm_backward(gates: &mut [f32], before: Option<&[f32]>, c: &[f32], dh: &[f32], dc: &mut [f32]) {
    arch().dispatch(LstmBackward { gates, before, c, dh, dc });
}

/// GRU: the gates r, z, n; `past` is the state's part of n.
pub fn gru_forward(gates: &mut [f32], past: &[f32], before: Option<&[f32]>, h: &mut [f32]) {
    arch().dispatch(GruForward { gates, past, before, h });
}

/// The gradients of the gates' inputs, and of the state's part of n, overwrite these; `dh` becomes the part of the previous state's gradient that
/// does not pass through products.
pub fn gru_backward(gates: &mut [f32], past: &mut [f32], before: Option<&[f32]>, dh: &mut [f32]) {
    arch().dispatch(GruBackward { gates, past, before, dh });
}

/// The positions of vectors in slices of this length.
#[inline(always)]
fn vectors<S: Simd>(_: S, len: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..len).step_by(S::F32_LANES).map(move |from| from..(from + S::F32_LANES).min(len))
}

/// A vector of the previous state, which is zero if there is none.
#[inline(always)]
fn earlier<S: Simd>(simd: S, before: Option<&[f32]>, at: &std::ops::Range<usize>) -> S::f32s {
    match before {
        Some(before) => load(simd, &before[at.clone()]),
        None => simd.splat_f32s(0.0),
    }
}

/// `y (1 - y)`
#[inline(always)]
fn slope<S: Simd>(simd: S, y: S::f32s) -> S::f32s {
    simd.negate_mul_add_e_f32s(y, y, y)
}

/// `a (1 - y^2)`
#[inline(always)]
fn through_tanh<S: Simd>(simd: S, a: S::f32s, y: S::f32s) -> S::f32s {
    simd.mul_f32s(a, simd.negate_mul_add_e_f32s(y, y, simd.splat_f32s(1.0)))
}

struct LstmForward<'a> {
    gates: &'a mut [f32],
    before: Option<&'a [f32]>,
    c: &'a mut [f32],
    h: &'a mut [f32],
}

impl WithSimd for LstmForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gates, before, c, h } = self;
        let len = h.len();
        let (i, rest) = gates.split_at_mut(len);
        let (f, rest) = rest.split_at_mut(len);
        let (g, o) = rest.split_at_mut(len);
        for at in vectors(simd, len) {
            let on = math::sigmoid(simd, load(simd, &i[at.clone()]));
            let keep = math::sigmoid(simd, load(simd, &f[at.clone()]));
            let new = math::tanh(simd, load(simd, &g[at.clone()]));
            let show = math::sigmoid(simd, load(simd, &o[at.clone()]));
            let state = simd.mul_add_e_f32s(keep, earlier(simd, before, &at), simd.mul_f32s(on, new));
            store(simd, on, &mut i[at.clone()]);
            store(simd, keep, &mut f[at.clone()]);
            store(simd, new, &mut g[at.clone()]);
            store(simd, show, &mut o[at.clone()]);
            store(simd, state, &mut c[at.clone()]);
            store(simd, simd.mul_f32s(show, math::tanh(simd, state)), &mut h[at]);
        }
    }
}

struct LstmBackward<'a> {
    gates: &'a mut [f32],
    before: Option<&'a [f32]>,
    c: &'a [f32],
    dh: &'a [f32],
    dc: &'a mut [f32],
}

impl WithSimd for LstmBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gates, before, c, dh, dc } = self;
        let len = c.len();
        let (i, rest) = gates.split_at_mut(len);
        let (f, rest) = rest.split_at_mut(len);
        let (g, o) = rest.split_at_mut(len);
        for at in vectors(simd, len) {
            // One by one: a closure over an array of them is not compiled for the instruction set, and every vector goes through memory.
            let (on, keep) = (load(simd, &i[at.clone()]), load(simd, &f[at.clone()]));
            let (new, show) = (load(simd, &g[at.clone()]), load(simd, &o[at.clone()]));
            let (dh, shown) = (load(simd, &dh[at.clone()]), math::tanh(simd, load(simd, &c[at.clone()])));
            let d = simd.add_f32s(load(simd, &dc[at.clone()]), through_tanh(simd, simd.mul_f32s(dh, show), shown));
            let past = earlier(simd, before, &at);
            store(simd, simd.mul_f32s(simd.mul_f32s(d, new), slope(simd, on)), &mut i[at.clone()]);
            store(simd, simd.mul_f32s(simd.mul_f32s(d, past), slope(simd, keep)), &mut f[at.clone()]);
            store(simd, through_tanh(simd, simd.mul_f32s(d, on), new), &mut g[at.clone()]);
            store(simd, simd.mul_f32s(simd.mul_f32s(dh, shown), slope(simd, show)), &mut o[at.clone()]);
            store(simd, simd.mul_f32s(d, keep), &mut dc[at]);
        }
    }
}

struct GruForward<'a> {
    gates: &'a mut [f32],
    past: &'a [f32],
    before: Option<&'a [f32]>,
    h: &'a mut [f32],
}

impl WithSimd for GruForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gates, past, before, h } = self;
        let len = h.len();
        let (r, rest) = gates.split_at_mut(len);
        let (z, n) = rest.split_at_mut(len);
        for at in vectors(simd, len) {
            let reset = math::sigmoid(simd, load(simd, &r[at.clone()]));
            let stay = math::sigmoid(simd, load(simd, &z[at.clone()]));
            let new = math::tanh(simd, simd.mul_add_e_f32s(reset, load(simd, &past[at.clone()]), load(simd, &n[at.clone()])));
            store(simd, reset, &mut r[at.clone()]);
            store(simd, stay, &mut z[at.clone()]);
            store(simd, new, &mut n[at.clone()]);
            let way = simd.sub_f32s(earlier(simd, before, &at), new);
            store(simd, simd.mul_add_e_f32s(stay, way, new), &mut h[at]);
        }
    }
}

struct GruBackward<'a> {
    gates: &'a mut [f32],
    past: &'a mut [f32],
    before: Option<&'a [f32]>,
    dh: &'a mut [f32],
}

impl WithSimd for GruBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gates, past, before, dh } = self;
        let len = dh.len();
        let (r, rest) = gates.split_at_mut(len);
        let (z, n) = rest.split_at_mut(len);
        for at in vectors(simd, len) {
            let (reset, stay, new) = (load(simd, &r[at.clone()]), load(simd, &z[at.clone()]), load(simd, &n[at.clone()]));
            let (q, d) = (load(simd, &past[at.clone()]), load(simd, &dh[at.clone()]));
            let way = simd.sub_f32s(earlier(simd, before, &at), new);
            let dn = through_tanh(simd, simd.negate_mul_add_e_f32s(d, stay, d), new);
            store(simd, simd.mul_f32s(simd.mul_f32s(dn, q), slope(simd, reset)), &mut r[at.clone()]);
            store(simd, simd.mul_f32s(simd.mul_f32s(d, way), slope(simd, stay)), &mut z[at.clone()]);
            store(simd, dn, &mut n[at.clone()]);
            store(simd, simd.mul_f32s(dn, reset), &mut past[at.clone()]);
            store(simd, simd.mul_f32s(d, stay), &mut dh[at]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::{close, numbers};

    fn sigmoid(x: f32) -> f32 {
        1.0 / (1.0 + (-x).exp())
    }

    #[test]
    fn long_short_term_memory() {
        for len in [1, 5, 16, 37] {
            let (into, c0, dh, dc0) = (numbers(4 * len, 1), numbers(len, 2), numbers(len, 3), numbers(len, 4));
            for before in [None, Some(&c0[..])] {
                let (mut gates, mut c, mut h) = (into.clone(), vec![9.0; len], vec![9.0; len]);
                lstm_forward(&mut gates, before, &mut c, &mut h);
                let kept = gates.clone();
                let mut dc = dc0.clone();
                lstm_backward(&mut gates, before, &c, &dh, &mut dc);
                for at in 0..len {
                    let past = before.map_or(0.0, |c| c[at]);
                    let [i, f, o] = [0, 1, 3].map(|gate| sigmoid(into[gate * len + at]));
                    let g = into[2 * len + at].tanh();
                    let state = f * past + i * g;
                    close(&[c[at], h[at]], &[state, o * state.tanh()], 1e-5);
                    close(&[kept[at], kept[len + at], kept[2 * len + at], kept[3 * len + at]], &[i, f, g, o], 1e-5);
                    let d = dc0[at] + dh[at] * o * (1.0 - state.tanh().powi(2));
                    let wanted = [
                        d * g * i * (1.0 - i),
                        d * past * f * (1.0 - f),
                        d * i * (1.0 - g * g),
                        dh[at] * state.tanh() * o * (1.0 - o),
                        d * f,
                    ];
                    close(&[gates[at], gates[len + at], gates[2 * len + at], gates[3 * len + at], dc[at]], &wanted, 1e-4);
                }
            }
        }
    }

    #[test]
    fn gated_recurrent_unit() {
        for len in [1, 5, 16, 37] {
            let (into, part, h0, dh0) = (numbers(3 * len, 1), numbers(len, 2), numbers(len, 3), numbers(len, 4));
            for before in [None, Some(&h0[..])] {
                let (mut gates, mut past, mut h, mut dh) = (into.clone(), part.clone(), vec![9.0; len], dh0.clone());
                gru_forward(&mut gates, &past, before, &mut h);
                gru_backward(&mut gates, &mut past, before, &mut dh);
                for at in 0..len {
                    let earlier = before.map_or(0.0, |h| h[at]);
                    let [r, z] = [0, 1].map(|gate| sigmoid(into[gate * len + at]));
                    let n = (into[2 * len + at] + r * part[at]).tanh();
                    let dn = dh0[at] * (1.0 - z) * (1.0 - n * n);
                    close(&[h[at]], &[(1.0 - z) * n + z * earlier], 1e-5);
                    let wanted = [dn * part[at] * r * (1.0 - r), dh0[at] * (earlier - n) * z * (1.0 - z), dn, dn * r, dh0[at] * z];
                    close(&[gates[at], gates[len + at], gates[2 * len + at], past[at], dh[at]], &wanted, 1e-4);
                }
            }
        }
    }
}
