//! Inference of networks for 224x224 images, beside ONNX Runtime, which runs the files that this project exports, and PyTorch.
//!
//! The sides take turns, as in `run`.

use std::fmt::Write;
use std::path::Path;

use layercake::io::onnx;
use layercake::prelude::*;
use layercake::{DynTensor, GraphModel};
use layercake_ir::Graph;
use layercake_models::networks::{MobileNetV2, ResNet18, ResNet50, Vgg16};

use crate::side::{Finished, Running, Side};
use crate::{BenchError, ImageOptions, PAUSE, WARM_UP, serve};

/// A network: its name, its graph, and the ratio to ONNX Runtime at which batches of 1 and 8 aim.
struct Net {
    name: &'static str,
    graph: &'static Graph,
    aims: [f64; 2],
}

const NETS: [Net; 4] = [
    Net { name: "resnet18", graph: ResNet18::GRAPH, aims: [1.0, 0.9] },
    Net { name: "resnet50", graph: ResNet50::GRAPH, aims: [1.0, 1.0] },
    Net { name: "vgg16", graph: Vgg16::GRAPH, aims: [0.8, 0.8] },
    Net { name: "mobilenet_v2", graph: MobileNetV2::GRAPH, aims: [1.0, 1.0] },
];
const BATCHES: [usize; 2] = [1, 8];

fn net(name: &str) -> Result<&'static Net, BenchError> {
    NETS.iter().find(|net| net.name == name).ok_or_else(|| BenchError::NoSuchWorkload(name.to_owned()))
}

fn model(net: &Net) -> Result<GraphModel<f32, Cpu>, BenchError> {
    GraphModel::try_new(net.graph.clone(), &Cpu::seed_from_u64(0)).map_err(|error| BenchError::Network(error.to_string()))
}

/// Runs all sides in turns and prints a table.
pub fn run(options: &ImageOptions, peak: f64) -> Result<(), BenchError> {
    for name in &options.networks {
        net(name)?;
    }
    let asked = |net: &&Net| options.networks.is_empty() || options.networks.iter().any(|name| name == net.name);
    std::fs::create_dir_all(&options.out).map_err(|error| BenchError::Io("the results' folder", error))?;
    let mut table = String::from(
        "| network | batch | Layercake, ms | ONNX Runtime | PyTorch | channels_last | ratio to ONNX Runtime (aim) | of peak |\n|--|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for net in NETS.iter().filter(asked) {
        let file = options.out.join(format!("{}.onnx", net.name));
        onnx::save(&model(net)?, &file).map_err(|error| BenchError::Network(error.to_string()))?;
        for (batch, aim) in BATCHES.into_iter().zip(net.aims) {
            let finished = take_turns(options, net, batch, &file)?;
            let of = |name: &str| finished.iter().find(|side| side.name == name).and_then(median);
            let [ours, ort, eager, last] = ["layercake", "onnxruntime", "torch-eager", "torch-cl"].map(of);
            let ratio = ours.zip(ort).map_or_else(|| "-".to_owned(), |(ours, ort)| format!("{:.2} ({aim:.1})", ours / ort));
            let share = ours.map(|ms| net.graph.flops() as f64 * batch as f64 / (ms * 1e6) / peak * 100.0);
            let [ours, ort, eager, last] = [ours, ort, eager, last].map(|ms| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}")));
            let share = share.map_or_else(|| "-".to_owned(), |share| format!("{share:.0} %"));
            _ = writeln!(table, "| {} | {batch} | {ours} | {ort} | {eager} | {last} | {ratio} | {share} |", net.name);
        }
    }
    layercake::io::write_atomically(&options.out.join("images.md"), table.as_bytes())
        .map_err(|error| BenchError::Io("images.md", error))?;
    print!("{table}");
    Ok(())
}

fn median(side: &Finished) -> Option<f64> {
    let mut times = side.times.get("infer")?.clone();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn take_turns(options: &ImageOptions, net: &Net, batch: usize, file: &Path) -> Result<Vec<Finished>, BenchError> {
    let sides = Side::images(batch, file, options.threads, &options.clock).map_err(|error| BenchError::Io("this program", error))?;
    let mut running: Vec<Running> = Vec::new();
    for side in sides {
        match side.start(net.name) {
            Ok(started) => running.push(started),
            Err(error) => eprintln!("cannot start `{}`: {error}", side.name),
        }
    }
    running.retain_mut(|side| {
        let ready = side.ready("infer");
        if !ready {
            eprintln!("`{}` failed on `{}`", side.name, net.name);
        }
        ready
    });
    for _ in 0..options.rounds {
        for side in &mut running {
            std::thread::sleep(PAUSE);
            side.steps("infer", options.steps);
        }
    }
    running.iter_mut().for_each(Running::next);
    Ok(running.into_iter().map(Running::finish).collect())
}

/// Layercake's side.
pub fn side(name: &str, batch: usize) -> Result<(), BenchError> {
    let net = net(name)?;
    let model = model(net)?;
    let dims = [&[batch], net.graph.inputs()[0].shape.dims()].concat();
    let numbers = (0..dims.iter().product::<usize>()).map(|i| (i * 7919 % 2003) as f32 / 1000.0 - 1.0).collect();
    let input = DynTensor::try_from_vec(&Cpu::seed_from_u64(0), numbers, &dims).map_err(|error| BenchError::Network(error.to_string()))?;
    let input = vec![input.expect("as many elements as the shape says")];
    serve::serve("infer", WARM_UP, || {
        std::hint::black_box(model.forward::<Vec<DynTensor<f32, Cpu>>, Vec<DynTensor<f32, Cpu>>>(input.clone()));
    });
    Ok(())
}
