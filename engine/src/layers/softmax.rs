//! `Softmax`, `LogSoftmax` and `Softmin`.

use layercake_ir::Shape;

use super::{Layer, Place, Reads, Site};
use crate::{
    kernels::softmax::{self, Axes},
    plan::runs_as,
};

/// Softmax or its logarithm along an axis.
#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    /// The axes, for one image.
    axes: Axes,
    /// Whether the result is the logarithm.
    log: bool,
    /// Whether the input is negated.
    negated: bool,
}

impl Softmax {
    /// Along an axis, counted without the batch.
    pub fn new(shape: &Shape, axis: usize, log: bool) -> Self {
        let dims = shape.dims();
        let axes = Axes { outer: dims[..axis].iter().product(), len: dims[axis], inner: dims[axis + 1..].iter().product() };
        Self { axes, log, negated: false }
    }

    /// With the input negated.
    fn of_negated(self) -> Self {
        Self { negated: true, ..self }
    }

    /// The axes of a lane's buffer.
    fn axes(&self, images: usize) -> Axes {
        Axes { inner: self.axes.inner * images, ..self.axes }
    }
}

impl Layer for Softmax {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }

    fn scratch(&self, images: usize, _: bool) -> [usize; 2] {
        [self.axes(images).scratch(), 0]
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        if self.negated {
            y.iter_mut().for_each(|y| *y = -*y);
        }
        softmax::forward(self.axes(at.images()), self.log, y, at.scratch);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        softmax::backward(self.axes(at.images()), self.log, at.y(), grad, at.scratch);
        if self.negated {
            grad.iter_mut().for_each(|grad| *grad = -*grad);
        }
    }
}

runs_as! {
    Softmax: |op, at| Softmax::new(at.input(), op.axis, false);
    Softmin: |op, at| Softmax::new(at.input(), op.axis, false).of_negated();
    LogSoftmax: |op, at| Softmax::new(at.input(), op.axis, true);
}
