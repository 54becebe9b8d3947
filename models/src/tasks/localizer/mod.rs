//! Classification and localization of one object in an image: one trunk, two heads.

mod canvas;
mod cells;
mod task;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use layercake::ir::Graph;
use layercake::prelude::*;
use layercake::schedule::Better;
use layercake_train::data::{Dataset, KnownDataset, Loader, Scene, Split};
use layercake_train::run::{Recipe, RunOutcome};
use layercake_train::{Metrics, Task, TrainError, WithValidation};

use self::canvas::{Inked, SIDE, on_canvases};
use self::cells::Cells;
use self::task::Localization;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, PreparedNet, TEST_BATCH, Trained, hold_out_images, train};
use crate::networks::{CellLocalizer, DigitLocalizer};
use crate::zoo::{ModelError, TrainOptions};

/// The seed of the places on the canvases of tests, which are the same for all runs.
const TEST_SEED: u64 = 0;

/// The localizer as a model of the zoo: digits on a cluttered canvas, or the white cell of BCCD's photos.
pub(crate) struct Localizer;

impl ModelKind for Localizer {
    fn graph(&self) -> &'static Graph {
        self.graph_on(KnownDataset::Mnist)
    }

    fn graph_on(&self, dataset: KnownDataset) -> &'static Graph {
        if dataset == KnownDataset::Bccd { CellLocalizer::<f32, Cpu>::GRAPH } else { DigitLocalizer::<f32, Cpu>::GRAPH }
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let graph = self.graph_on(options.dataset);
        let model = Trained { name: description.name, graph, agent: None };
        let (own, data_dir) = ((description.recipe)(options.dataset), options.data_dir.as_deref());
        if options.dataset == KnownDataset::Bccd {
            return train(model, device, options, own, |recipe| {
                let [train, test] = white_cells(data_dir)?;
                let [rest, held] = recipe.parts(train.len())?;
                let validation = (!held.is_empty()).then(|| cell_task(train.subset(&held), recipe.box_weight));
                let train = cells::varied(batches(train.subset(&rest), recipe));
                prepared(device, recipe, graph, train, cell_task(test, recipe.box_weight), validation)
            });
        }
        train(model, device, options, own, |recipe| {
            let Split { train, test } = digits(options.dataset, data_dir)?;
            let (train, held) = hold_out_images(train, recipe)?;
            let [train, test] = [train, test].map(|images| Inked(Arc::new(images)));
            let validation = held.map(|held| digit_task(Inked(Arc::new(held)), recipe.box_weight));
            prepared(device, recipe, graph, on_canvases(batches(train, recipe)), digit_task(test, recipe.box_weight), validation)
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(self.graph_on(dataset), device)?;
        if dataset == KnownDataset::Bccd {
            let [_, test] = white_cells(data_dir)?;
            let items = test.len() as u64;
            return Ok((cell_task(test, None).evaluate(&net, device)?, items));
        }
        let test = Inked(Arc::new(digits(dataset, data_dir)?.test));
        let items = test.len() as u64;
        Ok((digit_task(test, None).evaluate(&net, device)?, items))
    }
}

fn digits(dataset: KnownDataset, data_dir: Option<&Path>) -> Result<Split, TrainError> {
    Ok(dataset.load(data_dir, super::SHAPE)?)
}

fn white_cells(data_dir: Option<&Path>) -> Result<[Cells; 2], TrainError> {
    let [train, test] = KnownDataset::Bccd.load_objects(data_dir)?;
    Ok([Cells::read(&train, "WBC")?, Cells::read(&test, "WBC")?])
}

fn digit_task(test: Inked, box_weight: Option<f64>) -> Localization<Inked> {
    let classes = test.0.classes().to_vec();
    let test = on_canvases(Loader::new(test, TEST_BATCH).seed(TEST_SEED));
    Localization { test, classes, size: [SIDE, SIDE], box_weight: weight(box_weight) }
}

fn cell_task(test: Cells, box_weight: Option<f64>) -> Localization<Cells> {
    Localization { test: Loader::new(test, TEST_BATCH), classes: vec!["WBC".to_owned()], size: cells::SIZE, box_weight: weight(box_weight) }
}

/// The weight of the box loss; the evaluation does not depend on it.
fn weight(given: Option<f64>) -> f32 {
    given.map_or(1.0, |weight| weight as f32)
}

fn batches<S: Dataset>(data: S, recipe: &Recipe) -> Loader<S> {
    Loader::new(data, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers)
}

/// What a run needs, from its data.
fn prepared<S: Dataset<Item = Scene>, D: Machine>(
    device: &D,
    recipe: &Recipe,
    graph: &Graph,
    train: Loader<S>,
    task: Localization<S>,
    validation: Option<Localization<S>>,
) -> Result<PreparedNet<S, Localization<S>, D>, ModelError> {
    let net = device.build(graph)?;
    let (optimizer, items, classes) = (recipe.adam(&net), train.data().len(), task.classes.clone());
    let selected_by = ("validation_mean_iou", Better::Higher);
    Ok(Prepared { net, optimizer, items, train, task: WithValidation { task, validation }, selected_by, normalize: None, classes })
}
