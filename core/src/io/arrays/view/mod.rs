//! A tensor as it lies in the bytes of a file.

#[cfg(feature = "zip")]
mod strided;

use std::borrow::Cow;

#[cfg(feature = "zip")]
pub(crate) use strided::MOST_AXES;

use super::NumberType;
use crate::Scalar;
use crate::io::encode;

/// A tensor in the bytes of a file: any strides, little-endian numbers.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    kind: NumberType,
    shape: Vec<usize>,
    /// In numbers; `None` if the numbers lie in row-major order without gaps.
    strides: Option<Vec<usize>>,
    /// From the first number on.
    bytes: Cow<'a, [u8]>,
}

impl<'a> View<'a> {
    /// A tensor in row-major order. The reason, if there are more or fewer bytes than its shape says.
    pub(crate) fn new(kind: NumberType, shape: Vec<usize>, bytes: impl Into<Cow<'a, [u8]>>) -> Result<Self, String> {
        let bytes = bytes.into();
        match byte_count(kind, &shape) {
            Some(expected) if expected == bytes.len() => Ok(Self { kind, shape, strides: None, bytes }),
            _ => Err(format!("shape {shape:?} of {kind} does not fit its {} bytes", bytes.len())),
        }
    }

    pub(crate) fn kind(&self) -> NumberType {
        self.kind
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The bytes of all numbers in row-major order.
    pub(crate) fn byte_count(&self) -> usize {
        self.len() * self.kind.size()
    }

    /// The numbers in row-major order.
    pub(crate) fn decode<E: Scalar>(&self) -> Vec<E> {
        let mut numbers = Vec::with_capacity(self.len());
        match &self.strides {
            None => self.kind.decode(&self.bytes, &mut numbers),
            Some(strides) => {
                self.each_run(strides, |run| self.kind.decode(run, &mut numbers));
            }
        }
        numbers
    }

    /// The same numbers as F32.
    pub(crate) fn to_f32(&self) -> View<'static> {
        View::new(NumberType::F32, self.shape.clone(), encode(&self.decode::<f32>())).expect("as many numbers as the shape says")
    }

    /// The little-endian bytes in row-major order.
    pub(crate) fn in_order(&self) -> Cow<'_, [u8]> {
        let Some(strides) = &self.strides else { return Cow::Borrowed(&self.bytes) };
        let mut bytes = Vec::with_capacity(self.byte_count());
        self.each_run(strides, |run| bytes.extend_from_slice(run));
        Cow::Owned(bytes)
    }

    /// Calls `work` with the bytes of neighboring numbers, in row-major order: whole rows where they lie together, otherwise single numbers.
    fn each_run(&self, strides: &[usize], mut work: impl FnMut(&[u8])) {
        let size = self.kind.size();
        let (outer, run) = match (self.shape.last(), strides.last()) {
            (Some(&last), Some(1)) => (self.shape.len() - 1, last),
            _ => (self.shape.len(), 1),
        };
        let (shape, strides) = (&self.shape[..outer], &strides[..outer]);
        let mut place = vec![0; outer];
        let mut at = 0;
        loop {
            work(&self.bytes[at * size..(at + run) * size]);
            // The next place: the last axis that has not ended moves on, those behind it begin again.
            let Some(axis) = (0..outer).rev().find(|&axis| {
                let ends = place[axis] + 1 == shape[axis];
                if ends {
                    at -= place[axis] * strides[axis];
                    place[axis] = 0;
                }
                !ends
            }) else {
                return;
            };
            place[axis] += 1;
            at += strides[axis];
        }
    }
}

fn byte_count(kind: NumberType, shape: &[usize]) -> Option<usize> {
    // Zero in any place makes the tensor empty, whatever the other sizes are; but their product has to be a number all the same.
    shape.iter().try_fold(kind.size(), |product, &size| product.checked_mul(size))
}
