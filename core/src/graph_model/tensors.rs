//! The tensors of a graph as dfdx visits them: for optimizers, initialization, conversion and files.

use std::cell::RefCell;
use std::sync::Arc;

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use dfdx::shapes::Dtype;
use dfdx::tensor_ops::Device;
use layercake_engine::Engine;

use super::GraphModel;
use super::parameter::Parameter;
use crate::Scalar;
use crate::run::tables::AnyTables;

/// A module without tensors. Its accessor receives the model that a visitor visits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Door;

impl<E: Dtype, D: Device<E>> TensorCollection<E, D> for Door {
    type To<E2: Dtype, D2: Device<E2>> = Door;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Door>, V::Err> {
        visitor.visit_fields((), |()| Door)
    }
}

/// dfdx lists the tensors of a module from its type alone, but the number of a graph's tensors is known only from a value. Accessors
/// receive the value, so the first accessor that is passed to the visitor provides the list for the rest of the visit.
impl<E: Scalar, D: Device<E>> TensorCollection<E, D> for GraphModel<E, D> {
    type To<E2: Dtype, D2: Device<E2>> = GraphModel<E2, D2>;

    /// # Panics
    /// Panics if the visitor visits no model (`BuildModule::build`; use [`GraphModel::new`] with a graph), or two models of different
    /// graphs.
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<GraphModel<V::E2, V::D2>>, V::Err> {
        let seen = RefCell::new(None);
        let see = |model: &Self| {
            let before = seen.replace(Some(Arc::clone(&model.plan)));
            let same = before.is_none_or(|before| before.descriptions == model.plan.descriptions);
            assert!(same, "two models of different graphs cannot be visited together");
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
        let plan = seen.into_inner().expect("a GraphModel is built from a graph: use GraphModel::new");
        let mut parameters = Vec::new();
        for (i, description) in plan.descriptions.iter().enumerate() {
            parameters.extend(Parameter::visit(visitor, i, description)?);
        }
        let whole = parameters.len() == plan.descriptions.len();
        Ok(whole.then(|| GraphModel { plan, parameters, engine: Engine::default(), tables: AnyTables::default(), door: Door }))
    }
}
