//! What a GPU can do by its data sheet, and what a network asks of it: by both a measured time is judged.

use std::sync::Arc;

use cudarc::driver::{CudaDevice, sys};
use layercake_engine::Mode;
use layercake_engine_cuda::{Key, Plan, Unsupported};
use layercake_ir::Graph;

use super::launch;
use crate::DeviceError;

/// A GPU.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Card {
    /// Its name.
    pub name: String,
    /// Single-precision operations per second, as its multiprocessors and its clock say; none if the driver does not tell, or its generation is not known here.
    pub peak: Option<f64>,
    /// Bytes per second between the GPU and its memory, as bus and clock say; none if the driver does not tell.
    pub bandwidth: Option<f64>,
}

/// Describes the GPU of this number, counted from 0, that [`open`](super::open) has opened before.
///
/// # Errors
/// Returns an error if the driver does not answer.
pub fn card(ordinal: usize) -> Result<Card, DeviceError> {
    use sys::CUdevice_attribute::{
        CU_DEVICE_ATTRIBUTE_CLOCK_RATE as CLOCK, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR,
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH as WIDTH,
        CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE as MEMORY_CLOCK, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT as COUNT,
    };
    let device: Arc<CudaDevice> = CudaDevice::new(ordinal).map_err(|error| DeviceError::of(&error))?;
    let told = |attribute| device.attribute(attribute).ok().filter(|&number| number > 0).map(f64::from);
    // Multiplications with an addition that a multiprocessor does in a cycle.
    let lanes = match (device.attribute(MAJOR), device.attribute(MINOR)) {
        (Ok(7), _) | (Ok(8), Ok(0)) => Some(64.0),
        (Ok(8..=12), _) => Some(128.0),
        _ => None,
    };
    let product = |numbers: [Option<f64>; 3]| numbers.into_iter().try_fold(1.0, |all, number| Some(all * number?));
    Ok(Card {
        name: launch::name(&device).map_err(|error| DeviceError::of(&error))?,
        // Clocks are in kHz; a multiplication with an addition counts as two.
        peak: product([told(COUNT), told(CLOCK), lanes]).map(|product| product * 2.0 * 1e3),
        // Two transfers in a cycle, of as many bits as the bus is wide.
        bandwidth: product([told(MEMORY_CLOCK), told(WIDTH), Some(2.0 * 1e3 / 8.0)]),
    })
}

/// What a pass of a network asks of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// Launches of kernels, fills and copies: a forward pass, and in training a backward pass too.
    pub launches: usize,
    /// Bytes of the tensors that the launches read and write, each tensor once for each launch: what has to pass between the GPU and its memory if the GPU keeps
    /// nothing from one launch to the next, and reads nothing twice within one.
    pub moved: u64,
    /// Bytes of all tensors that the launches compute, each tensor once: what lies between launches, outputs, gradients and statistics.
    pub computed: u64,
    /// Bytes of the memory for all that lies between inputs and outputs.
    pub memory: u64,
}

/// What passes of a graph ask of a GPU, without a loss and an optimizer.
///
/// # Errors
/// Returns the first layer that has no kernels of its own, as [`lacks`](super::lacks) does.
pub fn cost(graph: &Graph, batch: usize, mode: Mode) -> Result<Cost, Unsupported> {
    let plan = Plan::new(&graph.inlined(), Key { batch, mode, input_grad: false })?;
    let bytes = |elements: usize| elements as u64 * size_of::<f32>() as u64;
    Ok(Cost {
        launches: plan.forward.len() + plan.backward.len(),
        moved: bytes(plan.moved()),
        computed: bytes(plan.computed()),
        memory: bytes(plan.arena),
    })
}
