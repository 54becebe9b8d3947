//! The command `bench`.

use std::io::{Write, stdout};

use indicatif::HumanCount;
use layercake_models::{BenchOptions, BenchResult, DeviceKind, bench_graph, bench_inference};
use layercake_train::Timing;
use serde::Serialize;

use crate::args::{BenchArgs, Shown};
use crate::commands::{Outcome, device, use_threads};
use crate::error::CommandError;
use crate::named::{file, graph, named};

/// Times the training step and the inference of a model, or the inference of any network.
pub(crate) fn run(args: BenchArgs) -> Outcome {
    if args.infer {
        return infer(&args);
    }
    use_threads(args.threads)?;
    let options = BenchOptions { batch_size: args.batch_size, device: device(args.device) };
    let done = match file(&shown(&args))? {
        Some(graph) => bench_graph(&args.model, graph, &options)?,
        None => named(&args.model)?.bench(&options)?,
    };
    let memory = peak_memory();
    if args.json {
        return print_json(&Trained { result: &done, peak_memory_mb: memory });
    }
    let place = match done.device {
        "cpu" => format!("{} threads", done.threads),
        other => other.to_owned(),
    };
    writeln!(stdout(), "{}, {} {} per step, {place}", done.model, done.batch_size, done.unit)?;
    [("training step", done.train), ("inference", done.infer)].iter().try_for_each(|(what, timing)| print(what, timing, done.unit))?;
    memory.map_or(Ok(()), |memory| Ok(writeln!(stdout(), "{:14} {memory:.0} MB at most, of the whole process", "memory")?))
}

fn print(what: &str, timing: &Timing, unit: &str) -> Outcome {
    let Timing { median_ms, min_ms, items_per_second, steps } = timing;
    let speed = HumanCount(*items_per_second as u64);
    Ok(writeln!(stdout(), "{what:14} median {median_ms:9.3} ms, minimum {min_ms:9.3} ms, {speed:>9} {unit}/s, {steps} repetitions")?)
}

fn print_json(result: &impl Serialize) -> Outcome {
    Ok(writeln!(stdout(), "{}", serde_json::to_string(result).expect("plain data can be written as JSON"))?)
}

/// The times of both, and the memory.
#[derive(Serialize)]
struct Trained<'a> {
    #[serde(flatten)]
    result: &'a BenchResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_mb: Option<f64>,
}

/// The most memory that this process had, in megabytes, where the system states it (Linux).
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?;
    kibibytes.parse::<f64>().ok().map(|count| count * 1024.0 / 1e6)
}

/// The time of an inference.
#[derive(Serialize)]
struct Inference<'a> {
    model: &'a str,
    batch_size: usize,
    threads: usize,
    /// The median.
    milliseconds: f64,
    minimum: f64,
    items_per_second: f64,
    repetitions: usize,
    processor: String,
    instruction_set: &'static str,
}

fn shown(args: &BenchArgs) -> Shown {
    Shown { model: args.model.clone(), environment: None, variant: None, size: args.size.clone() }
}

fn infer(args: &BenchArgs) -> Outcome {
    if device(args.device) == DeviceKind::Cuda {
        return Err(CommandError::Option(
            "`--infer` times networks on the CPU; without it, `--device cuda` times training steps too".to_owned(),
        ));
    }
    let graph = graph(&shown(args))?;
    use_threads(args.threads)?;
    let timing = bench_inference(&args.model, graph, args.batch_size)?;
    if !args.json {
        let (threads, set) = (rayon::current_num_threads(), layercake::instruction_set());
        writeln!(stdout(), "{}, batch of {}, {threads} threads, {}, {set}", args.model, args.batch_size, processor())?;
        return print("inference", &timing, "samples");
    }
    print_json(&Inference {
        model: &args.model,
        batch_size: args.batch_size,
        threads: rayon::current_num_threads(),
        milliseconds: timing.median_ms,
        minimum: timing.min_ms,
        items_per_second: timing.items_per_second,
        repetitions: timing.steps,
        processor: processor(),
        instruction_set: layercake::instruction_set(),
    })
}

/// The name of the processor, where the system states it.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        info.lines().find_map(|line| line.strip_prefix("model name")).map(|line| line.trim_start_matches([' ', '\t', ':']).to_owned());
    name.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
