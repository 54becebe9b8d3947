//! A model with one network for color images and one for gray images.

use layercake::ir::Graph;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Recipe, RunOutcome};

use super::entry::Run;
use super::own::OwnNetwork;
use crate::zoo::{BenchOptions, BenchResult, EvalOptions, Evaluation, ModelError, TrainOptions, ZooModel};

/// The network is chosen by the data set: color for CIFAR-10, gray for the others.
pub(crate) struct ColorOrGray {
    pub color: Box<dyn ZooModel>,
    pub gray: Box<dyn ZooModel>,
    /// The default data set when a data folder is given.
    pub dataset: KnownDataset,
}

impl ColorOrGray {
    fn of(&self, dataset: KnownDataset) -> &dyn ZooModel {
        if dataset == KnownDataset::Cifar10 { &*self.color } else { &*self.gray }
    }
}

impl ZooModel for ColorOrGray {
    fn name(&self) -> &'static str {
        self.color.name()
    }

    fn description(&self) -> &'static str {
        self.color.description()
    }

    fn graph(&self) -> Option<&'static Graph> {
        self.of(self.dataset).graph()
    }

    fn graph_on(&self, dataset: KnownDataset) -> Option<&'static Graph> {
        self.of(dataset).graph()
    }

    /// Pictures are read in color.
    fn own(&self) -> Option<OwnNetwork> {
        self.color.own()
    }

    fn recipe(&self, dataset: KnownDataset) -> Option<Recipe> {
        self.of(dataset).recipe(dataset)
    }

    fn default_dataset(&self, in_files: bool) -> KnownDataset {
        if in_files { self.dataset } else { KnownDataset::Digits }
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        self.of(options.dataset).train(options)
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        let run = Run::find(&options.checkpoint)?;
        let dataset = options.dataset.or(run.config.and_then(|config| config.source.dataset())).unwrap_or(self.dataset);
        self.of(dataset).evaluate(&EvalOptions { dataset: Some(dataset), ..options.clone() })
    }

    fn bench(&self, options: &BenchOptions) -> Result<BenchResult, ModelError> {
        self.of(self.dataset).bench(options)
    }
}
