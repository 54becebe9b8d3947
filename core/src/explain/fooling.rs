//! Pictures that a network takes for something else.

use super::error::check;
use super::probe::{Network, Outcome, Probe, tensor, value};
use super::{ExplainError, Target};
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// Options of [`fgsm`], with Captum's names and defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FgsmOptions {
    /// How far each element moves, in the units of the input. Captum has no default; 0.1 here.
    pub epsilon: f64,
    /// Whether the classes are those to move to, and not those to move away from; false by default.
    pub targeted: bool,
    /// The least value of an element; none by default.
    pub lower_bound: f64,
    /// The largest value of an element; none by default.
    pub upper_bound: f64,
}

impl Default for FgsmOptions {
    fn default() -> Self {
        Self { epsilon: 0.1, targeted: false, lower_bound: f64::NEG_INFINITY, upper_bound: f64::INFINITY }
    }
}

/// Elements whose gradient is not above this stay, as in Captum.
const ZERO_THRESH: f64 = 1e-6;

/// The fast gradient sign method (Goodfellow et al., 2014): each element moves by `epsilon` so that the cross entropy of the classes rises, or falls if
/// `targeted`. Captum's `FGSM` with `loss_func=torch.nn.CrossEntropyLoss(reduction="sum")` for a network that gives logits.
///
/// # Errors
/// Returns an error if a class does not exist, if the network's output is not one of classes, if `x` does not fit the network, if an option is out of range, or
/// if the device fails.
pub fn fgsm<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    classes: &[usize],
    options: FgsmOptions,
) -> Outcome<DynTensor<E, D>, D> {
    check(options.epsilon.is_finite() && options.epsilon >= 0.0, "epsilon", "a number of at least 0", options.epsilon)?;
    let bounds = options.lower_bound <= options.upper_bound;
    check(bounds, "lower_bound", "at most upper_bound", format!("{} with {}", options.lower_bound, options.upper_bound))?;
    let probe = Probe::new(network, None)?;
    let gradient = probe.pull(x.value(), |logits| {
        let count = classes_of(probe.name(), &logits.dims)?;
        let target = Target::classes(classes);
        let hot: Vec<E> = target.weights(probe.name(), &logits.dims)?;
        let rows = logits.list.chunks_exact(count).zip(hot.chunks_exact(count));
        Ok(rows.flat_map(|(row, hot)| softmax(row).into_iter().zip(hot).map(|(p, &hot)| p - hot).collect::<Vec<E>>()).collect())
    })?;
    let step = number::<E>(if options.targeted { -options.epsilon } else { options.epsilon });
    let (low, high) = (number::<E>(options.lower_bound), number::<E>(options.upper_bound));
    let moved = x.to_vec().into_iter().zip(gradient).map(|(x, g)| {
        let moved = if wide(g).abs() > ZERO_THRESH { x + step * g.signum() } else { x };
        moved.max(low).min(high)
    });
    tensor(x.value().device(), moved.collect(), x.dims())
}

/// Options of [`fool`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoolOptions {
    /// The length of a step: the L2 norm of the change of a sample; 1 by default.
    pub lr: f64,
    /// The maximum number of steps; 100 by default.
    pub iterations: usize,
    /// The probability of the class at which it stops; by default 0.5, so that the class is the most probable.
    pub confidence: f64,
    /// The least value of an element; none by default.
    pub lower_bound: f64,
    /// The largest value of an element; none by default.
    pub upper_bound: f64,
}

impl Default for FoolOptions {
    fn default() -> Self {
        Self { lr: 1.0, iterations: 100, confidence: 0.5, lower_bound: f64::NEG_INFINITY, upper_bound: f64::INFINITY }
    }
}

/// A picture that a network takes for another class.
#[derive(Clone, Debug)]
pub struct Fooled<E: Scalar, D: Backend<E>> {
    /// The picture.
    pub picture: DynTensor<E, D>,
    /// The number of steps.
    pub steps: usize,
    /// The probability of the class in the end.
    pub confidence: f64,
    /// Whether the class has the probability that was asked for.
    pub succeeded: bool,
    /// The L2 norm of the change, and of the picture.
    pub l2: [f64; 2],
    /// The largest change of an element.
    pub linf: f64,
}

/// Changes a picture step by step until the network takes it for a class: each step of length `lr` goes along the gradient of the class's logit.
///
/// # Shapes
/// - `x`: a batch of one sample
///
/// # Errors
/// The same as [`fgsm`]; also if `x` is not one sample.
pub fn fool<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    class: usize,
    options: FoolOptions,
) -> Outcome<Fooled<E, D>, D> {
    check(options.lr.is_finite() && options.lr > 0.0, "lr", "a number above 0", options.lr)?;
    check((0.0..1.0).contains(&options.confidence), "confidence", "0 to below 1", options.confidence)?;
    if x.dims()[0] != 1 {
        let expected = [&[1], &x.dims()[1..]].concat();
        return Err(ExplainError::Sizes { what: "the picture to fool with", expected, found: x.dims().to_vec() });
    }
    let probe = Probe::new(network, None)?;
    let (device, dims, start) = (x.value().device(), x.dims(), x.to_vec());
    let (low, high) = (number::<E>(options.lower_bound), number::<E>(options.upper_bound));
    let mut now = start.clone();
    let mut steps = 0;
    let confidence = loop {
        let mut confidence = 0.0;
        let gradient = probe.pull(&value(device, now.clone(), dims)?, |logits| {
            classes_of(probe.name(), &logits.dims)?;
            let weights = Target::class(class).weights(probe.name(), &logits.dims)?;
            confidence = wide(softmax(&logits.list)[class]);
            Ok(weights)
        })?;
        if confidence > options.confidence || steps == options.iterations {
            break confidence;
        }
        let norm = norm(&gradient);
        if norm == 0.0 || !norm.is_finite() {
            break confidence;
        }
        let step = number::<E>(options.lr / norm);
        now.iter_mut().zip(gradient).for_each(|(x, g)| *x = (*x + step * g).max(low).min(high));
        steps += 1;
    };
    let change: Vec<E> = now.iter().zip(&start).map(|(&now, &start)| now - start).collect();
    let linf = change.iter().fold(0.0, |most: f64, &c| most.max(wide(c).abs()));
    let (l2, succeeded) = ([norm(&change), norm(&start)], confidence > options.confidence);
    Ok(Fooled { picture: tensor(device, now, dims)?, steps, confidence, succeeded, l2, linf })
}

/// The number of classes of an output `[batch, classes]`.
fn classes_of<Err: std::fmt::Display>(graph: &str, dims: &[usize]) -> Result<usize, ExplainError<Err>> {
    match dims {
        &[_, classes] => Ok(classes),
        _ => Err(ExplainError::Layer {
            layer: graph.to_owned(),
            method: "fooling",
            expected: "the logits of classes",
            found: dims.get(1..).unwrap_or_default().to_vec(),
        }),
    }
}

/// The probabilities of logits.
fn softmax<E: Scalar>(logits: &[E]) -> Vec<E> {
    let most = logits.iter().fold(f64::NEG_INFINITY, |most, &logit| most.max(wide(logit)));
    let powers: Vec<f64> = logits.iter().map(|&logit| (wide(logit) - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| number(power / sum)).collect()
}

pub(super) fn norm<E: Scalar>(numbers: &[E]) -> f64 {
    numbers.iter().map(|&number| wide(number) * wide(number)).sum::<f64>().sqrt()
}
