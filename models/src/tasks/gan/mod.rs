//! Generative adversarial networks: a generator and a discriminator in turn.

mod judge;
mod pictures;
mod real;
mod task;
#[cfg(test)]
mod tests;

use std::path::Path;

use layercake::ir::Graph;
use layercake::optim::{Adam, AdamConfig};
use layercake::schedule::Better;
use layercake_train::data::{Images, KnownDataset, Loader, Normalize, Split};
use layercake_train::run::{Recipe, RunOutcome};
use layercake_train::{InTurn, Metrics, Player, TrainError, WithValidation};

use self::pictures::{Maker, grid};
use self::task::{Adversarial, DISCRIMINATOR, GENERATOR};
use super::SHAPE;
use super::entry::{Description, ModelKind, Run};
use super::machine::{Machine, part};
use super::pair::Gan;
use super::run::{Prepared, Trained, hold_out_images, train};
use super::{reject_text_options, save};
use crate::networks::{Dcgan, DcganDiscriminator, DcganGenerator};
use crate::zoo::{ModelError, SampleOptions, Samples, TrainOptions};
pub(crate) use real::Real;

/// The deep convolutional one.
pub(crate) struct DcganModel;

/// The averages of Adam: with the usual 0.9 for the gradient the game oscillates (Radford et al., 2016).
const BETAS: [f64; 2] = [0.5, 0.999];

impl ModelKind for DcganModel {
    fn graph(&self) -> &'static Graph {
        Dcgan::GRAPH
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let model = Trained { name: description.name, graph: self.graph(), agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let Split { train, test } = options.dataset.load(options.data_dir.as_deref(), SHAPE).map_err(TrainError::from)?;
            let (train, validation) = hold_out_images(train, recipe)?;
            let net = Gan { generator: device.build(DcganGenerator::GRAPH)?, discriminator: device.build(DcganDiscriminator::GRAPH)? };
            let optimizer = optimizers(&net, recipe)?;
            let (items, loss) = (train.len(), recipe.generator_loss.unwrap_or_default());
            let measured = |images: &Images| Ok::<_, TrainError>(Adversarial::new(Real::of(device, images, &train)?, loss, recipe.seed));
            let task = WithValidation { task: measured(&test)?, validation: validation.as_ref().map(measured).transpose()? };
            // Batch normalization of a last batch of one image is not possible.
            let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers).drop_last().transform(to_tanh());
            let selected_by = ("validation_frechet_distance", Better::Lower);
            Ok(Prepared { net, optimizer, items, train, task, selected_by, normalize: Some(to_tanh()), classes: Vec::new() })
        })
    }

    fn evaluate<D: Machine>(
        &self,
        run: &Run,
        device: &D,
        dataset: KnownDataset,
        data_dir: Option<&Path>,
    ) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(self.graph(), device)?;
        let Split { train, test } = dataset.load(data_dir, SHAPE).map_err(TrainError::from)?;
        let real = Real::of(device, &test, &train)?;
        Ok((real.compare(|count| Maker::new(part(&net, device, GENERATOR)?, device).samples(count, 0))?, test.len() as u64))
    }

    fn sample<D: Machine>(&self, description: &Description, run: &Run, device: &D, options: &SampleOptions) -> Result<Samples, ModelError> {
        reject_text_options(description, options)?;
        let net = run.load_graph(self.graph(), device)?;
        let maker = Maker::new(part(&net, device, GENERATOR)?, device);
        let (count, seed) = (options.count.unwrap_or(100), options.seed.unwrap_or(0));
        let pixels = maker.samples(count, seed)?;
        save(&grid(&pixels, (count as f64).sqrt().ceil() as usize).enlarged(2), options)
    }
}

/// Both optimizers, with the discriminator first.
fn optimizers<D: Machine>(net: &Gan<D::Net>, recipe: &Recipe) -> Result<InTurn<Gan<D::Net>, D>, TrainError> {
    let player = |part| {
        let mut optimizer: Adam<f32, D> = recipe.adam(net);
        optimizer.cfg = AdamConfig { betas: BETAS, ..optimizer.cfg };
        Player::new(part, optimizer)
    };
    InTurn::new(net, [DISCRIMINATOR, GENERATOR].map(player))
}

/// From pixels in 0..1 to the range of the generator's last layer, -1..1.
fn to_tanh() -> Normalize {
    Normalize { mean: vec![0.5], std: vec![0.5] }
}
