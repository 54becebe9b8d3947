//! `Dropout`, `Dropout2d` and `StochasticDepth` in training.

use std::sync::Arc;

use layercake_ir::ops;

use super::{Alias, Layer, Place, Reads, Site, channels::Form};
use crate::{
    EngineError,
    kernels::dropout::{self, Mask},
    plan::{At, Given, Runnable},
};

/// Sets elements to zero at random.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    /// The probability of dropping.
    pub p: f64,
    /// The number of elements of a sample that are dropped or kept together: 1, those of a channel, or all.
    pub span: usize,
}

impl Layer for Dropout {
    fn place(&self) -> Place {
        Place::Over(1)
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn forward(&self, at: &mut Site, y: &mut [f32]) {
        if at.held.is_none() {
            y.copy_from_slice(at.x(0));
        }
        self.through(0, at, y);
    }

    fn through(&self, _: usize, at: &mut Site, grad: &mut [f32]) {
        dropout::apply(Mask { seed: at.seed, node: at.node, p: self.p, span: self.span }, at.span.start, at.images(), grad);
    }
}

/// Implements [`Runnable`] for dropout, given the number of elements that are dropped together.
macro_rules! drops {
    ($($op:ident: |$input:ident| $span:expr;)*) => {
        $(impl Runnable for ops::$op {
            fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError> {
                let $input = at.input();
                Ok(if at.trains() && self.p > 0.0 { Arc::new(Dropout { p: self.p, span: $span }) } else { Arc::new(Alias) })
            }

            fn form(&self, _: &At<'_>, _: Given) -> Option<Form> {
                Some(Form::Alike(Arc::new(Alias)))
            }
        })*
    };
}

drops! {
    Dropout: |_input| 1;
    Dropout2d: |input| input.len() / input.dim(0);
    StochasticDepth: |input| input.len();
}
