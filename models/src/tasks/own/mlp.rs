//! A perceptron for tables.

use layercake::ir::ops::{Dropout, Linear, Relu};
use layercake::ir::{Builder, Graph, INFER, Shape};
use layercake_train::TrainError;
use layercake_train::data::KnownDataset;
use layercake_train::run::{OwnData, Recipe, RunOutcome};

use super::{OwnKind, OwnNetwork, mistaken};
use crate::zoo::{EvalOptions, Evaluation, ModelError, TrainOptions, ZooModel};

/// Linear layers with ReLU between them, and dropout if it is asked for. The sizes come from the table.
pub(crate) struct Mlp;

/// The default hidden layers: scikit-learn's.
const HIDDEN: [usize; 1] = [100];

/// The network for some data.
pub(super) fn graph(own: &OwnData) -> Result<Graph, TrainError> {
    let mut builder = Builder::new("Mlp");
    let mut x = builder.input("input", Shape::new(&own.input)).map_err(mistaken)?;
    let hidden: &[usize] = if own.hidden.is_empty() { &HIDDEN } else { &own.hidden };
    let linear = |size| Linear { in_features: INFER, out_features: size, bias: true };
    for (layer, &size) in hidden.iter().enumerate() {
        x = builder.add(&format!("fc{}", layer + 1), linear(size), &[x]).map_err(mistaken)?;
        x = builder.add(&format!("relu{}", layer + 1), Relu {}, &[x]).map_err(mistaken)?;
        if let Some(p) = own.dropout.filter(|p| *p > 0.0) {
            x = builder.add(&format!("dropout{}", layer + 1), Dropout { p }, &[x]).map_err(mistaken)?;
        }
    }
    x = builder.add(&format!("fc{}", hidden.len() + 1), linear(own.goal.outputs()), &[x]).map_err(mistaken)?;
    builder.try_finish(&[("output", x)]).map_err(mistaken)
}

fn needs_data(action: &'static str) -> ModelError {
    let reason = "its sizes come from a table: layercake train mlp --data FILE.csv --target COLUMN";
    ModelError::Unsupported { model: "mlp", action, reason }
}

impl ZooModel for Mlp {
    fn name(&self) -> &'static str {
        "mlp"
    }

    fn description(&self) -> &'static str {
        "linear layers with ReLU for tables: --data FILE.csv --target COLUMN"
    }

    fn graph(&self) -> Option<&'static Graph> {
        None
    }

    fn own(&self) -> Option<OwnNetwork> {
        // Chosen by cross-validation on tables of 180 to 570 rows: with twice as many epochs the loss on held-out rows rises again.
        let recipe = Recipe { epochs: 50, batch_size: 32, lr: 1e-3, weight_decay: 0.05, ..Recipe::default() };
        Some(OwnNetwork { recipe, kind: OwnKind::Mlp })
    }

    fn default_dataset(&self, _: bool) -> KnownDataset {
        KnownDataset::Digits
    }

    fn train(&self, _: &TrainOptions) -> Result<RunOutcome, ModelError> {
        Err(needs_data("trained on a known data set"))
    }

    fn evaluate(&self, _: &EvalOptions) -> Result<Evaluation, ModelError> {
        Err(needs_data("evaluated on a known data set"))
    }
}
