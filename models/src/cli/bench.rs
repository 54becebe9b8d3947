//! The command `bench`.

use std::io::{Write, stdout};

use indicatif::HumanCount;
use layercake::dfdx::tensor::Cpu;
use layercake::ir::{Graph, Op, ops::Embedding};
use layercake::{DynTensor, GraphModel};
use layercake_models::{BenchOptions, DeviceKind};
use layercake_train::Timing;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;

use crate::args::{BenchArgs, Shown};
use crate::commands::{Outcome, device, graph, named, use_threads};
use crate::error::CommandError;

/// Times the training step and the inference of an image classifier, or the inference of any network.
pub(crate) fn run(args: BenchArgs) -> Outcome {
    if args.infer {
        return infer(&args);
    }
    let model = named(&args.model)?;
    use_threads(args.threads)?;
    let done = model.bench(&BenchOptions { batch_size: args.batch_size, device: device(args.device) })?;
    if args.json {
        return print_json(&done);
    }
    let place = match done.device {
        "cpu" => format!("{} threads", done.threads),
        other => other.to_owned(),
    };
    writeln!(stdout(), "{}, {} images per step, {place}", done.model, done.batch_size)?;
    [("training step", done.train), ("inference", done.infer)].iter().try_for_each(|(what, timing)| print(what, timing))
}

fn print(what: &str, timing: &Timing) -> Outcome {
    let Timing { median_ms, min_ms, items_per_second, steps } = timing;
    let speed = HumanCount(*items_per_second as u64);
    Ok(writeln!(stdout(), "{what:14} median {median_ms:9.3} ms, minimum {min_ms:9.3} ms, {speed:>9} items/s, {steps} repetitions")?)
}

fn print_json(result: &impl Serialize) -> Outcome {
    Ok(writeln!(stdout(), "{}", serde_json::to_string(result).expect("plain data can be written as JSON"))?)
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

fn infer(args: &BenchArgs) -> Outcome {
    if device(args.device) == DeviceKind::Cuda {
        return Err(CommandError::Option(
            "`--infer` times networks on the CPU; without it, `--device cuda` times image classifiers".to_owned(),
        ));
    }
    let graph = graph(&Shown { model: args.model.clone(), environment: None })?;
    use_threads(args.threads)?;
    let failed = |error: String| CommandError::Network(error);
    let cpu = Cpu::seed_from_u64(0);
    let model = GraphModel::try_new(graph, &cpu).map_err(|error| failed(error.to_string()))?;
    let inputs = inputs(model.graph(), args.batch_size, &cpu).map_err(failed)?;
    let timing = Timing::measure(args.batch_size, || {
        let found = model.try_forward::<Vec<DynTensor<f32, Cpu>>, Vec<DynTensor<f32, Cpu>>>(inputs.clone());
        std::hint::black_box(found.map_err(|error| failed(error.to_string()))?);
        Ok::<_, CommandError>(())
    })?;
    if !args.json {
        let (threads, set) = (rayon::current_num_threads(), layercake::instruction_set());
        writeln!(stdout(), "{}, batch of {}, {threads} threads, {}, {set}", args.model, args.batch_size, processor())?;
        return print("inference", &timing);
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

/// Random inputs: numbers between -1 and 1, and token ids that every embedding has.
fn inputs(graph: &Graph, batch: usize, cpu: &Cpu) -> Result<Vec<DynTensor<f32, Cpu>>, String> {
    let mut random = StdRng::seed_from_u64(0);
    let rows = |op: &Op| if let Op::Embedding(Embedding { num_embeddings, .. }) = op { Some(*num_embeddings) } else { None };
    let ids = graph.nodes().iter().filter_map(|node| rows(&node.op)).min().unwrap_or(1);
    let input = |port: &layercake::ir::Port| {
        let dims = [&[batch], port.shape.dims()].concat();
        let len = dims.iter().product();
        let value = if port.shape.is_ids() {
            DynTensor::from_ids(cpu, (0..len).map(|_| random.gen_range(0..ids)).collect(), &dims)
        } else {
            DynTensor::try_from_vec(cpu, (0..len).map(|_| random.gen_range(-1.0..1.0)).collect(), &dims)
                .map_err(|error| error.to_string())?
        };
        Ok(value.expect("as many elements as the shape says"))
    };
    graph.inputs().iter().map(input).collect()
}

/// The name of the processor, where the system states it.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        info.lines().find_map(|line| line.strip_prefix("model name")).map(|line| line.trim_start_matches([' ', '\t', ':']).to_owned());
    name.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
