//! The implementation of each command.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::HumanCount;
use layercake::io::{self, ConvertOptions, load_graph, save_graph, write_atomically};
use layercake::ir::Graph;
use layercake::{Drawing, Summary};
use layercake_models::{
    AgentOptions, BenchOptions, DeviceKind, EvalOptions, ModelError, PlayOptions, SampleOptions, Samples, TrainOptions, ZooModel, zoo,
};
use layercake_train::data::{self, KnownDataset};
use layercake_train::rl::{Baseline, KnownEnvironment};
use layercake_train::run::RunConfig;
use layercake_train::{CancellationToken, Metrics, Timing, TrainError};

use crate::args::{self, AgentArgs, BenchArgs, Cli, Command, DataCommand, EvalArgs, PlayArgs, SampleArgs, TrainArgs, Without};
use crate::error::{CommandError, INTERRUPTED};

type Outcome = Result<(), CommandError>;

pub(crate) fn run(cli: Cli) -> Outcome {
    layercake::check_instruction_set()?;
    match cli.command {
        Command::List => list(),
        Command::Summary { model } => Ok(writeln!(stdout(), "{}", Summary::from(graph(&model)?))?),
        Command::Draw { model, out, full } => draw(&model, &out, full),
        Command::Export { model, json: Some(json), .. } => Ok(save_graph(&graph(&model)?, json)?),
        #[cfg(feature = "onnx")]
        Command::Export { model, onnx: Some(onnx), checkpoint, .. } => crate::onnx::export(graph(&model)?, checkpoint.as_deref(), &onnx),
        Command::Export { .. } => unreachable!("an argument of the group is required"),
        #[cfg(feature = "onnx")]
        Command::Run { model, input, output } => crate::onnx::run(&model, &input, &output),
        Command::Convert { file, out, key, f32: to_f32 } => convert(&file, &out, ConvertOptions { key, to_f32 }),
        Command::Train(args) => train(args),
        Command::Eval(args) => eval(args),
        Command::Sample(args) => sample(args),
        Command::Play(args) => play(args),
        Command::Bench(args) => bench(args),
        Command::Data(DataCommand::Check { folder }) => check_data(&folder),
    }
}

fn list() -> Outcome {
    let mut out = stdout().lock();
    writeln!(out, "{:22}{:>12}  description", "model", "parameters")?;
    for model in zoo() {
        let params = model.graph().map_or_else(String::new, |graph| HumanCount(graph.params() as u64).to_string());
        writeln!(out, "{:22}{params:>12}  {}", model.name(), model.description())?;
    }
    writeln!(out, "\n{:36}description", "data set")?;
    for set in KnownDataset::ALL {
        writeln!(out, "{:36}{}", set.name(), set.description())?;
    }
    writeln!(out, "\n{:36}description", "environment")?;
    for environment in KnownEnvironment::ALL {
        writeln!(out, "{:36}{}", environment.name(), environment.description())?;
    }
    Ok(())
}

fn draw(model: &str, out: &Path, full: bool) -> Outcome {
    let drawing = Drawing::of(&graph(model)?);
    let drawing = if full { drawing.full() } else { drawing };
    let text = match out.extension().and_then(OsStr::to_str) {
        Some("svg") => drawing.svg(),
        Some("dot") => drawing.dot(),
        Some("mmd") => drawing.mermaid(),
        _ => return Err(CommandError::Extension { path: out.to_owned() }),
    };
    write_atomically(out, text.as_bytes()).map_err(|reason| CommandError::Write { path: out.to_owned(), reason })
}

fn convert(file: &Path, out: &Path, options: ConvertOptions) -> Outcome {
    let report = io::convert(file, out, &options)?;
    Ok(writeln!(stdout(), "{}: {report}", out.display())?)
}

