//! Stochastic gradient descent, with momentum (Polyak, 1964) or Nesterov's.

use dfdx::optim::{Momentum, WeightDecay};
use dfdx::tensor::Cpu;
use dfdx::tensor_ops::{Device, TryAdd, TryMul};

use super::option::{FINITE, InvalidOption, in_range};
#[cfg(feature = "cuda")]
use super::rule::Formula;
use super::rule::{At, Flat, InPlace, Rule, check_common, compiled_here, mix};
use super::step::Optim;
use crate::Scalar;
use crate::host::number;

/// Stochastic gradient descent.
pub type Sgd<E = f32, D = Cpu> = Optim<SgdConfig, E, D>;

/// The options of [`Sgd`].
#[derive(Clone, Copy, Debug)]
pub struct SgdConfig {
    /// The learning rate.
    pub lr: f64,
    /// The momentum `u`: the step follows the velocity `v = u v + g`, with Nesterov's momentum `g + u v`.
    pub momentum: Option<Momentum>,
    /// The dampening: `v = u v + (1 - dampening) g` from the second step on. Not with Nesterov's momentum.
    pub dampening: f64,
    /// Weight decay: L2 regularization or decoupled.
    pub weight_decay: Option<WeightDecay>,
}

/// dfdx's default: a learning rate of 1e-2, nothing else.
impl Default for SgdConfig {
    fn default() -> Self {
        Self { lr: 1e-2, momentum: None, dampening: 0.0, weight_decay: None }
    }
}

impl SgdConfig {
    fn factor(&self) -> Option<(f64, bool)> {
        match self.momentum {
            None => None,
            Some(Momentum::Classic(factor)) => Some((factor, false)),
            Some(Momentum::Nesterov(factor)) => Some((factor, true)),
        }
    }

    /// The factor of the gradient in the velocity: 1 in the first step.
    fn share(&self, step: u64) -> f64 {
        if step == 1 { 1.0 } else { 1.0 - self.dampening }
    }
}

impl Rule for SgdConfig {
    const NAME: &'static str = "SGD";

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
        let Some((factor, nesterov)) = self.factor() else { return Ok(()) };
        in_range("the momentum of SGD", factor, FINITE)?;
        if nesterov && self.dampening != 0.0 {
            return Err(InvalidOption { name: "the dampening of Nesterov's momentum", value: self.dampening, expected: "0" });
        }
        Ok(())
    }

    fn buffers(&self) -> Vec<(&'static str, f64)> {
        if self.momentum.is_some() { vec![("momentum_buffer", 0.0)] } else { Vec::new() }
    }

    compiled_here!();

    #[inline(always)]
    fn update<E: Scalar>(&self, at: At, p: &mut [E], g: &[E], buffers: &mut [&mut [E]]) {
        let [lr, l2, keep] = [at.lr, at.l2, 1.0 - at.decay].map(number::<E>);
        let Some((factor, nesterov)) = self.factor() else {
            for (p, &g) in p.iter_mut().zip(g) {
                *p = *p * keep - lr * (g + l2 * *p);
            }
            return;
        };
        let [factor, share] = [factor, self.share(at.step)].map(number::<E>);
        // The factors of the velocity and of the gradient in the step.
        let (of_v, of_g) = if nesterov { (factor, E::ONE) } else { (E::ONE, E::default()) };
        for ((p, &g), v) in p.iter_mut().zip(g).zip(buffers[0].iter_mut()) {
            let g = g + l2 * *p;
            *v = factor * *v + share * g;
            *p = *p * keep - lr * (of_g * g + of_v * *v);
        }
    }

    /// Without momentum dfdx's kernel would need a velocity too.
    fn kernel<E: Scalar>(&self, at: At) -> Option<InPlace> {
        let plain = self.momentum.is_some() && self.dampening == 0.0;
        let config = || dfdx::optim::SgdConfig { lr: at.lr, momentum: self.momentum, weight_decay: at.weight_decay(at.lr) };
        plain.then(|| InPlace::Sgd(config()))
    }

    #[cfg(feature = "cuda")]
    fn formula(&self, at: At) -> Option<Formula> {
        let (lr, l2, keep) = (at.lr, at.l2, 1.0 - at.decay);
        let Some((factor, nesterov)) = self.factor() else {
            return Formula::new("p = p * a2 - a0 * (g + a1 * p);", &[lr, l2, keep]);
        };
        let (of_v, of_g) = if nesterov { (factor, 1.0) } else { (1.0, 0.0) };
        Formula::new(
            "g = g + a1 * p; s0 = a3 * s0 + a4 * g; p = p * a2 - a0 * (a6 * g + a5 * s0);",
            &[lr, l2, keep, factor, self.share(at.step), of_v, of_g],
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
        let direction = match self.factor() {
            None => g,
            Some((factor, nesterov)) => {
                buffers[0] = mix(&buffers[0], factor, g.clone(), self.share(at.step))?;
                let velocity = buffers[0].clone();
                if nesterov { g.try_add(velocity.try_mul(number::<E>(factor))?)? } else { velocity }
            }
        };
        at.decayed(p, direction.try_mul(number::<E>(at.lr))?)
    }
}
