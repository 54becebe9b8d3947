//! Layers with `init = ..`.
//!
//! dfdx fills a tensor by a plain function that gets nothing but the tensor, and the type of the layer determines which function. So in such a layer
//! the visitor is wrapped in another one, which replaces the layer's function by its own. The rule is a type.

#![allow(clippy::type_complexity, reason = "dfdx's visitors give their results in such types")]

use std::marker::PhantomData;

use dfdx::nn::tensor_collection::{ModuleFields, ModuleVisitor, ScalarOptions, TensorCollection, TensorOptions};
use dfdx::shapes::{Dtype, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use num_traits::NumCast;

use crate::Scalar;

/// A rule as a type.
pub trait InitRule {
    /// The rule.
    const INIT: layercake_ir::Init;
}

/// A field of `M` that is a layer, filled by the rule `R`.
pub struct Filled<'a, R, M, F1, F2, Layer> {
    name: &'a str,
    get: F1,
    get_mut: F2,
    of: PhantomData<fn() -> (R, M, Layer)>,
}

/// Like dfdx's `TensorCollection::module`, for these layers.
pub fn filled<R, M, E, D, F1, F2, Layer>(name: &str, get: F1, get_mut: F2) -> Filled<'_, R, M, F1, F2, Layer>
where
    M: TensorCollection<E, D>,
    E: Dtype,
    D: Device<E>,
    F1: FnMut(&M) -> &Layer,
    F2: FnMut(&mut M) -> &mut Layer,
    Layer: TensorCollection<E, D> + 'static,
{
    Filled { name, get, get_mut, of: PhantomData }
}

impl<R, M, E, D, F1, F2, Layer> ModuleFields<M, E, D> for Filled<'_, R, M, F1, F2, Layer>
where
    R: InitRule,
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
    F1: FnMut(&M) -> &Layer,
    F2: FnMut(&mut M) -> &mut Layer,
    Layer: TensorCollection<E, D> + 'static,
{
    type Options<E2: Dtype, D2: Device<E2>> = Option<Layer::To<E2, D2>>;
    type Output<E2: Dtype, D2: Device<E2>> = Layer::To<E2, D2>;

    fn visit_fields<V: ModuleVisitor<M, E, D>>(self, visitor: &mut V) -> Result<Option<Layer::To<V::E2, V::D2>>, V::Err> {
        let Self { name, get, get_mut, of } = self;
        let of: PhantomData<fn() -> (R, M, Layer)> = of;
        Layer::iter_tensors(&mut Inside { visitor, field: Filled { name, get, get_mut, of } })
    }

    fn handle_options<E2: Dtype, D2: Device<E2>>(options: Option<Layer::To<E2, D2>>) -> Option<Layer::To<E2, D2>> {
        options
    }
}

/// A visitor of `M`, within one of its layers.
struct Inside<'a, 'v, V, R, M, F1, F2, Layer> {
    visitor: &'v mut V,
    field: Filled<'a, R, M, F1, F2, Layer>,
}

impl<V, R, M, E, D, F1, F2, Layer> ModuleVisitor<Layer, E, D> for Inside<'_, '_, V, R, M, F1, F2, Layer>
where
    V: ModuleVisitor<M, E, D>,
    R: InitRule,
    M: TensorCollection<E, D>,
    E: Scalar,
    D: Device<E>,
    F1: FnMut(&M) -> &Layer,
    F2: FnMut(&mut M) -> &mut Layer,
    Layer: TensorCollection<E, D> + 'static,
{
    type Err = V::Err;
    type E2 = V::E2;
    type D2 = V::D2;

    fn visit_module<Field, GetRef, GetMut>(
        &mut self,
        name: &str,
        mut get_refs: GetRef,
        mut get_muts: GetMut,
    ) -> Result<Option<Field::To<V::E2, V::D2>>, V::Err>
    where
        GetRef: FnMut(&Layer) -> &Field,
        GetMut: FnMut(&mut Layer) -> &mut Field,
        Field: TensorCollection<E, D>,
    {
        let Self { visitor, field } = self;
        let path = format!("{}.{name}", field.name);
        visitor.visit_module(&path, |owner| get_refs((field.get)(owner)), |owner| get_muts((field.get_mut)(owner)))
    }

    fn visit_tensor<S: Shape, GetRef, GetMut>(
        &mut self,
        name: &str,
        mut get_refs: GetRef,
        mut get_muts: GetMut,
        mut options: TensorOptions<S, E, D>,
    ) -> Result<Option<Tensor<S, V::E2, V::D2>>, V::Err>
    where
        GetRef: FnMut(&Layer) -> &Tensor<S, E, D>,
        GetMut: FnMut(&mut Layer) -> &mut Tensor<S, E, D>,
    {
        let Self { visitor, field } = self;
        let path = format!("{}.{name}", field.name);
        // The same rule for names as `layercake_ir::is_weight`.
        if options.do_gradient_update && (name.is_empty() || name.starts_with("weight")) {
            options.reset = |tensor| super::try_fill(tensor, R::INIT);
        } else if options.do_gradient_update && name.starts_with("bias") {
            options.reset = |tensor| tensor.try_fill_with_zeros();
        }
        visitor.visit_tensor(&path, |owner| get_refs((field.get)(owner)), |owner| get_muts((field.get_mut)(owner)), options)
    }

    fn visit_scalar<N, GetRef, GetMut>(
        &mut self,
        name: &str,
        mut get_refs: GetRef,
        mut get_muts: GetMut,
        options: ScalarOptions<N>,
    ) -> Result<Option<N>, V::Err>
    where
        N: NumCast,
        GetRef: FnMut(&Layer) -> &N,
        GetMut: FnMut(&mut Layer) -> &mut N,
    {
        let Self { visitor, field } = self;
        let path = format!("{}.{name}", field.name);
        visitor.visit_scalar(&path, |owner| get_refs((field.get)(owner)), |owner| get_muts((field.get_mut)(owner)), options)
    }

    fn visit_fields<Fields: ModuleFields<Layer, E, D>>(
        &mut self,
        fields: Fields,
        builder: impl FnOnce(Fields::Output<V::E2, V::D2>) -> Layer::To<V::E2, V::D2>,
    ) -> Result<Option<Layer::To<V::E2, V::D2>>, V::Err> {
        let options = fields.visit_fields(self)?;
        Ok(Fields::handle_options(options).map(builder))
    }
}
