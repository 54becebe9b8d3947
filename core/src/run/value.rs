//! Tensors without a static shape.
//!
//! The macro has checked all sizes in a network, so the code that runs it does not need them in its types: one compiled copy per number
//! type and device serves all networks. [`Value::restore`] returns to static shapes.

use std::sync::Arc;

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Cpu, Gradients, OwnedTape, SplitTape, Tape, Tensor, Trace};
use dfdx::tensor_ops::{Device, ReshapeTo};

use super::known;
use crate::Scalar;

pub(crate) type Rank1 = (usize,);
pub(crate) type Rank3 = (usize, usize, usize);
pub(crate) type Rank4 = (usize, usize, usize, usize);

/// A contiguous tensor of any shape, without a tape. It shares memory and identity with the tensor from which it was made, so both have the
/// same gradient.
#[derive(Clone, Debug)]
pub struct Value<E: Scalar, D: Device<E>> {
    data: Data<E, D>,
    dims: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Data<E: Scalar, D: Device<E>> {
    Numbers(Tensor<Rank1, E, D>),
    /// Token ids. Whatever the device, they are looked at here before anything is done with them.
    Ids(Arc<Vec<usize>>, D),
}

const NO_NUMBERS: &str = "the shape rules pass token ids to embeddings only";

impl<E: Scalar, D: Device<E>> Value<E, D> {
    /// Removes the static shape and the tape of a tensor. Elements are copied only if the tensor is not contiguous.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn erase<S: Shape, T: Tape<E, D>>(tensor: Tensor<S, E, D, T>) -> Result<(Self, T), D::Err> {
        let dims: Vec<usize> = tensor.shape().concrete().into();
        let len = dims.iter().product();
        let (flat, tape) = tensor.try_reshape_like(&(len,))?.split_tape();
        Ok((Self { data: Data::Numbers(flat), dims }, tape))
    }

    /// [`Value::erase`] for token ids.
    pub(crate) fn erase_ids<S: Shape, T>(tensor: Tensor<S, usize, D, T>) -> (Self, T) {
        let dims: Vec<usize> = tensor.shape().concrete().into();
        let (tensor, tape) = tensor.split_tape();
        // dfdx cannot list the elements of an empty tensor.
        let ids = if dims.contains(&0) { Arc::default() } else { known::ids_of(&tensor) };
        let data = Data::Ids(ids, tensor.device().clone());
        (Self { data, dims }, tape)
    }

    /// Token ids with these sizes.
    pub(crate) fn of_ids(ids: Vec<usize>, dims: Vec<usize>, device: &D) -> Self {
        Self { data: Data::Ids(Arc::new(ids), device.clone()), dims }
    }

    /// Whether this holds token ids.
    pub(crate) fn is_ids(&self) -> bool {
        matches!(self.data, Data::Ids(..))
    }

    /// The token ids.
    pub(crate) fn ids(&self) -> &[usize] {
        match &self.data {
            Data::Ids(ids, _) => ids,
            Data::Numbers(_) => unreachable!("the shape rules pass token ids to embeddings"),
        }
    }

    /// The tensor with this static shape; it has the same memory and identity.
    ///
    /// # Errors
    /// Returns the device's error; in practice there is none, since contiguous data keeps its memory.
    ///
    /// # Panics
    /// Panics if the number of elements differs.
    pub fn restore<S: Shape>(self, shape: &S) -> Result<Tensor<S, E, D>, D::Err> {
        self.into_flat().try_reshape_like(shape)
    }

    /// The sizes, with the batch axis first.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The same data with other sizes.
    pub(crate) fn with_dims(mut self, dims: Vec<usize>) -> Self {
        debug_assert_eq!(dims.iter().product::<usize>(), self.dims.iter().product::<usize>());
        self.dims = dims;
        self
    }

    /// All elements on one axis, for elementwise operations.
    pub(crate) fn flat(&self) -> Tensor<Rank1, E, D> {
        self.clone().into_flat()
    }

    fn into_flat(self) -> Tensor<Rank1, E, D> {
        match self.data {
            Data::Numbers(flat) => flat,
            Data::Ids(..) => unreachable!("{NO_NUMBERS}"),
        }
    }

    /// Three axes: the axes before `axis` flattened, `axis` itself, and the axes after it flattened.
    pub(crate) fn around(&self, axis: usize) -> Result<Tensor<Rank3, E, D>, D::Err> {
        let (before, rest) = self.dims.split_at(axis);
        self.flat().try_reshape_like(&(before.iter().product(), rest[0], rest[1..].iter().product()))
    }

    /// The four axes of a batch of images or of a convolution's weight.
    pub(crate) fn images(&self) -> Result<Tensor<Rank4, E, D>, D::Err> {
        let [a, b, c, d] = self.dims[..].try_into().expect("the shape rule accepts only images");
        self.flat().try_reshape_like(&(a, b, c, d))
    }

    /// The device that holds the data.
    pub(crate) fn device(&self) -> &D {
        match &self.data {
            Data::Numbers(flat) => flat.device(),
            Data::Ids(_, device) => device,
        }
    }

    /// A tape that begins with these gradients. dfdx creates a tape only together with a tensor.
    pub(crate) fn taped(&self, gradients: Gradients<E, D>) -> Result<OwnedTape<E, D>, D::Err> {
        let some = match &self.data {
            Data::Numbers(flat) => flat.clone(),
            Data::Ids(_, device) => device.try_zeros_like(&(1,))?,
        };
        Ok(some.traced(gradients).split_tape().1)
    }

    /// The elements in row-major order.
    pub fn to_vec(&self) -> Vec<E> {
        self.flat().as_vec()
    }

    /// Copies the elements to a slice.
    pub(crate) fn copy_into(&self, into: &mut [E]) {
        match &self.data {
            Data::Numbers(flat) => flat.copy_into(into),
            Data::Ids(..) => unreachable!("{NO_NUMBERS}"),
        }
    }
}

#[cfg(feature = "cuda")]
impl Value<f32, dfdx::tensor::Cuda> {
    /// Where its elements are.
    pub(crate) fn memory(&self) -> crate::cuda::places::Memory {
        match &self.data {
            Data::Numbers(flat) => crate::cuda::places::Memory::of_tensor(flat),
            Data::Ids(..) => unreachable!("{NO_NUMBERS}"),
        }
    }
}

impl Value<f32, Cpu> {
    /// Whether both share the same memory.
    pub(crate) fn is_at_the_place_of(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::Numbers(a), Data::Numbers(b)) if a.shape() == b.shape() => {
                a.shape().0 == 0 || std::ptr::eq(&raw const a[[0]], &raw const b[[0]])
            }
            _ => false,
        }
    }
}
