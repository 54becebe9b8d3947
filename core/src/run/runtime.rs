//! What a network keeps between passes.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dfdx::tensor_ops::Device;
use layercake_ir::{Graph, Mistake, Shape};

use super::plan::Plan;
use super::value::Value;
use crate::Scalar;

/// The plans of one network, each with the engine's buffers. A clone of a network starts without any.
#[derive(Debug, Default)]
pub struct Runtime {
    /// For inputs of the declared sizes.
    plan: OnceLock<Arc<Plan>>,
    /// For inputs of other lengths. The plan used last is the last one.
    lengths: Mutex<Vec<(Vec<Shape>, Arc<Plan>)>>,
}

/// The number of input lengths whose plans are cached.
const LENGTHS: usize = 8;

impl Runtime {
    /// The plan for inputs of these sizes, the batch axis first. Made on first use.
    ///
    /// # Errors
    /// If a layer cannot act on them, which is possible only in a network with a length that is known when it runs.
    pub(crate) fn plan<E: Scalar, D: Device<E>>(&self, graph: &'static Graph, inputs: &[Value<E, D>]) -> Result<Arc<Plan>, Mistake> {
        let plan = self.plan.get_or_init(|| Arc::new(Plan::of(Cow::Borrowed(graph))));
        let declared = graph.inputs().iter().map(|port| &port.shape);
        if inputs.iter().zip(declared).all(|(input, shape)| input.dims()[1..] == *shape.dims()) {
            return Ok(Arc::clone(plan));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|input| Shape::new(&input.dims()[1..])).collect();
        // A panic elsewhere leaves the list as it was: it is changed in one step.
        let mut lengths = self.lengths.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lengths.iter().position(|(known, _)| *known == shapes) {
            let last = lengths.len() - 1;
            lengths[known..=last].rotate_left(1);
            return Ok(Arc::clone(&lengths[last].1));
        }
        let resized = plan.graph().resized(&shapes)?;
        let plan = Arc::new(Plan::of(Cow::Owned(resized)));
        if lengths.len() == LENGTHS {
            lengths.remove(0);
        }
        lengths.push((shapes, Arc::clone(&plan)));
        Ok(plan)
    }
}

impl Clone for Runtime {
    fn clone(&self) -> Self {
        Self::default()
    }
}
