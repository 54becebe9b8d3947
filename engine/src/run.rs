//! One run of a network.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{
    engine::Planned,
    exec::{Memo, Workspace},
};

/// One run of a network on a batch, with buffers of its own. Several may be alive at once.
///
/// Inputs and parameters are filled in by the caller ([`Run::input_mut`], [`Run::param_mut`]): they hold whatever a run before left.
pub struct Run {
    planned: Arc<Planned>,
    /// Taken only when the run is dropped.
    workspace: Option<Workspace>,
    state: State,
}

/// No table has a row of this number, and its bits are those of a number like any other.
const MOST_ID: u32 = 1 << 30;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Filling,
    /// At work; so it stays after a panic, which leaves buffers wherever they were.
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

    /// Input `i`, batch-major `[batch, shape..]`, row-major. One of token ids is written by [`Run::set_ids`].
    ///
    /// # Panics
    /// If there is no such input.
    pub fn input_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.workspace_mut().inputs[i]
    }

    /// Writes input `i`, one of token ids, batch-major. They are carried in buffers of numbers, as the bits of them.
    ///
    /// # Panics
    /// If there is no such input, or the length does not fit. An id that an embedding has no row for makes [`Run::forward`] panic.
    pub fn set_ids(&mut self, i: usize, ids: &[usize]) {
        let input = self.input_mut(i);
        assert_eq!(input.len(), ids.len(), "an id for each place of the input");
        for (to, &id) in input.iter_mut().zip(ids) {
            // What does not fit is beyond any table.
            *to = f32::from_bits(u32::try_from(id).map_or(MOST_ID, |id| id.min(MOST_ID)));
        }
    }

    /// Tensor `i` of all nodes, trained ones and buffers, in graph order, within a node in the order of its `Params`.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn param_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.workspace_mut().params[i]
    }

    /// As [`Run::param_mut`], to read: after a forward in [`crate::Mode::Train`], buffers hold the updated running statistics.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn param(&self, i: usize) -> &[f32] {
        &self.workspace().params[i]
    }

    /// Fills in the tensors of all nodes: `fill` is called with the number of each ([`Run::param_mut`]) and its place.
    pub fn fill_params(&mut self, fill: impl Fn(usize, &mut [f32]) + Send + Sync) {
        self.workspace_mut().params.par_iter_mut().enumerate().for_each(|(i, param)| fill(i, param));
    }

    /// What the caller keeps with the buffers of this run: a run that gets the same buffers later finds it again, beside what the parameters
    /// were then. None with new buffers.
    pub fn memo(&mut self) -> &mut Option<Memo> {
        &mut self.workspace_mut().memo
    }

    /// Does something on a thread of the pool, if the batch is large enough for several: calls to the run then need not wake that thread
    /// each time.
    pub fn on_pool<R: Send>(&mut self, work: impl FnOnce(&mut Self) -> R + Send) -> R {
        if self.planned.plan.lanes.len() == 1 { work(self) } else { rayon::scope(|_| work(self)) }
    }

    /// Sets the seed of this run's dropout masks; 0 unless set.
    pub fn set_seed(&mut self, seed: u64) {
        self.workspace_mut().seed = seed;
    }

    /// Works out the outputs.
    ///
    /// # Panics
    /// After a panic of this run. Others of the same engine go on.
    pub fn forward(&mut self) {
        assert_ne!(self.state, State::Working, "a run that panicked cannot go on; start another");
        let planned = Arc::clone(&self.planned);
        self.state = State::Working;
        self.workspace_mut().forward(&planned.plan);
        self.state = State::Forward;
    }

    /// Output `i`, batch-major. Meaningful after [`Run::forward`].
    ///
    /// # Panics
    /// If there is no such output.
    pub fn output(&self, i: usize) -> &[f32] {
        &self.workspace().outputs[i]
    }

    /// Works out the gradients, given those of all outputs, batch-major, and adds those of the parameters to `param_grads`, which are
    /// counted as in [`Run::param_mut`]; those of buffers may be empty. Once after a forward in [`crate::Mode::Eval`] or
    /// [`crate::Mode::Train`].
    ///
    /// # Panics
    /// In [`crate::Mode::Infer`], without a forward before, when called twice, and if the gradients' number or lengths do not fit.
    pub fn backward(&mut self, output_grads: &[&[f32]], param_grads: &mut [Vec<f32>]) {
        assert_ne!(self.planned.plan.mode, crate::Mode::Infer, "a run in Mode::Infer keeps nothing for a backward pass");
        assert_eq!(self.state, State::Forward, "backward comes once after each forward");
        let planned = Arc::clone(&self.planned);
        self.state = State::Working;
        self.workspace_mut().backward(&planned.plan, output_grads, param_grads);
        self.state = State::Backward;
    }

    /// Zeros for the gradients of all tensors, as [`Run::backward`] takes them.
    pub fn zero_grads(&self) -> Vec<Vec<f32>> {
        self.planned.plan.params.iter().map(|param| vec![0.0; param.len]).collect()
    }

    /// Adds the gradient of input `i`, batch-major.
    ///
    /// # Panics
    /// Before [`Run::backward`], if the run was started without `input_grad`, if there is no such input, or if the length does not fit.
    pub fn add_input_grad(&self, i: usize, into: &mut [f32]) {
        assert_eq!(self.state, State::Backward, "gradients come from backward");
        self.workspace().add_input_grad(&self.planned.plan, i, into);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // What a panic has left is not used again.
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
