//! `Add`, `Sub`, `Mul`, `Div`, `Maximum` and `Minimum`: of values of one shape, or with axes of size 1 that are repeated.

use std::sync::Arc;

use layercake_ir::{Shape, ops};

use super::{
    Layer, Place, Reads, Site,
    broadcast::Broadcast,
    by_moving,
    channels::{Form, Gate, Joined},
};
use crate::{
    EngineError,
    kernels::{
        join::{self, Operator},
        layout,
    },
    plan::{At, Given, Runnable},
};

/// Applies an elementwise operation to values, from left to right.
#[derive(Clone, Copy, Debug)]
pub struct Join(pub Operator);

impl Layer for Join {
    fn place(&self) -> Place {
        match self.0 {
            // The first two inputs can be swapped without changing a bit.
            Operator::Add | Operator::Mul => Place::Over(2),
            Operator::Sub | Operator::Div | Operator::Max | Operator::Min => Place::Over(1),
        }
    }

    fn reads(&self) -> Reads {
        match self.0 {
            Operator::Add | Operator::Sub => Reads::Nothing,
            Operator::Mul | Operator::Div | Operator::Max | Operator::Min => Reads::Inputs,
        }
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            join::pair(self.0, at.x(0), at.x(1), y);
        }
        let done = |input: usize| at.held.map_or(input < 2, |held| input == held);
        for input in (0..at.inputs()).filter(|&input| !done(input)) {
            join::fold(self.0, at.x(input), y);
        }
    }

    fn input_grad(&self, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        match self.0 {
            Operator::Add => layout::put(dy, dx, add),
            Operator::Sub if input == 0 => layout::put(dy, dx, add),
            Operator::Sub if add => join::fold(Operator::Sub, dy, dx),
            _ => by_moving(self, input, at, dy, dx, add),
        }
    }

    fn through(&self, input: usize, at: &mut Site, grad: &mut [f32]) {
        let others = (0..at.inputs()).filter(|&other| other != input);
        match self.0 {
            Operator::Add => {}
            Operator::Sub if input == 0 => {}
            Operator::Sub => grad.iter_mut().for_each(|grad| *grad = -*grad),
            Operator::Mul => others.for_each(|other| join::fold(Operator::Mul, at.x(other), grad)),
            Operator::Div => {
                join::fold(Operator::Div, at.x(1), grad);
                if input == 1 {
                    // d(a / b) / db = -a / b / b
                    join::fold(Operator::Mul, at.x(0), grad);
                    join::fold(Operator::Div, at.x(1), grad);
                    grad.iter_mut().for_each(|grad| *grad = -*grad);
                }
            }
            // From left to right: the maximum (minimum) of all values before it, then each value after it.
            Operator::Max | Operator::Min => {
                match input {
                    0 => {}
                    1 => join::share(self.0, at.x(1), at.x(0), grad),
                    _ => join::share_with(self.0, at.x(input), input, |other| at.x(other), grad),
                }
                (input + 1..at.inputs()).for_each(|other| join::share(self.0, at.x(input), at.x(other), grad));
            }
        }
    }
}

/// The layer for the inputs of a node.
fn layer(at: &At<'_>, operator: Operator) -> Arc<dyn Layer> {
    let shapes: Vec<_> = at.node().inputs().iter().map(|&value| *at.graph.shape(value)).collect();
    if shapes.iter().all(|shape| shape == at.output()) {
        return Arc::new(Join(operator));
    }
    Arc::new(Broadcast::new(operator, &shapes, at.output()))
}

/// The layer with the channels innermost.
fn form(at: &At<'_>, operator: Operator) -> Option<Form> {
    let shapes: Vec<_> = at.node().inputs().iter().map(|&value| at.graph.shape(value)).collect();
    let output = at.output();
    if shapes.iter().all(|shape| *shape == output) {
        return Some(Form::Alike(Arc::new(Joined(operator))));
    }
    // One factor for each channel.
    let is_factor = |shape: &Shape| shape.rank() == output.rank() && shape.len() == shape.dim(0) && shape.dim(0) == output.dim(0);
    let factors = shapes.iter().position(|shape| is_factor(shape))?;
    let gates = operator == Operator::Mul && shapes.len() == 2 && shapes[1 - factors] == output;
    gates.then(|| Form::channels(Gate { channels: output.dim(0), factors }))
}

/// Implements [`Runnable`] for elementwise joins.
macro_rules! joins {
    ($($op:ident: $operator:expr;)*) => {
        $(impl Runnable for ops::$op {
            fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
                Ok(layer(at, $operator))
            }

            fn form(&self, at: &At<'_>, _: Given) -> Option<Form> {
                form(at, $operator)
            }
        })*
    };
}

joins! {
    Add: Operator::Add;
    Sub: Operator::Sub;
    Mul: Operator::Mul;
    Div: Operator::Div;
    Maximum: Operator::Max;
    Minimum: Operator::Min;
}
