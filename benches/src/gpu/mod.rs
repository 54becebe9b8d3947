//! Training steps and inferences on a GPU beside PyTorch, eager and compiled, in turns; `benches/gpu.sh` starts it.

mod side;
mod table;
mod workloads;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use layercake::cuda::{self, Card};
use layercake::io::write_atomically;

use crate::BenchError;
use crate::side::{Finished, Running, Side};
use table::{Row, Table};
use workloads::ALL;

pub use side::run as side;
pub use workloads::Workload;

#[derive(Args, Debug)]
pub struct Options {
    /// The networks, or all: mlp, lenet, vgg16, resnet50, lstm, transformer.
    #[arg(value_name = "NETWORK")]
    workloads: Vec<String>,
    /// Number of rounds of turns.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Timed steps per turn; more if they take less than 50 ms together.
    #[arg(long, default_value_t = 5)]
    steps: usize,
    /// Begin no further network after so many minutes; the table says which are missing.
    #[arg(long, default_value_t = 4.0)]
    minutes: f64,
    /// A batch of 2, one short turn, and only networks that the emulated device can run: to try the command.
    #[arg(long)]
    smoke: bool,
    /// PyTorch's side, which runs in the Python that `TORCH_PY` names.
    #[arg(long, default_value = "benches/peers/torch/bench.py")]
    script: PathBuf,
    /// The folder of the table and of what the sides say on their standard error.
    #[arg(long, default_value = "runs/gpu")]
    out: PathBuf,
}

/// Times all networks and prints a table, which is also written after each network.
pub fn run(options: &Options) -> Result<(), BenchError> {
    if let Some(unknown) = options.workloads.iter().find(|name| Workload::named(name).is_none()) {
        return Err(BenchError::NoSuchWorkload(unknown.clone()));
    }
    cuda::open(0, 0).and_then(|_| cuda::card(0)).map_err(|error| BenchError::Gpu(error.to_string())).and_then(|card| on(card, options))
}

fn on(card: Card, options: &Options) -> Result<(), BenchError> {
    std::fs::create_dir_all(&options.out).map_err(|error| BenchError::Io("the results' folder", error))?;
    let (begin, mut table) = (Instant::now(), Table::new(card, options.smoke));
    println!("{}", table.head());
    let asked = |workload: &&Workload| options.workloads.is_empty() || options.workloads.iter().any(|name| name == workload.name);
    for workload in ALL.iter().filter(asked) {
        let batches: &[usize] = if options.smoke { &[2] } else { &workload.batches };
        for &batch in batches {
            if options.smoke && !workload.is_small() {
                table.left_out(workload, "it takes the emulated device minutes");
                continue;
            }
            if begin.elapsed() > Duration::from_secs_f64(60.0 * options.minutes) {
                table.left_out(workload, "the time was over");
                continue;
            }
            for row in take_turns(workload, batch, options)? {
                println!("{}", table.add(row));
            }
            let text = table.markdown();
            write_atomically(&options.out.join("speed.md"), text.as_bytes()).map_err(|error| BenchError::Io("speed.md", error))?;
        }
    }
    println!("{}", table.foot());
    match table.has_failed() {
        true => Err(BenchError::Gpu(format!("Layercake failed on a network; {} has its words", options.out.display()))),
        false => Ok(()),
    }
}

/// The sides in turns on one network.
fn take_turns(workload: &'static Workload, batch: usize, options: &Options) -> Result<Vec<Row>, BenchError> {
    let logs = options.out.join(workload.name);
    std::fs::create_dir_all(&logs).map_err(|error| BenchError::Io("the results' folder", error))?;
    let (variants, device): (&[&str], _) = if options.smoke { (&["eager"], "cpu") } else { (&["eager", "compile"], "cuda") };
    let sides = Side::gpu(batch, options.smoke, variants, &options.script, device, &logs);
    let mut running: Vec<Running> = Vec::new();
    for side in sides.map_err(|error| BenchError::Io("this program", error))? {
        match side.start(workload.name) {
            Ok(started) => running.push(started),
            Err(error) => eprintln!("cannot start `{}`: {error}", side.name),
        }
    }
    let mut finished: Vec<Finished> = Vec::new();
    for kind in ["train", "infer"] {
        running.retain_mut(|side| side.ready(kind) || side.is_over());
        let (over, mut ready): (Vec<_>, Vec<_>) = running.into_iter().partition(|side| side.is_over());
        finished.extend(over.into_iter().map(Running::finish));
        let (rounds, steps) = if options.smoke { (1, 1) } else { (options.rounds, options.steps) };
        for _ in 0..rounds {
            for side in &mut ready {
                if options.smoke {
                    side.few_steps(kind, steps);
                } else {
                    side.steps(kind, steps);
                }
            }
        }
        ready.iter_mut().for_each(Running::next);
        running = ready;
    }
    finished.extend(running.into_iter().map(Running::finish));
    for side in finished.iter().filter(|side| !side.succeeded) {
        eprintln!("`{}` failed on {}, batch {batch}: {} has its words", side.name, workload.title, logs.display());
    }
    Row::both(workload, batch, options.smoke, &finished)
}
