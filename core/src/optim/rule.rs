//! The formula of an optimizer.

use dfdx::optim::WeightDecay;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::{Device, TryAdd, TryMul};

use crate::Scalar;
use crate::host::number;

use super::option::{FINITE, InvalidOption, in_range};

/// All elements on one axis.
pub type Flat<E, D> = Tensor<(usize,), E, D>;

/// The update formula of an optimizer.
pub trait Rule: Clone + Send + Sync {
    /// Its name, which is stored in files of its state.
    const NAME: &'static str;

    /// The learning rate before groups.
    fn lr(&self) -> f64;

    /// Sets the learning rate, as a schedule does before each step.
    fn set_lr(&mut self, lr: f64);

    /// The weight decay before groups.
    fn weight_decay(&self) -> Option<WeightDecay>;

    /// Checks the options.
    ///
    /// # Errors
    /// Returns the first option that is out of its range, such as a learning rate that is below 0 or NaN.
    fn check(&self) -> Result<(), InvalidOption>;

    /// The buffers of each parameter, under PyTorch's names, with their initial values.
    fn buffers(&self) -> Vec<(&'static str, f64)>;

    /// Updates the elements `p` of a parameter by their gradients `g`. Always inlined, so that it is compiled for each instruction set.
    #[doc(hidden)]
    fn update<E: Scalar>(&self, at: At, p: &mut [E], g: &[E], buffers: &mut [&mut [E]]);

    /// [`Rule::update`] for `f32`, compiled for each instruction set.
    #[doc(hidden)]
    fn update_f32(&self, at: At, p: &mut [f32], g: &[f32], buffers: &mut [&mut [f32]]);

    /// [`Rule::update`] for `f64`, compiled for each instruction set.
    #[doc(hidden)]
    fn update_f64(&self, at: At, p: &mut [f64], g: &[f64], buffers: &mut [&mut [f64]]);

    /// The kernel of dfdx's that takes the step in place, if one does: one launch for each parameter on a GPU. The rule's buffers are its buffers.
    #[doc(hidden)]
    fn kernel<E: Scalar>(&self, _at: At) -> Option<InPlace> {
        None
    }

    /// The step in CUDA C: on a GPU, one launch takes that of all parameters. Its text is the same in all steps.
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    fn formula(&self, _at: At) -> Option<Formula> {
        None
    }

    /// The amount to subtract from the parameter, in dfdx's operations, for devices other than `Cpu`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    #[doc(hidden)]
    fn portable<E: Scalar, D: Device<E>>(
        &self,
        at: At,
        p: &Flat<E, D>,
        g: Flat<E, D>,
        buffers: &mut [Flat<E, D>],
    ) -> Result<Flat<E, D>, D::Err>;
}

/// The updates of a rule for each number type. What is not generic is code of this crate: in a debug build it is optimized as this crate is, whoever trains.
macro_rules! compiled_here {
    () => {
        fn update_f32(&self, at: At, p: &mut [f32], g: &[f32], buffers: &mut [&mut [f32]]) {
            crate::optim::state::with_vectors(self, at, p, g, buffers);
        }

        fn update_f64(&self, at: At, p: &mut [f64], g: &[f64], buffers: &mut [&mut [f64]]) {
            crate::optim::state::with_vectors(self, at, p, g, buffers);
        }
    };
}
pub(super) use compiled_here;

/// What an optimizer does with all numbers of a tensor, by their type.
#[doc(hidden)]
pub trait Updated: Sized {
    /// Updates the elements of a parameter.
    fn update<R: Rule>(rule: &R, at: At, p: &mut [Self], g: &[Self], buffers: &mut [&mut [Self]]);

    /// The sum of the squares.
    fn sum_of_squares(all: &[Self]) -> f64;
}

impl Updated for f32 {
    fn update<R: Rule>(rule: &R, at: At, p: &mut [f32], g: &[f32], buffers: &mut [&mut [f32]]) {
        rule.update_f32(at, p, g, buffers);
    }

    fn sum_of_squares(all: &[f32]) -> f64 {
        super::clip::sum_of_squares(all)
    }
}

impl Updated for f64 {
    fn update<R: Rule>(rule: &R, at: At, p: &mut [f64], g: &[f64], buffers: &mut [&mut [f64]]) {
        rule.update_f64(at, p, g, buffers);
    }

