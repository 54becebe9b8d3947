//! L-BFGS (Liu and Nocedal, 1989), with a line search for the strong Wolfe conditions (Nocedal and Wright, *Numerical Optimization*, algorithms 3.5 and 3.6).

mod memory;
mod wolfe;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::Gradients;
use dfdx::tensor_ops::Device;

use super::StepError;
use super::option::{FINITE, InvalidOption, in_range};
use crate::Scalar;
use crate::gradient::named_gradients;
use crate::host::number;
use crate::model::Frozen;
use crate::model::any_tensor::{each, each_mut};
use memory::Memory;

/// L-BFGS: PyTorch's `torch.optim.LBFGS`. A step evaluates the loss several times, so it takes a function that computes it.
///
/// It is meant for losses without noise, of the whole data set or of one batch that stays. All arithmetic is in `f64`; the history has `2 history_size + 4` numbers of 8
/// bytes for each parameter. Its state cannot be saved.
///
/// ```
/// use layercake::optim::{Lbfgs, LbfgsConfig, LineSearch};
/// use layercake::prelude::*;
///
/// network! { Line: [2] -> [1] { fc: Linear(1) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let mut net = Line::new(&device);
/// let x: Tensor<Rank2<4, 2>, f32, _> = device.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [1.0, 3.0]]);
/// let y: Tensor<Rank2<4, 1>, f32, _> = device.tensor([[1.0], [3.0], [5.0], [2.0]]);
/// let mut optimizer = Lbfgs::new(LbfgsConfig { line_search: LineSearch::StrongWolfe, ..Default::default() });
/// optimizer.step(&mut net, |net| {
///     let loss = loss::mse(net.forward_train(x.clone(), net.alloc_grads()), y.clone());
///     Ok::<_, Box<dyn std::error::Error>>((loss.array(), loss.backward()))
/// })?;
/// assert!(loss::mse(net.forward(x), y).array() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lbfgs {
    /// The options.
    pub cfg: LbfgsConfig,
    /// The frozen parameters, which a step leaves as they are.
    pub frozen: Frozen,
    memory: Memory,
}

/// The options of [`Lbfgs`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LbfgsConfig {
    /// The length of a step along its direction: the first one to be tried, if there is a line search.
    pub lr: f64,
    /// Iterations in a step.
    pub max_iter: usize,
    /// Evaluations of the loss in a step after which no iteration begins, and a line search ends; `None` for 5/4 of the iterations.
    pub max_eval: Option<usize>,
    /// A step ends when no gradient is larger than this.
    pub tolerance_grad: f64,
    /// A step ends when the loss or the parameters change by less.
    pub tolerance_change: f64,
    /// Pairs of differences that are kept.
    pub history_size: usize,
    /// How the length is chosen.
    pub line_search: LineSearch,
}

/// How [`Lbfgs`] chooses the length of a step along its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineSearch {
    /// It is the learning rate; in the first iteration at most that divided by the sum of the absolute gradients.
    #[default]
    Fixed,
    /// A length with which the loss falls enough, and its slope is small enough: the strong Wolfe conditions with 1e-4 and 0.9.
    StrongWolfe,
}

/// PyTorch's defaults: a length of 1 without a search, 20 iterations, 100 pairs, tolerances of 1e-7 and 1e-9.
impl Default for LbfgsConfig {
    fn default() -> Self {
        Self {
            lr: 1.0,
            max_iter: 20,
            max_eval: None,
            tolerance_grad: 1e-7,
            tolerance_change: 1e-9,
            history_size: 100,
            line_search: LineSearch::default(),
        }
    }
}

impl LbfgsConfig {
    fn check(&self) -> Result<(), InvalidOption> {
        in_range("the learning rate", self.lr, FINITE)?;
        in_range("the tolerance_grad of L-BFGS", self.tolerance_grad, FINITE)?;
        in_range("the tolerance_change of L-BFGS", self.tolerance_change, FINITE)
    }
}

