//! How a field of a `#[derive(Model)]` struct takes part in dfdx's visit of all tensors.
//!
//! dfdx visits types, not values: [`TensorCollection::iter_tensors`] has no `self`, so the length of a `Vec` is not available. But a visit of an
//! existing model passes it to the functions that access a field. A list is therefore visited once as a module without tensors, whose accessor reads
//! the length. A visit without a model, when one is built, takes the length from the declaration.

#![allow(clippy::type_complexity, reason = "dfdx's visitors give their results in such types")]

use std::cell::Cell;
use std::marker::PhantomData;

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::shapes::{ConstShape, Dtype};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::init::Init;

/// The type of a field that is a model.
///
/// Generated code has no other bounds than this trait and [`TensorField`], so that the compiler reports these if a field does not fit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "neither a network, a layer, a dfdx module nor a struct with `#[derive(Model)]`",
    note = "mark a field that holds no parameters with `#[model(skip)]`, a tensor with `#[model(param)]` or `#[model(buffer)]`"
)]
pub trait ModelField<E: Dtype, D: Device<E>>: Sized {
    /// The model after a move to another number type or device.
    type Moved<E2: Dtype, D2: Device<E2>>;

    /// Passes it to a visitor.
    ///
    /// # Errors
    /// Returns the visitor's error.
    fn show<M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
        visitor: &mut V,
        name: &str,
        get: Get<'_, M, Self>,
        get_mut: GetMut<'_, M, Self>,
    ) -> Result<Option<Self::Moved<V::E2, V::D2>>, V::Err>;
}

#[diagnostic::do_not_recommend]
impl<F: TensorCollection<E, D>, E: Dtype, D: Device<E>> ModelField<E, D> for F {
    type Moved<E2: Dtype, D2: Device<E2>> = F::To<E2, D2>;

    fn show<M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
        visitor: &mut V,
        name: &str,
        get: Get<'_, M, F>,
        get_mut: GetMut<'_, M, F>,
    ) -> Result<Option<F::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_module(name, |owner| get(owner), |owner| get_mut(owner))
    }
}

/// The type of a field that is a tensor of the model's own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tensor that a model can own",
    label = "expected a `Tensor` of the model's number type and device, with sizes known at compile time",
    note = "a field that is a model needs no `#[model(param)]` or `#[model(buffer)]`"
)]
pub trait TensorField<E: Dtype, D: Device<E>, I>: Sized {
    /// The tensor after a move to another number type or device.
    type Moved<E2: Dtype, D2: Device<E2>>;

    /// Passes it to a visitor.
    ///
    /// # Errors
    /// Returns the visitor's error.
    fn show<M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
        visitor: &mut V,
        name: &str,
        trained: bool,
        get: Get<'_, M, Self>,
        get_mut: GetMut<'_, M, Self>,
    ) -> Result<Option<Self::Moved<V::E2, V::D2>>, V::Err>;
}

#[diagnostic::do_not_recommend]
impl<S: ConstShape, E: Dtype, D: Device<E>, I: Init<S, E, D>> TensorField<E, D, I> for Tensor<S, E, D> {
    type Moved<E2: Dtype, D2: Device<E2>> = Tensor<S, E2, D2>;

    fn show<M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
        visitor: &mut V,
        name: &str,
        trained: bool,
        get: Get<'_, M, Self>,
        get_mut: GetMut<'_, M, Self>,
    ) -> Result<Option<Tensor<S, V::E2, V::D2>>, V::Err> {
        let mut options = TensorOptions::reset_with(|tensor| I::fill(tensor));
        options.do_gradient_update = trained;
        visitor.visit_tensor(name, |owner| get(owner), |owner| get_mut(owner), options)
    }
}

/// The kind of a field. `Value` is the field's type, and the implementor describes its structure: `Many<One<Linear<2, 2>>>` for a `Vec<Linear<2,
/// 2>>`.
pub trait Part<E: Dtype, D: Device<E>> {
    /// The field's type.
    type Value;
    /// The field's type after a move to another number type or device.
    type To<E2: Dtype, D2: Device<E2>>;

    /// Passes the field to a visitor.
    ///
    /// # Errors
    /// Returns the visitor's error.
    fn walk<M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
        visitor: &mut V,
        name: &str,
        build: Build<'_>,
        get: Get<'_, M, Self::Value>,
        get_mut: GetMut<'_, M, Self::Value>,
    ) -> Walked<Self, M, E, D, V>;
}

