//! A model that has a form for colour images and one for grey ones.

use std::path::PathBuf;

use layercake::ir::Graph;
use layercake_train::data::DataSet;
use layercake_train::run::Summary;

use super::entry::Run;
use crate::model::{Bench, EvalOptions, Evaluation, Model, ModelError, TrainOptions};

/// The form is chosen by the data set: colour for CIFAR-10, grey for the others.
pub(crate) struct Forms {
    pub colour: Box<dyn Model>,
    pub grey: Box<dyn Model>,
    /// The data set, where nobody says another.
    pub dataset: DataSet,
}

impl Forms {
    fn of(&self, dataset: DataSet) -> &dyn Model {
        if dataset == DataSet::Cifar10 { &*self.colour } else { &*self.grey }
    }
}

impl Model for Forms {
    fn name(&self) -> &'static str {
        self.colour.name()
    }

    fn about(&self) -> &'static str {
        self.colour.about()
    }

    fn graph(&self) -> Option<&'static Graph> {
        self.of(self.dataset).graph()
    }

    fn dataset(&self, in_files: bool) -> DataSet {
        if in_files { self.dataset } else { DataSet::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<(PathBuf, Summary), ModelError> {
        self.of(options.dataset).train(options)
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        let run = Run::find(&options.checkpoint)?;
        let dataset = options.dataset.or(run.config.map(|config| config.dataset)).unwrap_or(self.dataset);
        self.of(dataset).evaluate(&EvalOptions { dataset: Some(dataset), ..options.clone() })
    }

    fn bench(&self, batch_size: usize) -> Result<Bench, ModelError> {
        self.of(self.dataset).bench(batch_size)
    }
}
