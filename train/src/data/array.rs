//! Arrays: the data of a batch before it becomes a tensor.

use layercake::DeviceError;
use layercake::prelude::*;

use super::{DataError, error::text};

/// Numbers with a shape, batch axis first, in memory. Workers prepare arrays; [`Array::into_tensor`] converts them to tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array<E = f32> {
    shape: Vec<usize>,
    numbers: Vec<E>,
}

/// A tensor shape whose first axis is a batch of any size. The bound lets the compiler infer the other axes from the network.
pub trait BatchShape: Shape {}

impl BatchShape for (usize,) {}
impl<A: Dim> BatchShape for (usize, A) {}
impl<A: Dim, B: Dim> BatchShape for (usize, A, B) {}
impl<A: Dim, B: Dim, C: Dim> BatchShape for (usize, A, B, C) {}
impl<A: Dim, B: Dim, C: Dim, F: Dim> BatchShape for (usize, A, B, C, F) {}

impl<E> Array<E> {
    /// Creates an array from numbers in row-major order.
    ///
    /// # Panics
    /// Panics if their number does not match the shape.
    pub fn new(shape: Vec<usize>, numbers: Vec<E>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), numbers.len(), "an array of {shape:?}");
        Self { shape, numbers }
    }

    /// The sizes of the axes, batch first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers in row-major order.
    pub fn as_slice(&self) -> &[E] {
        &self.numbers
    }

    /// Converts the array to its numbers.
    pub fn into_vec(self) -> Vec<E> {
        self.numbers
    }

    /// Number of items: the size of the first axis.
    pub fn batch_size(&self) -> usize {
        self.shape[0]
    }
}

impl<E: Clone> Array<E> {
    /// The items of these indices, in this order; an index may be given several times or not at all.
    ///
    /// # Panics
    /// Panics if an index is not below the number of items.
    #[must_use]
    pub fn rows(&self, indices: &[usize]) -> Self {
        let size: usize = self.shape[1..].iter().product();
        let numbers = indices.iter().flat_map(|&index| &self.numbers[index * size..(index + 1) * size]).cloned().collect();
        Self { shape: [&[indices.len()], &self.shape[1..]].concat(), numbers }
    }
}

impl<E: Dtype> Array<E> {
    /// Converts the array to a tensor with a dynamic batch axis. The other axes are inferred:
    /// `net.forward(batch.images.into_tensor(&device)?)`.
    ///
    /// # Errors
    /// Returns an error if the sizes do not match the tensor's type, or the device is out of memory.
    pub fn into_tensor<S: BatchShape, D: TensorFromVec<E>>(self, device: &D) -> Result<Tensor<S, E, D>, DataError> {
        let mut concrete = S::Concrete::default();
        let mut fits = S::NUM_DIMS == self.shape.len();
        if fits {
            self.shape.iter().enumerate().for_each(|(axis, &size)| concrete[axis] = size);
        }
        let shape = if fits { S::from_concrete(&concrete) } else { None };
        fits &= shape.is_some();
        let Some(shape) = shape.filter(|_| fits) else {
            return Err(DataError::Batch {
                expected: std::any::type_name::<S>().replace("dfdx::shapes::shape::", ""),
                found: text(&self.shape),
            });
        };
        layercake::upload(device, self.numbers, shape).map_err(|error| DataError::Device(DeviceError::of(&error)))
    }
}

impl Array<usize> {
    /// Converts the array to token ids whose shape is known only at run time.
    pub fn into_ids<D: Backend<f32>>(self, device: &D) -> DynTensor<f32, D> {
        DynTensor::from_ids(device, self.numbers, &self.shape).expect("an array has as many numbers as its shape says")
    }
}

impl Array<f32> {
    /// Converts the array to a tensor whose shape is known only at run time, for an [`AnyNetwork`](layercake::AnyNetwork).
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn into_dynamic<D: Backend<f32>>(self, device: &D) -> Result<DynTensor<f32, D>, DataError> {
        let value = DynTensor::try_from_vec(device, self.numbers, &self.shape);
        let value = value.map_err(|error| DataError::Device(DeviceError::of(&error)))?;
        Ok(value.expect("an array has as many numbers as its shape says"))
    }

    /// Stacks arrays of one shape along a new first axis. `what` names them in errors.
    ///
    /// # Errors
    /// Returns an error if their shapes differ.
    pub fn stack(what: &'static str, items: impl IntoIterator<Item = (Vec<usize>, Vec<f32>)>) -> Result<Self, DataError> {
        stack(what, items)
    }
}

/// [`Array::stack`] for any element type.
pub(crate) fn stack<E>(what: &'static str, items: impl IntoIterator<Item = (Vec<usize>, Vec<E>)>) -> Result<Array<E>, DataError> {
    let (mut shape, mut numbers, mut count): (Option<Vec<usize>>, Vec<E>, usize) = (None, Vec::new(), 0);
    for (found, mut item) in items {
        match &shape {
            Some(first) if *first != found => {
                return Err(DataError::Uneven { what, first: text(first), found: text(&found) });
            }
            _ => shape = Some(found),
        }
        numbers.append(&mut item);
        count += 1;
    }
    let shape = shape.unwrap_or_default();
    Ok(Array::new([vec![count], shape].concat(), numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_of_the_stated_shape_and_no_other() {
        let device = Cpu::default();
        let array = Array::new(vec![2, 3, 1], (0..6).map(|i| i as f32).collect());
        let tensor: Tensor<(usize, Const<3>, Const<1>), f32, Cpu> = array.clone().into_tensor(&device).unwrap();
        assert_eq!((tensor.shape().0, tensor.as_vec()), (2, array.as_slice().to_vec()));
        let message = array.clone().into_tensor::<(usize, Const<2>, Const<1>), _>(&device).unwrap_err().to_string();
        assert_eq!(message, "batch of shape 2x3x1: expected (usize, Const<2>, Const<1>)");
        assert!(array.into_tensor::<(usize, usize), _>(&device).is_err());
    }

    #[test]
    fn stacked_only_if_even() {
        let items = |second: usize| [(vec![1, 2], vec![1.0, 2.0]), (vec![1, second], vec![3.0; second])];
        assert_eq!(Array::stack("rows", items(2)).unwrap(), Array::new(vec![2, 1, 2], vec![1.0, 2.0, 3.0, 3.0]));
        let message = Array::stack("rows", items(3)).unwrap_err().to_string();
        assert_eq!(message, "rows of a batch must have the same size: the first is 1x2, another 1x3; resize or crop them");
    }
}
