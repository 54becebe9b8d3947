//! What each command does.

use std::ffi::OsStr;
use std::io::{Write, stdout};
use std::path::Path;

use indicatif::HumanCount;
use layercake::io::{load_graph, save_graph, write_atomically};
use layercake::ir::Graph;
use layercake::{Drawing, Summary};
use layercake_models::{Device, EvalOptions, Model, ModelError, SampleOptions, Sampled, TrainOptions, zoo};
use layercake_train::data::{self, DataSet};
use layercake_train::run::Config;
use layercake_train::{Figures, Stop, Timing, TrainError};

use crate::args::{self, BenchArgs, Cli, Command, DataCommand, EvalArgs, SampleArgs, TrainArgs};
use crate::error::{CommandError, INTERRUPTED};

type Outcome = Result<(), CommandError>;

pub(crate) fn run(cli: Cli) -> Outcome {
    layercake::check_instruction_set()?;
    match cli.command {
        Command::List => list(),
        Command::Summary { model } => Ok(writeln!(stdout(), "{}", Summary::from(graph(&model)?))?),
        Command::Draw { model, out, full } => draw(&model, &out, full),
        Command::Export { model, json } => Ok(save_graph(&graph(&model)?, json)?),
        Command::Train(args) => train(args),
        Command::Eval(args) => eval(args),
        Command::Sample(args) => sample(args),
        Command::Bench(args) => bench(args),
        Command::Data(DataCommand::Check { folder }) => check_data(&folder),
    }
}

fn list() -> Outcome {
    let mut out = stdout().lock();
    writeln!(out, "{:22}{:>12}  what it is", "model", "parameters")?;
    for model in zoo() {
        let params = model.graph().map_or_else(String::new, |graph| HumanCount(graph.params() as u64).to_string());
        writeln!(out, "{:22}{params:>12}  {}", model.name(), model.about())?;
    }
    writeln!(out, "\n{:36}what it is", "data set")?;
    for set in DataSet::ALL {
        writeln!(out, "{:36}{}", set.name(), set.about())?;
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
        _ => return Err(CommandError::Ending { path: out.to_owned() }),
    };
    write_atomically(out, text.as_bytes()).map_err(|reason| CommandError::Write { path: out.to_owned(), reason })
}

fn train(args: TrainArgs) -> Outcome {
    use_threads(args.threads)?;
    let TrainArgs { epochs, batch_size, lr, seed, validation, patience, restore_best, out, resume, checkpoint_every, data_dir, .. } = args;
    let stop = stop_on_signals()?;
    let rest = TrainOptions {
        dataset: DataSet::Digits,
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
        stop,
    };
    let (model, options) = match &rest.resume {
        None => {
            // Without one clap has seen to it that the name is there.
            let model = named(&args.model.unwrap_or_default())?;
            let own = model.dataset(rest.data_dir.is_some());
            let dataset = args.dataset.as_deref().map(dataset).transpose()?.unwrap_or(own);
            (model, TrainOptions { dataset, ..rest })
        }
        Some(path) => {
            let config = Config::read(&path.join("config.json")).map_err(ModelError::from)?;
            let device = if config.device == Device::Cuda.name() { Device::Cuda } else { Device::Cpu };
            let data_dir = rest.data_dir.clone().or(config.data_dir);
            (named(&config.model)?, TrainOptions { dataset: config.dataset, data_dir, seed: Some(config.recipe.seed), device, ..rest })
        }
    };
    let (run, summary) = model.train(&options)?;
    let mut tested = Figures::new();
    summary.figures.iter().filter(|(name, _)| name.starts_with("test_")).for_each(|(name, value)| tested.set(name, value));
    writeln!(stdout(), "{tested} after {:.1} s; see {}", summary.seconds, run.display())?;
    Ok(())
}

fn device(device: args::Device) -> Device {
    match device {
        args::Device::Cpu => Device::Cpu,
        args::Device::Cuda => Device::Cuda,
    }
}

/// Ctrl-C lets the step end and a checkpoint be written; a second one does not wait for that.
fn stop_on_signals() -> Result<Stop, CommandError> {
    let stop = Stop::new();
    let wished = stop.clone();
    let set = ctrlc::set_handler(move || {
        if wished.wish() {
            std::process::exit(INTERRUPTED.into());
        }
    });
    set.map_err(|error| CommandError::Signals { reason: error.to_string() })?;
    Ok(stop)
}

