//! Cross entropy of sequences.

use dfdx::shapes::{HasShape, Rank0, Shape};
use dfdx::tensor::{PutTape, Tape, Tensor};
use dfdx::tensor_ops::Device;

use super::{CrossEntropy, Loss};
use crate::Scalar;
use crate::run::known;
use crate::run::value::Value;

/// [`token_loss`] with the default [`CrossEntropy`]: next-token prediction.
///
/// # Shapes
/// `logits [B, T, CLASSES]` and ids `[B, T]`; the mean is over all positions. Any number of axes may precede the classes.
///
/// # Panics
/// Panics if the shape of the ids is not that of the logits without their last axis, if an id is not below `CLASSES`, or if the device is out of
/// memory.
pub fn token_cross_entropy<S: Shape, I: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    ids: &Tensor<I, usize, D>,
) -> Tensor<Rank0, E, D, T> {
    token_loss(&CrossEntropy::default(), logits, ids)
}

/// The mean of a cross entropy over all positions of a sequence, with the classes on the last axis, as networks give them. (PyTorch's `cross_entropy`
/// expects them on axis 1: `cross_entropy(logits.flatten(0, 1), ids.flatten())` is equivalent.)
///
/// # Panics
/// The same as [`token_cross_entropy`].
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
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the shape of the ids is not that of the logits without their last axis, or if an id is not below the number of classes.
pub fn try_token_loss<S: Shape, I: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    loss: &CrossEntropy,
    logits: Tensor<S, E, D, T>,
    ids: &Tensor<I, usize, D>,
) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
    let (scores, tape) = Value::erase(logits)?;
    let sizes: Vec<usize> = ids.shape().concrete().into();
    let (places, classes) = scores.dims().split_at(scores.dims().len() - 1);
    assert_eq!(sizes, places, "the ids must have the shape of the logits without the last axis");
    let rows = (places.iter().product::<usize>(), classes[0]);
    loss.try_mean(scores.restore(&rows)?.put_tape(tape), known::ids_of(ids).as_slice())
}
