//! The tensors of a graph as dfdx sees them: optimizers, initialization, conversion and files reach them here.

use std::cell::RefCell;
use std::sync::Arc;

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use dfdx::shapes::Dtype;
use dfdx::tensor_ops::Device;
use layercake_engine::Engine;

use super::GraphModel;
use super::parameter::Parameter;
use crate::Scalar;

/// A module without tensors: where a visitor is led to in order to learn of the model that it visits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Door;

impl<E: Dtype, D: Device<E>> TensorCollection<E, D> for Door {
    type To<E2: Dtype, D2: Device<E2>> = Door;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Door>, V::Err> {
        visitor.visit_fields((), |()| Door)
    }
}

/// dfdx lists a module's tensors from its type alone, but how many a graph has only the value knows. Accessors are handed the value, so
/// the first one that a visitor is given tells what the rest of the visit needs.
impl<E: Scalar, D: Device<E>> TensorCollection<E, D> for GraphModel<E, D> {
    type To<E2: Dtype, D2: Device<E2>> = GraphModel<E2, D2>;

    /// # Panics
    /// If the visitor has no model to visit (`BuildModule::build`: a model is built from its graph, by [`GraphModel::new`]), or has two
    /// models of different graphs.
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<GraphModel<V::E2, V::D2>>, V::Err> {
        let seen = RefCell::new(None);
        let see = |model: &Self| {
            let before = seen.replace(Some(Arc::clone(&model.plan)));
            let same = before.is_none_or(|before| before.descriptions == model.plan.descriptions);
            assert!(same, "models of different graphs have no tensors in common");
        };
        visitor.visit_module::<Door, _, _>(
            "",
            |model| {
                see(model);
                &model.door
            },
            |model| {
                see(model);
                &mut model.door
            },
        )?;
        let plan = seen.into_inner().expect("a GraphModel is built from its graph, by GraphModel::new");
        let mut parameters = Vec::new();
        for (i, description) in plan.descriptions.iter().enumerate() {
            parameters.extend(Parameter::visit(visitor, i, description)?);
        }
        let whole = parameters.len() == plan.descriptions.len();
        Ok(whole.then(|| GraphModel { plan, parameters, engine: Engine::default(), door: Door }))
    }
}
