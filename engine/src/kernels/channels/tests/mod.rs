//! Each kernel against its definition, at awkward sizes, on one thread and on several.

mod frames;
mod products;
mod tiles;
mod windows;

use super::Tail;
use crate::kernels::elementwise::Function;

/// Runs on pools of one and of three threads: the bits must be the same.
fn on_threads(work: impl Fn() -> Vec<f32> + Send + Sync) -> Vec<f32> {
    let [one, three] = [1, 3].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(&work));
    assert!(one.iter().zip(&three).all(|(a, b)| a.to_bits() == b.to_bits()), "the bits depend on the number of threads");
    one
}

/// What a tail does, by its definition.
fn finish(tail: Tail, y: &mut [f32]) {
    if let Some(residual) = tail.residual {
        y.iter_mut().zip(residual).for_each(|(y, x)| *y += x);
    }
    if let Some([least, most]) = tail.limits {
        y.iter_mut().for_each(|y| *y = y.clamp(least, most));
    }
    if let Some(function) = tail.function {
        function.forward(y);
    }
}

/// Every kind of tail.
fn tails<'a>(residual: &'a [f32], function: &'a dyn Function) -> [Tail<'a>; 4] {
    let residual = Some(residual);
    let limits = Some([-0.5, 0.75]);
    let none = Tail::default();
    [none, Tail { residual, ..none }, Tail { residual, limits, ..none }, Tail { residual, function: Some(function), ..none }]
}