fn eval(args: EvalArgs) -> Outcome {
    let model = named(&args.model)?;
    let dataset = args.dataset.as_deref().map(dataset).transpose()?;
    use_threads(args.threads)?;
    let done = model.evaluate(&EvalOptions { checkpoint: args.checkpoint, dataset, data_dir: args.data_dir })?;
    let (single, many) = done.figures.by_kind();
    let figures = single.iter().map(|(name, value)| format!("test {}", Figures::new().with(name, value)));
    let (items, unit) = (HumanCount(done.items), done.unit);
    let text = figures.collect::<Vec<_>>().join(", ").replacen(", ", &format!(" of {items} {unit}, "), 1);
    writeln!(stdout(), "{}: {text}", done.dataset)?;
    // A figure for each class: one below the other.
    for (kind, figures) in many {
        for (name, value) in figures.iter() {
            writeln!(stdout(), "  {}", Figures::new().with(&format!("{kind}_{name}"), value))?;
        }
    }
    Ok(())
}

fn sample(args: SampleArgs) -> Outcome {
    let SampleArgs { model, checkpoint, out, count, seed, prompt, temperature, threads } = args;
    let model = named(&model)?;
    use_threads(threads)?;
    match model.sample(&SampleOptions { checkpoint, out, count, seed, prompt, temperature })? {
        Sampled::Pictures(path) => Ok(writeln!(stdout(), "{}", path.display())?),
        Sampled::Text(text) => Ok(writeln!(stdout(), "{text}")?),
    }
}

fn bench(args: BenchArgs) -> Outcome {
    let model = named(&args.model)?;
    use_threads(args.threads)?;
    let done = model.bench(args.batch_size)?;
    let mut out = stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&done).expect("plain data can be written as JSON"))?;
        return Ok(());
    }
    writeln!(out, "{}, {} images a step, {} threads", done.model, done.batch_size, done.threads)?;
    for (what, Timing { median_ms, min_ms, items_per_second, steps }) in [("training step", done.train), ("inference", done.infer)] {
        let speed = HumanCount(items_per_second as u64);
        writeln!(out, "{what:14} {median_ms:9.3} ms in the middle, {min_ms:9.3} ms at best, {speed:>9} images/s, {steps} times")?;
    }
    Ok(())
}

/// Says of each set what is in it. The first fault is the command's error, after all sets have been looked at.
fn check_data(folder: &Path) -> Outcome {
    let sets = data::check(folder).map_err(TrainError::from).map_err(ModelError::from)?;
    let mut out = stdout().lock();
    if sets.is_empty() {
        return Err(CommandError::NoSets { path: folder.to_owned() });
    }
    let mut faults = Vec::new();
    for set in sets {
        match set.found {
            Ok(lines) => lines.iter().try_for_each(|line| writeln!(out, "{:18}{line}", set.name))?,
            Err(fault) => {
                writeln!(out, "{:18}FAULT: {fault}", set.name)?;
                faults.push(set.name);
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(CommandError::Faults { sets: faults.join(", ") }) }
}

/// The graph of a model, or that in a file.
fn graph(model: &str) -> Result<Graph, CommandError> {
    if Path::new(model).extension().is_some_and(|ending| ending == "json") {
        return Ok(load_graph(model)?);
    }
    let model = named(model)?;
    let graph = model.graph().ok_or(ModelError::Cannot { model: model.name(), what: "shown: it is no network" })?;
    Ok(graph.clone())
}

fn named(name: &str) -> Result<Box<dyn Model>, CommandError> {
    let all = zoo();
    let unknown = CommandError::unknown("model", name, all.iter().map(|model| model.name()));
    all.into_iter().find(|model| model.name() == name).ok_or(unknown)
}

fn dataset(name: &str) -> Result<DataSet, CommandError> {
    DataSet::named(name).ok_or_else(|| CommandError::unknown("data set", name, DataSet::ALL.iter().map(|set| set.name())))
}

/// Sets the number of threads of the whole process.
fn use_threads(threads: Option<usize>) -> Outcome {
    let Some(threads) = threads else { return Ok(()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|error| CommandError::Threads { threads, reason: error.to_string() })
}
