//! Networks that the command can show and not train.

use std::path::PathBuf;

use layercake::ir::Graph;
use layercake_train::data::DataSet;
use layercake_train::run::Summary;

use crate::model::{Bench, EvalOptions, Evaluation, Model, ModelError, TrainOptions};

/// A network without a recipe: it can be listed, summarised and drawn.
pub(crate) struct Sketch {
    name: &'static str,
    about: &'static str,
    graph: &'static Graph,
}

/// A row of the zoo: what the network is called, and its graph.
pub(crate) const fn sketch(name: &'static str, about: &'static str, graph: &'static Graph) -> Sketch {
    Sketch { name, about, graph }
}

impl Sketch {
    fn lacks(&self, what: &'static str) -> ModelError {
        ModelError::NoRecipe { model: self.name, what }
    }
}

impl Model for Sketch {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(self.graph)
    }

    fn dataset(&self, _: bool) -> DataSet {
        DataSet::Digits
    }

    fn train(&self, _: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        Err(self.lacks("trained"))
    }

    fn evaluate(&self, _: &EvalOptions) -> Result<Evaluation, ModelError> {
        Err(self.lacks("evaluated"))
    }

    fn bench(&self, _: usize) -> Result<Bench, ModelError> {
        Err(self.lacks("timed"))
    }
}
