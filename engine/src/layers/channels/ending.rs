//! What a layer does to its result before it writes it: the nodes that it has taken over.

use std::sync::Arc;

use crate::{
    kernels::{channels::Tail, elementwise::Function},
    layers::Site,
};

/// A node that a layer may take over.
#[derive(Clone, Debug)]
pub enum Next {
    /// A batch normalization with its running statistics.
    Norm(Fold),
    /// The addition of another value, the layer's second input.
    Residual,
    /// An elementwise function.
    Function(Arc<dyn Function>),
}

/// The tensors of a batch normalization, from which follow a scale and a shift for each channel.
#[derive(Clone, Copy, Debug)]
pub struct Fold {
    /// The number of its first tensor: weight and bias, if it has them, and then the running mean and variance.
    pub first: usize,
    /// Whether it has a weight and a bias.
    pub affine: bool,
    /// Added to the variance.
    pub eps: f64,
}

impl Fold {
    /// The factor of a channel.
    pub fn scale(&self, params: &[Vec<f32>], channel: usize) -> f64 {
        let [_, variance] = self.running(params).map(|tensor| f64::from(tensor[channel]));
        let weight = if self.affine { f64::from(params[self.first][channel]) } else { 1.0 };
        weight / (variance + self.eps).sqrt()
    }

    /// What becomes of a bias in a channel.
    pub fn shift(&self, params: &[Vec<f32>], channel: usize, bias: f32) -> f32 {
        let [mean, _] = self.running(params).map(|tensor| f64::from(tensor[channel]));
        let shift = if self.affine { f64::from(params[self.first + 1][channel]) } else { 0.0 };
        ((f64::from(bias) - mean) * self.scale(params, channel) + shift) as f32
    }

    fn running<'a>(&self, params: &'a [Vec<f32>]) -> [&'a [f32]; 2] {
        let first = self.first + if self.affine { 2 } else { 0 };
        [&params[first], &params[first + 1]]
    }
}

/// The nodes that a layer has taken over, in this order.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// A batch normalization, which is folded into the weights.
    pub norm: Option<Fold>,
    /// Whether the second input is added.
    pub residual: bool,
    /// A function.
    pub function: Option<Arc<dyn Function>>,
}

impl Ending {
    /// Takes over a node, if what was taken before permits it.
    pub fn take(&mut self, next: &Next) -> bool {
        let fits = match next {
            Next::Norm(_) => self.norm.is_none() && !self.residual,
            Next::Residual => !self.residual,
            Next::Function(_) => true,
        };
        if !fits || self.function.is_some() {
            return false;
        }
        match next {
            Next::Norm(fold) => self.norm = Some(*fold),
            Next::Residual => self.residual = true,
            Next::Function(function) => self.function = Some(Arc::clone(function)),
        }
        true
    }

    /// The kernels' part of it.
    pub fn tail<'a>(&'a self, at: &Site<'a>) -> Tail<'a> {
        let residual = self.residual.then(|| at.x(1));
        match self.function.as_deref() {
            Some(function) if function.limits().is_some() => Tail { residual, limits: function.limits(), function: None },
            function => Tail { residual, limits: None, function },
        }
    }

    /// The factor of a channel.
    pub fn scale(&self, params: &[Vec<f32>], channel: usize) -> f64 {
        self.norm.map_or(1.0, |norm| norm.scale(params, channel))
    }

    /// The bias of a channel.
    pub fn shift(&self, params: &[Vec<f32>], channel: usize, bias: f32) -> f32 {
        self.norm.map_or(bias, |norm| norm.shift(params, channel, bias))
    }
}
