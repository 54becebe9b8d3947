//! Measuring a classifier.

use layercake::loss::try_cross_entropy;
use layercake::prelude::*;

use crate::data::Loader;
use crate::error::OnDevice;
use crate::{Classifier, Tally, TrainError};

/// Runs a network over all images, in their order, as inference does: without a tape, without dropout, with the running statistics of
/// batch normalisation. Neither the network nor the device's random numbers change.
///
/// # Errors
/// If the images do not fit the network, or the device fails.
pub fn evaluate<N, const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, const CLASSES: usize, D>(
    net: &N,
    device: &D,
    data: &Loader<'_>,
) -> Result<Tally, TrainError>
where
    N: Classifier<CHANNELS, HEIGHT, WIDTH, CLASSES, D>,
    D: Backend<f32>,
{
    data.must_fit("the images", [CHANNELS, HEIGHT, WIDTH], CLASSES)?;
    let order: Vec<usize> = (0..data.images().len()).collect();
    let mut tally = Tally::new(CLASSES);
    for batch in data.load(device, &order) {
        let batch = batch.on_device()?;
        let scores = net.try_forward(batch.images).on_device()?;
        tally.count(&scores.as_vec(), &batch.labels);
        let loss = try_cross_entropy(scores, &batch.labels).on_device()?;
        tally.add_loss(loss.as_vec()[0], batch.labels.len());
    }
    Ok(tally)
}
