//! One run of a network.

use std::sync::Arc;

use rayon::prelude::*;

use crate::{
    Layout,
    engine::Planned,
    exec::{Memo, Workspace},
};

/// One run of a network on a batch, with buffers of its own. Several runs may exist at the same time.
///
/// The caller gives the inputs before each forward pass ([`Run::set_input`]) and fills in the parameters ([`Run::param_mut`]), which initially have
/// arbitrary content.
pub struct Run {
    planned: Arc<Planned>,
    /// None only while the run is dropped.
    workspace: Option<Workspace>,
    state: State,
}

const BROKEN: &str = "a run that panicked cannot go on; start another";

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

    /// The number of elements of input `i`, of the whole batch.
    ///
    /// # Panics
    /// Panics if there is no such input.
    pub fn input_len(&self, i: usize) -> usize {
        self.planned.plan.input_len(i)
    }

    /// Gives input `i`, batch-major `[batch, shape..]`, row-major. Use [`Run::set_ids`] for token ids. The elements are copied once, into the layout
    /// of the lanes.
    ///
    /// # Panics
    /// Panics if there is no such input, or if the length is wrong.
    pub fn set_input(&mut self, i: usize, input: &[f32]) {
        let planned = self.filling();
        self.workspace_mut().set_input(&planned.plan, i, input);
    }

    /// [`Run::set_input`] for a caller that can write elements but has no slice of them: what `fill` writes is copied once more, unless the lanes'
    /// layout is the same, as for a batch of 1.
    ///
    /// # Panics
    /// Panics if there is no such input.
    pub fn fill_input(&mut self, i: usize, fill: impl FnOnce(&mut [f32])) {
        let planned = self.filling();
        // A panic of `fill` may leave the buffers in any state.
        self.state = State::Working;
        self.workspace_mut().fill_input(&planned.plan, i, fill);
        self.state = State::Filling;
    }

    /// Gives input `i`, an input of token ids, batch-major. Ids are stored in buffers of numbers, as their bits.
    ///
    /// # Panics
    /// Panics if there is no such input, or if the length is wrong. [`Run::forward`] panics for an id that is not a row of the embedding.
    pub fn set_ids(&mut self, i: usize, ids: &[usize]) {
        let planned = self.filling();
        self.workspace_mut().set_ids(&planned.plan, i, ids);
    }

    /// The plan, for a change to what it reads: that ends the validity of outputs and gradients.
    fn filling(&mut self) -> Arc<Planned> {
        assert_ne!(self.state, State::Working, "{BROKEN}");
        self.state = State::Filling;
        Arc::clone(&self.planned)
    }

    /// Tensor `i` of all nodes, both trained ones and buffers, in graph order, and within a node in the order of its `Params`.
    ///
    /// # Panics
    /// Panics if there is no such tensor.
    pub fn param_mut(&mut self, i: usize) -> &mut [f32] {
        &mut self.workspace_mut().params_mut()[i]
    }

    /// [`Run::param_mut`], to read: after a forward pass in [`crate::Mode::Train`], buffers have the updated running statistics.
    ///
    /// # Panics
    /// Panics if there is no such tensor.
    pub fn param(&self, i: usize) -> &[f32] {
        &self.workspace().params()[i]
    }

    /// Fills in the tensors of all nodes: calls `fill` with the number of each ([`Run::param_mut`]) and its elements.
    pub fn fill_params(&mut self, fill: impl Fn(usize, &mut [f32]) + Send + Sync) {
        self.workspace_mut().params_mut().par_iter_mut().enumerate().for_each(|(i, param)| fill(i, param));
    }

    /// Data that the caller keeps with the buffers of this run: a later run with the same buffers finds it again, together with the parameters of
    /// that time. None for new buffers.
    pub fn memo(&mut self) -> &mut Option<Memo> {
        &mut self.workspace_mut().memo
    }

    /// Does something on a thread of the pool, if the batch is large enough for several threads: calls to the run then need not wake that thread each
    /// time.
    pub fn on_pool<R: Send>(&mut self, work: impl FnOnce(&mut Self) -> R + Send) -> R {
        let plan = &self.planned.plan;
        if (plan.lanes.len() == 1 && plan.layout == Layout::Images) || self.workspace().waits_for_threads() {
            work(self)
        } else {
            rayon::scope(|_| work(self))
        }
    }

    /// Sets the seed of this run's random numbers. The default is 0.
    pub fn set_seed(&mut self, seed: u64) {
        self.workspace_mut().seed = seed;
    }

    /// Computes the outputs.
    ///
    /// # Panics
    /// Panics if an input was not given since the last forward pass, whose values may have taken its buffer, and if this run has panicked before.
    /// Other runs of the same engine are not affected.
    pub fn forward(&mut self) {
        assert_ne!(self.state, State::Working, "{BROKEN}");
        let planned = Arc::clone(&self.planned);
        self.state = State::Working;
        self.workspace_mut().forward(&planned.plan);
        self.state = State::Forward;
    }

    /// The number of elements of output `i`, of the whole batch.
    ///
    /// # Panics
    /// Panics if there is no such output.
    pub fn output_len(&self, i: usize) -> usize {
        self.planned.plan.output_len(i)
    }

    /// Writes output `i`, batch-major. The elements are copied once, from the layout of the lanes.
    ///
    /// # Panics
    /// Panics unless [`Run::forward`] was the last pass, if there is no such output, or if the length is wrong. [`Run::backward`] uses the outputs'
    /// buffers for other values.
    pub fn read_output(&self, i: usize, into: &mut [f32]) {
        assert_eq!(self.state, State::Forward, "outputs are read after `forward` and before `backward`");
        self.workspace().read_output(&self.planned.plan, i, into);
    }

    /// [`Run::read_output`] into a new vector.
    ///
    /// # Panics
    /// As [`Run::read_output`].
    pub fn output(&self, i: usize) -> Vec<f32> {
        let mut output = vec![0.0; self.output_len(i)];
        self.read_output(i, &mut output);
        output
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
            workspace.reset();
            self.planned.give_back(workspace);
        }
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("state", &self.state).finish_non_exhaustive()
    }
}
