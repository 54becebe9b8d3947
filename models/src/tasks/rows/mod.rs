//! Classification of images that are read row by row, and how far back the gradient reaches.

mod reach;

use std::path::Path;

use layercake::explain::LayerUnits;
use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{Batch, Images, KnownDataset, Loader, Normalize, Split};
use layercake_train::run::RunOutcome;
use layercake_train::{Goal, Metrics, Pass, Step, Supervised, Task, TrainError, WithValidation};

use super::SHAPE;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, TEST_BATCH, Trained, hold_out_images, train};
use crate::networks::{RowGru, RowLstm, RowRnn};
use crate::zoo::{ModelError, TrainOptions, Variant};

/// A recurrent network on the rows of an image.
pub(crate) struct RowClassifier;

const CELLS: &[Variant] = &[
    Variant { name: "lstm", graph: RowLstm::GRAPH },
    Variant { name: "gru", graph: RowGru::GRAPH },
    Variant { name: "rnn", graph: RowRnn::GRAPH },
];

impl ModelKind for RowClassifier {
    fn graph(&self) -> &'static Graph {
        CELLS[0].graph
    }

    fn variants(&self) -> &'static [Variant] {
        CELLS
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let chosen = Variant::named(CELLS, description.name, options.variant.as_deref())?;
        let model = Trained { name: description.name, graph: chosen.graph, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), SHAPE).map_err(TrainError::from)?;
            let (train, validation) = hold_out_images(train, recipe)?;
            let (items, normalize, classes) = (train.len(), Normalize::measure(&train), train.classes().to_vec());
            let net = device.build(chosen.graph)?;
            let title = format!("{} ({}) on {}", description.name, chosen.name, options.dataset);
            let measured_on = |images| Rows(supervised(images, &normalize, &title));
            let task = WithValidation { task: measured_on(test), validation: validation.map(measured_on) };
            let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers).transform(normalize.clone());
            let (optimizer, selected_by) = (recipe.adam(&net), ("validation_loss", Better::Lower));
            Ok(Prepared { net, optimizer, items, train, task, selected_by, normalize: Some(normalize), classes })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(run.variant(CELLS)?.graph, device)?;
        let Split { train, test } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let normalize = run.config.as_ref().and_then(|config| config.normalize.clone()).unwrap_or_else(|| Normalize::measure(&train));
        let items = test.len() as u64;
        Ok((Task::<D::Net, D>::evaluate(&mut supervised(test, &normalize, ""), &net, device)?, items))
    }
}

fn supervised(test: Images, normalize: &Normalize, title: &str) -> Supervised<Images> {
    let goal = Goal::Classes(test.classes().to_vec());
    let mut task = Supervised::new(goal, Loader::new(test, TEST_BATCH).transform(normalize.clone())).titled(title);
    task.metrics = Some(vec!["accuracy".to_owned()]);
    task
}

/// Classification, with a picture of the gradients of the three cells.
struct Rows(Supervised<Images>);

impl<D: Machine> Task<D::Net, D> for Rows {
    type Batch = Batch;
    const UNIT: &'static str = "images";

    fn loss(&mut self, net: &mut D::Net, batch: Batch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        self.0.loss(net, batch, pass)
    }

    fn check(&self, net: &D::Net) -> Result<(), TrainError> {
        Task::<D::Net, D>::check(&self.0, net)
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        self.0.evaluate(net, device)
    }

    fn chance_loss(&self) -> Option<f64> {
        Task::<D::Net, D>::chance_loss(&self.0)
    }

    fn units(&mut self, net: &D::Net, device: &D) -> Result<Vec<LayerUnits>, TrainError> {
        self.0.units(net, device)
    }

    /// The classifier's pictures, and after the last epoch `gradients.svg`.
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        self.0.draw(net, device, folder, last)?;
        if last { reach::draw(CELLS, device, &self.0.test, &folder.join("gradients.svg")) } else { Ok(()) }
    }
}
