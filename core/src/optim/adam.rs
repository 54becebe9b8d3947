//! Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019).

use dfdx::optim::WeightDecay;
use dfdx::tensor::Cpu;
use dfdx::tensor_ops::{Device, TryAdd, TryDiv, TryMul};

use super::option::{FINITE, InvalidOption, in_range};
#[cfg(feature = "cuda")]
use super::rule::Formula;
use super::rule::{At, Flat, InPlace, Rule, check_common, compiled_here, each, mix};
use super::step::Optim;
use crate::Scalar;
use crate::host::{number, wide};

/// Adam; with [`AdamConfig::adamw`] AdamW.
pub type Adam<E = f32, D = Cpu> = Optim<AdamConfig, E, D>;

/// The options of [`Adam`].
#[derive(Clone, Copy, Debug)]
pub struct AdamConfig {
    /// The learning rate.
    pub lr: f64,
    /// The decay rates of the averages of the gradient and of its square.
    pub betas: [f64; 2],
    /// Added to the root of the average square, for numerical stability.
    pub eps: f64,
    /// Weight decay: L2 regularization (Adam) or decoupled (AdamW).
    pub weight_decay: Option<WeightDecay>,
    /// Whether the averages are corrected for their start from 0. PyTorch always does; without it the first steps are too large or too small.
    pub bias_correction: bool,
}

/// PyTorch's defaults: a learning rate of 1e-3, betas of 0.9 and 0.999, an eps of 1e-8, no weight decay, with the correction.
impl Default for AdamConfig {
    fn default() -> Self {
        Self { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: None, bias_correction: true }
    }
}

impl AdamConfig {
    /// The defaults of PyTorch's `AdamW`: those of Adam and a decoupled weight decay of 0.01.
    pub fn adamw() -> Self {
        Self { weight_decay: Some(WeightDecay::Decoupled(0.01)), ..Default::default() }
    }

    /// The step size, and the bias correction of the root: both averages begin with 0 and are too small at first.
    fn corrections(&self, at: At) -> (f64, f64) {
        if !self.bias_correction {
            return (at.lr, 1.0);
        }
        let [first, second] = self.betas.map(|beta| 1.0 - beta.powf(at.step as f64));
        (at.lr / first, 1.0 / second.sqrt())
    }
}

impl Rule for AdamConfig {
    const NAME: &'static str = "Adam";

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
        self.betas.iter().try_for_each(|&beta| in_range("a beta of Adam", beta, 0.0..1.0))?;
        in_range("the eps of Adam", self.eps, FINITE)
    }

    fn buffers(&self) -> Vec<(&'static str, f64)> {
        vec![("exp_avg", 0.0), ("exp_avg_sq", 0.0)]
    }

    compiled_here!();

    #[inline(always)]
    fn update<E: Scalar>(&self, at: At, p: &mut [E], g: &[E], buffers: &mut [&mut [E]]) {
        let (size, root) = self.corrections(at);
        let [size, root, eps, l2, keep] = [size, root, self.eps, at.l2, 1.0 - at.decay].map(number::<E>);
        let [keep_m, keep_v] = self.betas.map(number::<E>);
        let [add_m, add_v] = self.betas.map(|beta| number::<E>(1.0 - beta));
        let [m, v] = buffers else { unreachable!("Adam has two buffers") };
        each(
            p,
            g,
            m,
            v,
            #[inline(always)]
            |p: &mut E, g: E, m: &mut E, v: &mut E| {
                let g = g + l2 * *p;
                *m = keep_m * *m + add_m * g;
                *v = keep_v * *v + add_v * g * g;
                *p = *p * keep - size * *m / (v.sqrt() * root + eps);
            },
        );
    }

    /// dfdx's kernel computes `1 - beta` in the number type of the network, which rounds it: in `f32` the average of squares is larger by a factor of up
    /// to 1.00006, for which step size, root and eps make up here. Its own corrections are those of a step so late that they are 1.
    fn kernel<E: Scalar>(&self, at: At) -> Option<InPlace> {
        let rounded = self.betas.map(|beta| wide(E::ONE - number::<E>(beta)));
        if rounded.contains(&0.0) {
            return None;
        }
        let [first, second] = [0, 1].map(|i| rounded[i] / (1.0 - self.betas[i]));
        let (size, root) = self.corrections(at);
        let root = root / second.sqrt();
        let lr = size / first / root;
        let decay = at.weight_decay(lr);
        Some(InPlace::Adam(dfdx::optim::AdamConfig { lr, betas: self.betas, eps: self.eps / root, weight_decay: decay }))
    }

    #[cfg(feature = "cuda")]
    fn formula(&self, at: At) -> Option<Formula> {
        let ((size, root), [first, second]) = (self.corrections(at), self.betas);
        Formula::new(
            "g = g + a3 * p; s0 = a5 * s0 + a7 * g; s1 = a6 * s1 + a8 * g * g; p = p * a4 - a0 * s0 / (sqrtf(s1) * a1 + a2);",
            &[size, root, self.eps, at.l2, 1.0 - at.decay, first, second, 1.0 - first, 1.0 - second],
        )
    }

    fn portable<E: Scalar, D: Device<E>>(
        &self,
        at: At,
        p: &Flat<E, D>,
        g: Flat<E, D>,
        buffers: &mut [Flat<E, D>],
    ) -> Result<Flat<E, D>, D::Err> {
        let (size, root) = self.corrections(at);
        let g = at.regularized(p, g)?;
        buffers[0] = mix(&buffers[0], self.betas[0], g.clone(), 1.0 - self.betas[0])?;
        buffers[1] = mix(&buffers[1], self.betas[1], g.try_square()?, 1.0 - self.betas[1])?;
        let divisor = buffers[1].clone().try_sqrt()?.try_mul(number::<E>(root))?.try_add(number::<E>(self.eps))?;
        at.decayed(p, buffers[0].clone().try_mul(number::<E>(size))?.try_div(divisor)?)
    }
}
