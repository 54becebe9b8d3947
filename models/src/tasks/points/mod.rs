//! Small networks on drawn points. One of them is the model; the others are trained in the same run, by the same recipe, for comparison.

mod compared;
mod curve;
mod moons;
mod regions;
mod spread;

use std::path::Path;

use layercake::ir::Graph;
use layercake::schedule::Better;
use layercake_train::data::{Dataset, KnownDataset, Loader, Sample, Samples, Target};
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

/// Training and test points, and what is predicted of them.
struct Data {
    train: Samples,
    test: Samples,
    goal: Goal,
}

impl Points {
    /// Numbers to predict are standardized by the training points.
    fn data(self, dataset: KnownDataset) -> Result<Data, TrainError> {
        let [mut train, mut test] = dataset.load_points()?;
        if self == Self::Moons {
            return Ok(Data { train, test, goal: Goal::Classes(vec!["upper".to_owned(), "lower".to_owned()]) });
        }
        let numbers = || train.0.iter().filter_map(number).map(f64::from);
        let mean = numbers().sum::<f64>() / train.len() as f64;
        let std = (numbers().map(|y| (y - mean).powi(2)).sum::<f64>() / train.len() as f64).sqrt();
        let target = NumberTarget { name: "y".to_owned(), mean, std };
        for sample in train.0.iter_mut().chain(&mut test.0) {
            sample.target = Target::Numbers(number(sample).map(|y| target.standardized(f64::from(y))).into_iter().collect());
        }
        Ok(Data { train, test, goal: Goal::Numbers(vec![target]) })
    }
}

/// The number to predict of a point, if it is one.
fn number(sample: &Sample) -> Option<f32> {
    match &sample.target {
        Target::Numbers(numbers) => numbers.first().copied(),
        Target::Class(_) | Target::Labels(_) => None,
    }
}

fn measured_on(goal: &Goal, test: Samples) -> Supervised<Samples> {
    Supervised::new(goal.clone(), Loader::new(test, TEST_BATCH))
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
            let Data { train, test, goal } = self.data(options.dataset)?;
            let [rest, held] = recipe.parts(train.len())?;
            let part = |indices: &[usize]| Samples(indices.iter().map(|&index| train.0[index].clone()).collect());
            let validation = (!held.is_empty()).then(|| measured_on(&goal, part(&held)));
            let train = batches(part(&rest), recipe);
            let net = device.build(chosen.graph)?;
            let task = Compared::new(*self, chosen, recipe, train.clone(), measured_on(&goal, test), options.cancellation.clone());
            let (items, optimizer, selected_by) = (train.data().len(), recipe.adam(&net), ("validation_loss", Better::Lower));
            let classes = if let Goal::Classes(names) = goal { names } else { Vec::new() };
            Ok(Prepared { net, optimizer, items, train, task: WithValidation { task, validation }, selected_by, normalize: None, classes })
        })
    }

    fn evaluate<D: Machine>(&self, run: &Run, device: &D, dataset: KnownDataset, _: Option<&Path>) -> Result<(Metrics, u64), ModelError> {
        let net = run.load_graph(run.variant(self.variants())?.graph, device)?;
        let Data { test, goal, .. } = self.data(dataset)?;
        let items = test.len() as u64;
        Ok((Task::<D::Net, D>::evaluate(&mut measured_on(&goal, test), &net, device)?, items))
    }
}

fn batches(data: Samples, recipe: &Recipe) -> Loader<Samples> {
    Loader::new(data, recipe.batch_size).shuffle(recipe.seed)
}

/// The input of each sample as coordinates.
fn places<const N: usize>(samples: &[Sample]) -> Vec<[f32; N]> {
    samples.iter().map(|sample| sample.input[..].try_into().expect("points have as many coordinates as the network has inputs")).collect()
}
