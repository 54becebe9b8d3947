//! Softmax cross entropy.

use dfdx::shapes::{Axis, HasShape, Rank0, ReduceShape, Shape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, TryAdd, TryMul};

use super::Loss;
use super::labels::{self, Labels};
use super::rows::{self, Losses, Rows, Scores};
use crate::run::value::{Rank3, Value};
use crate::{Scalar, bounds, host};

/// `-sum(w t ln softmax(logits))` over the classes. The target `t` is a class id (1 at that class, 0 elsewhere) or a probability for each class; `w`
/// are the weights of the classes.
///
/// # Shapes
/// `logits [B, CLASSES]` and `B` ids, or a target of the logits' shape; each loss `[B]`. Further axes are positions, each with its own loss: `logits
/// [B, CLASSES, H, W]` and `B * H * W` ids give `[B, H, W]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrossEntropy {
    /// The share of the target that is spread evenly over all classes (Szegedy and others, 2016): between 0 and 1.
    pub label_smoothing: f64,
    /// A weight for each class; empty: 1. For class ids, the mean is divided by the sum of the labels' weights, as in PyTorch.
    pub weight: Vec<f64>,
    /// An id, a class or not, whose rows have no loss and do not count in the mean. For class ids only. If no row is left, the mean is NaN and its
    /// gradient 0.
    pub ignore_index: Option<usize>,
}

/// The mean of `-ln(softmax(logits)[label])` over the batch: PyTorch's `cross_entropy` with class ids.
///
/// # Shapes
/// `logits [B, CLASSES]`, one label per row; the output is a scalar. For further axes see [`CrossEntropy`].
///
/// # Panics
/// Panics if the number of labels is not the number of rows, if a label is not below `CLASSES`, or if the device is out of memory.
pub fn cross_entropy<S, E: Scalar, D: Device<E>, T: Tape<E, D>>(logits: Tensor<S, E, D, T>, labels: &[usize]) -> Tensor<Rank0, E, D, T>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    CrossEntropy::default().mean(logits, labels)
}

/// [`cross_entropy`], fallible.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the number of labels is not the number of rows, or if a label is not below `CLASSES`.
pub fn try_cross_entropy<S, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
) -> Result<Tensor<Rank0, E, D, T>, D::Err>
where
    S: Shape + ReduceShape<Axis<1>>,
{
    CrossEntropy::default().try_mean(logits, labels)
}

/// The losses, and the denominator of the mean.
type Counted<E, D, T> = (Losses<E, D, T>, f64);

/// The target of each row.
enum Target<'a> {
    Ids(&'a [usize]),
    /// `[n, c, p]`
    Soft(Vec<f64>),
}

impl CrossEntropy {
    /// Checks the options and the target against the scores.
    fn check(&self, dims: [usize; 3], target: &Target<'_>) {
        let [batch, classes, positions] = dims;
        let smoothing = self.label_smoothing;
        assert!((0.0..=1.0).contains(&smoothing), "the label smoothing must be between 0 and 1, not {smoothing}");
        check_weight(&self.weight, classes);
        match target {
            Target::Ids(ids) => labels::check(ids, batch * positions, classes, self.ignore_index),
            Target::Soft(_) => assert!(self.ignore_index.is_none(), "`ignore_index` needs class ids, not probabilities"),
        }
    }

    /// `w t` of a row's classes.
    fn amounts(&self, dims: [usize; 3], target: &Target<'_>, row: usize, into: &mut [f64]) {
        let [_, classes, positions] = dims;
        let (sure, spread) = (1.0 - self.label_smoothing, self.label_smoothing / classes as f64);
        let ignored = matches!(target, Target::Ids(ids) if Some(ids[row]) == self.ignore_index);
        for (class, into) in into.iter_mut().enumerate() {
            let right = match target {
                Target::Ids(ids) => f64::from(u8::from(ids[row] == class)),
                Target::Soft(all) => all[(row / positions * classes + class) * positions + row % positions],
            };
            *into = if ignored { 0.0 } else { weight_of(&self.weight, class) * (sure * right + spread) };
        }
    }

    /// The denominator of the mean.
    fn count(&self, rows: usize, target: &Target<'_>) -> f64 {
        match target {
            Target::Ids(ids) => ids.iter().filter(|&&id| Some(id) != self.ignore_index).map(|&id| weight_of(&self.weight, id)).sum(),
            Target::Soft(_) => rows as f64,
        }
    }

