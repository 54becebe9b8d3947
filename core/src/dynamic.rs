//! Tensors whose shape is known at run time only.

use dfdx::shapes::Shape;
use dfdx::tensor::{Merge, NoneTape, PutTape, Tape, Tensor};
use dfdx::tensor_ops::Device;

use crate::Scalar;
use crate::edge::{Erased, Inputs, Outputs};
use crate::value::Value;

/// A tensor whose static shape is right.
type Shaped<S, E, D, T> = Option<Tensor<S, E, D, T>>;

/// A tensor of any rank, with the tape `T` that recorded it: for [`crate::GraphModel`]s whose shapes nobody knew when the program was
/// written. A `Vec` of them goes into a network and comes out of it.
///
/// It is made of a dfdx tensor and becomes one again; both share memory and gradients.
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
    /// A tensor of these numbers, row-major, the batch axis first. None if there are not as many as `dims` says.
    ///
    /// # Errors
    /// If the device is out of memory.
    pub fn try_from_vec(device: &D, numbers: Vec<E>, dims: &[usize]) -> Result<Option<Self>, D::Err> {
        let len = dims.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
        if len != Some(numbers.len()) {
            return Ok(None);
        }
        let shape = (numbers.len(),);
        let (value, tape) = Value::erase(device.try_tensor_from_vec(numbers, shape)?)?;
        Ok(Some(Self { value: value.with_dims(dims.to_vec()), tape }))
    }

    /// Token ids, row-major, the batch axis first. None if there are not as many as `dims` says.
    pub fn from_ids(device: &D, ids: Vec<usize>, dims: &[usize]) -> Option<Self> {
        let len = dims.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
        (len == Some(ids.len())).then(|| Self { value: Value::of_ids(ids, dims.to_vec(), device), tape: NoneTape })
    }
}

impl<E: Scalar, D: Device<E>, T: Tape<E, D>> DynTensor<E, D, T> {
    /// Takes the shape off a tensor's type.
    ///
    /// # Errors
    /// If the device is out of memory: the numbers are copied where they do not lie one behind the other.
    pub fn try_from_tensor<S: Shape>(tensor: Tensor<S, E, D, T>) -> Result<Self, D::Err> {
        let (value, tape) = Value::erase(tensor)?;
        Ok(Self { value, tape })
    }

    /// The tensor of the static shape `S`; none if it holds token ids, or if it has another number of axes, or another size where `S` states one.
    ///
    /// # Errors
    /// None in practice: the tensor keeps its memory.
    pub fn try_into_tensor<S: Shape>(self) -> Result<Shaped<S, E, D, T>, D::Err> {
        let shape = crate::edge::shape::<S>(self.value.dims()).filter(|_| !self.value.is_ids());
        let Some(shape) = shape else { return Ok(None) };
        Ok(Some(self.value.restore(&shape)?.put_tape(self.tape)))
    }

    /// The sizes, the batch axis first.
    pub fn dims(&self) -> &[usize] {
        self.value.dims()
    }

    /// The numbers, row-major; token ids as numbers.
    pub fn as_vec(&self) -> Vec<E> {
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
            // The first tape is taken over as it is: it may hold more than a merger keeps.
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
