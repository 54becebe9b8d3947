//! Small networks on drawn points. One of them is the model; the others are trained in the same run, by the same recipe, for comparison.

mod compared;
mod curve;
mod moons;
mod regions;
mod spread;

use std::path::Path;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{Dataset, KnownDataset, Loader, Sample, Samples};
use layercake_train::run::{Recipe, RunOutcome};
use layercake_train::{Goal, Metrics, NumberTarget, Supervised, Task, TrainError, WithValidation};

use self::compared::Compared;
use super::entry::{Description, ModelKind, Run};
use super::machine::Machine;
use super::run::{Prepared, TEST_BATCH, Trained, train};
use crate::networks::{CurveDeep, CurveLine, CurveShallow, CurveSmooth, Moons, MoonsLarge, MoonsLogistic, MoonsShallow};
use crate::zoo::{ModelError, TrainOptions, Variant};

/// Two half moons in the plane, or a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Points {
    Moons,
    Curve,
}

const MOONS: &[Variant] = &[
    Variant { name: "2x20", graph: Moons::GRAPH },
    Variant { name: "logistic", graph: MoonsLogistic::GRAPH },
    Variant { name: "1x2", graph: MoonsShallow::<2>::GRAPH },
    Variant { name: "1x10", graph: MoonsShallow::<10>::GRAPH },
    Variant { name: "5x1000", graph: MoonsLarge::GRAPH },
];

const CURVE: &[Variant] = &[
    Variant { name: "tanh-40-40", graph: CurveSmooth::GRAPH },
    Variant { name: "line", graph: CurveLine::GRAPH },
    Variant { name: "1", graph: CurveShallow::<1>::GRAPH },
    Variant { name: "2", graph: CurveShallow::<2>::GRAPH },
    Variant { name: "16", graph: CurveShallow::<16>::GRAPH },
    Variant { name: "80", graph: CurveShallow::<80>::GRAPH },
    Variant { name: "4-8", graph: CurveDeep::GRAPH },
];

impl Points {
    /// What is predicted. The curve's targets are of a size that needs no standardization.
    fn goal(self) -> Goal {
        match self {
            Self::Moons => Goal::Classes(vec!["upper".to_owned(), "lower".to_owned()]),
            Self::Curve => Goal::Numbers(vec![NumberTarget { name: "y".to_owned(), mean: 0.0, std: 1.0 }]),
        }
    }

    fn measured_on(self, test: Samples) -> Supervised<Samples> {
        Supervised::new(self.goal(), Loader::new(test, TEST_BATCH))
    }
}

impl ModelKind for Points {
    fn graph(&self) -> &'static Graph {
        self.variants()[0].graph
    }

    fn variants(&self) -> &'static [Variant] {
        match self {
            Self::Moons => MOONS,
            Self::Curve => CURVE,
        }
    }

    fn train<D: Machine>(&self, description: &Description, device: &D, options: &TrainOptions) -> Result<RunOutcome, ModelError> {
        let chosen = Variant::named(self.variants(), description.name, options.variant.as_deref())?;
        let model = Trained { name: description.name, graph: chosen.graph, agent: None };
        train(model, device, options, (description.recipe)(options.dataset), |recipe| {
            let [train, test] = options.dataset.load_points().map_err(TrainError::from)?;
            let [rest, held] = recipe.parts(train.len())?;
            let part = |indices: &[usize]| Samples(indices.iter().map(|&index| train.0[index].clone()).collect());
            let validation = (!held.is_empty()).then(|| self.measured_on(part(&held)));
            let train = batches(part(&rest), recipe);
            let net = device.build(chosen.graph)?;
            let task = Compared::new(*self, chosen, recipe, train.clone(), test, options.cancellation.clone());
            let (items, optimizer, selected_by) = (train.data().len(), recipe.adam(&net), ("validation_loss", Better::Lower));
            let classes = if let Goal::Classes(names) = self.goal() { names } else { Vec::new() };
            Ok(Prepared { net, optimizer, items, train, task: WithValidation { task, validation }, selected_by, normalize: None, classes })
        })
    }

    fn evaluate<D: Machine>(&self, run: &Run, device: &D, dataset: KnownDataset, _: Option<&Path>) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(run.variant(self.variants())?.graph, device)?;
        let [_, test] = dataset.load_points().map_err(TrainError::from)?;
        let items = test.len() as u64;
        Ok((Task::<D::Net, D>::evaluate(&mut self.measured_on(test), &net, device)?, items))
    }
}

fn batches(data: Samples, recipe: &Recipe) -> Loader<Samples> {
    Loader::new(data, recipe.batch_size).shuffle(recipe.seed)
}

/// The input of each sample as coordinates.
fn places<const N: usize>(samples: &[Sample]) -> Vec<[f32; N]> {
    samples.iter().map(|sample| sample.input[..].try_into().expect("points have as many coordinates as the network has inputs")).collect()
}
