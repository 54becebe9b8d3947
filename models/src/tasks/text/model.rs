//! What the language models of characters share: the text, its parts, evaluation and sampling.

use std::path::Path;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::readers::{Text, Window, WindowBatch};
use layercake_train::data::{DataError, Dataset, KnownDataset, Loader};
use layercake_train::run::{Recipe, RunOutcome, Source};
use layercake_train::{Metrics, Task, TrainError, WithValidation};

use super::parts::{Parts, own_test_part, test_part, whole_text};
use super::{Beginning, continued, of_characters, of_part};
use crate::tasks::dropout::with_dropout;
use crate::tasks::entry::{Description, ModelKind, Run};
use crate::tasks::machine::Machine;
use crate::tasks::run::{Prepared, Trained, train_made};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};

/// A language model of characters: how it reads a text, and how it writes.
pub(crate) trait CharacterModel: Sync + 'static {
    /// The windows of a text.
    type Windows: Dataset<Item = Window>;
    /// The loss of a window, measured on a text.
    type Task<D: Machine>: Task<D::Net, D, Batch = WindowBatch>;
    /// The network, one character after the other.
    type Writer<D: Machine>: Beginning;

    /// The network for [`CHARACTERS`](super::CHARACTERS).
    fn graph() -> &'static Graph;

    /// The training windows, batched as the recipe says.
    fn windows(text: Text, recipe: &Recipe) -> Result<Loader<Self::Windows>, TrainError>;

    /// The task on a test text.
    fn task<D: Machine>(test: Text) -> Result<Self::Task<D>, DataError>;

    /// What a trained network writes with.
    fn writer<D: Machine>(net: &D::Net, device: &D) -> Result<Self::Writer<D>, TrainError>;
}

/// Such a model as a kind of model.
pub(crate) struct Characters<M>(pub M);

impl<M: CharacterModel> ModelKind for Characters<M> {
    fn graph(&self) -> &'static Graph {
        M::graph()
    }

    fn graph_of_characters(&self, count: usize) -> Option<Graph> {
        of_characters(M::graph(), count).ok()
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        whole_text(description, options)?;
        let model = Trained { name: description.name, graph: M::graph(), agent: None };
        train_made(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Parts { classes, text, validation, test } = Parts::read(options, recipe)?;
            let graph = with_dropout(&of_characters(M::graph(), classes.len())?, recipe.dropout);
            let net = device.build(&graph)?;
            let train = M::windows(text, recipe)?;
            let measured_on = |text, part| M::task::<D>(text).map_err(of_part(part));
            let validation = validation.map(|text| measured_on(text, "validation")).transpose()?;
            let task = WithValidation { task: measured_on(test, "test")?, validation };
            let (items, optimizer, selected_by) = (train.data().len(), recipe.adam(&net), ("validation_nats_per_char", Better::Lower));
            Ok((graph, Prepared { optimizer, net, items, task, selected_by, train, normalize: None, classes }))
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        evaluated::<M, D>(run, device, test_part(run, dataset, data_dir)?)
    }

    fn evaluate_text<D: Machine>(
        &self,
        _: &Description,
        run: &Run,
        device: &D,
        other: Option<&Path>,
    ) -> Result<(Source, Metrics, u64), ModelError> {
        let (source, test) = own_test_part(run, other)?;
        let (metrics, items) = evaluated::<M, D>(run, device, test)?;
        Ok((source, metrics, items))
    }

    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        continued(description, run, options, |count| {
            let net = run.load_graph(&of_characters(M::graph(), count)?, device)?;
            Ok(M::writer(&net, device)?)
        })
    }
}

fn evaluated<M: CharacterModel, D: Machine>(run: &Run, device: &D, test: Text) -> Result<(Metrics, u64), ModelError> {
    let net = run.load_graph(&of_characters(M::graph(), test.vocabulary().len())?, device)?;
    let items = test.characters().len() as u64;
    let mut task = M::task::<D>(test).map_err(of_part("test"))?;
    Ok((task.evaluate(&net, device)?, items))
}
