//! Copies and sums of rows that are shorter than a call is worth: the inner loops of padding, windows and changes of layout.
#![allow(unsafe_code)]

use pulp::{MemMask, Simd, WithSimd};

use super::simd::arch;

/// Rows of equal length at equal distances, in one slice and in another.
#[derive(Clone, Copy, Debug)]
pub struct RowPairs {
    /// The number of rows.
    pub count: usize,
    /// Elements of a row.
    pub len: usize,
    /// Distance between rows in the source.
    pub from: usize,
    /// Distance between rows in the target.
    pub to: usize,
}

/// Copies the rows, or adds them to what is there.
///
/// # Panics
/// If a slice is too short.
pub fn put(rows: RowPairs, from: &[f32], to: &mut [f32], add: bool) {
    arch().dispatch(Put { rows, from, to, add });
}

struct Put<'a> {
    rows: RowPairs,
    from: &'a [f32],
    to: &'a mut [f32],
    add: bool,
}

impl WithSimd for Put<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        put_with(simd, self.rows, self.from, self.to, self.add);
    }
}

/// [`put`] inside another kernel.
///
/// # Panics
/// If a slice is too short.
#[inline(always)]
pub fn put_with<S: Simd>(simd: S, rows: RowPairs, from: &[f32], to: &mut [f32], add: bool) {
    let RowPairs { count, len, .. } = rows;
    if count == 0 || len == 0 {
        return;
    }
    assert!(from.len() >= (count - 1) * rows.from + len, "source too short");
    assert!(to.len() >= (count - 1) * rows.to + len, "target too short");
    let whole = len / S::F32_LANES;
    let last = MemMask::new(simd.mask_between_m32s(0, (len % S::F32_LANES) as u32).mask());
    let rest = whole * S::F32_LANES;
    let (mut from, mut to) = (from.as_ptr(), to.as_mut_ptr());
    for _ in 0..count {
        for i in 0..whole {
            let at = i * S::F32_LANES;
            let to = to.wrapping_add(at).cast::<S::f32s>();
            // SAFETY: whole vectors of a row, which the asserts above place inside both slices.
            unsafe {
                let value = from.wrapping_add(at).cast::<S::f32s>().read_unaligned();
                to.write_unaligned(if add { simd.add_f32s(to.read_unaligned(), value) } else { value });
            }
        }
        if rest < len {
            let to = to.wrapping_add(rest);
            // SAFETY: the lanes in the mask are the row's last elements.
            unsafe {
                let value = simd.mask_load_ptr_f32s(last, from.wrapping_add(rest));
                let value = if add { simd.add_f32s(simd.mask_load_ptr_f32s(last, to), value) } else { value };
                simd.mask_store_ptr_f32s(last, to, value);
            }
        }
        from = from.wrapping_add(rows.from);
        to = to.wrapping_add(rows.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::testing::numbers;

    #[test]
    fn puts_and_adds() {
        for (count, len, from, to) in
            [(1, 1, 0, 0), (3, 3, 3, 5), (4, 16, 17, 16), (5, 10, 14, 10), (2, 37, 40, 50), (0, 3, 3, 3), (3, 0, 1, 1)]
        {
            let rows = RowPairs { count, len, from, to };
            let source = numbers(count * from + len, 1);
            let old = numbers(count * to + len, 2);
            for add in [false, true] {
                let (mut fast, mut slow) = (old.clone(), old.clone());
                put(rows, &source, &mut fast, add);
                for (i, j) in (0..count).flat_map(|i| (0..len).map(move |j| (i, j))) {
                    let value = source[i * from + j];
                    slow[i * to + j] = if add { slow[i * to + j] + value } else { value };
                }
                assert_eq!(fast, slow, "{rows:?}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "target too short")]
    fn a_short_slice_is_refused() {
        put(RowPairs { count: 2, len: 3, from: 3, to: 3 }, &[0.0; 6], &mut [0.0; 5], false);
    }
}
