//! Access to the fields of a network, for generated code.
//!
//! Fields of one type are accessed by number, so that the compiler handles each type once, and not each field.

use std::vec::IntoIter;

use dfdx::nn::tensor_collection::{ModuleFields, ModuleVisitor, TensorCollection};
use dfdx::shapes::Dtype;
use dfdx::tensor_ops::Device;

use super::part::ModelField;
use crate::Scalar;
use crate::init::{InitRule, filled};
use crate::layers::Layer;
use crate::run::slot::Slot;

/// Returns the field with a number.
pub type Get<M, T> = fn(&M, usize) -> &T;
/// Returns the field with a number, mutably.
pub type GetMut<M, T> = fn(&mut M, usize) -> &mut T;

/// Passes the field with a number to a visitor, and appends the visitor's result to the list.
///
/// # Errors
/// Returns the visitor's error.
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

/// [`show`] for a layer whose weights are initialized by the rule `R`.
///
/// # Errors
/// Returns the visitor's error.
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

/// The next field of a list.
///
/// # Panics
/// Panics if the list has no more fields.
pub fn next<T>(list: &mut IntoIter<T>) -> T {
    list.next().expect("each field was counted")
}

/// Calls `work` with each tensor of a layer, to write to.
pub fn slots<E: Scalar, D: Device<E>>(layer: &mut impl Layer<E, D>, work: &mut dyn FnMut(&mut dyn Slot<E, D>)) {
    let mut slots = Vec::new();
    layer.slots(&mut slots);
    slots.into_iter().for_each(work);
}
