//! Two networks that are trained together.

use layercake::dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use layercake::dfdx::shapes::Dtype;
use layercake::dfdx::tensor_ops::Device;

/// A trunk, whose batch are photos or crops, and a head, whose batch are boxes: one set of parameters, `trunk.*` and `head.*`.
#[derive(Clone, Debug)]
pub struct Pair<N> {
    pub trunk: N,
    pub head: N,
}

impl<N: TensorCollection<E, D>, E: Dtype, D: Device<E>> TensorCollection<E, D> for Pair<N> {
    type To<E2: Dtype, D2: Device<E2>> = Pair<N::To<E2, D2>>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let fields = (
            Self::module("trunk", |pair| &pair.trunk, |pair| &mut pair.trunk),
            Self::module("head", |pair| &pair.head, |pair| &mut pair.head),
        );
        visitor.visit_fields(fields, |(trunk, head)| Pair { trunk, head })
    }
}
