//! Launches over many tensors of a model.

use std::sync::Arc;

use cudarc::driver::{CudaDevice, DriverError};
use layercake_engine_cuda::Many;

use super::launch::{Given, Loaded};
use super::places::Memory;

/// Tensors that a kernel takes together: of one length, which those that it writes share with no other tensor.
#[derive(Clone, Debug)]
pub(crate) struct Row(Vec<Memory>);

impl Row {
    /// # Panics
    /// Panics if the lengths differ.
    pub fn new(tensors: Vec<Memory>) -> Self {
        assert!(tensors.iter().all(|tensor| tensor.len() == tensors[0].len()), "the tensors of a row have one length: {tensors:?}");
        Self(tensors)
    }
}

/// Launches a kernel for all rows. `more` are the parameters behind the number of rows, which may depend on the number of blocks before.
///
/// # Errors
/// Returns an error if the compiler or the driver refuses something.
pub(crate) fn launch(device: &Arc<CudaDevice>, many: &Many, rows: &[Row], more: impl Fn(u32) -> Vec<Given>) -> Result<(), DriverError> {
    let loaded = Loaded::new(Arc::clone(device), std::slice::from_ref(&many.kernel))?;
    many.launches(&addresses(rows)).iter().try_for_each(|rows| loaded.many(many, 0, rows, &more(rows.first)))
}

/// The blocks of all launches for these rows.
pub(crate) fn blocks(many: &Many, rows: &[Row]) -> u32 {
    many.launches(&addresses(rows)).iter().map(|rows| rows.blocks).sum()
}

fn addresses(rows: &[Row]) -> Vec<(Vec<u64>, usize)> {
    rows.iter()
        .filter(|row| row.0[0].len() > 0)
        .map(|Row(tensors)| (tensors.iter().map(Memory::address).collect(), tensors[0].len()))
        .collect()
}
