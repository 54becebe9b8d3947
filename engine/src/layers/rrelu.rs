//! `RReLU` in training: the slope of each element is random, computed from counters ([`crate::rng`]).

use std::sync::Arc;

use layercake_ir::ops;

use super::{Layer, Place, Pointwise, Reads, Site};
use crate::{
    EngineError,
    plan::{At, Runnable},
    rng,
};

/// A leaky ReLU with random slopes between two bounds.
#[derive(Clone, Copy, Debug)]
struct Rrelu {
    lower: f64,
    upper: f64,
}

impl Rrelu {
    /// Calls a function with the index of each element in the lane's buffer and its slope.
    fn each(&self, at: &Site, len: usize, mut f: impl FnMut(usize, f32)) {
        let images = at.images();
        let all = (len / images) as u64;
        for i in 0..len {
            let index = (at.span.start + i % images) as u64 * all + (i / images) as u64;
            f(i, rng::between(at.seed, at.node, index, self.lower, self.upper) as f32);
        }
    }
}

impl Layer for Rrelu {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        self.each(at, y.len(), |i, slope| y[i] = if y[i] > 0.0 { y[i] } else { y[i] * slope });
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        let x = at.x(0);
        self.each(at, grad.len(), |i, slope| grad[i] = if x[i] > 0.0 { grad[i] } else { grad[i] * slope });
    }
}

impl Runnable for ops::Rrelu {
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
        Ok(match at.trains() {
            true => Arc::new(Rrelu { lower: self.lower, upper: self.upper }),
            false => Arc::new(Pointwise(Arc::new(ops::LeakyRelu { negative_slope: self.mean() }))),
        })
    }
}
