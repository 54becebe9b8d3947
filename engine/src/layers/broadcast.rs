//! Elementwise joins in which some values are repeated along axes of size 1.

use layercake_ir::Shape;

use super::{Layer, Reads, Site};
use crate::kernels::{
    broadcast::{self, Spread},
    join::{self, Operator},
    layout,
};

/// Applies an elementwise operation to values that are repeated to one shape, from left to right.
#[derive(Clone, Debug)]
pub struct Broadcast {
    operator: Operator,
    /// How each input lies in the result.
    spreads: Vec<Spread>,
    /// The number of elements of the result.
    len: usize,
}

impl Broadcast {
    /// The join of inputs of these shapes.
    pub fn new(operator: Operator, inputs: &[Shape], output: &Shape) -> Self {
        let spreads = inputs.iter().map(|input| Spread::new(input.dims(), output.dims())).collect();
        Self { operator, spreads, len: output.len() }
    }

    /// Whether the first two inputs can be swapped without changing a bit.
    fn swaps(&self) -> bool {
        matches!(self.operator, Operator::Add | Operator::Mul)
    }

    /// The gradient of input `i`, before it is summed over what it is repeated to.
    fn whole_grad(&self, input: usize, at: &Site, dy: &[f32], spare: &mut [f32]) {
        let (images, len) = (at.images(), dy.len());
        let (grad, rest) = spare.split_at_mut(len);
        grad.copy_from_slice(dy);
        let fold = |operator, other: usize, grad: &mut [f32]| broadcast::fold(operator, &self.spreads[other], images, at.x(other), grad);
        match self.operator {
            Operator::Add => {}
            Operator::Sub => {
                if input > 0 {
                    grad.iter_mut().for_each(|grad| *grad = -*grad);
                }
            }
            Operator::Mul => (0..self.spreads.len()).filter(|&other| other != input).for_each(|other| fold(Operator::Mul, other, grad)),
            Operator::Div => {
                fold(Operator::Div, 1, grad);
                if input == 1 {
                    // d(a / b) / db = -a / b / b
                    fold(Operator::Mul, 0, grad);
                    fold(Operator::Div, 1, grad);
                    grad.iter_mut().for_each(|grad| *grad = -*grad);
                }
            }
            // Shared between equal values, by the rule of `Join`.
            Operator::Max | Operator::Min => {
                for (i, (spread, x)) in self.spreads.iter().zip(rest.chunks_exact_mut(len)).enumerate() {
                    broadcast::expand(spread, images, at.x(i), x);
                }
                let all = |i: usize| &rest[i * len..(i + 1) * len];
                match input {
                    0 => {}
                    1 => join::share(self.operator, all(1), all(0), grad),
                    _ => join::share_with(self.operator, all(input), input, all, grad),
                }
                (input + 1..self.spreads.len()).for_each(|other| join::share(self.operator, all(input), all(other), grad));
            }
        }
    }
}

impl Layer for Broadcast {
    fn reads(&self) -> Reads {
        match self.operator {
            Operator::Add | Operator::Sub => Reads::Nothing,
            Operator::Mul | Operator::Div | Operator::Max | Operator::Min => Reads::Inputs,
        }
    }

    fn scratch(&self, images: usize, backward: bool) -> [usize; 2] {
        let extremes = matches!(self.operator, Operator::Max | Operator::Min);
        let copies = if extremes { 1 + self.spreads.len() } else { 1 };
        [0, if backward { copies * self.len * images } else { 0 }]
    }

    fn takes_activation(&self) -> bool {
        true
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        let images = at.images();
        let [first, second] = [0, 1].map(|input| &self.spreads[input]);
        if first.is_whole() {
            broadcast::join(self.operator, second, images, at.x(0), at.x(1), y);
        } else if second.is_whole() && self.swaps() {
            broadcast::join(self.operator, first, images, at.x(1), at.x(0), y);
        } else {
            broadcast::expand(first, images, at.x(0), y);
            broadcast::fold(self.operator, second, images, at.x(1), y);
        }
        for (input, spread) in self.spreads.iter().enumerate().skip(2) {
            broadcast::fold(self.operator, spread, images, at.x(input), y);
        }
    }

    fn input_grad(&self, input: usize, at: &mut Site, dy: &[f32], dx: &mut [f32], add: bool) {
        let (images, spread) = (at.images(), &self.spreads[input]);
        let same = self.operator == Operator::Add || (self.operator == Operator::Sub && input == 0);
        let to = |grad: &[f32], dx: &mut [f32]| {
            if spread.is_whole() { layout::put(grad, dx, add) } else { broadcast::sum(spread, images, grad, dx, add) }
        };
        if same {
            return to(dy, dx);
        }
        if self.operator == Operator::Mul && self.spreads.len() == 2 && spread.is_whole() && !add {
            let other = 1 - input;
            return broadcast::join(Operator::Mul, &self.spreads[other], images, dy, at.x(other), dx);
        }
        let spare = std::mem::take(&mut at.spare);
        self.whole_grad(input, at, dy, spare);
        to(&spare[..dy.len()], dx);
        at.spare = spare;
    }
}