    fn sum_of_squares(all: &[f64]) -> f64 {
        super::clip::sum_of_squares(all)
    }
}

/// Statements in CUDA C on the parameter `p`, its gradient `g`, its buffers `s0`, `s1`, .. and the numbers `a0`, `a1`, ..
#[cfg(feature = "cuda")]
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Formula {
    pub text: String,
    pub numbers: Vec<f64>,
}

#[cfg(feature = "cuda")]
impl Formula {
    pub(super) fn new(text: impl Into<String>, numbers: &[f64]) -> Option<Self> {
        Some(Self { text: text.into(), numbers: numbers.to_vec() })
    }
}

/// A kernel of dfdx's for a step, with its options.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum InPlace {
    /// Its corrections for the first steps are left out: they are in the options.
    Adam(dfdx::optim::AdamConfig),
    /// With momentum.
    Sgd(dfdx::optim::SgdConfig),
}

/// Checks the options that all optimizers have.
pub(super) fn check_common<R: Rule>(rule: &R) -> Result<(), InvalidOption> {
    in_range("the learning rate", rule.lr(), FINITE)?;
    let (Some(WeightDecay::L2(amount)) | Some(WeightDecay::Decoupled(amount))) = rule.weight_decay() else { return Ok(()) };
    in_range("the weight decay", amount, FINITE)
}

/// The step of one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// The index of this step for this parameter, from 1.
    pub step: u64,
    /// The learning rate.
    pub lr: f64,
    /// The factor of L2 regularization: this times the parameter is added to the gradient.
    pub l2: f64,
    /// The factor of decoupled weight decay: this times the parameter is subtracted (Loshchilov and Hutter, 2019).
    pub decay: f64,
}

impl At {
    /// The step for these options.
    pub(super) fn new(step: u64, lr: f64, weight_decay: Option<WeightDecay>) -> Self {
        let (l2, decay) = match weight_decay {
            None => (0.0, 0.0),
            Some(WeightDecay::L2(amount)) => (amount, 0.0),
            Some(WeightDecay::Decoupled(amount)) => (0.0, lr * amount),
        };
        Self { step, lr, l2, decay }
    }

    /// The weight decay as dfdx's kernels take it, which multiply a decoupled one by this learning rate.
    pub(super) fn weight_decay(&self, lr: f64) -> Option<WeightDecay> {
        match (self.l2, self.decay) {
            (0.0, 0.0) => None,
            (l2, 0.0) => Some(WeightDecay::L2(l2)),
            // Without a learning rate there is no decay either.
            (_, decay) => Some(WeightDecay::Decoupled(if lr == 0.0 { 0.0 } else { decay / lr })),
        }
    }

    /// The gradient with the L2 term.
    pub(super) fn regularized<E: Scalar, D: Device<E>>(&self, p: &Flat<E, D>, g: Flat<E, D>) -> Result<Flat<E, D>, D::Err> {
        if self.l2 == 0.0 { Ok(g) } else { g.try_add(p.clone().try_mul(number::<E>(self.l2))?) }
    }

    /// The amount to subtract, with the decoupled decay.
    pub(super) fn decayed<E: Scalar, D: Device<E>>(&self, p: &Flat<E, D>, delta: Flat<E, D>) -> Result<Flat<E, D>, D::Err> {
        if self.decay == 0.0 { Ok(delta) } else { delta.try_add(p.clone().try_mul(number::<E>(self.decay))?) }
    }
}

/// `old * keep + new * add`.
pub(super) fn mix<E: Scalar, D: Device<E>>(old: &Flat<E, D>, keep: f64, new: Flat<E, D>, add: f64) -> Result<Flat<E, D>, D::Err> {
    old.clone().try_mul(number::<E>(keep))?.try_add(new.try_mul(number::<E>(add))?)
}

/// Calls `one` with the elements of four slices side by side. The compiler knows only of a function's own arguments that they do not overlap, and
/// needs this to vectorize code that writes three slices.
#[inline(always)]
pub(super) fn each<E: Scalar>(p: &mut [E], g: &[E], a: &mut [E], b: &mut [E], one: impl Fn(&mut E, E, &mut E, &mut E)) {
    let len = p.len();
    let (g, a, b) = (&g[..len], &mut a[..len], &mut b[..len]);
    for i in 0..len {
        one(&mut p[i], g[i], &mut a[i], &mut b[i]);
    }
}
