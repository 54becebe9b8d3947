//! Softmax cross entropy.

use dfdx::shapes::{Axis, Const, Dim, HasShape, Rank0};
use dfdx::tensor::{Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{Device, MeanTo, SelectTo};

use crate::Scalar;

/// The mean of `-log(softmax(logits)[label])` over the batch, PyTorch's `cross_entropy` with class ids.
///
/// # Shapes
/// `logits [B, CLASSES]`, one label a row; the output is a scalar.
///
/// # Panics
/// If there is not exactly one label a row, if a label is not below `CLASSES`, or if the device is out of memory.
pub fn cross_entropy<B: Dim, const CLASSES: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<(B, Const<CLASSES>), E, D, T>,
    labels: &[usize],
) -> Tensor<Rank0, E, D, T> {
    try_cross_entropy(logits, labels).unwrap_or_else(|error| panic!("{error}"))
}

/// [`cross_entropy`], fallible.
///
/// # Errors
/// If the device is out of memory.
///
/// # Panics
/// If there is not exactly one label a row, or a label is not below `CLASSES`.
pub fn try_cross_entropy<B: Dim, const CLASSES: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<(B, Const<CLASSES>), E, D, T>,
    labels: &[usize],
) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
    let batch = logits.shape().0;
    assert_eq!(labels.len(), batch.size(), "a batch of {} needs as many labels, not {}", batch.size(), labels.len());
    if let Some((i, label)) = labels.iter().enumerate().find(|(_, label)| **label >= CLASSES) {
        panic!("label {i} is {label}, but there are only {CLASSES} classes");
    }
    let index = <D as TensorFromVec<usize>>::try_tensor_from_vec(logits.device(), labels.to_vec(), (batch,))?;
    let picked: Tensor<(B,), E, D, T> = logits.try_log_softmax::<Axis<1>>()?.try_select(index)?;
    picked.try_mean::<Rank0, _>()?.try_negate()
}