fn train(args: TrainArgs) -> Outcome {
    use_threads(args.threads)?;
    let TrainArgs {
        epochs, batch_size, lr, seed, validation, patience, restore_best, out, resume, checkpoint_every, data_dir, agent, ..
    } = args;
    let agent = agent_options(&agent)?;
    let cancellation = cancel_on_signals()?;
    let rest = TrainOptions {
        dataset: KnownDataset::Digits,
        data_dir,
        epochs,
        batch_size,
        lr,
        seed,
        validation,
        patience,
        restore_best,
        device: device(args.device),
        out,
        resume,
        checkpoint_every,
        cancellation,
        agent,
    };
    let (model, options) = match &rest.resume {
        None => {
            // Without `--resume`, clap requires the name.
            let model = named(&args.model.unwrap_or_default())?;
            has_dataset(&*model, args.dataset.is_some())?;
            let default = model.default_dataset(rest.data_dir.is_some());
            let dataset = args.dataset.as_deref().map(dataset).transpose()?.unwrap_or(default);
            (model, TrainOptions { dataset, ..rest })
        }
        Some(path) => {
            let config = RunConfig::read(&path.join("config.json")).map_err(ModelError::from)?;
            let device = if config.device == DeviceKind::Cuda.name() { DeviceKind::Cuda } else { DeviceKind::Cpu };
            let data_dir = rest.data_dir.clone().or(config.data_dir);
            let dataset = config.source.dataset().unwrap_or(rest.dataset);
            (named(&config.model)?, TrainOptions { dataset, data_dir, seed: Some(config.recipe.seed), device, ..rest })
        }
    };
    let (run, summary) = model.train(&options)?;
    let test: Metrics = summary.metrics.iter().filter(|(name, _)| name.starts_with("test_")).collect();
    writeln!(stdout(), "{test} after {:.1} s; results in {}", summary.seconds, run.display())?;
    Ok(())
}

/// Rejects a data set for a model that acts.
fn has_dataset(model: &dyn ZooModel, given: bool) -> Result<(), ModelError> {
    if !given || model.environments().is_empty() {
        return Ok(());
    }
    Err(ModelError::NoEffect { model: model.name(), option: "--dataset", reason: "it acts in an environment", known: "--env" })
}

fn agent_options(args: &AgentArgs) -> Result<AgentOptions, CommandError> {
    let AgentArgs { ref environment, baseline, double, prioritized, ref without, forget_replay } = *args;
    let baseline = baseline.map(|baseline| match baseline {
        args::Baseline::None => Baseline::None,
        args::Baseline::Average => Baseline::Average,
        args::Baseline::Learned => Baseline::Learned,
    });
    Ok(AgentOptions {
        environment: environment.as_deref().map(self::environment).transpose()?,
        baseline,
        double,
        prioritized,
        without_replay: without.contains(&Without::Replay),
        without_target: without.contains(&Without::Target),
        forget_replay,
    })
}

fn device(device: args::Device) -> DeviceKind {
    match device {
        args::Device::Cpu => DeviceKind::Cpu,
        args::Device::Cuda => DeviceKind::Cuda,
    }
}

/// The first Ctrl-C cancels the run after the current step, with a checkpoint; the second one exits at once.
fn cancel_on_signals() -> Result<CancellationToken, CommandError> {
    let token = CancellationToken::new();
    let handle = token.clone();
    let set = ctrlc::set_handler(move || {
        if handle.cancel() {
            std::process::exit(INTERRUPTED.into());
        }
    });
    set.map_err(|error| CommandError::Signals { reason: error.to_string() })?;
    Ok(token)
}

fn eval(args: EvalArgs) -> Outcome {
    let model = named(&args.model)?;
    let dataset = args.dataset.as_deref().map(dataset).transpose()?;
    use_threads(args.threads)?;
    has_dataset(&*model, dataset.is_some())?;
    let environment = args.environment.as_deref().map(environment).transpose()?;
    let (checkpoint, data_dir, device) = (args.checkpoint, args.data_dir, device(args.device));
    let done = model.evaluate(&EvalOptions { checkpoint, dataset, environment, data_dir, device })?;
    let (single, many) = done.metrics.by_kind();
    let metrics = single.iter().map(|(name, value)| format!("test {}", Metrics::new().with(name, value)));
    let (items, unit) = (HumanCount(done.items), done.unit);
    let text = metrics.collect::<Vec<_>>().join(", ").replacen(", ", &format!(" of {items} {unit}, "), 1);
    let seeds = done.seeds.map_or(String::new(), |seeds| format!(", seeds {} to {}", seeds.start, seeds.end - 1));
    writeln!(stdout(), "{}: {text}{seeds}", done.source)?;
    // Per-class metrics: one per line.
    for (kind, metrics) in many {
        for (name, value) in metrics.iter() {
            writeln!(stdout(), "  {}", Metrics::new().with(&format!("{kind}_{name}"), value))?;
        }
    }
    Ok(())
}

fn sample(args: SampleArgs) -> Outcome {
    let SampleArgs { model, checkpoint, out, count, seed, prompt, temperature, threads, device: kind } = args;
    let model = named(&model)?;
    use_threads(threads)?;
    match model.sample(&SampleOptions { checkpoint, out, count, seed, prompt, temperature, device: device(kind) })? {
        Samples::Image(path) => Ok(writeln!(stdout(), "{}", path.display())?),
        Samples::Text(text) => Ok(writeln!(stdout(), "{text}")?),
    }
}

/// The pause between two frames on a terminal.
const FRAME: Duration = Duration::from_millis(40);

