//! What a training step exchanges, from the graph: bytes, messages, and seconds on a network of a latency and a bandwidth.
//!
//! Per step, with `R` ranks: each rank joins the inputs of the batch (unless they are there), the outputs, and of each batch normalization twice the sums of each lane;
//! it receives the sum of each gradient from the rank before, and the sum of all from the last rank. The first is on the way of the step, since a rank adds to it; the second
//! goes on while the rank computes, but for the last one. Gradients that are added in any order (`--reduce ring`) all go on while the rank computes, but for the last list.

use std::fmt::Write;

use layercake_ir::Graph;
use layercake_train::distributed::Reduce;

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
    /// Seconds of exchanges that go on during the backward pass.
    pub behind: f64,
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

    /// The sum over all ranks of a list that each has, by a ring: its parts go around once while they are added, and once more.
    fn ring(bytes: f64, ranks: f64, link: Link) -> (f64, f64, f64) {
        let (received, messages) = (2.0 * bytes * (ranks - 1.0) / ranks, 2.0 * (ranks - 1.0));
        (received, messages, messages * link.latency + received / link.bandwidth)
    }

    /// The seconds of a step whose passes take `compute`, of which the backward pass is two thirds.
    pub fn step(&self, compute: f64) -> f64 {
        compute / 3.0 + (2.0 / 3.0 * compute).max(self.behind) + self.seconds
    }

    /// The exchanges of a step on a batch that has this number of lanes.
    pub fn of(graph: &Graph, batch: usize, lanes: usize, ranks: usize, link: Link, reduce: Reduce, reads_inputs: bool) -> Self {
        let mut cost = Self::default();
        if ranks == 1 {
            return cost;
        }
        let (r, images) = (ranks as f64, batch as f64);
        // Open MPI sends to each of up to four ranks, and to more along a binomial tree: as many times the bytes pass one after the other.
        let copies = if ranks <= 4 { r - 1.0 } else { r.log2().ceil() };
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
            if reduce == Reduce::Ring {
                let (received, messages, seconds) = Self::ring(bytes, r, link);
                cost.add(received, messages, 0.0);
                cost.behind += seconds;
                continue;
            }
            part = part.max(bytes / PARTS);
            // On its way along the ranks, and back while they compute.
            cost.add(2.0 * bytes, PARTS + r.log2().ceil(), PARTS * link.latency + bytes / link.bandwidth);
            cost.behind += r.log2().ceil() * link.latency + copies * bytes / link.bandwidth;
        }
        if reduce == Reduce::Ring {
            let (received, messages, seconds) = Self::ring(small, r, link);
            cost.add(received, messages, seconds);
            return cost;
        }
        cost.add(2.0 * small, 1.0 + r.log2().ceil(), link.latency + small / link.bandwidth);
        // The last rank is behind by a part for each rank before it; then the last list comes back.
        cost.seconds += (r - 2.0) * (link.latency + part / link.bandwidth);
        cost.seconds += r.log2().ceil() * link.latency + copies * small / link.bandwidth;
        cost
    }
}

/// Images of each rank in the tables.
const IMAGES: usize = 32;

/// A table for each network: 32 images for each rank, whose passes take `seconds_per_gflop`. Such a batch has a lane for each rank, and at least 16.
pub fn plan(graphs: &[(&str, &Graph, f64)], seconds_per_gflop: f64, link: Link) -> String {
    let mut text = String::new();
    for (name, graph, gflops) in graphs {
        let compute = IMAGES as f64 * gflops * seconds_per_gflop;
        let _ = writeln!(
            text,
            "\n{name}: {IMAGES} images for each rank, {compute:.2} s of passes\n\n\
             | ranks | received per rank, MB | of it inputs | messages | step, s | efficiency | by a ring | by a ring, without inputs |\n\
             |--:|--:|--:|--:|--:|--:|--:|--:|"
        );
        for ranks in (1..=10).map(|power| 1usize << power) {
            let cost = |reduce, inputs| Cost::of(graph, IMAGES * ranks, ranks.max(16), ranks, link, reduce, inputs);
            let (all, rest) = (cost(Reduce::Chain, true), cost(Reduce::Chain, false));
            let efficiency = |cost: Cost| 100.0 * compute / cost.step(compute);
            let _ = writeln!(
                text,
                "| {ranks} | {:.0} | {:.0} | {:.0} | {:.2} | {:.0} % | {:.0} % | {:.0} % |",
                all.bytes / 1e6,
                (all.bytes - rest.bytes) / 1e6,
                all.messages,
                all.step(compute),
                efficiency(all),
                efficiency(cost(Reduce::Ring, true)),
                efficiency(cost(Reduce::Ring, false))
            );
        }
    }
    text
}
