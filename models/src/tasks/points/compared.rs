//! Training of the model, and of the networks that it is compared with.

use std::fmt::Write;
use std::path::Path;

use layercake::AnyNetwork;
use layercake::prelude::*;
use layercake_train::data::{Array, Loader, SampleBatch, Samples};
use layercake_train::run::Recipe;
use layercake_train::{CancellationToken, Metrics, Pass, Step, Supervised, Task, TrainError};

use super::spread::Spread;
use super::{Points, curve, moons};
use crate::tasks::entry::ModelKind;
use crate::tasks::machine::{Machine, shaped};
use crate::tasks::save_text;
use crate::zoo::Variant;

/// How many points a network is run on at once.
const CHUNK: usize = 1_000;

/// The task of the model. At the end it trains the other variants and draws all of them.
pub(super) struct Compared {
    points: Points,
    chosen: &'static Variant,
    recipe: Recipe,
    train: Loader<Samples>,
    task: Supervised<Samples>,
    spread: Spread,
    cancellation: CancellationToken,
}

/// A trained network with what it reaches on the test points.
pub(super) struct Candidate<N> {
    pub name: &'static str,
    pub net: N,
    pub metrics: Metrics,
}

impl Compared {
    pub(super) fn new(
        points: Points,
        chosen: &'static Variant,
        recipe: &Recipe,
        train: Loader<Samples>,
        task: Supervised<Samples>,
        cancellation: CancellationToken,
    ) -> Self {
        Self { points, chosen, recipe: *recipe, train, task, spread: Spread::default(), cancellation }
    }

    /// Trains another variant as the model was trained.
    fn train<D: Machine>(&mut self, variant: &Variant, device: &D) -> Result<D::Net, TrainError> {
        let mut net = device.seeded(self.recipe.seed, |device| device.build(variant.graph))?;
        let mut optimizer = self.recipe.adam(&net);
        let trainer = self.recipe.trainer(self.train.batch_count()).without_test();
        trainer.cancellation(self.cancellation.clone()).fit(&mut net, device, &mut optimizer, &mut self.task, &self.train)?;
        Ok(net)
    }

    /// All variants, in their order.
    fn candidates<D: Machine>(&mut self, net: &D::Net, device: &D) -> Result<Vec<Candidate<D::Net>>, TrainError> {
        let mut all = Vec::new();
        for variant in self.points.variants() {
            let net = if variant.name == self.chosen.name { net.clone() } else { self.train(variant, device)? };
            let metrics = Task::<D::Net, D>::evaluate(&mut self.task, &net, device)?;
            all.push(Candidate { name: variant.name, net, metrics });
        }
        Ok(all)
    }
}

impl<D: Machine> Task<D::Net, D> for Compared {
    type Batch = <Supervised<Samples> as Task<D::Net, D>>::Batch;
    const UNIT: &'static str = "points";

    fn loss(&mut self, net: &mut D::Net, batch: SampleBatch, pass: Pass<D>) -> Result<Step<D>, TrainError> {
        let (epoch, step) = (pass.epoch, self.task.loss(net, batch, pass)?);
        // The networks are so small that waiting for the number costs nothing.
        self.spread.add(epoch, f64::from(step.loss.retaped::<NoneTape>().as_vec()[0]));
        Ok(step)
    }

    fn check(&self, net: &D::Net) -> Result<(), TrainError> {
        Task::<D::Net, D>::check(&self.task, net)
    }

    fn evaluate(&mut self, net: &D::Net, device: &D) -> Result<Metrics, TrainError> {
        self.task.evaluate(net, device)
    }

    fn chance_loss(&self) -> Option<f64> {
        Task::<D::Net, D>::chance_loss(&self.task)
    }

    fn units(&mut self, net: &D::Net, device: &D) -> Result<Vec<layercake::explain::LayerUnits>, TrainError> {
        self.task.units(net, device)
    }

    fn state(&self) -> Vec<(String, Array<f32>)> {
        self.spread.state()
    }

    fn load_state(&mut self, state: Vec<(String, Array<f32>)>, _: &D) -> Result<(), String> {
        self.spread = Spread::from_state(state)?;
        Ok(())
    }

    /// `loss.svg`, and after the last epoch `variants.md` and the pictures of all variants.
    fn draw(&mut self, net: &D::Net, device: &D, folder: &Path, last: bool) -> Result<(), TrainError> {
        self.spread.draw(&folder.join("loss.svg"))?;
        if !last {
            return Ok(());
        }
        let candidates = self.candidates(net, device)?;
        save_text(&folder.join("variants.md"), &table::<D>(&candidates))?;
        let train = &self.train.data().0;
        match self.points {
            Points::Moons => moons::draw(&candidates, device, train, folder),
            Points::Curve => curve::draw(&candidates, device, train, &self.task.goal, folder),
        }
    }
}

/// What each variant reaches on the test points.
fn table<D: Machine>(candidates: &[Candidate<D::Net>]) -> String {
    let mut text = String::new();
    let Some(first) = candidates.first() else { return text };
    let names: Vec<String> = first.metrics.iter().map(|(name, _)| name.to_owned()).collect();
    let _ = writeln!(text, "| network | parameters | {} |\n|--|--:|{}", names.join(" | "), "--:|".repeat(names.len()));
    for candidate in candidates {
        let values = names.iter().map(|name| format!("{:.4}", candidate.metrics.get(name).unwrap_or(f64::NAN)));
        let values = values.collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| {} | {} | {values} |", candidate.name, candidate.net.network_graph().params());
    }
    text
}

/// The outputs at these points, a row for each.
pub(super) fn outputs<D: Machine, const N: usize>(net: &D::Net, device: &D, points: &[[f32; N]]) -> Result<Vec<f32>, TrainError> {
    let mut all = Vec::new();
    for chunk in points.chunks(CHUNK) {
        let input = Array::new(vec![chunk.len(), N], chunk.concat()).into_dynamic(device)?;
        let output = net.try_infer(vec![input])?.pop().ok_or_else(|| TrainError::Network("the network has no output".to_owned()))?;
        all.extend(shaped::<(usize, usize), D, NoneTape>(output)?.as_vec());
    }
    Ok(all)
}
