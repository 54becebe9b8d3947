//! Running a network: from the user's typed tensors to a pass on the engine or in dfdx operations.
//!
//! Each module uses only those above it in this table.
//!
//! | module | content |
//! |---|---|
//! | `known` | token ids that need not be read from the device |
//! | `value` | a tensor without its static shape |
//! | `slot` | the place of a tensor in a network |
//! | `edge` | typed tensors to values and back |
//! | `tables` | tables of a plan's layers that stay on the device |
//! | `place` | where a pass failed |
//! | `size` | the largest tensors of the portable path |
//! | `call` | one pass over a graph: what it is given, what it gives back |
//! | `portable` | a pass in dfdx operations |
//! | `cpu` | a pass on the engine of the CPU |
//! | `cuda` | a pass on the engine of the GPU |
//! | `backend` | which of them a device and number type use |
//! | `plan` | a graph cut at its custom layers, each segment with an engine |
//! | `runtime` | the plans that a network keeps between passes |
//! | `network` | what every network is |
//! | `custom` | dfdx modules as layers |
//! | `forward` | the typed forward passes |

pub(crate) mod backend;
pub(crate) mod call;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
pub(crate) mod custom;
pub(crate) mod edge;
pub(crate) mod forward;
pub(crate) mod known;
pub(crate) mod network;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod portable;
pub(crate) mod runtime;
mod size;
pub(crate) mod slot;
pub(crate) mod tables;
pub(crate) mod value;
