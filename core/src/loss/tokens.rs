//! Cross entropy of sequences.

use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{PutTape, Tape, Tensor};
use dfdx::tensor_ops::Device;

use super::{CrossEntropy, Loss};
use crate::Scalar;
use crate::value::Value;

/// [`token_loss`] with the default [`CrossEntropy`]: what comes next in a text.
///
/// # Shapes
/// `logits [B, T, CLASSES]` and ids `[B, T]`; the mean is over all positions. Any other number of axes before the classes will do.
///
/// # Panics
/// If the ids' sizes are not those of the logits without their last axis, if an id is not below `CLASSES`, or if the device is out of memory.
pub fn token_cross_entropy<S: Shape, I: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    ids: &Tensor<I, usize, D>,
) -> Tensor<Rank0, E, D, T> {
    token_loss(&CrossEntropy::default(), logits, ids)
}

/// The mean of a cross entropy over all positions of a sequence, whose classes are on the last axis, where a network has them. (PyTorch's
/// `cross_entropy` wants them on axis 1: `cross_entropy(logits.flatten(0, 1), ids.flatten())` is this.)
///
/// # Panics
/// As [`token_cross_entropy`].
pub fn token_loss<S: Shape, I: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    loss: &CrossEntropy,
    logits: Tensor<S, E, D, T>,
    ids: &Tensor<I, usize, D>,
) -> Tensor<Rank0, E, D, T> {
    try_token_loss(loss, logits, ids).unwrap_or_else(|error| panic!("{error}"))
}

/// [`token_loss`], fallible.
///
/// # Errors
/// If the device is out of memory.
///
/// # Panics
/// If the ids do not fit the logits.
pub fn try_token_loss<S: Shape, I: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    loss: &CrossEntropy,
    logits: Tensor<S, E, D, T>,
    ids: &Tensor<I, usize, D>,
) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
    let (scores, tape) = Value::erase(logits)?;
    let sizes: Vec<usize> = ids.shape().concrete().into();
    let (places, classes) = scores.dims().split_at(scores.dims().len() - 1);
    assert_eq!(sizes, places, "an id for each row of scores");
    let rows = (places.iter().product::<usize>(), classes[0]);
    loss.try_mean(scores.restore(&rows)?.put_tape(tape), ids.as_vec())
}
