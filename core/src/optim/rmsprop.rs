//! RMSProp (Hinton, 2012), also centered (Graves, 2013).

use dfdx::optim::WeightDecay;
use dfdx::tensor::Cpu;
use dfdx::tensor_ops::{Device, TryAdd, TryDiv, TryMul, TrySub};

use super::option::{FINITE, InvalidOption, in_range};
#[cfg(feature = "cuda")]
use super::rule::Formula;
use super::rule::{At, Flat, Rule, check_common, compiled_here, each, mix};
use super::step::Optim;
use crate::host::number;
use crate::{Scalar, bounds};

/// RMSProp.
pub type RMSprop<E = f32, D = Cpu> = Optim<RMSpropConfig, E, D>;

/// The options of [`RMSprop`].
#[derive(Clone, Copy, Debug)]
pub struct RMSpropConfig {
    /// The learning rate.
    pub lr: f64,
    /// The decay rate of the average of the square.
    pub alpha: f64,
    /// Added to the root of the average, for numerical stability.
    pub eps: f64,
    /// The momentum `u`: the step follows the velocity `v = u v + g / root`.
    pub momentum: Option<f64>,
    /// Divides by the standard deviation instead of the root of the mean square.
    pub centered: bool,
    /// Weight decay: L2 regularization or decoupled.
    pub weight_decay: Option<WeightDecay>,
}

/// PyTorch's defaults: a learning rate of 1e-2, an alpha of 0.99, an eps of 1e-8, nothing else.
impl Default for RMSpropConfig {
    fn default() -> Self {
        Self { lr: 1e-2, alpha: 0.99, eps: 1e-8, momentum: None, centered: false, weight_decay: None }
    }
}

/// The mean square minus the square of the mean, but not below 0, as rounding could make it for nearly constant gradients. NaN stays NaN.
#[inline(always)]
fn variance<E: Scalar>(square: E, mean: E) -> E {
    let difference = square - mean * mean;
    if difference < E::default() { E::default() } else { difference }
}

impl Rule for RMSpropConfig {
    const NAME: &'static str = "RMSprop";

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
        in_range("the alpha of RMSProp", self.alpha, FINITE)?;
        in_range("the momentum of RMSProp", self.momentum.unwrap_or(0.0), FINITE)?;
        in_range("the eps of RMSProp", self.eps, FINITE)
    }

    fn buffers(&self) -> Vec<(&'static str, f64)> {
        let momentum = self.momentum.map(|_| ("momentum_buffer", 0.0));
        let mean = self.centered.then_some(("grad_avg", 0.0));
        [Some(("square_avg", 0.0)), momentum, mean].into_iter().flatten().collect()
    }

    compiled_here!();

    #[inline(always)]
    fn update<E: Scalar>(&self, at: At, p: &mut [E], g: &[E], buffers: &mut [&mut [E]]) {
        let [lr, l2, keep, alpha, add, eps] = [at.lr, at.l2, 1.0 - at.decay, self.alpha, 1.0 - self.alpha, self.eps].map(number::<E>);
        let factor = number::<E>(self.momentum.unwrap_or(0.0));
        match (self.momentum.is_some(), self.centered, buffers) {
            (false, false, [square]) => {
                for ((p, &g), square) in p.iter_mut().zip(g).zip(square.iter_mut()) {
                    let g = g + l2 * *p;
                    *square = alpha * *square + add * g * g;
                    *p = *p * keep - lr * (g / (square.sqrt() + eps));
                }
            }
            (true, false, [square, velocity]) => {
                each(
                    p,
                    g,
                    square,
                    velocity,
                    #[inline(always)]
                    |p: &mut E, g: E, square: &mut E, velocity: &mut E| {
                        let g = g + l2 * *p;
                        *square = alpha * *square + add * g * g;
                        *velocity = factor * *velocity + g / (square.sqrt() + eps);
                        *p = *p * keep - lr * *velocity;
                    },
                );
            }
            (false, true, [square, mean]) => {
                each(
                    p,
                    g,
                    square,
                    mean,
                    #[inline(always)]
                    |p: &mut E, g: E, square: &mut E, mean: &mut E| {
                        let g = g + l2 * *p;
                        *square = alpha * *square + add * g * g;
                        *mean = alpha * *mean + add * g;
                        *p = *p * keep - lr * (g / (variance(*square, *mean).sqrt() + eps));
                    },
                );
            }
            (true, true, [square, velocity, mean]) => {
                for ((((p, &g), square), velocity), mean) in
                    p.iter_mut().zip(g).zip(square.iter_mut()).zip(velocity.iter_mut()).zip(mean.iter_mut())
                {
                    let g = g + l2 * *p;
                    *square = alpha * *square + add * g * g;
                    *mean = alpha * *mean + add * g;
                    *velocity = factor * *velocity + g / (variance(*square, *mean).sqrt() + eps);
                    *p = *p * keep - lr * *velocity;
                }
            }
            _ => unreachable!("RMSProp has the buffers of its options"),
        }
    }

    #[cfg(feature = "cuda")]
    fn formula(&self, at: At) -> Option<Formula> {
        // The buffers: the average of squares, the velocity, and the mean, which is the last.
        let mean = if self.momentum.is_some() { "s2" } else { "s1" };
        let square = match self.centered {
            true => format!("{mean} = a3 * {mean} + a4 * g; float square = s0 - {mean} * {mean}; square = square < 0.0f ? 0.0f : square;"),
            false => "float square = s0;".to_owned(),
        };
        let step = match self.momentum {
            Some(_) => "s1 = a6 * s1 + g / (sqrtf(square) + a5); p = p * a2 - a0 * s1;",
            None => "p = p * a2 - a0 * (g / (sqrtf(square) + a5));",
        };
        let numbers = [at.lr, at.l2, 1.0 - at.decay, self.alpha, 1.0 - self.alpha, self.eps, self.momentum.unwrap_or(0.0)];
        Formula::new(format!("g = g + a1 * p; s0 = a3 * s0 + a4 * g * g; {square} {step}"), &numbers)
    }

    fn portable<E: Scalar, D: Device<E>>(
        &self,
        at: At,
        p: &Flat<E, D>,
        g: Flat<E, D>,
        buffers: &mut [Flat<E, D>],
    ) -> Result<Flat<E, D>, D::Err> {
        let g = at.regularized(p, g)?;
        buffers[0] = mix(&buffers[0], self.alpha, g.clone().try_square()?, 1.0 - self.alpha)?;
        let mut root = buffers[0].clone();
        if self.centered {
            let mean = buffers.last_mut().expect("the last one is the mean");
            *mean = mix(mean, self.alpha, g.clone(), 1.0 - self.alpha)?;
            root = bounds::at_least(root.try_sub(mean.clone().try_square()?)?, 0.0)?;
        }
        let mut direction = g.try_div(root.try_sqrt()?.try_add(number::<E>(self.eps))?)?;
        if let Some(factor) = self.momentum {
            buffers[1] = mix(&buffers[1], factor, direction, 1.0)?;
            direction = buffers[1].clone();
        }
        at.decayed(p, direction.try_mul(number::<E>(at.lr))?)
    }
}
