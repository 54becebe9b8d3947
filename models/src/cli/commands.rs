//! The implementation of each command.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::HumanCount;
use layercake::io::{self, ConvertOptions, save_graph, write_atomically};
use layercake::{Drawing, Summary};
use layercake_models::{
    AgentOptions, DeviceKind, EvalOptions, ModelError, PlayOptions, SampleOptions, Samples, TrainOptions, ZooModel, zoo,
};
use layercake_train::cli::{cancel_on_signals, print_outcome};
use layercake_train::data::{self, KnownDataset};
use layercake_train::distributed::World;
use layercake_train::generative::GeneratorLoss;
use layercake_train::own::EvaluationOptions;
use layercake_train::rl::{Baseline, KnownEnvironment};
use layercake_train::run::{Purpose, RunConfig};
use layercake_train::{CancellationToken, Metrics, TrainError};

use crate::args::{self, AgentArgs, Cli, Command, DataCommand, EvalArgs, OwnArgs, PlayArgs, SampleArgs, Shown, TrainArgs, Without};
use crate::error::CommandError;
use crate::named::{dataset, environment, file, graph, named};

pub(crate) type Outcome = Result<(), CommandError>;

pub(crate) fn run(cli: Cli) -> Outcome {
    layercake::check_instruction_set()?;
    if crate::ranks::are_several() && !matches!(cli.command, Command::Train(_)) {
        return Err(crate::ranks::alone());
    }
    match cli.command {
        Command::List => list(),
        Command::Summary(shown) => summary(&shown),
        Command::Draw { shown, out, full } => draw(&shown, &out, full),
        Command::Export { shown, json: Some(json), .. } => Ok(save_graph(&graph(&shown)?, json)?),
        #[cfg(feature = "onnx")]
        Command::Export { shown, onnx: Some(onnx), checkpoint, dynamic, .. } => {
            crate::onnx::export(graph(&shown)?, checkpoint.as_deref(), &dynamic, &onnx)
        }
        Command::Export { .. } => unreachable!("an argument of the group is required"),
        #[cfg(feature = "onnx")]
        Command::Run { model, input, output } => crate::onnx::run(&model, &input, &output),
        Command::Convert { file, out, key, f32: to_f32 } => convert(&file, &out, ConvertOptions { key, to_f32 }),
        Command::Train(args) => {
            let purpose = args.tuning.purpose();
            crate::ranks::train(*args, purpose)
        }
        Command::Doctor(args) => crate::doctor::run(*args),
        Command::Search(args) => crate::search::run(*args),
        Command::Eval(args) => eval(args),
        Command::Predict(args) => crate::own::predict(&args),
        Command::Detect(args) => crate::photos::detect(args),
        Command::Segment(args) => crate::photos::segment(args),
        Command::Sample(args) => sample(args),
        Command::Explain(args) => crate::explain::run(*args),
        Command::Play(args) => play(args),
        Command::New(args) => crate::new::run(&args),
        Command::Bench(args) => crate::bench::run(args),
        Command::Data(DataCommand::Check { folder }) => check_data(&folder),
        Command::Report(args) => crate::report::run(args),
        Command::Study(args) => crate::study::run(args),
        Command::Watch(args) => crate::watch::run(args),
        Command::Fmt { files, check } => crate::fmt::run(&files, check),
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

fn draw(shown: &Shown, out: &Path, full: bool) -> Outcome {
    let drawing = Drawing::of(&graph(shown)?);
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

/// Trains, or does what else the purpose is.
pub(crate) fn train_for(args: TrainArgs, purpose: Purpose, world: World) -> Outcome {
    use_threads(args.threads)?;
    let world = args.ranks.applied(world).map_err(ModelError::from)?;
    let text = match &args.model {
        Some(name) => {
            let OwnArgs { data, hidden, .. } = &args.own;
            let others = [("--hidden", !hidden.is_empty()), ("--folds", args.folds.folds.is_some())];
            let others = [&others[..], &[("--dataset", args.dataset.is_some()), ("--data-dir", args.data_dir.is_some())]].concat();
            crate::own::text(&*named(name)?, data, &others)?
        }
        None => None,
    };
    if (text.is_none() && args.own.data.data.is_some()) || args.resume.as_deref().is_some_and(crate::own::is_own_run) {
        return crate::own::train(args, purpose, cancel()?, &world);
    }
    let TrainArgs {
        epochs,
        batch_size,
        lr,
        tuning,
        transfer,
        box_weight,
        loss,
        seed,
        validation,
        patience,
        restore_best,
        out,
        resume,
        checkpoint_every,
        tensorboard,
        data_dir,
        variant,
        agent,
        ..
    } = args;
    let agent = agent_options(&agent)?;
    let cancellation = cancel()?;
    let rest = TrainOptions {
        dataset: KnownDataset::Digits,
        text,
        variant,
        data_dir,
        epochs,
        batch_size,
        lr,
        purpose,
        weight_decay: tuning.weight_decay,
        clip: tuning.clip,
        train_size: tuning.train_size,
        snapshots: tuning.snapshots,
        dropout: args.own.dropout,
        box_weight,
        generator_loss: loss.map(GeneratorLoss::from),
        transfer: transfer.transfer(),
        seed,
        validation,
        patience,
        restore_best,
        device: device(args.device),
        out,
        resume,
        checkpoint_every,
        tensorboard,
        cancellation,
        agent,
        world,
    };
    let (model, options) = match &rest.resume {
        None => {
            // Without `--resume`, clap requires the name.
            let model = named(&args.model.unwrap_or_default())?;
            has_dataset(&*model, args.dataset.is_some())?;
            rest.variant.as_deref().map(|variant| model.graph_of(variant)).transpose()?;
            let default = model.default_dataset(rest.data_dir.is_some());
            let dataset = args.dataset.as_deref().map(dataset).transpose()?.unwrap_or(default);
            (model, TrainOptions { dataset, ..rest })
        }
        Some(path) => {
            let config = RunConfig::read(&path.join("config.json")).map_err(ModelError::from)?;
            let device = if config.device == DeviceKind::Cuda.name() { DeviceKind::Cuda } else { DeviceKind::Cpu };
            let data_dir = rest.data_dir.clone().or(config.data_dir);
            let dataset = config.source.dataset().unwrap_or(rest.dataset);
            let (variant, text) = (config.variant, config.text);
            (named(&config.model)?, TrainOptions { dataset, text, variant, data_dir, seed: Some(config.recipe.seed), device, ..rest })
        }
    };
    let outcome = model.train(&options)?;
    if !options.world.is_root() {
        return Ok(());
    }
    Ok(print_outcome(&outcome, tuning.lr_find.as_deref()).map_err(ModelError::from)?)
}

/// Rejects a data set for a model that acts.
pub(crate) fn has_dataset(model: &dyn ZooModel, given: bool) -> Result<(), ModelError> {
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

pub(crate) fn device(device: args::Device) -> DeviceKind {
    match device {
        args::Device::Cpu => DeviceKind::Cpu,
        args::Device::Cuda => DeviceKind::Cuda,
    }
}

/// The first Ctrl-C cancels the run after the current step.
pub(crate) fn cancel() -> Result<CancellationToken, CommandError> {
    Ok(cancel_on_signals().map_err(ModelError::from)?)
}

fn eval(args: EvalArgs) -> Outcome {
    let model = named(&args.model)?;
    use_threads(args.threads)?;
    let (checkpoint, others, averaged) = args.ensemble.clone().read().map_err(ModelError::from)?;
    if crate::own::is_own_run(&checkpoint) {
        return crate::own::eval(&*model, EvaluationOptions { checkpoint, others, averaged, data: args.data.clone() }, &args);
    }
    if args.data.is_some() && !crate::own::reads_text(&*model) {
        let text = format!("{}: not a run on your own data, which `--data` needs", checkpoint.display());
        return Err(CommandError::Option(text));
    }
    let dataset = args.dataset.as_deref().map(dataset).transpose()?;
    has_dataset(&*model, dataset.is_some())?;
    let environment = args.environment.as_deref().map(environment).transpose()?;
    if args.data.is_some() && (dataset.is_some() || args.data_dir.is_some()) {
        return Err(CommandError::Option("`--data`, a text of your own, does not go with `--dataset` and `--data-dir`".to_owned()));
    }
    let (text, data_dir, device) = (args.data, args.data_dir, device(args.device));
    let done = model.evaluate(&EvalOptions { checkpoint, others, averaged, dataset, text, environment, data_dir, device })?;
    if args.json {
        let mut object = serde_json::Map::new();
        object.insert("data".to_owned(), done.source.to_string().into());
        object.insert(done.unit.to_owned(), done.items.into());
        object.extend(done.metrics.iter().map(|(name, value)| (format!("test_{name}"), value.into())));
        return Ok(writeln!(stdout(), "{:#}", serde_json::Value::Object(object))?);
    }
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
    let SampleArgs { model, checkpoint, out, count, seed, prompt, temperature, top_k, top_p, threads, device: kind } = args;
    let model = named(&model)?;
    use_threads(threads)?;
    match model.sample(&SampleOptions { checkpoint, out, count, seed, prompt, temperature, top_k, top_p, device: device(kind) })? {
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

/// Of a detector both networks, one after the other.
fn summary(shown: &Shown) -> Outcome {
    writeln!(stdout(), "{}", Summary::from(graph(shown)?))?;
    let head = if file(shown)?.is_none() { named(&shown.model)?.head() } else { None };
    head.map_or(Ok(()), |head| Ok(writeln!(stdout(), "\n{}", Summary::from(head.clone()))?))
}

/// Sets the number of threads of the process.
pub(crate) fn use_threads(threads: Option<usize>) -> Outcome {
    let Some(threads) = threads else { return Ok(()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| CommandError::Threads { threads, reason: error.to_string() })
}
