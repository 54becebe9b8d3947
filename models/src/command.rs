//! What each command does.

use std::ffi::OsStr;
use std::io::{Write, stdout};
use std::path::Path;

use indicatif::HumanCount;
use layercake::io::{load_graph, save_graph, write_atomically};
use layercake::ir::Graph;
use layercake::{Drawing, Summary};
use layercake_models::{Device, EvalOptions, Model, TrainOptions, zoo};
use layercake_train::Timing;
use layercake_train::data::DataSet;

use crate::args::{self, BenchArgs, Cli, Command, EvalArgs, TrainArgs};
use crate::error::CommandError;

type Outcome = Result<(), CommandError>;

pub(crate) fn run(cli: Cli) -> Outcome {
    match cli.command {
        Command::List => list(),
        Command::Summary { model } => Ok(writeln!(stdout(), "{}", Summary::from(graph(&model)?))?),
        Command::Draw { model, out } => draw(&model, &out),
        Command::Export { model, json } => Ok(save_graph(&graph(&model)?, json)?),
        Command::Train(args) => train(args),
        Command::Eval(args) => eval(args),
        Command::Bench(args) => bench(args),
    }
}

fn list() -> Outcome {
    let mut out = stdout().lock();
    writeln!(out, "{:16}{:>12}  what it is", "model", "parameters")?;
    for model in zoo() {
        writeln!(out, "{:16}{:>12}  {}", model.name(), HumanCount(model.graph().params() as u64).to_string(), model.about())?;
    }
    writeln!(out, "\n{:30}what it is", "data set")?;
    for set in DataSet::ALL {
        writeln!(out, "{:30}{}", set.name(), set.about())?;
    }
    Ok(())
}

fn draw(model: &str, out: &Path) -> Outcome {
    let drawing = Drawing::of(&graph(model)?);
    let text = match out.extension().and_then(OsStr::to_str) {
        Some("svg") => drawing.svg(),
        Some("dot") => drawing.dot(),
        Some("mmd") => drawing.mermaid(),
        _ => return Err(CommandError::Ending { path: out.to_owned() }),
    };
    write_atomically(out, text.as_bytes()).map_err(|reason| CommandError::Write { path: out.to_owned(), reason })
}

fn train(args: TrainArgs) -> Outcome {
    let model = named(&args.model)?;
    let dataset = dataset(&args.dataset)?;
    use_threads(args.threads)?;
    let device = match args.device {
        args::Device::Cpu => Device::Cpu,
        args::Device::Cuda => Device::Cuda,
    };
    let TrainArgs { data_dir, epochs, batch_size, lr, seed, out, .. } = args;
    let (run, summary) = model.train(&TrainOptions { dataset, data_dir, epochs, batch_size, lr, seed, device, out })?;
    let accuracy = 100.0 * summary.test_accuracy;
    writeln!(stdout(), "test accuracy {accuracy:.2} % after {:.1} s; see {}", summary.seconds, run.display())?;
    Ok(())
}

fn eval(args: EvalArgs) -> Outcome {
    let model = named(&args.model)?;
    let dataset = args.dataset.as_deref().map(dataset).transpose()?;
    use_threads(args.threads)?;
    let done = model.evaluate(&EvalOptions { checkpoint: args.checkpoint, dataset, data_dir: args.data_dir })?;
    let (total, accuracy, loss) = (done.tally.total(), 100.0 * done.tally.accuracy(), done.tally.loss());
    writeln!(stdout(), "{}: test accuracy {accuracy:.2} % of {} images, test loss {loss:.4}", done.dataset, HumanCount(total))?;
    Ok(())
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

/// The graph of a model, or that in a file.
fn graph(model: &str) -> Result<Graph, CommandError> {
    if Path::new(model).extension().is_some_and(|ending| ending == "json") {
        return Ok(load_graph(model)?);
    }
    Ok(named(model)?.graph().clone())
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
