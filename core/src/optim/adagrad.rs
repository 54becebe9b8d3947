//! AdaGrad (Duchi, Hazan and Singer, 2011).

use dfdx::optim::WeightDecay;
use dfdx::tensor::Cpu;
use dfdx::tensor_ops::{Device, TryAdd, TryDiv, TryMul};

use super::option::{FINITE, InvalidOption, in_range};
#[cfg(feature = "cuda")]
use super::rule::Formula;
use super::rule::{At, Flat, Rule, check_common, compiled_here};
use super::step::Optim;
use crate::Scalar;
use crate::host::number;

/// AdaGrad.
pub type Adagrad<E = f32, D = Cpu> = Optim<AdagradConfig, E, D>;

/// The options of [`Adagrad`].
#[derive(Clone, Copy, Debug)]
pub struct AdagradConfig {
    /// The learning rate.
    pub lr: f64,
    /// Divides the learning rate by `1 + lr_decay t`, `t` counted from 0.
    pub lr_decay: f64,
    /// The initial sum of the squares.
    pub initial_accumulator_value: f64,
    /// Added to the root of the sum, for numerical stability.
    pub eps: f64,
    /// Weight decay: L2 regularization or decoupled.
    pub weight_decay: Option<WeightDecay>,
}

/// PyTorch's defaults: a learning rate of 1e-2, an eps of 1e-10, nothing else.
impl Default for AdagradConfig {
    fn default() -> Self {
        Self { lr: 1e-2, lr_decay: 0.0, initial_accumulator_value: 0.0, eps: 1e-10, weight_decay: None }
    }
}

impl AdagradConfig {
    fn rate(&self, at: At) -> f64 {
        at.lr / (1.0 + (at.step - 1) as f64 * self.lr_decay)
    }
}

impl Rule for AdagradConfig {
    const NAME: &'static str = "Adagrad";

    fn lr(&self) -> f64 {
        self.lr
    }

    fn set_lr(&mut self, lr: f64) {
        self.lr = lr;
    }

    fn weight_decay(&self) -> Option<WeightDecay> {
        self.weight_decay
    }

    fn check(&self) -> Result<(), InvalidOption> {
        check_common(self)?;
        in_range("the lr_decay of AdaGrad", self.lr_decay, FINITE)?;
        in_range("the initial accumulator of AdaGrad", self.initial_accumulator_value, FINITE)?;
        in_range("the eps of AdaGrad", self.eps, FINITE)
    }

    fn buffers(&self) -> Vec<(&'static str, f64)> {
        vec![("sum", self.initial_accumulator_value)]
    }

    compiled_here!();

    #[inline(always)]
    fn update<E: Scalar>(&self, at: At, p: &mut [E], g: &[E], buffers: &mut [&mut [E]]) {
        let [lr, l2, keep, eps] = [self.rate(at), at.l2, 1.0 - at.decay, self.eps].map(number::<E>);
        for ((p, &g), sum) in p.iter_mut().zip(g).zip(buffers[0].iter_mut()) {
            let g = g + l2 * *p;
            *sum += g * g;
            *p = *p * keep - lr * g / (sum.sqrt() + eps);
        }
    }

    #[cfg(feature = "cuda")]
    fn formula(&self, at: At) -> Option<Formula> {
        Formula::new(
            "g = g + a1 * p; s0 += g * g; p = p * a2 - a0 * g / (sqrtf(s0) + a3);",
            &[self.rate(at), at.l2, 1.0 - at.decay, self.eps],
        )
    }

    fn portable<E: Scalar, D: Device<E>>(
        &self,
        at: At,
        p: &Flat<E, D>,
        g: Flat<E, D>,
        buffers: &mut [Flat<E, D>],
    ) -> Result<Flat<E, D>, D::Err> {
        let g = at.regularized(p, g)?;
        buffers[0] = buffers[0].clone().try_add(g.clone().try_square()?)?;
        let divisor = buffers[0].clone().try_sqrt()?.try_add(number::<E>(self.eps))?;
        at.decayed(p, g.try_mul(number::<E>(self.rate(at)))?.try_div(divisor)?)
    }
}
