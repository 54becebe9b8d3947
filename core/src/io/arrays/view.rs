//! A tensor as it lies in the bytes of a file.

use std::borrow::Cow;

use super::NumberType;
use crate::Scalar;
use crate::io::encode;

/// More axes than any tensor of a model has.
pub(crate) const MOST_AXES: usize = 32;

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

    /// A tensor whose neighbors along each axis are `strides` numbers apart, from the number `offset` of `bytes` on. The reason, if it reaches beyond.
    pub(crate) fn strided(
        kind: NumberType,
        shape: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        bytes: impl Into<Cow<'a, [u8]>>,
    ) -> Result<Self, String> {
        let bytes = bytes.into();
        let beyond =
            || format!("shape {shape:?}, strides {strides:?} and offset {offset} do not fit {} numbers", bytes.len() / kind.size());
        if shape.len() > MOST_AXES || strides.len() != shape.len() {
            return Err(format!("{} sizes and {} strides; at most {MOST_AXES} axes are read", shape.len(), strides.len()));
        }
        let count = byte_count(kind, &shape).ok_or_else(beyond)?;
        if count == 0 {
            return Ok(Self { kind, shape, strides: None, bytes: Cow::Borrowed(&[]) });
        }
        let last = shape.iter().zip(&strides).try_fold(offset, |at, (&size, &stride)| at.checked_add((size - 1).checked_mul(stride)?));
        let end = last.and_then(|last| last.checked_add(1)?.checked_mul(kind.size())).filter(|&end| end <= bytes.len());
        let (Some(end), start) = (end, offset.saturating_mul(kind.size())) else { return Err(beyond()) };
        let bytes = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[start..end]),
            Cow::Owned(bytes) if start == 0 && end == bytes.len() => Cow::Owned(bytes),
            Cow::Owned(bytes) => Cow::Owned(bytes[start..end].to_vec()),
        };
        let strides = (!is_row_major(&shape, &strides)).then_some(strides);
        Ok(Self { kind, shape, strides, bytes })
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

fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    shape.iter().zip(strides).rev().all(|(&size, &stride)| {
        let fits = size == 1 || stride == expected;
        expected *= size;
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count as u16).flat_map(u16::to_le_bytes).collect()
    }

    fn strided(shape: &[usize], strides: &[usize], offset: usize) -> Result<Vec<f64>, String> {
        let bytes = bytes(24);
        View::strided(NumberType::U16, shape.to_vec(), strides.to_vec(), offset, &bytes).map(|view| {
            let numbers: Vec<f64> = view.decode();
            let copied = View::new(NumberType::U16, shape.to_vec(), view.in_order().into_owned()).unwrap();
            assert_eq!(copied.decode::<f64>(), numbers);
            numbers
        })
    }

    #[test]
    fn strides() {
        assert_eq!(strided(&[2, 3], &[3, 1], 1).unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(strided(&[2, 3], &[1, 2], 0).unwrap(), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(strided(&[2, 2, 2], &[12, 4, 1], 2).unwrap(), [2.0, 3.0, 6.0, 7.0, 14.0, 15.0, 18.0, 19.0]);
        assert_eq!(strided(&[3, 2], &[0, 5], 3).unwrap(), [3.0, 8.0, 3.0, 8.0, 3.0, 8.0]);
        assert_eq!(strided(&[], &[], 23).unwrap(), [23.0]);
        assert_eq!(strided(&[1, 4], &[99, 1], 20).unwrap(), [20.0, 21.0, 22.0, 23.0]);
        assert_eq!(strided(&[0, 4], &[4, 1], 500).unwrap(), [0.0; 0]);
        for (shape, strides, offset) in [
            (&[4usize][..], &[1usize][..], 21),
            (&[2, 2], &[23, 1], 0),
            (&[2], &[usize::MAX], 0),
            (&[usize::MAX, 2], &[0, 0], 0),
            (&[2], &[1, 1], 0),
        ] {
            assert!(strided(shape, strides, offset).is_err(), "{shape:?} {strides:?} {offset}");
        }
    }
}