    /// The losses for a probability of each class, and the denominator of the mean. On a device the target is not read.
    fn soft_losses<S: Shape + ReduceShape<Axis<1>>, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        logits: Tensor<S, E, D, T>,
        target: Tensor<S, E, D>,
    ) -> Result<Counted<E, D, T>, D::Err> {
        assert_eq!(logits.shape().concrete(), target.shape().concrete(), "the target must have the shape of the logits");
        let target = Value::erase(target)?.0;
        if host::is_host::<D>() {
            let numbers = host::read(&target.flat()).into_iter().map(host::wide).collect();
            return self.losses(logits, &Target::Soft(numbers));
        }
        let scores = Scores::new(logits)?;
        let dims = scores.dims;
        self.check(dims, &Target::Soft(Vec::new()));
        let (sure, spread) = (1.0 - self.label_smoothing, self.label_smoothing / dims[1] as f64);
        let mut amounts = target.around(1)?.try_mul(host::number::<E>(sure))?.try_add(host::number::<E>(spread))?;
        if !self.weight.is_empty() {
            amounts = amounts.try_mul(scores.constant(|_, into| into.copy_from_slice(&self.weight))?)?;
        }
        let count = scores.rows() as f64;
        Ok((scores.losses(|_, _, _| unreachable!("the numbers are not on the host"), |x| portable(x, amounts))?, count))
    }

    /// Their sum, and its denominator if it is to be the mean: on a device with kernels for it, in three launches.
    fn reduced<S: Shape + ReduceShape<Axis<1>>, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        logits: Tensor<S, E, D, T>,
        ids: &[usize],
        mean: bool,
    ) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
        let target = Target::Ids(ids);
        #[cfg(feature = "cuda")]
        if crate::cuda::generic::on_engine::<E, D>() {
            let scores = Scores::new(logits)?;
            let dims = scores.dims;
            self.check(dims, &target);
            let count = if mean { self.count(scores.rows(), &target) } else { 1.0 };
            if count != 0.0 {
                // Classes are counted in 32 bits with a sign; a row that is ignored has no class.
                let of_row = |&id: &usize| {
                    if Some(id) == self.ignore_index {
                        super::device::NO_CLASS
                    } else {
                        i32::try_from(id).unwrap_or(super::device::NO_CLASS)
                    }
                };
                let (ids, share) = (ids.iter().map(of_row).collect(), 1.0 - self.label_smoothing);
                let target = super::device::Target { ids, share, spread: self.label_smoothing / dims[1] as f64, weight: &self.weight };
                let (x, tape) = scores.into_parts();
                return super::device::cross_entropy(x, target, dims, 1.0 / count, tape);
            }
            // The mean of nothing.
            let constant = scores.constant(|row, into| self.amounts(dims, &target, row, into))?;
            return scores.losses(|_, _, _| unreachable!("the numbers are not on the host"), |x| portable(x, constant))?.mean(count);
        }
        let (losses, count) = self.losses(logits, &target)?;
        if mean { losses.mean(count) } else { losses.sum(1.0) }
    }

    /// The losses, and the denominator of the mean.
    fn losses<S: Shape + ReduceShape<Axis<1>>, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        logits: Tensor<S, E, D, T>,
        target: &Target<'_>,
    ) -> Result<Counted<E, D, T>, D::Err> {
        let scores = Scores::new(logits)?;
        let dims = scores.dims;
        self.check(dims, target);
        let count = self.count(scores.rows(), target);
        let mut amounts = vec![0.0; dims[1]];
        let constant = if host::is_host::<D>() { None } else { Some(scores.constant(|row, into| self.amounts(dims, target, row, into))?) };
        let losses = scores.losses(
            |row, scores, slopes| {
                self.amounts(dims, target, row, &mut amounts);
                of_row(scores, &amounts, slopes)
            },
            |logits| portable(logits, constant.expect("made on this device")),
        )?;
        Ok((losses, count))
    }
}

/// Panics unless there is a weight for each class, or none at all.
pub(super) fn check_weight(weight: &[f64], classes: usize) {
    assert!(weight.is_empty() || weight.len() == classes, "there are {} weights for {classes} classes", weight.len());
}

/// The weight of a class.
pub(super) fn weight_of(weight: &[f64], class: usize) -> f64 {
    if weight.is_empty() { 1.0 } else { weight[class] }
}

/// `-sum(amount ln softmax(scores))`, and its gradient `sum(amount) softmax(scores) - amount`.
fn of_row<E: Scalar>(scores: &[E], amounts: &[f64], slopes: &mut [E]) -> f64 {
    let max = scores.iter().copied().fold(E::neg_infinity(), E::max);
    let mut sum = 0.0;
    for (slope, &score) in slopes.iter_mut().zip(scores) {
        *slope = (score - max).exp();
        sum += host::wide(*slope);
    }
    let (log_sum, total) = (sum.ln(), amounts.iter().sum::<f64>());
    let mut loss = 0.0;
    for ((slope, &score), &amount) in slopes.iter_mut().zip(scores).zip(amounts) {
        // A class with probability 0 and target 0 has no loss, although 0 times infinity is NaN.
        if amount != 0.0 {
            loss -= amount * (host::wide(score) - host::wide(max) - log_sum);
        }
        *slope = host::number(total * (host::wide(*slope) / sum) - amount);
    }
    // NaN in the scores must show even if all targets are 0.
    if sum.is_nan() && total != 0.0 { sum } else { loss }
}

/// [`of_row`] of all rows in dfdx's operations, before the sum over the classes.
fn portable<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<Rank3, E, D, T>,
    amounts: Tensor<Rank3, E, D>,
) -> Result<Tensor<Rank3, E, D, T>, D::Err> {
    // A finite logarithm even of 0, so that 0 times it is 0.
    let log = bounds::at_least(logits.try_log_softmax::<Axis<1>>()?, -1e30)?;
    log.try_mul(amounts)?.try_negate()
}

