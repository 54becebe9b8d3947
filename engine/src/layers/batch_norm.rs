//! `BatchNorm1d` and `BatchNorm2d`. Each lane computes its part of the sums, `exec/norm.rs` merges the parts, and the lane continues.

use std::sync::Arc;

use layercake_ir::ops;

use super::{
    Layer, Reads, Site,
    channels::{Fold, Form, Scaled},
};
use crate::{
    EngineError,
    kernels::batch_norm::{self, Gradient},
    plan::{At, Given, Part, Runnable},
};

/// A batch normalization.
#[derive(Clone, Copy, Debug)]
pub struct Normalization {
    /// Its index among the batch normalizations.
    pub index: usize,
    /// The number of features or channels.
    pub channels: usize,
    /// The number of elements of a feature in one sample.
    pub positions: usize,
    /// Added to the variance.
    pub eps: f64,
    /// The weight of the batch in the update of the running statistics.
    pub momentum: f64,
    /// Whether it has a scale and a shift.
    pub affine: bool,
    /// Whether it uses the statistics of the batch.
    pub train: bool,
}

/// The data of a batch normalization that all lanes share, per channel: `y = (x - mean) scale + shift`.
pub struct Norm {
    /// The mean: of the batch, or the running mean.
    pub mean: Vec<f32>,
    /// The inverse standard deviation times the weight.
    pub scale: Vec<f32>,
    /// The bias.
    pub shift: Vec<f32>,
    /// The inverse standard deviation.
    pub deviation: Vec<f64>,
    /// The coefficients of the backward pass.
    pub gradient: Gradient,
}

impl Norm {
    /// Zeroed.
    pub fn new(channels: usize) -> Self {
        let zeros = || vec![0.0; channels];
        Self {
            mean: zeros(),
            scale: zeros(),
            shift: zeros(),
            deviation: vec![0.0; channels],
            gradient: Gradient { by_grad: zeros(), by_input: zeros(), constant: zeros() },
        }
    }
}

impl Layer for Normalization {
    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.part == Part::Sums {
            return batch_norm::moments(at.x(0), &mut at.moments[self.index]);
        }
        let of = &at.norms[self.index];
        batch_norm::normalize(&of.mean, &of.scale, &of.shift, at.x(0), y);
    }

    /// The sums from which the gradients are computed.
    fn param_grads(&self, at: &mut Site, dy: &[f32], _: &mut [Vec<f32>], _: bool) {
        batch_norm::gradient_sums(&at.norms[self.index].mean, at.x(0), dy, &mut at.sums[self.index]);
    }

    fn input_grad(&self, _: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let of = &at.norms[self.index];
        batch_norm::gradient(&of.mean, &of.gradient, at.x(0), dy, dx, add);
    }

    fn normalization(&self) -> Option<&Normalization> {
        Some(self)
    }
}

/// Implements [`Runnable`] for batch normalization.
macro_rules! normalizes {
    ($($op:ident)*) => {
        $(impl Runnable for ops::$op {
            fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
                Ok(Arc::new(Normalization::new(at, self.eps, self.momentum, self.affine)?))
            }

            fn form(&self, at: &At<'_>, given: Given) -> Option<Form> {
                let fold = Fold { first: given.first, affine: self.affine, eps: self.eps };
                Some(Form::channels(Scaled::new(at.output().dim(0), fold)))
            }
        })*
    };
}

normalizes!(BatchNorm1d BatchNorm2d);

impl Normalization {
    fn new(at: &mut At<'_>, eps: f64, momentum: f64, affine: bool) -> Result<Self, EngineError> {
        let output = at.output();
        let channels = output.dim(0);
        let positions = output.len() / channels;
        if at.trains() && at.key.batch * positions == 1 {
            return Err(EngineError::SingleValue { layer: at.node().name.to_string() });
        }
        at.norms.push(channels);
        Ok(Self { index: at.norms.len() - 1, channels, positions, eps, momentum, affine, train: at.trains() })
    }
}
