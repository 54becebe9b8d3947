//! Dead and saturated units.

use std::fmt;

use layercake_ir::{Graph, Op};

use super::ExplainError;
use super::probe::{Network, Outcome, Probe};
use crate::hook::Kept;
use crate::host::wide;
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// The share of its outputs in the flat part of its function at which a unit counts as saturated.
const MOSTLY: f64 = 0.95;

/// The units of an activation.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerUnits {
    /// The layer.
    pub layer: String,
    /// Its kind: `ReLU`, `Tanh`.
    pub kind: &'static str,
    /// The number of units: channels of maps, features of other outputs.
    pub units: usize,
    /// The units of ReLU or ReLU6 that are 0 for all of the data: no gradient passes them. 0 for other kinds.
    pub dead: usize,
    /// The units with at least 95 % of their outputs in the flat part of the function: above 0.99 of its range for Tanh and Sigmoid, and where Hardtanh, Hardsigmoid
    /// and ReLU6 are constant above 0. 0 for other kinds.
    pub saturated: usize,
}

/// Counts the dead and saturated units of all activations over data.
#[derive(Debug, Default)]
pub struct Units {
    layers: Vec<Counts>,
}

#[derive(Debug)]
struct Counts {
    layer: String,
    op: Op,
    /// For each unit: the outputs that are not 0, those in the flat part, and all.
    units: Vec<[u64; 3]>,
}

impl Units {
    /// Whether a network has activations whose units can die or saturate, and a single input of numbers, so that [`Units::add`] can count them.
    pub fn can_count(graph: &Graph) -> bool {
        let [input] = graph.inputs() else { return false };
        !input.shape.is_ids() && graph.inlined().nodes().iter().any(|node| saturates(&node.op))
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// Returns an error if `x` does not fit the network, if the network has no activation with such units, or if the device fails.
    pub fn add<E: Scalar, D: Backend<E>>(&mut self, network: Network<'_, E, D>, x: &DynTensor<E, D>) -> Outcome<(), D> {
        let mut probe = Probe::new(network, None)?;
        let flat = network.graph().inlined();
        let nodes: Vec<_> = flat.nodes().iter().filter(|node| saturates(&node.op)).collect();
        if nodes.is_empty() {
            let (layer, expected) = (flat.name.to_string(), "an activation that dies or saturates");
            return Err(ExplainError::Layer { layer, method: "the search for dead units", expected, found: Vec::new() });
        }
        let kept: Vec<Kept<E, D>> = nodes.iter().map(|node| probe.hooks.keep(&*node.name)).collect();
        probe.value(x.value())?;
        if self.layers.is_empty() {
            let counts = |node: &&layercake_ir::Node| Counts { layer: node.name.to_string(), op: node.op, units: Vec::new() };
            self.layers = nodes.iter().map(counts).collect();
        }
        for (counts, kept) in self.layers.iter_mut().zip(kept) {
            for value in kept.values() {
                counts.add(&value.to_vec(), value.dims());
            }
        }
        Ok(())
    }

    /// The counts of each activation, in the order of the network.
    pub fn layers(&self) -> Vec<LayerUnits> {
        let of = |Counts { layer, op, units }: &Counts| LayerUnits {
            layer: layer.clone(),
            kind: op.kind(),
            units: units.len(),
            dead: if matches!(op, Op::Relu(_) | Op::Relu6(_)) { units.iter().filter(|[alive, ..]| *alive == 0).count() } else { 0 },
            saturated: units.iter().filter(|[_, flat, all]| *flat as f64 >= MOSTLY * *all as f64).count(),
        };
        self.layers.iter().map(of).collect()
    }
}

impl Counts {
    fn add<E: Scalar>(&mut self, numbers: &[E], dims: &[usize]) {
        let count = dims.get(1).copied().unwrap_or(1);
        let positions: usize = dims.get(2..).unwrap_or_default().iter().product();
        self.units.resize(count, [0; 3]);
        for (plane, numbers) in numbers.chunks_exact(positions).enumerate() {
            let [alive, flat, all] = &mut self.units[plane % count];
            for &number in numbers {
                let number = wide(number);
                *alive += u64::from(number != 0.0);
                *flat += u64::from(is_flat(&self.op, number));
                *all += 1;
            }
        }
    }
}

/// The kinds whose units can die or saturate.
fn saturates(op: &Op) -> bool {
    matches!(op, Op::Relu(_) | Op::Relu6(_) | Op::Tanh(_) | Op::Sigmoid(_) | Op::Hardtanh(_) | Op::Hardsigmoid(_))
}

/// Whether an output is in the flat part of the function.
fn is_flat(op: &Op, y: f64) -> bool {
    match op {
        Op::Tanh(_) => y.abs() > 0.99,
        Op::Sigmoid(_) => !(0.01..=0.99).contains(&y),
        Op::Hardsigmoid(_) => y <= 0.0 || y >= 1.0,
        Op::Hardtanh(op) => y <= op.min_val || y >= op.max_val,
        Op::Relu6(_) => y >= 6.0,
        _ => false,
    }
}

/// A row of a table: layer, kind, units, dead, saturated.
impl fmt::Display for LayerUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, kind, units, dead, saturated } = self;
        let share = |part: usize| 100.0 * part as f64 / (*units).max(1) as f64;
        write!(f, "{layer:28} {kind:12} {units:6} {dead:6} ({:5.1} %) {saturated:6} ({:5.1} %)", share(*dead), share(*saturated))
    }
}
