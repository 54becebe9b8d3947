//! `Add`, `Sub`, `Mul`, `Maximum` and `Minimum` of values of one shape.

use super::{Layer, Place, Reads, Site, by_moving};
use crate::{
    kernels::{
        join::{self, Operator},
        layout,
    },
    plan::runs_as,
};

/// Applies an elementwise operation to values, from left to right.
#[derive(Clone, Copy, Debug)]
pub struct Join(pub Operator);

impl Layer for Join {
    fn place(&self) -> Place {
        match self.0 {
            // The first two inputs can be swapped without changing a bit.
            Operator::Add | Operator::Mul => Place::Over(2),
            Operator::Sub | Operator::Max | Operator::Min => Place::Over(1),
        }
    }

    fn reads(&self) -> Reads {
        match self.0 {
            Operator::Add | Operator::Sub => Reads::Nothing,
            Operator::Mul | Operator::Max | Operator::Min => Reads::Inputs,
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

runs_as! {
    Add: |_op, _at| Join(Operator::Add);
    Sub: |_op, _at| Join(Operator::Sub);
    Mul: |_op, _at| Join(Operator::Mul);
    Maximum: |_op, _at| Join(Operator::Max);
    Minimum: |_op, _at| Join(Operator::Min);
}
