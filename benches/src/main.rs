//! Benchmarks of Layercake, PyTorch, candle and burn in one run: `layercake-bench run`. The README describes the workloads.

mod agents;
#[cfg(feature = "cuda")]
mod gpu;
mod growth;
mod images;
mod networks;
mod peak;
mod ranks;
mod report;
mod serve;
mod side;
mod work;
mod workload;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use layercake::io::write_atomically;
use layercake_train::distributed::{Reduce, World, launched};

use report::{Outcome, Report};
use side::{Running, Side};
use workload::{ALL, Workload};

/// Warm-up steps.
const WARM_UP: usize = 3;
/// A pause between sides, since the thread pools of some sides keep spinning for a while.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug, Parser)]
#[command(about = "Benchmarks Layercake and other frameworks")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run all available sides in turns, and write `results.json` and `results.md`.
    Run(Options),
    /// Time Layercake with growing batches and networks, and print tables.
    Growth {
        #[arg(long, default_value_t = 2)]
        threads: usize,
    },
    /// Time Q-learning on CartPole beside Stable-Baselines3, which must be installed in the Python that `TORCH_PY` names.
    Agents {
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Turns of each side.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Time the inference of networks for 224x224 images beside ONNX Runtime and PyTorch, in the Python that `TORCH_PY` names.
    Images(ImageOptions),
    /// Time training steps of several processes (`--features mpi`) beside those of one with as many threads, in turns. Under `mpirun`: what the ranks exchange, beside a model of
    /// it; with a latency and a bandwidth: tables of that model for 2 to 1,024 ranks.
    Ranks(RankOptions),
    /// Time training steps and inferences on a GPU beside PyTorch, eager and compiled; `benches/gpu.sh` starts it.
    #[cfg(feature = "cuda")]
    Gpu(gpu::Options),
    /// Layercake's side of `gpu`, controlled by the runner.
    #[cfg(feature = "cuda")]
    #[command(hide = true)]
    GpuSide {
        workload: String,
        batch: usize,
        #[arg(action = clap::ArgAction::Set)]
        small: bool,
    },
    /// Layercake's side of `images`, controlled by the runner.
    #[command(hide = true)]
    ImageSide { network: String, batch: usize },
    /// Layercake's side of a workload, controlled by the runner.
    #[command(hide = true)]
    Side { workload: String },
}

#[derive(Args, Debug)]
struct Options {
    /// The workloads, or all: mlp, lenet_b1, lenet_b64, lenet_b256, vgg11, vgg16, vae, pixelcnn, resnet18, lstm, transformer.
    #[arg(value_name = "WORKLOAD")]
    workloads: Vec<String>,
    /// The sides, by prefixes of their names, or all: `--sides layercake,torch-eager`.
    #[arg(long, value_delimiter = ',')]
    sides: Vec<String>,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Number of rounds of turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Timed steps per turn; more if they take less than 50 ms together.
    #[arg(long, default_value_t = 5)]
    steps: usize,
    /// Wall-clock time, or the processor time of each side (Layercake and PyTorch), which is also meaningful on a busy machine. Processor time is
    /// only fair for one thread: idle threads of some sides spin.
    #[arg(long, default_value = "clock", value_parser = ["clock", "processor"])]
    clock: String,
    /// The folder of the results.
    #[arg(long, default_value = "runs/bench")]
    out: PathBuf,
}

#[derive(Args, Debug)]
struct ImageOptions {
    /// The networks, or all: resnet18, resnet50, vgg16, mobilenet_v2.
    #[arg(value_name = "NETWORK")]
    networks: Vec<String>,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Number of rounds of turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Timed steps per turn; more if they take less than 50 ms together.
    #[arg(long, default_value_t = 3)]
    steps: usize,
    /// Wall-clock time, or processor time, as for `run`.
    #[arg(long, default_value = "clock", value_parser = ["clock", "processor"])]
    clock: String,
    /// The folder of the exported networks and of the table.
    #[arg(long, default_value = "runs/bench")]
    out: PathBuf,
}

#[derive(Args, Debug)]
struct RankOptions {
    /// The processes, and the threads of the one beside them.
    #[arg(long, default_value_t = 2)]
    ranks: usize,
    /// Number of rounds of turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The order in which gradients are added.
    #[arg(long, value_enum, default_value_t)]
    reduce: Reduce,
    /// The threads of each rank under `mpirun`.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// The milliseconds of a step of each network, for the runner.
    #[arg(long, hide = true)]
    side: bool,
    /// Print the tables of the model for a network of this latency, in microseconds, and do not measure.
    #[arg(long, requires = "bandwidth")]
    latency: Option<f64>,
    /// The bandwidth in GB/s.
    #[arg(long, requires = "latency")]
    bandwidth: Option<f64>,
    /// The speed of a rank in the tables, in GFLOP/s.
    #[arg(long, default_value_t = 100.0)]
    speed: f64,
}

