//! The cache of plans and the pool of workspaces.

use std::sync::{Arc, Mutex, PoisonError};

use layercake_ir::Graph;

use crate::{
    EngineError, Layout, Mode, Run,
    exec::Workspace,
    kernels::simd,
    plan::{Key, Plan, Span},
    ranks,
};

/// The number of cached plans: the sizes of a training batch, of its remainder, and of an evaluation batch, each in two modes, and two more.
const PLANS: usize = 8;
/// The number of workspaces kept per plan, for simultaneous runs; further ones are freed when they come back.
const WORKSPACES: usize = 4;

/// Runs one network. It caches plans and buffers between runs: the 8 plans used last, each with up to 4 workspaces.
///
/// A clone starts empty. Dropping an engine frees everything except what runs still hold.
#[derive(Default)]
pub struct Engine {
    /// The plan used last is the last one.
    plans: Mutex<Vec<Arc<Planned>>>,
    /// The layout of inference, if it is not chosen.
    layout: Option<Layout>,
}

/// A plan with the workspaces that are not in use.
pub(crate) struct Planned {
    key: Key,
    pub(crate) plan: Plan,
    free: Mutex<Vec<Workspace>>,
}

impl Engine {
    /// An engine whose plans for [`Mode::Infer`] all have one layout, for tests and measurements. By default each plan has the one that is faster for
    /// its shapes and batch.
    pub fn with_layout(layout: Layout) -> Self {
        Self { layout: Some(layout), ..Self::default() }
    }

    /// Starts a run of `graph` on a batch. The plan for (batch, mode, `input_grad`) is made on first use; the workspace comes from the pool.
    ///
    /// All calls on one engine must be for the same graph. With `input_grad`, backward also computes the gradients of the inputs. It has no effect in
    /// [`Mode::Infer`].
    ///
    /// # Errors
    /// Returns an [`EngineError`] if the batch is empty, the graph cannot run, or memory is insufficient.
    pub fn start(&self, graph: &Graph, batch: usize, mode: Mode, input_grad: bool) -> Result<Run, EngineError> {
        simd::check()?;
        let key = Key { batch, mode, input_grad: input_grad && mode != Mode::Infer, layout: self.layout };
        let planned = self.planned(graph, key)?;
        let shared = ranks::current().and_then(|ranks| Some((planned.plan.share(ranks.rank(), ranks.size())?, ranks)));
        let (own, ranks) = shared.unzip();
        let lanes = own.as_deref().unwrap_or(&planned.plan.lanes);
        let refused = || EngineError::OutOfMemory { batch, bytes: planned.plan.bytes() };
        let mut workspace = planned.take(lanes).or_else(|| Workspace::new(&planned.plan, lanes)).ok_or_else(refused)?;
        workspace.share_with(ranks);
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
    /// A workspace for these lanes that is not in use.
    fn take(&self, lanes: &[Span]) -> Option<Workspace> {
        let mut free = locked(&self.free);
        let last = free.iter().rposition(|workspace| workspace.has(lanes))?;
        Some(free.remove(last))
    }

    /// Takes back the workspace of a run that did not panic.
    pub(crate) fn give_back(&self, workspace: Workspace) {
        let mut free = locked(&self.free);
        if free.len() < WORKSPACES {
            free.push(workspace);
        }
    }
}

/// The list is valid even if a thread panicked while it was locked: each change to it is a single push or removal.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        Self { layout: self.layout, ..Self::default() }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("plans", &locked(&self.plans).len()).finish()
    }
}
