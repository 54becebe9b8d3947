//! Activations that run as layers of their own; one after a matrix product is fused to it.

use std::sync::Arc;

use super::{Layer, Place, Reads, Site};
use crate::{
    kernels::{
        elementwise::{Function, gelu},
        prelu,
    },
    plan::{elementwise, runs_as},
};

/// An elementwise function.
#[derive(Clone, Debug)]
pub struct Pointwise(pub Arc<dyn Function>);

impl Layer for Pointwise {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        if self.0.by_input() { Reads::Inputs } else { Reads::Output }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        self.0.forward(y);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        self.0.backward(if self.0.by_input() { at.x(0) } else { at.y() }, grad);
    }
}

/// `PReLU`: one slope, or one per channel.
#[derive(Clone, Copy, Debug)]
pub struct Prelu;

impl Layer for Prelu {
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
        prelu::forward(&at.params[0], y);
    }

    fn param_grads(&self, at: &mut Site, dy: &[f32], grads: &mut [Vec<f32>], add: bool) {
        prelu::slope_grads(at.x(0), dy, &mut grads[0], add);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        prelu::backward(&at.params[0], at.x(0), grad);
    }
}

elementwise! {
    Relu: |op| Arc::new(*op);
    LeakyRelu: |op| Arc::new(*op);
    Tanh: |op| Arc::new(*op);
    Sigmoid: |op| Arc::new(*op);
    Elu: |op| Arc::new(*op);
    Selu: |op| Arc::new(*op);
    Silu: |op| Arc::new(*op);
    Gelu: |op| gelu::function(op);
    Softplus: |op| Arc::new(*op);
    Hardtanh: |op| Arc::new(*op);
    Relu6: |op| Arc::new(*op);
    Clamp: |op| Arc::new(*op);
    Threshold: |op| Arc::new(*op);
    Softshrink: |op| Arc::new(*op);
    Softsign: |op| Arc::new(*op);
    Mish: |op| Arc::new(*op);
    Hardswish: |op| Arc::new(*op);
    Hardsigmoid: |op| Arc::new(*op);
    Exp: |op| Arc::new(*op);
    Log: |op| Arc::new(*op);
    Sqrt: |op| Arc::new(*op);
    Abs: |op| Arc::new(*op);
    Pow: |op| Arc::new(*op);
    NanToNum: |op| Arc::new(*op);
    Rescaling: |op| Arc::new(*op);
}

runs_as! {
    Prelu: |_op, _at| Prelu;
}
