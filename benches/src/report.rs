//! The results as a file and as a table.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::side::Finished;
use crate::work;
use crate::workload::{ANY, Workload};

/// The results of all workloads.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The machine and what ran on it.
    pub about: BTreeMap<String, String>,
    /// Peak GFLOP/s on all threads.
    pub peak_gflops: f64,
    /// The results by workload.
    pub results: Vec<Outcome>,
}

/// The results of one workload.
#[derive(Debug, Serialize)]
pub struct Outcome {
    id: &'static str,
    workload: &'static str,
    title: &'static str,
    batch: usize,
    targets: [[f64; 2]; 2],
    sides: Vec<Measured>,
}

/// The results of one side.
#[derive(Debug, Serialize)]
pub struct Measured {
    side: String,
    params: Option<usize>,
    succeeded: bool,
    resident_mib: Option<f64>,
    kinds: BTreeMap<&'static str, Timing>,
}

/// Times in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Timing {
    median_ms: f64,
    min_ms: f64,
    steps: usize,
    /// The declared arithmetic as a fraction of the machine's peak.
    roofline: Option<f64>,
}

impl Outcome {
    /// Computes the medians of all sides.
    pub fn new(workload: &Workload, finished: Vec<Finished>, peak_gflops: f64) -> Self {
        let flops = work::flops(workload.name);
        let sides = finished.into_iter().map(|side| {
            let kinds = side.times.iter().filter_map(|(&kind, times)| {
                let flops = flops.map(|[infer, train]| (if kind == "train" { train } else { infer }) * workload.batch as u64);
                Some((kind, Timing::new(times, flops, peak_gflops)?))
            });
            let (kinds, params) = (kinds.collect(), side.params);
            Measured { side: side.name, params, succeeded: side.succeeded, resident_mib: side.resident, kinds }
        });
        let Workload { id, name, title, batch, targets, .. } = *workload;
        Self { id, workload: name, title, batch, targets, sides: sides.collect() }
    }

    fn best(&self, kind: &str, family: &str) -> Option<(&Measured, Timing)> {
        let of_family = self.sides.iter().filter(|side| side.side.starts_with(family));
        let timed = of_family.filter_map(|side| Some((side, *side.kinds.get(kind)?)));
        timed.min_by(|a, b| a.1.median_ms.total_cmp(&b.1.median_ms))
    }

    fn row(&self, kind: &str) -> Option<String> {
        let ours = self.best(kind, "layercake");
        let eager = self.sides.iter().find(|side| side.side == "torch-eager").and_then(|side| side.kinds.get(kind));
        let best = self.best(kind, "torch");
        let others = ["candle", "burn"].map(|family| number(self.best(kind, family).map(|(_, timing)| timing.median_ms)));
        if ours.is_none() && best.is_none() {
            return None;
        }
        let ratio = |to: Option<f64>| Some(ours?.1.median_ms / to?);
        let ratios = [ratio(eager.map(|timing| timing.median_ms)), ratio(best.map(|(_, timing)| timing.median_ms))];
        let targets = self.targets[usize::from(kind == "infer")];
        let ratios = [0, 1].map(|i| match ratios[i] {
            Some(ratio) if targets[i] < ANY => format!("{ratio:.2} ({:.2})", targets[i]),
            ratio => number(ratio),
        });
        let best = best.map_or_else(
            || "-".to_owned(),
            |(side, timing)| format!("{} {}", number(Some(timing.median_ms)), &side.side["torch-".len()..]),
        );
        let memory = [ours.map(|(side, _)| side), self.sides.iter().find(|side| side.side == "torch-eager")];
        let memory = memory.map(|side| side.and_then(|side| side.resident_mib).filter(|_| kind == "train"));
        Some(format!(
            "| {} | {} | {} | {kind} | {} | {} | {best} | {} | {} | {} | {} | {} | {} |\n",
            self.id,
            self.title,
            self.batch,
            number(ours.map(|(_, timing)| timing.median_ms)),
            number(eager.map(|timing| timing.median_ms)),
            ratios[0],
            ratios[1],
            others[0],
            others[1],
            ours.and_then(|(_, timing)| timing.roofline).map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0)),
            memory.map(|mib| mib.map_or_else(|| "-".to_owned(), |mib| format!("{mib:.0}"))).join(" / "),
        ))
    }
}

fn number(number: Option<f64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| if number < 0.1 { format!("{number:.4}") } else { format!("{number:.2}") })
}

impl Timing {
    fn new(times: &[f64], flops: Option<u64>, peak_gflops: f64) -> Option<Self> {
        let mut times = times.to_vec();
        times.sort_unstable_by(f64::total_cmp);
        let (&min_ms, &median_ms) = (times.first()?, times.get(times.len() / 2)?);
        let roofline = flops.map(|flops| flops as f64 / (median_ms * 1e6) / peak_gflops);
        Some(Self { median_ms, min_ms, steps: times.len(), roofline })
    }
}

impl Report {
    /// The results as a table with a row per workload and kind.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.about {
            text += &format!("- {name}: {value}\n");
        }
        text += &format!("- measured peak: {:.0} GFLOP/s\n\n", self.peak_gflops);
        text += "Median times in milliseconds; ratios of Layercake to PyTorch, with the target in parentheses; the declared arithmetic as a fraction of \
                 the peak; peak memory in training of Layercake and PyTorch eager, in MiB.\n\n";
        text += "| | network | batch | | Layercake | eager | best | ratio, eager | ratio, best | candle | burn | of peak | memory |\n";
        text += "|--|--|--:|--|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
        let rows = self.results.iter().flat_map(|outcome| ["train", "infer"].map(|kind| outcome.row(kind)));
        text + &rows.flatten().collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::ALL;

    fn finished(name: &str, times: &[f64]) -> Finished {
        let times = BTreeMap::from([("train", times.to_vec())]);
        Finished { name: name.to_owned(), params: None, times, resident: None, succeeded: true }
    }

    #[test]
    fn ratios_are_of_medians_and_the_best_is_the_least() {
        let sides = [("layercake", [3.0, 1.0, 2.0]), ("torch-eager", [4.0, 4.0, 9.0]), ("torch-cl", [5.0, 2.5, 2.0])];
        let outcome = Outcome::new(&ALL[0], sides.map(|(name, times)| finished(name, &times)).into(), 100.0);
        let row = outcome.row("train").unwrap();
        assert!(row.contains("| 2.00 | 4.00 | 2.50 cl | 0.50 (0.60) | 0.80 (0.80) |"), "{row}");
        assert!(outcome.row("infer").is_none());
    }
}
