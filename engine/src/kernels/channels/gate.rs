//! Functions of channels: a scale and a shift for each, and gates.

use pulp::{Simd, WithSimd};

use super::{Tail, product::within, team};
use crate::kernels::simd::{arch, load, store};

/// The number of elements that stay in a level-1 cache between two passes over them.
const PIECE: usize = 4096;

/// `y = x scale + shift`, each for a channel; or `x scale` without shifts. There may be a scale for each channel of each image.
///
/// # Panics
/// Panics if the lengths do not fit, or if there is a residual.
pub fn scale(channels: usize, [scale, shift]: [&[f32]; 2], tail: Tail, x: &[f32], y: &mut [f32]) {
    assert!(tail.residual.is_none(), "a scale takes no residual");
    assert!(x.len() == y.len() && x.len().is_multiple_of(channels), "whole positions");
    let images = scale.len() / channels;
    assert!(images * channels == scale.len() && (shift.is_empty() || shift.len() == channels), "numbers for each channel");
    let positions = x.len() / channels / images.max(1);
    let piece = (PIECE / channels).max(1);
    team::rows(y, channels, channels, |first, y| {
        for (i, y) in y.chunks_mut(piece * channels).enumerate() {
            let first = first + i * piece;
            let len = y.len();
            arch().dispatch(Scale { channels, positions, first, scale, shift, tail, x: &x[first * channels..][..len], y: &mut *y });
            if let Some(function) = tail.function {
                function.forward(y);
            }
        }
    });
}

struct Scale<'a, 'b> {
    channels: usize,
    /// Positions of an image, and the first of the positions here.
    positions: usize,
    first: usize,
    scale: &'a [f32],
    shift: &'a [f32],
    tail: Tail<'a>,
    x: &'b [f32],
    y: &'b mut [f32],
}

impl WithSimd for Scale<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Scale { channels, positions, first, scale, shift, tail, x, y } = self;
        let images = scale.len() / channels;
        for (at, (x, y)) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)).enumerate() {
            let image = if images == 1 { 0 } else { (first + at) / positions };
            let scale = &scale[image * channels..][..channels];
            for from in (0..channels).step_by(S::F32_LANES) {
                let part = from..channels.min(from + S::F32_LANES);
                let (x, scale) = (load(simd, &x[part.clone()]), load(simd, &scale[part.clone()]));
                let mut sum = if shift.is_empty() {
                    simd.mul_f32s(x, scale)
                } else {
                    simd.mul_add_e_f32s(x, scale, load(simd, &shift[part.clone()]))
                };
                if let Some(limits) = tail.limits {
                    sum = within(simd, sum, limits);
                }
                store(simd, sum, &mut y[part]);
            }
        }
    }
}
