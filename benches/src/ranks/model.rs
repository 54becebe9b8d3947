//! What a training step exchanges, from the graph: bytes, messages, and seconds on a network of a latency and a bandwidth.
//!
//! Per step, with `R` ranks: each rank joins the inputs of the batch (unless they are there), the outputs, and of each batch normalization twice the sums of each lane;
//! it receives the sum of each gradient from the rank before, and the sum of all from the last rank. The first is on the way of the step, since a rank adds to it; the second
//! goes on while the rank computes, but for the last one.

use std::fmt::Write;

use layercake_ir::Graph;

/// A network between ranks.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// Seconds until the first byte of a message arrives.
    pub latency: f64,
    /// Bytes per second.
    pub bandwidth: f64,
}

/// A step's exchanges as one rank sees them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Bytes received.
    pub bytes: f64,
    pub messages: f64,
    /// Seconds in which the rank cannot compute.
    pub seconds: f64,
}

/// The parts of a weight that are passed from rank to rank (`engine/src/exec/together.rs`).
const PARTS: f64 = 8.0;
/// Weights from this size times their lanes on are computed by all threads together (`engine/src/plan/lanes.rs`), in parts; the others are one list.
const WIDE: usize = 200_000;
/// Messages up to this size are gathered in about log2 R rounds, larger ones in R - 1.
const SHORT: f64 = 4096.0;

impl Cost {
    fn add(&mut self, bytes: f64, messages: f64, seconds: f64) {
        self.bytes += bytes;
        self.messages += messages;
        self.seconds += seconds;
    }

    /// Everybody gets the parts of all.
    fn gather(&mut self, bytes: f64, ranks: f64, link: Link) {
        let rounds = if bytes / ranks <= SHORT { ranks.log2().ceil() } else { ranks - 1.0 };
        let received = bytes * (ranks - 1.0) / ranks;
        self.add(received, rounds, rounds * link.latency + received / link.bandwidth);
    }

    /// The exchanges of a step on a batch that has this number of lanes.
    pub fn of(graph: &Graph, batch: usize, lanes: usize, ranks: usize, link: Link, reads_inputs: bool) -> Self {
        let mut cost = Self::default();
        if ranks == 1 {
            return cost;
        }
        let (r, images) = (ranks as f64, batch as f64);
        if reads_inputs {
            let input: usize = graph.inputs().iter().map(|port| port.shape.len()).sum();
            cost.gather(4.0 * images * input as f64, r, link);
        }
        let output: usize = graph.outputs().iter().map(|port| port.shape.len()).sum();
        cost.gather(4.0 * images * output as f64, r, link);
        let (mut small, mut part) = (0.0, 0f64);
        for node in graph.nodes() {
            if node.op.spec().needs_variance {
                let sums = 16.0 * (lanes * node.output.dim(0)) as f64;
                (0..2).for_each(|_| cost.gather(sums, r, link));
                continue;
            }
            let trained: usize = node.params().as_slice().iter().filter(|param| param.trained).map(|param| param.shape.len()).sum();
            let bytes = 4.0 * trained as f64;
            if trained * (lanes - 1) <= WIDE {
                small += bytes;
                continue;
            }
            part = part.max(bytes / PARTS);
            // On its way along the ranks, and back while they compute.
            cost.add(2.0 * bytes, PARTS + r.log2().ceil(), PARTS * link.latency + bytes / link.bandwidth);
        }
        cost.add(2.0 * small, 1.0 + r.log2().ceil(), link.latency + small / link.bandwidth);
        // The last rank is behind by a part for each rank before it; then the last list comes back.
        cost.seconds += (r - 2.0) * (link.latency + part / link.bandwidth);
        cost.seconds += r.log2().ceil() * (link.latency + small / link.bandwidth);
        cost
    }
}

/// A table for each network: 32 images for each rank, whose passes take `seconds_per_gflop`. It assumes as many lanes as ranks, of which the engine has at most 16.
pub fn plan(graphs: &[(&str, &Graph, f64)], seconds_per_gflop: f64, link: Link) -> String {
    const IMAGES: usize = 32;
    let mut text = String::new();
    for (name, graph, gflops) in graphs {
        let compute = IMAGES as f64 * gflops * seconds_per_gflop;
        let _ = writeln!(
            text,
            "\n{name}: {IMAGES} images for each rank, {compute:.2} s of passes\n\n\
             | ranks | received per rank, MB | of it inputs | messages | exchange, s | efficiency | without inputs |\n|--:|--:|--:|--:|--:|--:|--:|"
        );
        for ranks in (1..=10).map(|power| 1usize << power) {
            let cost = |inputs| Cost::of(graph, IMAGES * ranks, ranks.max(16), ranks, link, inputs);
            let (all, rest) = (cost(true), cost(false));
            let efficiency = |cost: Cost| 100.0 * compute / (compute + cost.seconds);
            let _ = writeln!(
                text,
                "| {ranks} | {:.0} | {:.0} | {:.0} | {:.3} | {:.0} % | {:.0} % |",
                all.bytes / 1e6,
                (all.bytes - rest.bytes) / 1e6,
                all.messages,
                all.seconds,
                efficiency(all),
                efficiency(rest)
            );
        }
    }
    text
}
