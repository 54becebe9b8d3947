//! What the code of a network asks of its fields.
//!
//! Fields of one type are got by their number, so that the compiler meets each type once, and not each field.

use std::vec::IntoIter;

use dfdx::nn::tensor_collection::{ModuleFields, ModuleVisitor, TensorCollection};
use dfdx::shapes::Dtype;
use dfdx::tensor_ops::Device;

use super::part::ModelField;
use crate::Scalar;
use crate::init::{InitRule, filled};
use crate::layers::Layer;
use crate::value::Slot;

/// Gets the field of a number.
pub type Get<M, T> = fn(&M, usize) -> &T;
/// Gets the field of a number to change it.
pub type GetMut<M, T> = fn(&mut M, usize) -> &mut T;

/// Shows the field of a number to a visitor; what the visitor makes of it is put at the end of the list.
///
/// # Errors
/// The visitor's.
pub fn show<T, M, E, D, V>(
    visitor: &mut V,
    path: &str,
    which: usize,
    get: Get<M, T>,
    get_mut: GetMut<M, T>,
    list: &mut Vec<T::Moved<V::E2, V::D2>>,
) -> Result<(), V::Err>
where
    T: ModelField<E, D>,
    M: TensorCollection<E, D>,
    E: Dtype,
    D: Device<E>,
    V: ModuleVisitor<M, E, D>,
{
    list.extend(T::show(visitor, path, &|net| get(net, which), &|net| get_mut(net, which))?);
    Ok(())
}

/// [`show`] for a layer whose weights begin by the rule `R`.
///
/// # Errors
/// The visitor's.
pub fn fill<R, T, M, E, D, V>(
    visitor: &mut V,
    path: &str,
    which: usize,
    get: Get<M, T>,
    get_mut: GetMut<M, T>,
    list: &mut Vec<T::To<V::E2, V::D2>>,
) -> Result<(), V::Err>
where
    R: InitRule,
    T: TensorCollection<E, D> + 'static,
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
    V: ModuleVisitor<M, E, D>,
{
    let field = filled::<R, M, E, D, _, _, T>(path, |net| get(net, which), |net| get_mut(net, which));
    list.extend(field.visit_fields(visitor)?);
    Ok(())
}

/// The next field of a list that has as many as are asked for.
///
/// # Panics
/// If it has not.
pub fn next<T>(list: &mut IntoIter<T>) -> T {
    list.next().expect("each field was counted")
}

/// Calls `work` with each tensor of a layer, as a place to store into.
pub fn slots<E: Scalar, D: Device<E>>(layer: &mut impl Layer<E, D>, work: &mut dyn FnMut(&mut dyn Slot<E, D>)) {
    let mut slots = Vec::new();
    layer.slots(&mut slots);
    slots.into_iter().for_each(work);
}
