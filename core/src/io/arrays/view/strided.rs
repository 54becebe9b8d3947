//! Tensors with any strides, as PyTorch stores views and NumPy stores arrays in Fortran order.

use std::borrow::Cow;

use super::{NumberType, View, byte_count};

/// More axes than any tensor of a model has.
pub(crate) const MOST_AXES: usize = 32;

impl<'a> View<'a> {
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
