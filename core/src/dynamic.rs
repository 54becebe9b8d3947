//! Tensors whose shape is known only at run time.

use dfdx::shapes::Shape;
use dfdx::tensor::{Merge, NoneTape, OwnedTape, PutTape, Tape, Tensor};
use dfdx::tensor_ops::Device;

use crate::Scalar;
use crate::run::edge::{Erased, Inputs, Outputs};
use crate::run::value::Value;

/// A tensor of the requested static shape, if it fits.
type Shaped<S, E, D, T> = Option<Tensor<S, E, D, T>>;

/// All elements on one axis.
type Flat<E, D, T> = Tensor<(usize,), E, D, T>;

/// A tensor of any rank, with the tape `T` that recorded it, for a [`crate::GraphModel`] whose shapes are not known at compile time. Networks with
/// several inputs or outputs take and return a `Vec` of them.
///
/// It is converted from and to dfdx tensors; both share memory and gradients.
///
/// ```
/// use layercake::prelude::*;
///
/// let device = Cpu::default();
/// let x: Tensor<Rank2<3, 4>, f32, _> = device.ones();
/// let any = DynTensor::try_from_tensor(x)?;
/// assert_eq!(any.dims(), [3, 4]);
/// let wrong = any.clone().try_into_tensor::<(usize, Const<5>)>()?;
/// assert!(wrong.is_none());
/// let right = any.try_into_tensor::<(usize, Const<4>)>()?.unwrap();
/// assert_eq!(right.shape().0, 3);
/// # Ok::<(), layercake::dfdx::tensor::CpuError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DynTensor<E: Scalar, D: Device<E>, T = NoneTape> {
    value: Value<E, D>,
    tape: T,
}

impl<E: Scalar, D: Device<E>> DynTensor<E, D> {
    /// A tensor of these numbers in row-major order, with the batch axis first. None if their number does not match `dims`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn try_from_vec(device: &D, numbers: Vec<E>, dims: &[usize]) -> Result<Option<Self>, D::Err> {
        let len = dims.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
        if len != Some(numbers.len()) {
            return Ok(None);
        }
        let shape = (numbers.len(),);
        let (value, tape) = Value::erase(device.try_tensor_from_vec(numbers, shape)?)?;
        Ok(Some(Self { value: value.with_dims(dims.to_vec()), tape }))
    }

    /// Token ids in row-major order, with the batch axis first. None if their number does not match `dims`.
    pub fn from_ids(device: &D, ids: Vec<usize>, dims: &[usize]) -> Option<Self> {
        let len = dims.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
        (len == Some(ids.len())).then(|| Self { value: Value::of_ids(ids, dims.to_vec(), device), tape: NoneTape })
    }
}

impl<E: Scalar, D: Device<E>> DynTensor<E, D> {
    /// The tensor with a tape of its own, on which what is computed from it is recorded: dfdx's `leaky_traced`, which keeps the gradients of all values.
    #[must_use]
    pub fn leaky_traced(self) -> DynTensor<E, D, OwnedTape<E, D>> {
        DynTensor { value: self.value, tape: OwnedTape::default() }
    }
}

impl<E: Scalar, D: Device<E>> From<Value<E, D>> for DynTensor<E, D> {
    fn from(value: Value<E, D>) -> Self {
        Self { value, tape: NoneTape }
    }
}

impl<E: Scalar, D: Device<E>, T: Tape<E, D>> DynTensor<E, D, T> {
    /// Removes the static shape of a tensor.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory: the elements are copied if they are not contiguous.
    pub fn try_from_tensor<S: Shape>(tensor: Tensor<S, E, D, T>) -> Result<Self, D::Err> {
        let (value, tape) = Value::erase(tensor)?;
        Ok(Self { value, tape })
    }

    /// The tensor with the static shape `S`. None if it holds token ids, has another number of axes, or another size than `S` states.
    ///
    /// # Errors
    /// Returns the device's error; in practice there is none, since the tensor keeps its memory.
    pub fn try_into_tensor<S: Shape>(self) -> Result<Shaped<S, E, D, T>, D::Err> {
        let shape = crate::run::edge::shape::<S>(self.value.dims()).filter(|_| !self.value.is_ids());
        let Some(shape) = shape else { return Ok(None) };
        Ok(Some(self.value.restore(&shape)?.put_tape(self.tape)))
    }

    /// The tensor with an elementwise operation applied to it, which sees all elements on one axis.
    ///
    /// # Errors
    /// Returns what the operation returns.
    ///
    /// # Panics
    /// Panics if it holds token ids, or if the operation changes the number of elements.
    pub fn try_elementwise(self, operation: impl FnOnce(Flat<E, D, T>) -> Result<Flat<E, D, T>, D::Err>) -> Result<Self, D::Err> {
        let Self { value, tape } = self;
        let dims = value.dims().to_vec();
        let (value, tape) = Value::erase(operation(value.flat().put_tape(tape))?)?;
        assert_eq!(value.dims()[0], dims.iter().product::<usize>(), "an elementwise operation keeps the number of elements");
        Ok(Self { value: value.with_dims(dims), tape })
    }

    /// The value.
    pub(crate) fn value(&self) -> &Value<E, D> {
        &self.value
    }

    /// A value with its tape.
    pub(crate) fn of(value: Value<E, D>, tape: T) -> Self {
        Self { value, tape }
    }

    /// The value and its tape.
    pub(crate) fn into_parts(self) -> (Value<E, D>, T) {
        (self.value, self.tape)
    }

    /// The sizes, with the batch axis first.
    pub fn dims(&self) -> &[usize] {
        self.value.dims()
    }

    /// Whether the elements are token ids.
    pub fn is_ids(&self) -> bool {
        self.value.is_ids()
    }

    /// The elements in row-major order; token ids as numbers.
    pub fn to_vec(&self) -> Vec<E> {
        if self.value.is_ids() {
            return self.value.ids().iter().map(|&id| crate::host::number(id as f64)).collect();
        }
        self.value.flat().as_vec()
    }
}

impl<E: Scalar, D: Device<E>, T: Tape<E, D> + Merge<T>> Inputs<E, D, T> for Vec<DynTensor<E, D, T>> {
    fn erase(self) -> Result<Erased<E, D, T>, D::Err> {
        let (mut values, mut tape) = (Vec::new(), T::default());
        for (i, tensor) in self.into_iter().enumerate() {
            values.push(tensor.value);
            // The first tape is kept as it is: it may have more than merging keeps.
            tape = if i == 0 { tensor.tape } else { tape.merge(tensor.tape) };
        }
        Ok((values, tape))
    }
}

impl<E: Scalar, D: Device<E>, T: Tape<E, D>> Outputs<E, D, T> for Vec<DynTensor<E, D, T>> {
    fn fit(_: &[Vec<usize>]) -> bool {
        true
    }

    fn restore(values: Vec<Value<E, D>>, tapes: Vec<T>) -> Result<Self, D::Err> {
        Ok(values.into_iter().zip(tapes).map(|(value, tape)| DynTensor { value, tape }).collect())
    }
}
