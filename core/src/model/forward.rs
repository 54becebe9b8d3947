//! How `#[model(forward)]` runs a field: a model once, all items of a list in order, and nothing for an absent `Option`.

use dfdx::nn::{Module, ModuleMut};

use super::part::{Array, Many, Maybe, One};

/// Inference through a field of the kind [`Part`](super::part::Part).
pub trait Forward<X> {
    /// The field's type.
    type Value;
    /// The output.
    type Output;
    /// The error.
    type Error;

    /// Runs the field.
    ///
    /// # Errors
    /// Returns the model's error.
    fn forward(value: &Self::Value, x: X) -> Result<Self::Output, Self::Error>;
}

/// Training through a field.
pub trait ForwardMut<X> {
    /// The field's type.
    type Value;
    /// The output.
    type Output;
    /// The error.
    type Error;

    /// Runs the field.
    ///
    /// # Errors
    /// Returns the model's error.
    fn forward_mut(value: &mut Self::Value, x: X) -> Result<Self::Output, Self::Error>;
}

impl<X, M: Module<X>> Forward<X> for One<M> {
    type Value = M;
    type Output = M::Output;
    type Error = M::Error;

    fn forward(model: &M, x: X) -> Result<M::Output, M::Error> {
        model.try_forward(x)
    }
}

impl<X, M: ModuleMut<X>> ForwardMut<X> for One<M> {
    type Value = M;
    type Output = M::Output;
    type Error = M::Error;

    fn forward_mut(model: &mut M, x: X) -> Result<M::Output, M::Error> {
        model.try_forward_mut(x)
    }
}

macro_rules! lists {
    ($($list:ty, $type:ty $(, $count:ident)?;)*) => {$(
        impl<X, P: Forward<X, Output = X> $(, const $count: usize)?> Forward<X> for $list {
            type Value = $type;
            type Output = X;
            type Error = P::Error;

            fn forward(list: &Self::Value, x: X) -> Result<X, P::Error> {
                list.iter().try_fold(x, |x, item| P::forward(item, x))
            }
        }

        impl<X, P: ForwardMut<X, Output = X> $(, const $count: usize)?> ForwardMut<X> for $list {
            type Value = $type;
            type Output = X;
            type Error = P::Error;

            fn forward_mut(list: &mut Self::Value, x: X) -> Result<X, P::Error> {
                list.iter_mut().try_fold(x, |x, item| P::forward_mut(item, x))
            }
        }
    )*};
}

lists! {
    Many<P>, Vec<P::Value>;
    Maybe<P>, Option<P::Value>;
    Array<P, N>, [P::Value; N], N;
}
