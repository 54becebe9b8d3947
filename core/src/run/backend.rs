//! The device and the number type decide which path runs a network, so that user code is the same for all.

use dfdx::tensor::{Cpu, NoneTape};
use dfdx::tensor_ops::Device;
use layercake_engine::{Engine, EngineError, Mode};
use layercake_ir::Graph;

use super::call::{Call, Done};
use super::cpu;
#[cfg(feature = "cuda")]
use super::cuda;
use super::portable;
use crate::Scalar;
use crate::tape::Recording;

/// A device that networks run on.
///
/// `Cpu` and `Cuda` with `f32` take the fast path: the whole network is one operation on dfdx's tape, run by the engine of the device. Another
/// dtype takes the portable path through dfdx's own operations, and so does a network with an operation that the engine lacks.
///
/// All methods are compiled once per device and number type, here and not in the user's crate, so editing a network does not compile them again.
pub trait Backend<E: Scalar>: Device<E> {
    /// Checks that a graph can run on a batch of this size. The run reuses what is prepared here.
    ///
    /// # Errors
    /// Returns the reason why it cannot; a run would panic.
    #[doc(hidden)]
    fn check(graph: &Graph, engine: &Engine, batch: usize, mode: Mode, input_grad: bool) -> Result<(), EngineError> {
        let _ = (engine, input_grad);
        Self::fits(graph, batch)?;
        portable::check(graph, batch, mode)
    }

    /// Checks that the device can count the elements of all tensors of a run.
    ///
    /// # Errors
    /// Returns the first layer for which it cannot.
    #[doc(hidden)]
    fn fits(graph: &Graph, batch: usize) -> Result<(), EngineError> {
        let _ = (graph, batch);
        Ok(())
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

impl Backend<f32> for Cpu {
    fn check(graph: &Graph, engine: &Engine, batch: usize, mode: Mode, input_grad: bool) -> Result<(), EngineError> {
        match engine.start(graph, batch, mode, input_grad) {
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
impl Backend<f32> for dfdx::tensor::Cuda {
    fn fits(graph: &Graph, batch: usize) -> Result<(), EngineError> {
        portable::fits(graph, batch)
    }

    fn run(call: Call<'_, f32, Self>) -> Result<Done<f32, Self, NoneTape>, Self::Err> {
        cuda::execute(call, NoneTape)
    }

    fn record(call: Call<'_, f32, Self>) -> Result<Done<f32, Self, Recording<f32, Self>>, Self::Err> {
        cuda::execute(call, Recording::default())
    }
}

#[cfg(feature = "cuda")]
impl Backend<f64> for dfdx::tensor::Cuda {
    fn fits(graph: &Graph, batch: usize) -> Result<(), EngineError> {
        portable::fits(graph, batch)
    }

    fn run(call: Call<'_, f64, Self>) -> Result<Done<f64, Self, NoneTape>, Self::Err> {
        portable::execute(call, NoneTape)
    }

    fn record(call: Call<'_, f64, Self>) -> Result<Done<f64, Self, Recording<f64, Self>>, Self::Err> {
        portable::execute(call, Recording::default())
    }
}
