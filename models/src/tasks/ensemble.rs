//! Evaluation of several classifiers of images, or of several views of each image, as one.

use std::sync::Arc;

use layercake::io::load_parameters;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::{AnyNetwork, GraphModel};
use layercake_train::data::{KnownDataset, Normalize, Samples, Split};
use layercake_train::ensemble::{Member, TestSet, mean_predictions};
use layercake_train::{Goal, Metrics, Predictions, Seeded, TrainError};

use super::classifier::find_run;
use super::machine::{Gpu, open_gpu};
use super::run::TEST_BATCH;
use crate::zoo::{DeviceKind, EvalOptions, Evaluation, ModelError};

/// Evaluates the mean of the probabilities. The network is taken as a graph, so that this is compiled once for all.
pub(super) fn evaluate(graph: &Graph, options: &EvalOptions) -> Result<Evaluation, ModelError> {
    match options.device {
        DeviceKind::Cpu => evaluate_on(graph, &Cpu::default(), options),
        DeviceKind::Cuda => evaluate_on::<Gpu>(graph, &open_gpu(0)?, options),
    }
}

fn evaluate_on<D: Seeded>(graph: &Graph, device: &D, options: &EvalOptions) -> Result<Evaluation, ModelError>
where
    GraphModel<f32, D>: AnyNetwork<f32, D>,
{
    let [channels, height, width] = *graph.inputs()[0].shape.dims() else {
        return Err(ModelError::Option(format!("`{}` does not take images", graph.name())));
    };
    let (_, config) = find_run(&options.checkpoint, channels)?;
    let dataset = options.dataset.or(config.and_then(|config| config.source.dataset())).unwrap_or(KnownDataset::Digits);
    let Split { train, test } = dataset.load(options.data_dir.as_deref(), [channels, height, width]).map_err(TrainError::from)?;
    let (goal, test, items) = (Goal::Classes(test.classes().to_vec()), Arc::new(test.clone()), test.len() as u64);
    let member = |checkpoint| {
        let (file, config) = find_run(checkpoint, channels)?;
        let mut net = GraphModel::try_new(graph.clone(), device).map_err(|error| TrainError::Network(error.to_string()))?;
        load_parameters(&mut net, file)?;
        let normalize = config.and_then(|config| config.normalize).unwrap_or_else(|| Normalize::measure(&train));
        Ok::<_, TrainError>(Member::<Samples, D> { net, goal: goal.clone(), test: TestSet::Images(test.clone(), normalize) })
    };
    let members = [&options.checkpoint].into_iter().chain(&options.others).map(|path| member(path)).collect::<Result<Vec<_>, _>>()?;
    let found = mean_predictions(&members, device, options.averaged, TEST_BATCH)?;
    Ok(Evaluation { source: dataset.into(), metrics: metrics(&found, &goal), items, unit: "images", seeds: None })
}

/// The metrics that are reported of predictions.
pub(super) fn metrics(found: &Predictions, goal: &Goal) -> Metrics {
    let all = found.metrics(goal);
    ["accuracy", "loss"].into_iter().filter_map(|name| Some((name, all.get(name)?))).collect()
}
