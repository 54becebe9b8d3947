//! Models of the zoo on the user's own data: a perceptron whose sizes come from a table, and classifiers of images whose last layer is replaced.

mod head;
mod mlp;

use std::path::Path;

use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::own::{Evaluated, EvaluationOptions, OwnModel, Predictor, TrainingOptions, evaluate, train};
use layercake_train::run::{OwnData, Recipe, RunOutcome};

use super::dropout::has_dropout;
use super::machine::{Gpu, Machine, open_gpu};
use crate::zoo::{DeviceKind, ModelError, ZooModel};
pub(crate) use mlp::Mlp;

/// How a model of the zoo learns from the user's own data.
#[derive(Clone, Copy, Debug)]
pub struct OwnNetwork {
    pub(crate) recipe: Recipe,
    pub(crate) kind: OwnKind,
}

/// Where the network comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnKind {
    /// Linear layers of sizes that follow from the data.
    Mlp,
    /// This network with another last layer.
    Head(&'static Graph),
}

impl OwnNetwork {
    /// The default hyperparameters.
    pub fn recipe(&self) -> Recipe {
        self.recipe
    }

    /// Whether it has hidden layers whose sizes can be chosen.
    pub fn has_hidden_layers(&self) -> bool {
        matches!(self.kind, OwnKind::Mlp)
    }

    /// Whether it has dropout, or can have.
    pub fn has_dropout(&self) -> bool {
        match self.kind {
            OwnKind::Mlp => true,
            OwnKind::Head(graph) => has_dropout(graph),
        }
    }

    /// The network for some data.
    fn graph(&self, own: &OwnData) -> Result<Graph, TrainError> {
        match self.kind {
            OwnKind::Mlp => mlp::graph(own),
            OwnKind::Head(graph) => head::replaced(graph, own.goal.outputs(), own.dropout).map_err(TrainError::Setting),
        }
    }

    /// Calls `work` with the model.
    fn with<D: Machine, T>(&self, name: &str, work: impl FnOnce(&OwnModel<'_, D::Net, D>) -> T) -> T {
        let build = |own: &OwnData, device: &D| device.build(&self.graph(own)?);
        let input = match self.kind {
            OwnKind::Mlp => None,
            OwnKind::Head(graph) => Some(graph.inputs()[0].shape.dims().to_vec()),
        };
        work(&OwnModel { name, recipe: self.recipe, input, given: None, build: &build })
    }
}

/// The model's way to learn from the user's own data.
///
/// # Errors
/// Returns an error if it has none.
pub fn own_network(model: &dyn ZooModel) -> Result<OwnNetwork, ModelError> {
    let reason = "it does not learn from tables, folders of pictures or arrays; mlp learns from tables and arrays, and lenet5, vgg8 and resnet20 from pictures and arrays";
    model.own().ok_or(ModelError::Unsupported { model: model.name(), action: "trained on your own data", reason })
}

/// Trains a model on the user's own data.
///
/// # Errors
/// Returns an error if it cannot be, the data cannot be read, training diverges, or the folder cannot be written.
pub fn train_own(
    model: &dyn ZooModel,
    device: DeviceKind,
    options: TrainingOptions,
    warn: &mut dyn FnMut(&str),
) -> Result<RunOutcome, ModelError> {
    let network = own_network(model)?;
    let seed = options.run.resumed.as_ref().map_or(options.recipe.seed, |run| run.config().recipe.seed);
    Ok(match device {
        DeviceKind::Cpu => network.with(model.name(), |model| train(model, &Cpu::seed_from_u64(seed), options, warn))?,
        DeviceKind::Cuda => {
            let gpu = open_gpu(seed)?;
            network.with::<Gpu, _>(model.name(), |model| train(model, &gpu, options, warn))?
        }
    })
}

/// Evaluates a run on the user's own data, or the mean of several.
///
/// # Errors
/// Returns an error if the run or the data cannot be read, or do not fit.
pub fn evaluate_own(model: &dyn ZooModel, device: DeviceKind, options: &EvaluationOptions) -> Result<Evaluated, ModelError> {
    let network = own_network(model)?;
    Ok(match device {
        DeviceKind::Cpu => network.with(model.name(), |model| evaluate(model, &Cpu::default(), options))?,
        DeviceKind::Cuda => {
            let gpu = open_gpu(0)?;
            network.with::<Gpu, _>(model.name(), |model| evaluate(model, &gpu, options))?
        }
    })
}

/// Loads a run on the user's own data, to predict on the CPU.
///
/// # Errors
/// Returns an error if the run cannot be read, or is of another model.
pub fn own_predictor(model: &dyn ZooModel, checkpoint: &Path) -> Result<Predictor<GraphModel, Cpu>, ModelError> {
    let network = own_network(model)?;
    Ok(network.with(model.name(), |model| Predictor::load(model, &Cpu::default(), checkpoint))?)
}

/// The network of a run on the user's own data.
///
/// # Errors
/// Returns an error if the model cannot be trained on own data, or the sizes do not fit.
pub fn own_graph(model: &dyn ZooModel, own: &OwnData) -> Result<Graph, ModelError> {
    Ok(own_network(model)?.graph(own)?)
}

/// Converts a mistake in a graph.
fn mistaken(mistake: impl std::fmt::Display) -> TrainError {
    TrainError::Network(mistake.to_string())
}

#[cfg(test)]
mod tests;