/// An error of the benchmark.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error("unknown workload `{0}`")]
    NoSuchWorkload(String),
    #[error("{0}: {1}")]
    Io(&'static str, std::io::Error),
    #[error("`{side}` on `{workload}`: expected {expected} trainable parameters, found {found}")]
    OtherWork { side: String, workload: &'static str, expected: usize, found: usize },
    #[error("the loss of `{0}` did not fall")]
    NothingLearned(String),
    #[error("{0}")]
    Missing(&'static str),
    #[error("a network: {0}")]
    Network(String),
    #[error("an agent: {0}")]
    Agent(String),
    #[cfg(feature = "cuda")]
    #[error("{0}")]
    Gpu(String),
    #[error("ranks: {0}")]
    World(#[from] layercake_train::TrainError),
    #[error("ranks: {0}")]
    Ranks(String),
    #[error("cannot create threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

fn main() -> std::process::ExitCode {
    let done = match Cli::parse().command {
        Command::Run(options) => run(&options),
        Command::Growth { threads } => grow(threads),
        Command::Agents { threads, rounds } => agents::run(threads, rounds),
        Command::Images(options) => time_images(&options),
        Command::Ranks(options) => time_ranks(&options),
        #[cfg(feature = "cuda")]
        Command::Gpu(options) => gpu::run(&options),
        #[cfg(feature = "cuda")]
        Command::GpuSide { workload, batch, small } => gpu::Workload::named(&workload)
            .ok_or(BenchError::NoSuchWorkload(workload))
            .and_then(|workload| gpu::side(workload, batch, small)),
        Command::ImageSide { network, batch } => use_threads().and_then(|()| images::side(&network, batch)),
        Command::Side { workload } => side(&workload),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn grow(threads: usize) -> Result<(), BenchError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    print!("{}", growth::markdown(peak::measure(), threads));
    Ok(())
}

fn time_images(options: &ImageOptions) -> Result<(), BenchError> {
    rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global()?;
    images::run(options, peak::measure())
}

/// Uses the number of threads that the runner states.
fn use_threads() -> Result<(), BenchError> {
    let threads = std::env::var("BENCH_THREADS").ok().and_then(|threads| threads.parse().ok()).unwrap_or(2);
    Ok(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?)
}

/// Runs Layercake's side.
fn side(name: &str) -> Result<(), BenchError> {
    use_threads()?;
    let work::Work { params, mut train, mut infer } = work::make(name).ok_or_else(|| BenchError::NoSuchWorkload(name.to_owned()))?;
    serve::say(format_args!("# params {params}"));
    let (first, mut last) = (train(), 0.0);
    serve::serve("train", WARM_UP, || last = train());
    serve::say(format_args!("# loss {first:.4} -> {last:.4}"));
    if last.is_nan() || last >= first {
        return Err(BenchError::NothingLearned(name.to_owned()));
    }
    serve::serve("infer", WARM_UP, &mut infer);
    Ok(())
}

fn run(options: &Options) -> Result<(), BenchError> {
    rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global()?;
    let unknown = options.workloads.iter().find(|name| ALL.iter().all(|workload| workload.name != **name));
    if let Some(name) = unknown {
        return Err(BenchError::NoSuchWorkload(name.clone()));
    }
    let asked = |list: &[String], name: &str| list.is_empty() || list.iter().any(|part| name.starts_with(part.as_str()));
    let mut sides = side::all(options.threads, &options.clock).map_err(|error| BenchError::Io("this program", error))?;
    sides.retain(|side| asked(&options.sides, &side.name));
    let mut report = Report { about: about(options), peak_gflops: peak::measure(), results: Vec::new() };
    for workload in
        ALL.iter().filter(|workload| options.workloads.is_empty() || options.workloads.iter().any(|name| *name == workload.name))
    {
        let outcome = take_turns(workload, &sides, options, report.peak_gflops)?;
        report.results.push(outcome);
        // Write after each workload, so that an interrupted run has results.
        std::fs::create_dir_all(&options.out).map_err(|error| BenchError::Io("the results' folder", error))?;
        let json = serde_json::to_string_pretty(&report).expect("numbers and text");
        for (name, text) in [("results.json", json), ("results.md", report.markdown())] {
            write_atomically(&options.out.join(name), text.as_bytes()).map_err(|error| BenchError::Io(name, error))?;
        }
    }
    print!("{}", report.markdown());
    Ok(())
}

/// Runs all sides on one workload.
fn take_turns(workload: &'static Workload, sides: &[Side], options: &Options, peak: f64) -> Result<Outcome, BenchError> {
    let mut finished = Vec::new();
    let mut running: Vec<Running> = Vec::new();
    for kind in ["train", "infer"] {
        // Sides that only infer start later, so that their preparation does not disturb the others.
        for side in sides.iter().filter(|side| side.only_infers() == (kind == "infer")) {
            match side.start(workload.name) {
                Ok(started) => running.push(started),
                Err(error) => eprintln!("cannot start `{}`: {error}", side.name),
            }
        }
        let mut ready = running;
        // A side that does not support the workload, or fails, exits by itself.
        ready.retain_mut(|side| side.ready(kind) || side.is_over());
        let (over, mut ready): (Vec<_>, Vec<_>) = ready.into_iter().partition(|side| side.is_over());
        finished.extend(over.into_iter().map(Running::finish));
        for _ in 0..options.rounds {
            for side in &mut ready {
                std::thread::sleep(PAUSE);
                side.steps(kind, options.steps);
            }
        }
        ready.iter_mut().for_each(Running::next);
        running = ready;
    }
    finished.extend(running.into_iter().map(Running::finish));
    for side in &finished {
        if let Some(found) = side.params.filter(|&found| found != workload.params) {
            let side = side.name.clone();
            return Err(BenchError::OtherWork { side, workload: workload.name, expected: workload.params, found });
        }
        if !side.succeeded {
            eprintln!("`{}` failed on `{}`", side.name, workload.name);
        }
    }
    Ok(Outcome::new(workload, finished, peak))
}

/// Machine, versions and options.
fn about(options: &Options) -> BTreeMap<String, String> {
    let mut about = BTreeMap::new();
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).map(|line| line.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    about.insert("machine".into(), format!("{}, {cores} cores", model.unwrap_or(std::env::consts::ARCH)));
    about.insert("threads".into(), options.threads.to_string());
    about.insert("time".into(), options.clock.clone());
    about.insert("layercake".into(), env!("CARGO_PKG_VERSION").into());
    about.insert("timed steps".into(), format!("{} turns of {}", options.rounds, options.steps));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    about.insert("load before".into(), load.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
    if let Some(python) = std::env::var_os("TORCH_PY") {
        let versions = "import sys, torch; print('PyTorch', torch.__version__, 'on Python', sys.version.split()[0])";
        let told = std::process::Command::new(python).args(["-c", versions]).output().ok().map(|told| told.stdout);
        about.insert("peer".into(), String::from_utf8_lossy(&told.unwrap_or_default()).trim().to_owned());
    }
    about
}

fn time_ranks(options: &RankOptions) -> Result<(), BenchError> {
    let zoo = layercake_models::zoo();
    let graph = |name: &'static str| {
        let model = zoo.iter().find(|model| model.name() == name);
        model.and_then(|model| model.graph()).map(|graph| (name, graph)).ok_or(BenchError::Missing("a network of the zoo"))
    };
    if let (Some(latency), Some(bandwidth)) = (options.latency, options.bandwidth) {
        let link = ranks::Link { latency: 1e-6 * latency, bandwidth: 1e9 * bandwidth };
        let mut graphs = Vec::new();
        for name in ["vgg16", "resnet50"] {
            let (name, graph) = graph(name)?;
            graphs.push((name, graph, work::flops_of(&[graph])[1] as f64 / 1e9));
        }
        println!("{}", ranks::plan(&graphs, 1.0 / options.speed, link));
        return Ok(());
    }
    let names = ["vgg8", "resnet20"];
    let reduce = options.reduce;
    if launched().is_none() && !options.side {
        let order = format!("{reduce:?}").to_lowercase();
        let text = ranks::beside(&names, options.ranks, options.rounds, &["ranks", "--side", "--reduce", &order]);
        println!("{}", text.map_err(BenchError::Ranks)?);
        return Ok(());
    }
    rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global()?;
    let world = World::from_environment()?.reduce(reduce);
    let graphs = [graph(names[0])?, graph(names[1])?];
    let text = if options.side {
        ranks::together(&world, &graphs).into_iter().map(|time| format!("{} ", 1e3 * time.as_secs_f64())).collect()
    } else {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        ranks::measure(&world, reduce, &graphs, processors)
    };
    if world.is_root() {
        println!("{text}");
    }
    Ok(())
}
