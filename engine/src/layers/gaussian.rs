//! `Reparameterize`.

use super::{Layer, Place, Reads, Site};
use crate::{
    kernels::gaussian::{self, Noise},
    plan::runs_as,
};

/// Samples from a mean and a log-variance, its two inputs; in inference it returns the mean.
#[derive(Clone, Copy, Debug)]
pub struct Gaussian {
    /// Whether it is in training.
    pub train: bool,
}

impl Gaussian {
    fn noise(at: &Site) -> Noise {
        Noise { seed: at.seed, node: at.node, start: at.span.start, images: at.images() }
    }
}

impl Layer for Gaussian {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        if self.train { Reads::Inputs } else { Reads::Nothing }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        if self.train {
            gaussian::draw(Self::noise(at), at.x(1), y);
        }
    }

    fn through(&self, input: usize, at: &mut Site, grad: &mut [f32]) {
        match (input, self.train) {
            (0, _) => {}
            (_, true) => gaussian::logvar_grad(Self::noise(at), at.x(1), grad),
            // The mean does not depend on the log-variance.
            (_, false) => grad.fill(0.0),
        }
    }
}

runs_as! {
    Reparameterize: |_op, at| Gaussian { train: at.trains() };
}
