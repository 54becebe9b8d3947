//! The cache of plans and the pool of workspaces.

use std::sync::{Arc, Mutex, PoisonError};

use layercake_ir::Graph;

use crate::{
    EngineError, Mode, Run,
    exec::Workspace,
    kernels::simd,
    plan::{Key, Plan},
};

/// Plans kept: the sizes of a training batch, of its remainder, of an evaluation batch, each in two modes, and room for two.
const PLANS: usize = 8;
/// Workspaces kept a plan, for runs that are alive at once; more are freed when they come back.
const WORKSPACES: usize = 4;

/// Runs one network. It keeps plans and buffers between runs: the 8 plans used last, each with up to 4 workspaces.
///
/// A clone starts empty. Dropping it frees everything but what runs still hold.
#[derive(Default)]
pub struct Engine {
    /// The plan used last comes last.
    plans: Mutex<Vec<Arc<Planned>>>,
}

/// A plan with the workspaces that are not in use.
pub(crate) struct Planned {
    key: Key,
    pub(crate) plan: Plan,
    free: Mutex<Vec<Workspace>>,
}

impl Engine {
    /// A run of `graph` on a batch. The plan for (batch, mode, `input_grad`) is made on first use; the workspace comes from the pool.
    ///
    /// All calls on one engine must be for the same graph. With `input_grad`, backward also works out the gradients of the inputs.
    /// In [`Mode::Infer`] it has no effect.
    ///
    /// # Errors
    /// [`EngineError`]
    pub fn start(&self, graph: &Graph, batch: usize, mode: Mode, input_grad: bool) -> Result<Run, EngineError> {
        simd::check()?;
        let key = Key { batch, mode, input_grad: input_grad && mode != Mode::Infer };
        let planned = self.planned(graph, key)?;
        let pooled = locked(&planned.free).pop();
        let refused = || EngineError::OutOfMemory { batch, bytes: planned.plan.bytes() };
        let workspace = pooled.or_else(|| Workspace::new(&planned.plan)).ok_or_else(refused)?;
        Ok(Run::new(planned, workspace))
    }

    fn planned(&self, graph: &Graph, key: Key) -> Result<Arc<Planned>, EngineError> {
        let mut plans = locked(&self.plans);
        let planned = match plans.iter().position(|planned| planned.key == key) {
            Some(at) => plans.remove(at),
            None => Arc::new(Planned { key, plan: Plan::new(graph, key)?, free: Mutex::default() }),
        };
        if plans.len() == PLANS {
            plans.remove(0);
        }
        plans.push(Arc::clone(&planned));
        Ok(planned)
    }
}

impl Planned {
    /// Takes a workspace back, of a run that did not panic.
    pub(crate) fn give_back(&self, workspace: Workspace) {
        let mut free = locked(&self.free);
        if free.len() < WORKSPACES {
            free.push(workspace);
        }
    }
}

/// A list is whole whatever panicked while it was locked: each change to it is a single push or removal.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("plans", &locked(&self.plans).len()).finish()
    }
}
