//! Dead and saturated units on a part of a data set.

use layercake::explain::{LayerUnits, Units};
use layercake::hook::Hookable;
use layercake::ir::Graph;
use layercake::prelude::*;

use crate::TrainError;
use crate::data::{Array, Collate, Dataset, Loader};

/// The most items.
const ITEMS: usize = 256;
/// The most numbers of a batch that activations may give: 128 MiB.
const NUMBERS: usize = 1 << 25;

/// Counts the dead and saturated units of a network over up to 256 items, spread over the data set. `inputs` takes the inputs out of a batch. The list is empty if
/// the network has no such units, or not a single input of numbers.
///
/// # Errors
/// Returns an error if an item cannot be read, the inputs do not fit the network, or the device fails.
pub fn count_units<S, D>(
    network: &dyn Hookable<f32, D>,
    device: &D,
    data: &Loader<S>,
    inputs: impl Fn(<S::Item as Collate>::Batch) -> Array<f32>,
) -> Result<Vec<LayerUnits>, TrainError>
where
    S: Dataset,
    D: Backend<f32>,
{
    if !Units::can_count(network.graph()) {
        return Ok(Vec::new());
    }
    let mut units = Units::default();
    for batch in data.spread(ITEMS, batch_size(network.graph())).epoch(1) {
        let inputs = inputs(batch?).into_dynamic(device)?;
        units.add(network, &inputs).map_err(|error| TrainError::Network(error.to_string()))?;
    }
    Ok(units.layers())
}

fn batch_size(graph: &Graph) -> usize {
    let numbers: usize = graph.inlined().nodes().iter().map(|node| node.output.dims().iter().product::<usize>()).sum();
    (NUMBERS / numbers.max(1)).clamp(1, ITEMS)
}
