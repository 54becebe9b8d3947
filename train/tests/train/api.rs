//! Conventions of the public API: errors are usable with `?` and across threads, and data sets, loaders and metrics can be sent to threads.

use std::error::Error;
use std::fmt::Debug;

use layercake_train::data::{DataError, Images, Loader, Normalize, Split};
use layercake_train::embedding::{EmbeddingError, Pca, Points, Tsne};
use layercake_train::run::{Canvas, Recipe, RunConfig, RunSummary};
use layercake_train::{CancellationToken, Checkpoints, ConfusionMatrix, Epoch, Metrics, RunningMetrics, TrainError};

fn is_an_error<E: Error + Send + Sync + 'static>() {}

fn can_be_shared<T: Debug + Send + Sync + 'static>() {}

fn can_be_cloned<T: Clone + Debug + Send + Sync + 'static>() {}

#[test]
fn errors() {
    is_an_error::<DataError>();
    is_an_error::<TrainError>();
    is_an_error::<EmbeddingError>();
}

#[test]
fn values() {
    can_be_cloned::<(Images, Split, Normalize)>();
    can_be_cloned::<(Metrics, RunningMetrics, Epoch, ConfusionMatrix)>();
    can_be_cloned::<(Checkpoints, CancellationToken, Canvas, Recipe, RunConfig, RunSummary)>();
    can_be_cloned::<(Points, Pca, Tsne)>();
    can_be_shared::<Loader<Images>>();
}