/// The new field, if the visitor builds.
pub type Walked<P, M, E, D, V> = Result<
    Option<<P as Part<E, D>>::To<<V as ModuleVisitor<M, E, D>>::E2, <V as ModuleVisitor<M, E, D>>::D2>>,
    <V as ModuleVisitor<M, E, D>>::Err,
>;

/// Returns a field.
pub type Get<'a, M, T> = &'a dyn Fn(&M) -> &T;
/// Returns a field, mutably.
pub type GetMut<'a, M, T> = &'a dyn Fn(&mut M) -> &mut T;

/// The attributes of a field that matter when it is built.
#[derive(Clone, Copy, Debug)]
pub struct Build<'a> {
    /// The lengths of the `Vec`s, the outer one first.
    pub lengths: &'a [usize],
    /// Whether an `Option` is built as `Some`.
    pub some: bool,
}

/// A model.
#[derive(Debug)]
pub struct One<M>(PhantomData<M>);

impl<F: ModelField<E, D>, E: Dtype, D: Device<E>> Part<E, D> for One<F> {
    type Value = F;
    type To<E2: Dtype, D2: Device<E2>> = F::Moved<E2, D2>;

    fn walk<M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
        visitor: &mut V,
        name: &str,
        _: Build<'_>,
        get: Get<'_, M, F>,
        get_mut: GetMut<'_, M, F>,
    ) -> Walked<Self, M, E, D, V> {
        F::show(visitor, name, get, get_mut)
    }
}

/// A tensor of the model's own, filled by `I`.
#[derive(Debug)]
pub struct Own<T, I, const TRAINED: bool>(PhantomData<(T, I)>);

impl<T: TensorField<E, D, I>, E: Dtype, D: Device<E>, I, const TRAINED: bool> Part<E, D> for Own<T, I, TRAINED> {
    type Value = T;
    type To<E2: Dtype, D2: Device<E2>> = T::Moved<E2, D2>;

    fn walk<M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
        visitor: &mut V,
        name: &str,
        _: Build<'_>,
        get: Get<'_, M, T>,
        get_mut: GetMut<'_, M, T>,
    ) -> Walked<Self, M, E, D, V> {
        T::show(visitor, name, TRAINED, get, get_mut)
    }
}

/// A `Vec`.
#[derive(Debug)]
pub struct Many<P>(PhantomData<P>);

impl<P: Part<E, D>, E: Dtype, D: Device<E>> Part<E, D> for Many<P> {
    type Value = Vec<P::Value>;
    type To<E2: Dtype, D2: Device<E2>> = Vec<P::To<E2, D2>>;

    fn walk<Owner: TensorCollection<E, D>, V: ModuleVisitor<Owner, E, D>>(
        visitor: &mut V,
        name: &str,
        build: Build<'_>,
        get: Get<'_, Owner, Self::Value>,
        get_mut: GetMut<'_, Owner, Self::Value>,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let found = length(visitor, name, &|owner| get(owner).len(), &|owner| get_mut(owner).len())?;
        let (declared, inner) = build.lengths.split_first().map_or((0, build.lengths), |(&first, rest)| (first, rest));
        let inner = Build { lengths: inner, ..build };
        items::<P, E, D, Owner, V>(visitor, name, found.unwrap_or(declared), inner, &|owner, i| &get(owner)[i], &|owner, i| {
            &mut get_mut(owner)[i]
        })
    }
}

/// An array.
#[derive(Debug)]
pub struct Array<P, const N: usize>(PhantomData<P>);

impl<P: Part<E, D>, E: Dtype, D: Device<E>, const N: usize> Part<E, D> for Array<P, N> {
    type Value = [P::Value; N];
    type To<E2: Dtype, D2: Device<E2>> = [P::To<E2, D2>; N];

    fn walk<Owner: TensorCollection<E, D>, V: ModuleVisitor<Owner, E, D>>(
        visitor: &mut V,
        name: &str,
        build: Build<'_>,
        get: Get<'_, Owner, Self::Value>,
        get_mut: GetMut<'_, Owner, Self::Value>,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let list = items::<P, E, D, Owner, V>(visitor, name, N, build, &|owner, i| &get(owner)[i], &|owner, i| &mut get_mut(owner)[i])?;
        Ok(list.and_then(|list| list.try_into().ok()))
    }
}

/// An `Option`.
#[derive(Debug)]
pub struct Maybe<P>(PhantomData<P>);

const SOME: &str = "an `Option` that is `Some` at one moment of a walk is `Some` at the next";

impl<P: Part<E, D>, E: Dtype, D: Device<E>> Part<E, D> for Maybe<P> {
    type Value = Option<P::Value>;
    type To<E2: Dtype, D2: Device<E2>> = Option<P::To<E2, D2>>;

