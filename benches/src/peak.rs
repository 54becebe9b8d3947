//! The peak throughput of the machine.

use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Independent sums: enough for two units with a latency of four.
const SUMS: usize = 24;
const ROUNDS: usize = 400_000;

/// Peak GFLOP/s: multiply-adds in registers on all threads of the pool, the best of five runs. Large matrix products nearly reach it.
pub fn measure() -> f64 {
    let threads = rayon::current_num_threads();
    let run = |_| {
        let start = Instant::now();
        let lanes: usize = (0..threads).into_par_iter().with_max_len(1).map(|_| Arch::new().dispatch(Registers)).sum();
        2.0 * (lanes * SUMS * ROUNDS) as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    (0..5).map(run).fold(0.0, f64::max)
}

struct Registers;

impl WithSimd for Registers {
    /// The number of lanes of a vector.
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let mut sums = [simd.splat_f32s(0.0); SUMS];
        let factor = simd.splat_f32s(std::hint::black_box(0.5));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(factor, *sum, factor);
            }
        }
        std::hint::black_box(sums.map(|sum| simd.reduce_sum_f32s(sum)));
        S::F32_LANES
    }
}
