//! The device and the number type decide which path runs a network, so that user code is the same for all.

use dfdx::tensor::{Cpu, NoneTape};
use dfdx::tensor_ops::Device;
use layercake_engine::{EngineError, Mode};
use layercake_ir::Graph;

use crate::Scalar;
use crate::run::network::Runtime;
use crate::run::value::Value;
use crate::run::{cpu, portable};
use crate::tape::Recording;

/// A device that networks run on.
///
/// `Cpu` with `f32` takes the fast path: the whole network is one operation on dfdx's tape, run by the engine. Every other device and
/// dtype takes the portable path through dfdx's own operations, and so does a network with an operation that the engine lacks.
///
/// All methods are compiled once per device and number type, here and not in the user's crate, so editing a network does not compile them again.
pub trait Backend<E: Scalar>: Device<E> {
    /// Checks that a graph can run on a batch of this size. The run reuses what is prepared here.
    ///
    /// # Errors
    /// Returns the reason why it cannot; a run would panic.
    #[doc(hidden)]
    fn check(graph: &Graph, runtime: &Runtime, batch: usize, mode: Mode, input_grad: bool) -> Result<(), EngineError> {
        let _ = (runtime, input_grad);
        portable::check(graph, batch, mode)
    }

    /// Runs a graph without recording it.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    #[doc(hidden)]
    fn run(call: Call<'_, E, Self>) -> Result<Done<E, Self, NoneTape>, Self::Err>;

    /// Runs a graph and records it.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    #[doc(hidden)]
    fn record(call: Call<'_, E, Self>) -> Result<Done<E, Self, Recording<E, Self>>, Self::Err>;
}

/// One forward pass.
#[derive(Debug)]
pub struct Call<'a, E: Scalar, D: Device<E>> {
    /// The graph.
    pub graph: &'a Graph,
    /// The plans and buffers of the network it belongs to.
    pub runtime: &'a Runtime,
    /// All tensors of all nodes, in graph order.
    pub tensors: Vec<Value<E, D>>,
    /// The inputs, with their batch axes.
    pub inputs: Vec<Value<E, D>>,
    /// Inference or training.
    pub mode: Mode,
    /// Whether the backward pass computes gradients of the inputs.
    pub input_grad: bool,
    /// Seeds the dropout masks.
    pub seed: u64,
}

/// The result of a forward pass.
#[derive(Debug)]
pub struct Done<E: Scalar, D: Device<E>, T> {
    /// The outputs, with their batch axes.
    pub outputs: Vec<Value<E, D>>,
    /// The tape, with the pass recorded.
    pub tape: T,
    /// New values of tensors: the number in graph order, and the value.
    pub updates: Vec<(usize, Value<E, D>)>,
    /// The path that ran it.
    pub path: Path,
}

impl<E: Scalar, D: Device<E>, T> Done<E, D, T> {
    /// The rest, and the tape.
    pub(crate) fn split_tape(self) -> (Done<E, D, NoneTape>, T) {
        let Self { outputs, tape, updates, path } = self;
        (Done { outputs, tape: NoneTape, updates, path }, tape)
    }
}

/// The two ways to run a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// As one operation, by the CPU engine.
    Engine,
    /// As dfdx operations, one after the other.
    Portable,
}

impl Backend<f32> for Cpu {
    fn check(graph: &Graph, runtime: &Runtime, batch: usize, mode: Mode, input_grad: bool) -> Result<(), EngineError> {
        match runtime.engine.start(graph, batch, mode, input_grad) {
            // The portable path runs it.
            Err(EngineError::Unsupported { .. }) => portable::check(graph, batch, mode),
            outcome => outcome.map(drop),
        }
    }

    fn run(call: Call<'_, f32, Self>) -> Result<Done<f32, Self, NoneTape>, Self::Err> {
        cpu::execute(call, NoneTape)
    }

    fn record(call: Call<'_, f32, Self>) -> Result<Done<f32, Self, Recording<f32, Self>>, Self::Err> {
        cpu::execute(call, Recording::default())
    }
}

impl Backend<f64> for Cpu {
    fn run(call: Call<'_, f64, Self>) -> Result<Done<f64, Self, NoneTape>, Self::Err> {
        portable::execute(call, NoneTape)
    }

    fn record(call: Call<'_, f64, Self>) -> Result<Done<f64, Self, Recording<f64, Self>>, Self::Err> {
        portable::execute(call, Recording::default())
    }
}

#[cfg(feature = "cuda")]
impl<E: Scalar> Backend<E> for dfdx::tensor::Cuda
where
    Self: Device<E>,
{
    fn run(call: Call<'_, E, Self>) -> Result<Done<E, Self, NoneTape>, Self::Err> {
        portable::execute(call, NoneTape)
    }

    fn record(call: Call<'_, E, Self>) -> Result<Done<E, Self, Recording<E, Self>>, Self::Err> {
        portable::execute(call, Recording::default())
    }
}