    fn walk<Owner: TensorCollection<E, D>, V: ModuleVisitor<Owner, E, D>>(
        visitor: &mut V,
        name: &str,
        build: Build<'_>,
        get: Get<'_, Owner, Self::Value>,
        get_mut: GetMut<'_, Owner, Self::Value>,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let found = length(visitor, name, &|owner| get(owner).iter().len(), &|owner| get_mut(owner).iter().len())?;
        if found.unwrap_or(usize::from(build.some)) == 0 {
            return Ok(Some(None));
        }
        let inner =
            P::walk(visitor, name, build, &|owner| get(owner).as_ref().expect(SOME), &|owner| get_mut(owner).as_mut().expect(SOME))?;
        Ok(inner.map(Some))
    }
}

/// Passes each item of a list to a visitor.
fn items<P: Part<E, D>, E: Dtype, D: Device<E>, M: TensorCollection<E, D>, V: ModuleVisitor<M, E, D>>(
    visitor: &mut V,
    name: &str,
    count: usize,
    build: Build<'_>,
    get: &dyn Fn(&M, usize) -> &P::Value,
    get_mut: &dyn Fn(&mut M, usize) -> &mut P::Value,
) -> Walked<Many<P>, M, E, D, V> {
    let mut list = Vec::with_capacity(count);
    for i in 0..count {
        list.push(P::walk(visitor, &format!("{name}.{i}"), build, &|owner| get(owner, i), &|owner| get_mut(owner, i))?);
    }
    // A visit that builds nothing returns none for each item.
    Ok(list.into_iter().collect())
}

/// The number of items of a list in the model that a visitor visits; None if there is no model.
///
/// # Panics
/// Panics if the visitor visits two models at once whose lists differ in length.
fn length<M: TensorCollection<E, D>, E: Dtype, D: Device<E>, V: ModuleVisitor<M, E, D>>(
    visitor: &mut V,
    name: &str,
    get: &dyn Fn(&M) -> usize,
    get_mut: &dyn Fn(&mut M) -> usize,
) -> Result<Option<usize>, V::Err> {
    let found = Cell::new(None);
    let record = |count: usize| {
        let before = found.replace(Some(count));
        assert!(before.is_none_or(|before| before == count), "two models are visited at once whose `{name}` differ in length");
    };
    visitor.visit_module::<Nothing, _, _>(
        name,
        |owner| {
            record(get(owner));
            &Nothing
        },
        |owner| {
            record(get_mut(owner));
            // A type of size 0: nothing is allocated, so nothing leaks.
            Box::leak(Box::new(Nothing))
        },
    )?;
    Ok(found.get())
}

/// A module without tensors.
struct Nothing;

impl<E: Dtype, D: Device<E>> TensorCollection<E, D> for Nothing {
    type To<E2: Dtype, D2: Device<E2>> = Nothing;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Nothing>, V::Err> {
        visitor.visit_fields((), |()| Nothing)
    }
}

/// The result of passing a field to a visitor: the new field, if the visitor builds.
///
/// This is a type of its own so that the compiler reports a missing [`ModelField`] for a field that is no model, and not dfdx's bounds.
pub struct Shown<P: Part<E, D>, E: Dtype, D: Device<E>, E2: Dtype, D2: Device<E2>>(pub Option<P::To<E2, D2>>);

/// Passes a field to a visitor.
///
/// # Errors
/// Returns the visitor's error.
pub fn show<P: Part<E, D>, M: TensorCollection<E, D>, E: Dtype, D: Device<E>, V: ModuleVisitor<M, E, D>>(
    visitor: &mut V,
    name: &str,
    lengths: &[usize],
    some: bool,
    get: Get<'_, M, P::Value>,
    get_mut: GetMut<'_, M, P::Value>,
) -> Result<Shown<P, E, D, V::E2, V::D2>, V::Err> {
    P::walk(visitor, name, Build { lengths, some }, get, get_mut).map(Shown)
}

/// Converts a value between two types that are equal, although the compiler cannot know it: a model that is declared for one number type and device
/// can be built on these only.
///
/// # Panics
/// Panics if the types differ. Code for another number type or device is refused before it can run.
pub fn same<A: 'static, B: 'static>(value: A) -> B {
    let mut value = Some(value);
    let same = (&mut value as &mut dyn std::any::Any).downcast_mut::<Option<B>>();
    same.and_then(Option::take).expect("the model is declared for one number type and device only")
}
