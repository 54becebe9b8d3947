//! Untyped tensors.

use dfdx::shapes::Shape;
use dfdx::tensor::{Storage, Tensor, TensorFromVec};
use dfdx::tensor_ops::Device;
use layercake::Scalar;

/// A tensor's sizes, the batch first, and its elements in row-major order, from any number type.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// The sizes.
    pub dims: Vec<usize>,
    /// The elements.
    pub values: Vec<f64>,
}

impl Numbers {
    /// The numbers of a tensor.
    pub fn of<S: Shape, E: Scalar, D: Storage<E>, T>(tensor: &Tensor<S, E, D, T>) -> Self {
        let values = tensor.as_vec().into_iter().map(|value| value.to_f64().expect("a float")).collect();
        Self { dims: dfdx::shapes::HasShape::shape(tensor).concrete().into(), values }
    }

    /// The typed tensor of these numbers.
    ///
    /// # Panics
    /// If that shape has other sizes.
    pub fn tensor<S: Shape, E: Scalar, D: Device<E>>(&self, device: &D) -> Tensor<S, E, D> {
        assert_eq!(self.dims.len(), S::NUM_DIMS, "a shape of another rank than {:?}", self.dims);
        let mut concrete = S::Concrete::default();
        for (axis, &size) in self.dims.iter().enumerate() {
            concrete[axis] = size;
        }
        let shape = S::from_concrete(&concrete).unwrap_or_else(|| panic!("{:?} where other sizes are expected", self.dims));
        device.tensor_from_vec(self.cast(), shape)
    }

    /// A tensor of token ids.
    ///
    /// # Panics
    /// As [`Numbers::tensor`].
    pub fn ids<S: Shape, D: TensorFromVec<usize>>(&self, device: &D) -> Tensor<S, usize, D> {
        let mut concrete = S::Concrete::default();
        for (axis, &size) in self.dims.iter().enumerate() {
            concrete[axis] = size;
        }
        let shape = S::from_concrete(&concrete).unwrap_or_else(|| panic!("{:?} where other sizes are expected", self.dims));
        device.tensor_from_vec(self.values.iter().map(|&id| id as usize).collect(), shape)
    }

    /// The elements in another type.
    pub fn cast<E: Scalar>(&self) -> Vec<E> {
        self.values.iter().map(|&value| num_traits::NumCast::from(value).expect("a float")).collect()
    }

    /// The largest magnitude; infinite if an element is NaN.
    pub fn magnitude(&self) -> f64 {
        self.values.iter().fold(0.0, |most: f64, value| if value.is_nan() { f64::INFINITY } else { most.max(value.abs()) })
    }
}