/// The loss at some values of all parameters, and its gradient. None if it could not be computed.
type Objective<'a> = dyn FnMut(&[f64]) -> Option<(f64, Vec<f64>)> + 'a;

impl Lbfgs {
    /// An optimizer without a history.
    pub fn new(cfg: LbfgsConfig) -> Self {
        Self { cfg, frozen: Frozen::none(), memory: Memory::default() }
    }

    /// The number of evaluations of the loss so far.
    pub fn evaluations(&self) -> usize {
        self.memory.evaluations
    }

    /// Updates the parameters by up to `max_iter` iterations, and returns the loss before them. The function computes the loss and its gradients for the parameters that
    /// the model has when it is called; a parameter without a gradient counts as one with a gradient of 0.
    ///
    /// # Errors
    /// Returns the error of the function, or one if an option is out of its range or the device fails. The parameters are as before the step then.
    pub fn step<M, E, D, Err>(&mut self, model: &mut M, mut loss: impl FnMut(&mut M) -> Result<(E, Gradients<E, D>), Err>) -> Result<E, Err>
    where
        M: TensorCollection<E, D>,
        E: Scalar,
        D: Device<E>,
        Err: From<StepError<D::Err>>,
    {
        self.cfg.check().map_err(|error| Err::from(error.into()))?;
        let begin = values(model, &self.frozen).map_err(StepError::Device)?;
        let (mut failed, mut first) = (None, None);
        let frozen = self.frozen.clone();
        let mut evaluate = |model: &mut M, at: &[f64]| -> Result<(f64, Vec<f64>), Err> {
            set_values(model, &frozen, at).map_err(StepError::Device)?;
            let (value, mut gradients) = loss(model)?;
            first.get_or_insert(value);
            let gradient = gradient(model, &frozen, &mut gradients).map_err(StepError::Device)?;
            Ok((value.to_f64().unwrap_or(f64::NAN), gradient))
        };
        let mut objective = |at: &[f64]| match evaluate(model, at) {
            Ok(found) => Some(found),
            Err(error) => {
                failed = Some(error);
                None
            }
        };
        let end = self.memory.step(&self.cfg, begin.clone(), &mut objective);
        set_values(model, &self.frozen, end.as_ref().unwrap_or(&begin)).map_err(StepError::Device)?;
        match failed {
            Some(error) => Err(error),
            None => Ok(first.expect("a step begins with the loss")),
        }
    }
}

/// All trained parameters that are not frozen.
fn values<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M, frozen: &Frozen) -> Result<Vec<f64>, D::Err> {
    let mut values = Vec::new();
    each(model, |place, tensor| {
        if place.trained && !frozen.contains(place.path) {
            values.extend(tensor.read().iter().map(|x| x.to_f64().unwrap_or(f64::NAN)));
        }
        Ok(())
    })?;
    Ok(values)
}

fn set_values<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &mut M, frozen: &Frozen, values: &[f64]) -> Result<(), D::Err> {
    let mut rest = values;
    each_mut(model, |place, tensor| {
        if place.trained && !frozen.contains(place.path) {
            let (own, others) = rest.split_at(tensor.element_count());
            rest = others;
            tensor.write(&own.iter().map(|&x| number(x)).collect::<Vec<E>>())?;
        }
        Ok(())
    })
}

fn gradient<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    frozen: &Frozen,
    gradients: &mut Gradients<E, D>,
) -> Result<Vec<f64>, D::Err> {
    let found = named_gradients(model, gradients)?;
    let mut found = found.into_iter().peekable();
    let mut row = Vec::new();
    each(model, |place, tensor| {
        let own = found.next_if(|(path, _)| path == place.path);
        if place.trained && !frozen.contains(place.path) {
            match own {
                Some((_, gradient)) => row.extend(gradient.iter().map(|x| x.to_f64().unwrap_or(f64::NAN))),
                None => row.extend(std::iter::repeat_n(0.0, tensor.element_count())),
            }
        }
        Ok(())
    })?;
    Ok(row)
}
