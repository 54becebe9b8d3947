//! Untyped tensors.

use std::collections::BTreeMap;
use std::path::Path;

use dfdx::shapes::Shape;
use dfdx::tensor::{Storage, Tensor, TensorFromVec};
use dfdx::tensor_ops::Device;
use layercake::Scalar;
use safetensors::{Dtype, SafeTensors};

/// A tensor's sizes, the batch first, and its elements in row-major order, from any number type.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// The sizes.
    pub dims: Vec<usize>,
    /// The elements.
    pub values: Vec<f64>,
}

impl Numbers {
    /// The tensors of a safetensors file.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn read(path: &Path) -> BTreeMap<String, Self> {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = SafeTensors::deserialize(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let tensors = file.iter().map(|(key, view)| {
            let values = match view.dtype() {
                Dtype::F32 => view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes).into()).collect(),
                Dtype::I64 => view.data().as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes) as f64).collect(),
                Dtype::U8 => view.data().iter().map(|&byte| byte.into()).collect(),
                dtype => panic!("{}: `{key}` has the type {dtype:?}", path.display()),
            };
            (key.to_owned(), Self { dims: view.shape().to_vec(), values })
        });
        tensors.collect()
    }

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
