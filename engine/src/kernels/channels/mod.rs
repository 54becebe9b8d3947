//! Arithmetic on values whose channels are innermost, `[images, positions.., channels]`: vectors are filled whatever the number of images. Used in
//! inference.
//!
//! Other kernels run on one thread. These split one layer of one image among all threads of the pool ([`team`]), by output lines or by output
//! channels. The order of a sum depends on neither, so the bits do not depend on the number of threads.

#![allow(unsafe_code, reason = "threads write interleaved parts of a result, and vectors are read and written through pointers")]

pub mod frame;
pub mod gate;
pub mod pack;
pub mod product;
pub mod team;
#[cfg(test)]
mod tests;
pub mod window;

use super::{elementwise::Function, simd::arch};

/// What is done to a result before it is written.
#[derive(Clone, Copy, Default)]
pub struct Tail<'a> {
    /// Added: a value of the result's shape.
    pub residual: Option<&'a [f32]>,
    /// The least and the largest value.
    pub limits: Option<[f32; 2]>,
    /// Applied last.
    pub function: Option<&'a dyn Function>,
}

/// The number of `f32` in a vector, and the number of vector registers, of the instruction set in use.
pub fn registers() -> [usize; 2] {
    struct Count;
    impl pulp::WithSimd for Count {
        type Output = [usize; 2];

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _: S) -> [usize; 2] {
            [S::F32_LANES, S::REGISTER_COUNT]
        }
    }
    arch().dispatch(Count)
}