fn play(args: PlayArgs) -> Outcome {
    let PlayArgs { model, checkpoint, environment: name, seed, out, terminal, threads, device: kind } = args;
    let model = named(&model)?;
    use_threads(threads)?;
    let environment = name.as_deref().map(environment).transpose()?;
    let out = out.or_else(|| (!terminal).then(|| PathBuf::from("episode.png")));
    let animated = stdout().is_terminal();
    let mut failed = Ok(());
    let mut show = |frame: &str| {
        if terminal && failed.is_ok() {
            // On a terminal each frame is drawn over the one before.
            failed = if animated { write!(stdout(), "\x1b[2J\x1b[H{frame}") } else { writeln!(stdout(), "{frame}") };
            if animated {
                std::thread::sleep(FRAME);
            }
        }
    };
    let options = PlayOptions { checkpoint, environment, seed, out: out.clone(), device: device(kind) };
    let played = model.play(&options, &mut show)?;
    failed?;
    let file = out.map_or(String::new(), |path| format!("; animation in {}", path.display()));
    let (reward, steps) = (played.episode.reward, played.episode.steps);
    writeln!(stdout(), "{}: return {reward} after {steps} steps, seed {seed}{file}", played.environment)?;
    Ok(())
}

fn bench(args: BenchArgs) -> Outcome {
    let model = named(&args.model)?;
    use_threads(args.threads)?;
    let done = model.bench(&BenchOptions { batch_size: args.batch_size, device: device(args.device) })?;
    let mut out = stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&done).expect("plain data can be written as JSON"))?;
        return Ok(());
    }
    let place = match done.device {
        "cpu" => format!("{} threads", done.threads),
        other => other.to_owned(),
    };
    writeln!(out, "{}, {} images per step, {place}", done.model, done.batch_size)?;
    for (what, Timing { median_ms, min_ms, items_per_second, steps }) in [("training step", done.train), ("inference", done.infer)] {
        let speed = HumanCount(items_per_second as u64);
        writeln!(out, "{what:14} median {median_ms:9.3} ms, minimum {min_ms:9.3} ms, {speed:>9} images/s, {steps} repetitions")?;
    }
    Ok(())
}

/// Prints the contents of each data set. Sets with errors are reported together after all sets have been read.
fn check_data(folder: &Path) -> Outcome {
    let sets = data::check(folder).map_err(TrainError::from).map_err(ModelError::from)?;
    let mut out = stdout().lock();
    if sets.is_empty() {
        return Err(CommandError::NoSets { path: folder.to_owned() });
    }
    let mut invalid = Vec::new();
    for set in sets {
        match set.contents {
            Ok(lines) => lines.iter().try_for_each(|line| writeln!(out, "{:18}{line}", set.name))?,
            Err(error) => {
                writeln!(out, "{:18}ERROR: {error}", set.name)?;
                invalid.push(set.name);
            }
        }
    }
    if invalid.is_empty() { Ok(()) } else { Err(CommandError::InvalidSets { sets: invalid.join(", ") }) }
}

/// The graph of a model, of a graph file, or of an ONNX file.
fn graph(model: &str) -> Result<Graph, CommandError> {
    if Path::new(model).extension().is_some_and(|ending| ending == "json") {
        return Ok(load_graph(model)?);
    }
    #[cfg(feature = "onnx")]
    if Path::new(model).extension().is_some_and(|ending| ending == "onnx") {
        return Ok(layercake::io::onnx::load(model)?.graph().clone());
    }
    let model = named(model)?;
    let graph = model.graph().ok_or(ModelError::Unsupported { model: model.name(), action: "shown", reason: "it is not a network" })?;
    Ok(graph.clone())
}

fn named(name: &str) -> Result<Box<dyn ZooModel>, CommandError> {
    let all = zoo();
    let unknown = CommandError::unknown("model", name, all.iter().map(|model| model.name()));
    all.into_iter().find(|model| model.name() == name).ok_or(unknown)
}

fn dataset(name: &str) -> Result<KnownDataset, CommandError> {
    KnownDataset::from_name(name).ok_or_else(|| CommandError::unknown("data set", name, KnownDataset::ALL.iter().map(|set| set.name())))
}

fn environment(name: &str) -> Result<KnownEnvironment, CommandError> {
    let known = KnownEnvironment::ALL.iter().map(|environment| environment.name());
    KnownEnvironment::from_name(name).ok_or_else(|| CommandError::unknown("environment", name, known))
}

/// Sets the number of threads of the process.
fn use_threads(threads: Option<usize>) -> Outcome {
    let Some(threads) = threads else { return Ok(()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| CommandError::Threads { threads, reason: error.to_string() })
}
