//! The table of the times on a GPU.

use std::fmt::Write;

use layercake::cuda::Mode;
use layercake::cuda::{self, Card};

use super::workloads::Workload;
use crate::side::Finished;
use crate::{BenchError, work};

/// The median times of one kind of work, and what the network asks of the GPU.
pub struct Row {
    workload: &'static Workload,
    batch: usize,
    kind: &'static str,
    /// Milliseconds: Layercake, PyTorch eager, PyTorch compiled.
    times: [Option<f64>; 3],
    /// Operations, as declared.
    operations: f64,
    /// Bytes, as [`cuda::Cost::moved`] counts them, and in training those of Adam.
    moved: f64,
    launches: usize,
}

impl Row {
    /// The rows of training and inference.
    pub fn both(workload: &'static Workload, batch: usize, small: bool, sides: &[Finished]) -> Result<Vec<Row>, BenchError> {
        let graph = workload.graph(small);
        let expected = graph.params();
        if let Some((side, found)) = sides.iter().find_map(|side| Some((side, side.params.filter(|&count| count != expected)?))) {
            return Err(BenchError::OtherWork { side: side.name.clone(), workload: workload.name, expected, found });
        }
        let [infer, train] = work::flops_of(&[&graph]);
        let of = |kind: &'static str, mode, operations: u64| {
            let cost = cuda::cost(&graph, batch, mode).map_err(|error| BenchError::Gpu(error.to_string()))?;
            // Adam reads parameter, gradient and two moments, and writes all but the gradient, which is then filled with zeros.
            let adam = if kind == "train" { 8 * 4 * graph.params() as u64 } else { 0 };
            let times = ["layercake", "torch-eager", "torch-compile"]
                .map(|name| sides.iter().find(|side| side.name == name && side.succeeded).and_then(|side| median(side.times.get(kind)?)));
            let operations = operations as f64 * batch as f64;
            Ok::<_, BenchError>(Row {
                workload,
                batch,
                kind,
                times,
                operations,
                moved: (cost.moved + adam) as f64,
                launches: cost.launches,
            })
        };
        Ok(vec![of("train", Mode::Train, train)?, of("infer", Mode::Infer, infer)?])
    }

    fn line(&self, card: &Card) -> String {
        let [ours, eager, compiled] = self.times;
        let milliseconds = |time: Option<f64>| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.3}"));
        let ratio = |other: Option<f64>| ours.zip(other).map_or_else(|| "-".to_owned(), |(ours, other)| format!("{:.2}", ours / other));
        let share = |amount: f64, most: Option<f64>| {
            ours.zip(most).map_or_else(|| "-".to_owned(), |(ours, most)| format!("{:.0} %", amount / (ours * 1e-3) / most * 100.0))
        };
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.workload.title,
            self.batch,
            self.kind,
            milliseconds(ours),
            milliseconds(eager),
            milliseconds(compiled),
            ratio(eager),
            ratio(compiled),
            share(self.operations, card.peak),
            share(self.moved, card.bandwidth),
            self.launches,
        )
    }
}

fn median(times: &[f64]) -> Option<f64> {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

/// The rows so far.
pub struct Table {
    card: Card,
    smoke: bool,
    rows: Vec<Row>,
    left_out: Vec<String>,
}

impl Table {
    pub fn new(card: Card, smoke: bool) -> Self {
        Self { card, smoke, rows: Vec::new(), left_out: Vec::new() }
    }

    pub fn add(&mut self, row: Row) -> String {
        let line = row.line(&self.card);
        self.rows.push(row);
        line
    }

    pub fn left_out(&mut self, workload: &Workload, reason: &str) {
        let line = format!("Not timed: {}, since {reason}.", workload.title);
        if !self.left_out.contains(&line) {
            self.left_out.push(line);
        }
    }

    /// Whether Layercake has no time on a network.
    pub fn has_failed(&self) -> bool {
        self.rows.iter().any(|row| row.times[0].is_none())
    }

    pub fn head(&self) -> String {
        let told =
            |number: Option<f64>, unit: &str| number.map_or_else(|| "unknown".to_owned(), |number| format!("{:.1} {unit}", number / 1e12));
        let (peak, bandwidth) = (told(self.card.peak, "TFLOP/s"), told(self.card.bandwidth, "TB/s"));
        let mut text = format!("GPU: {}; single precision {peak}, memory {bandwidth}, as its clocks and widths say.\n", self.card.name);
        if self.smoke {
            text += "A trial with tiny sizes: the times mean nothing, and PyTorch runs on the CPU.\n";
        }
        text += "Median milliseconds of a training step (zeroed gradients, forward, cross entropy, backward, Adam) and of an inference, all in float32 without TF32. \
                 A ratio below 1 means that Layercake is faster. Of peak: the declared arithmetic, of bandwidth: the bytes of all tensors that launches read and write, by the \
                 time. Launches: of the network alone.\n\n";
        text +=
            "| network | batch | | Layercake | PyTorch eager | compiled | to eager | to compiled | of peak | of bandwidth | launches |\n";
        text + "|--|--:|--|--:|--:|--:|--:|--:|--:|--:|--:|"
    }

    pub fn foot(&self) -> String {
        self.left_out.iter().fold(String::new(), |mut text, line| {
            _ = writeln!(text, "\n{line}");
            text
        })
    }

    pub fn markdown(&self) -> String {
        let lines: String = self.rows.iter().map(|row| row.line(&self.card) + "\n").collect();
        format!("{}\n{lines}{}", self.head(), self.foot())
    }
}
