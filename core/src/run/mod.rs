//! Running a network: from the user's typed tensors to a pass on the engine or in dfdx operations.

pub(crate) mod backend;
mod cpu;
pub(crate) mod custom;
pub(crate) mod edge;
pub(crate) mod network;
pub(crate) mod plan;
pub(crate) mod portable;
pub(crate) mod value;
