//! One run of a network.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{
    engine::Planned,
    exec::{Memo, Workspace},
};

/// One run of a network on a batch, with buffers of its own. Several runs may exist at the same time.
///
/// The caller fills in inputs and parameters ([`Run::input_mut`], [`Run::param_mut`]); initially they have arbitrary content.
pub struct Run {
    planned: Arc<Planned>,
    /// None only while the run is dropped.
    workspace: Option<Workspace>,
    state: State,
}

/// An id that is no row of any table, and whose bits are those of an ordinary number.
const MOST_ID: u32 = 1 << 30;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Filling,
    /// Running. It stays so after a panic, which may leave the buffers in any state.
    Working,
    Forward,
    Backward,
}

impl Run {
    pub(crate) fn new(planned: Arc<Planned>, workspace: Workspace) -> Self {
        Self { planned, workspace: Some(workspace), state: State::Filling }
    }

    fn workspace(&self) -> &Workspace {
        self.workspace.as_ref().expect("held until the run is dropped")
    }

    fn workspace_mut(&mut self) -> &mut Workspace {
        self.workspace.as_mut().expect("held until the run is dropped")
    }

    /// Input `i`, batch-major `[batch, shape..]`, row-major. Use [`Run::set_ids`] for token ids.
    ///
    /// # Panics
    /// Panics if there is no such input.
    pub fn input_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.workspace_mut().inputs[i]
    }

    /// Writes input `i`, an input of token ids, batch-major. Ids are stored in buffers of numbers, as their bits.
    ///
    /// # Panics
    /// Panics if there is no such input, or if the length is wrong. [`Run::forward`] panics for an id that is not a row of the embedding.
    pub fn set_ids(&mut self, i: usize, ids: &[usize]) {
        let input = self.input_mut(i);
        assert_eq!(input.len(), ids.len(), "an id for each place of the input");
        for (to, &id) in input.iter_mut().zip(ids) {
            // An id that does not fit into the type is larger than any table.
            *to = f32::from_bits(u32::try_from(id).map_or(MOST_ID, |id| id.min(MOST_ID)));
        }
    }

    /// Tensor `i` of all nodes, both trained ones and buffers, in graph order, and within a node in the order of its `Params`.
    ///
    /// # Panics
    /// Panics if there is no such tensor.
    pub fn param_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.workspace_mut().params[i]
    }

    /// [`Run::param_mut`], to read: after a forward pass in [`crate::Mode::Train`], buffers have the updated running statistics.
    ///
    /// # Panics
    /// Panics if there is no such tensor.
    pub fn param(&self, i: usize) -> &[f32] {
        &self.workspace().params[i]
    }

    /// Fills in the tensors of all nodes: calls `fill` with the number of each ([`Run::param_mut`]) and its elements.
    pub fn fill_params(&mut self, fill: impl Fn(usize, &mut [f32]) + Send + Sync) {
        self.workspace_mut().params.par_iter_mut().enumerate().for_each(|(i, param)| fill(i, param));
    }

    /// Data that the caller keeps with the buffers of this run: a later run with the same buffers finds it again, together with the parameters of
    /// that time. None for new buffers.
    pub fn memo(&mut self) -> &mut Option<Memo> {
        &mut self.workspace_mut().memo
    }

    /// Does something on a thread of the pool, if the batch is large enough for several threads: calls to the run then need not wake that thread each
    /// time.
    pub fn on_pool<R: Send>(&mut self, work: impl FnOnce(&mut Self) -> R + Send) -> R {
        if self.planned.plan.lanes.len() == 1 { work(self) } else { rayon::scope(|_| work(self)) }
    }

    /// Sets the seed of this run's random numbers. The default is 0.
    pub fn set_seed(&mut self, seed: u64) {
        self.workspace_mut().seed = seed;
    }

    /// Computes the outputs.
    ///
    /// # Panics
    /// Panics if this run has panicked before. Other runs of the same engine are not affected.
    pub fn forward(&mut self) {
        assert_ne!(self.state, State::Working, "a run that panicked cannot go on; start another");
        let planned = Arc::clone(&self.planned);
        self.state = State::Working;
        self.workspace_mut().forward(&planned.plan);
        self.state = State::Forward;
    }

    /// Output `i`, batch-major. Valid after [`Run::forward`].
    ///
    /// # Panics
    /// Panics if there is no such output.
    pub fn output(&self, i: usize) -> &[f32] {
        &self.workspace().outputs[i]
    }

    /// Computes the gradients from those of all outputs, batch-major, and adds those of the parameters to `param_grads`, which has the order of
    /// [`Run::param_mut`]; the gradients of buffers may be empty. Call it once after a forward pass in [`crate::Mode::Eval`] or
    /// [`crate::Mode::Train`].
    ///
    /// # Panics
    /// Panics in [`crate::Mode::Infer`], without a forward pass before, if called twice, and if the number or the lengths of the gradients are wrong.
    pub fn backward(&mut self, output_grads: &[&[f32]], param_grads: &mut [Vec<f32>]) {
        assert_ne!(self.planned.plan.mode, crate::Mode::Infer, "a run in Mode::Infer keeps nothing for a backward pass");
        assert_eq!(self.state, State::Forward, "`backward` must be called once after each `forward`");
        let planned = Arc::clone(&self.planned);
        self.state = State::Working;
        self.workspace_mut().backward(&planned.plan, output_grads, param_grads);
        self.state = State::Backward;
    }

    /// Zeros for the gradients of all tensors, for [`Run::backward`].
    pub fn zero_grads(&self) -> Vec<Vec<f32>> {
        self.planned.plan.params.iter().map(|param| vec![0.0; param.len]).collect()
    }

    /// Adds the gradient of input `i`, batch-major, to a slice.
    ///
    /// # Panics
    /// Panics before [`Run::backward`], if the run was started without `input_grad`, if there is no such input, or if the length is wrong.
    pub fn add_input_grad(&self, i: usize, into: &mut [f32]) {
        assert_eq!(self.state, State::Backward, "gradients are available after `backward`");
        self.workspace().add_input_grad(&self.planned.plan, i, into);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Buffers of a run that panicked are not used again.
        if let Some(mut workspace) = self.workspace.take().filter(|_| self.state != State::Working) {
            workspace.seed = 0;
            self.planned.give_back(workspace);
        }
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("state", &self.state).finish_non_exhaustive()
    }
}