/// Class ids.
impl<L: Labels, S, E: Scalar, D: Device<E>, T: Tape<E, D>> Loss<Tensor<S, E, D, T>, L> for CrossEntropy
where
    S: Shape + ReduceShape<Axis<1>>,
{
    type Each = Tensor<Rows<S>, E, D, T>;
    type Reduced = Tensor<Rank0, E, D, T>;
    type Err = D::Err;

    fn try_each(&self, logits: Tensor<S, E, D, T>, labels: L) -> Result<Self::Each, D::Err> {
        let shape = rows::shape(logits.shape());
        self.losses(logits, &Target::Ids(labels.ids()))?.0.each(&shape)
    }

    fn try_sum(&self, logits: Tensor<S, E, D, T>, labels: L) -> Result<Self::Reduced, D::Err> {
        self.reduced(logits, labels.ids(), false)
    }

    fn try_mean(&self, logits: Tensor<S, E, D, T>, labels: L) -> Result<Self::Reduced, D::Err> {
        self.reduced(logits, labels.ids(), true)
    }
}

/// A probability for each class.
impl<S, E: Scalar, D: Device<E>, T: Tape<E, D>> Loss<Tensor<S, E, D, T>, Tensor<S, E, D>> for CrossEntropy
where
    S: Shape + ReduceShape<Axis<1>>,
{
    type Each = Tensor<Rows<S>, E, D, T>;
    type Reduced = Tensor<Rank0, E, D, T>;
    type Err = D::Err;

    fn try_each(&self, logits: Tensor<S, E, D, T>, target: Tensor<S, E, D>) -> Result<Self::Each, D::Err> {
        let shape = rows::shape(logits.shape());
        self.soft_losses(logits, target)?.0.each(&shape)
    }

    fn try_sum(&self, logits: Tensor<S, E, D, T>, target: Tensor<S, E, D>) -> Result<Self::Reduced, D::Err> {
        self.soft_losses(logits, target)?.0.sum(1.0)
    }

    fn try_mean(&self, logits: Tensor<S, E, D, T>, target: Tensor<S, E, D>) -> Result<Self::Reduced, D::Err> {
        let (losses, count) = self.soft_losses(logits, target)?;
        losses.sum(1.0 / count)
    }
}

#[cfg(test)]
mod tests {
    use dfdx::tensor::{Cpu, TensorFromVec, Trace};
    use dfdx::tensor_ops::{Backward, SumTo};

    use super::*;

    /// Both formulas agree; the fast one is compared with PyTorch elsewhere.
    #[test]
    fn in_dfdx_operations() {
        let device = Cpu::default();
        let dims = (3, 4, 2);
        let logits: Vec<f64> = (0..24).map(|i| [-1e4, 1e4, 0.3, -2.0, f64::NEG_INFINITY][i * 7 % 5]).collect();
        let logits = device.tensor_from_vec(logits, dims);
        let ids = [3, 0, 1, 9, 2, 2];
        let loss = CrossEntropy { weight: vec![1.0, 0.5, 2.0, 3.0], ignore_index: Some(9), label_smoothing: 0.0 };
        let target = Target::Ids(&ids);
        let scores = Scores::new(logits.leaky_trace()).unwrap();
        let amounts = scores.constant(|row, into| loss.amounts([3, 4, 2], &target, row, into)).unwrap();
        let slow = portable(logits.leaky_trace(), amounts).unwrap().sum::<(usize, usize), Axis<1>>();
        let fast = loss.each(logits.leaky_trace(), ids);
        for (slow, fast) in slow.as_vec().iter().zip(fast.as_vec()) {
            assert!((slow.min(1e29) - fast.min(1e29)).abs() <= 1e-9 * fast.abs().min(1e29), "{slow} instead of {fast}");
        }
        let slopes = |loss: Tensor<(usize, usize), f64, Cpu, _>| loss.sum::<Rank0, _>().backward().get(&logits).as_vec();
        for (slow, fast) in slopes(slow).iter().zip(slopes(fast)) {
            assert!((slow - fast).abs() < 1e-12, "a slope of {slow} instead of {fast}");
        }
    }

    #[test]
    fn what_is_no_number_shows() {
        let device = Cpu::default();
        let logits = device.tensor_from_vec(vec![0.0f32, f32::NAN, 1.0], (1, 3));
        assert!(cross_entropy(logits, &[0]).as_vec()[0].is_nan());
    }

    #[test]
    #[should_panic(expected = "label 1 is 3, but there are only 3 classes")]
    fn no_such_class() {
        let logits = Cpu::default().tensor_from_vec(vec![0.0f32; 6], (2, 3));
        cross_entropy(logits, &[2, 3]);
    }

    #[test]
    #[should_panic(expected = "2 rows of scores need as many labels, not 3")]
    fn too_many_labels() {
        let logits = Cpu::default().tensor_from_vec(vec![0.0f32; 6], (2, 3));
        cross_entropy(logits, &[2, 0, 1]);
    }
}
