//! A model with a network for pixels and others for features of the pictures.

use layercake::ir::Graph;
use layercake_train::data::KnownDataset;
use layercake_train::run::{Recipe, RunOutcome};

use super::classifier::ImageClassifier;
use super::color_or_gray::ColorOrGray;
use super::entry::Run;
use super::own::OwnNetwork;
use crate::zoo::{BenchOptions, BenchResult, EvalOptions, Evaluation, ModelError, TrainOptions, Variant, ZooModel};

/// The features are those of a color image, where a data set has them.
pub(crate) struct ByFeatures {
    pub pixels: ColorOrGray,
    pub gradients: ColorOrGray,
    pub hues: ImageClassifier,
    pub both: ImageClassifier,
    /// The names: pixels, gradients, hues, both.
    pub variants: &'static [Variant],
}

impl ByFeatures {
    /// The model for a variant and a data set.
    fn of(&self, variant: Option<&str>, dataset: KnownDataset) -> Result<&dyn ZooModel, ModelError> {
        let chosen = Variant::named(self.variants, self.name(), variant)?;
        let model: [&dyn ZooModel; 4] = [&self.pixels, &self.gradients, &self.hues, &self.both];
        let at = self.variants.iter().position(|variant| variant.name == chosen.name).unwrap_or(0);
        if at >= 2 && dataset != KnownDataset::Cifar10 {
            let name = chosen.name;
            return Err(ModelError::Option(format!(
                "`--features {name}`: the images of {dataset} are gray and have no hue; expected cifar-10"
            )));
        }
        Ok(model[at])
    }
}

impl ZooModel for ByFeatures {
    fn name(&self) -> &'static str {
        self.pixels.name()
    }

    fn description(&self) -> &'static str {
        self.pixels.description()
    }

    fn graph(&self) -> Option<&'static Graph> {
        self.pixels.graph()
    }

    fn graph_on(&self, dataset: KnownDataset) -> Option<&'static Graph> {
        self.pixels.graph_on(dataset)
    }

    fn variants(&self) -> &'static [Variant] {
        self.variants
    }

    fn own(&self) -> Option<OwnNetwork> {
        self.pixels.own()
    }

    fn recipe(&self, dataset: KnownDataset) -> Option<Recipe> {
        self.pixels.recipe(dataset)
    }

    fn default_dataset(&self, in_files: bool) -> KnownDataset {
        self.pixels.default_dataset(in_files)
    }

    fn train(&self, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        self.of(options.variant.as_deref(), options.dataset)?.train(options)
    }

    fn evaluate(&self, options: &EvalOptions) -> Result<Evaluation, ModelError> {
        let config = Run::find(&options.checkpoint)?.config;
        let trained_on = config.as_ref().and_then(|config| config.source.dataset());
        let dataset = options.dataset.or(trained_on).unwrap_or_else(|| self.default_dataset(false));
        let variant = config.as_ref().and_then(|config| config.variant.as_deref());
        self.of(variant, dataset)?.evaluate(&EvalOptions { dataset: Some(dataset), ..options.clone() })
    }

    fn bench(&self, options: &BenchOptions) -> Result<BenchResult, ModelError> {
        self.pixels.bench(options)
    }
}
