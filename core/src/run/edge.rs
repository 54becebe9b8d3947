//! The edge of a network: typed tensors outside, values inside.

use dfdx::shapes::Shape;
use dfdx::tensor::{Merge, PutTape, Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;

use super::value::Value;
use crate::Scalar;

/// A network's values, and the tape that recorded them.
pub type Erased<E, D, T> = (Vec<Value<E, D>>, T);

/// The input of a network: a tensor, or a tuple of tensors for several inputs.
pub trait Inputs<E: Scalar, D: Device<E>, T> {
    /// Removes the static shapes; the tapes are merged into one.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn erase(self) -> Result<Erased<E, D, T>, D::Err>;
}

/// The output of a network: a tensor, or a tuple of tensors for several outputs.
pub trait Outputs<E: Scalar, D: Device<E>, T>: Sized {
    /// Whether outputs of these sizes (batch axis first) fit these tensors. [`Outputs::restore`] panics if they do not.
    fn fit(dims: &[Vec<usize>]) -> bool;

    /// Restores the static shapes. There is one tape for each value.
    ///
    /// # Errors
    /// Returns the device's error; in practice there is none, since contiguous data keeps its memory.
    fn restore(values: Vec<Value<E, D>>, tapes: Vec<T>) -> Result<Self, D::Err>;
}

/// One input tensor: of numbers, or of token ids.
pub trait Input<E: Scalar, D: Device<E>, T> {
    /// Removes the static shape.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    #[doc(hidden)]
    fn erase_one(self) -> Result<(Value<E, D>, T), D::Err>;
}

impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> Input<E, D, T> for Tensor<S, E, D, T> {
    fn erase_one(self) -> Result<(Value<E, D>, T), D::Err> {
        Value::erase(self)
    }
}

/// Token ids.
impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> Input<E, D, T> for Tensor<S, usize, D, T> {
    fn erase_one(self) -> Result<(Value<E, D>, T), D::Err> {
        Ok(Value::erase_ids(self))
    }
}

impl<S: Shape, N, E: Scalar, D: Device<E> + Storage<N>, T: Tape<E, D>> Inputs<E, D, T> for Tensor<S, N, D, T>
where
    Self: Input<E, D, T>,
{
    fn erase(self) -> Result<Erased<E, D, T>, D::Err> {
        let (value, tape) = self.erase_one()?;
        Ok((vec![value], tape))
    }
}

impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> Outputs<E, D, T> for Tensor<S, E, D, T> {
    fn fit(dims: &[Vec<usize>]) -> bool {
        let [dims] = dims else { return false };
        shape::<S>(dims).is_some()
    }

    fn restore(mut values: Vec<Value<E, D>>, mut tapes: Vec<T>) -> Result<Self, D::Err> {
        let (value, tape) = values.pop().zip(tapes.pop()).expect("a network has an output");
        let shape = shape::<S>(value.dims()).expect("the macro declared the output that the graph gives");
        Ok(value.restore(&shape)?.put_tape(tape))
    }
}

/// The static shape of these sizes; none if the number of axes or a stated size differs.
pub(crate) fn shape<S: Shape>(dims: &[usize]) -> Option<S> {
    if dims.len() != S::NUM_DIMS {
        return None;
    }
    let mut sizes = S::Concrete::default();
    for (i, &size) in dims.iter().enumerate() {
        sizes[i] = size;
    }
    S::from_concrete(&sizes)
}

macro_rules! tuples {
    ($(($first:ident $firsti:tt $(, $name:ident $i:tt)+))*) => {$(
        impl<$first: Input<E, D, T>, $($name: Input<E, D, T>,)+ E: Scalar, D: Device<E>, T: Tape<E, D> + Merge<T>> Inputs<E, D, T>
            for ($first, $($name,)+)
        {
            fn erase(self) -> Result<Erased<E, D, T>, D::Err> {
                let (first, tape) = self.$firsti.erase_one()?;
                let mut values = vec![first];
                $(
                    let (value, other) = self.$i.erase_one()?;
                    values.push(value);
                    let tape = tape.merge(other);
                )+
                Ok((values, tape))
            }
        }

        impl<$first: Shape, $($name: Shape,)+ E: Scalar, D: Device<E>, T: Tape<E, D>> Outputs<E, D, T>
            for (Tensor<$first, E, D, T>, $(Tensor<$name, E, D, T>,)+)
        {
            fn fit(dims: &[Vec<usize>]) -> bool {
                let mut rest = dims.chunks(1);
                let mut next = || rest.next().unwrap_or_default();
                let all = <Tensor<$first, E, D, T> as Outputs<E, D, T>>::fit(next())
                    $(& <Tensor<$name, E, D, T> as Outputs<E, D, T>>::fit(next()))+;
                all && rest.next().is_none()
            }

            fn restore(values: Vec<Value<E, D>>, tapes: Vec<T>) -> Result<Self, D::Err> {
                let mut each = values.into_iter().zip(tapes);
                let mut next = || {
                    let (value, tape) = each.next().expect("the macro declared the outputs that the graph gives");
                    (vec![value], vec![tape])
                };
                let (value, tape) = next();
                let first: Tensor<$first, E, D, T> = Outputs::restore(value, tape)?;
                Ok((first, $({
                    let (value, tape) = next();
                    let other: Tensor<$name, E, D, T> = Outputs::restore(value, tape)?;
                    other
                },)+))
            }
        }
    )*};
}

tuples! {
    (S0 0, S1 1)
    (S0 0, S1 1, S2 2)
    (S0 0, S1 1, S2 2, S3 3)
    (S0 0, S1 1, S2 2, S3 3, S4 4)
    (S0 0, S1 1, S2 2, S3 3, S4 4, S5 5)
}
