//! The Rust half of `tests/pytorch/exchange.py`, which calls it: loads PyTorch's weights and compares the outputs, and saves weights and outputs
//! of Layercake.
//!
//! For each `NAME`, the given folder contains `NAME.theirs.safetensors` and `NAME.given.safetensors` (`input/0`, `input/1`, ..; `output/0`, ..),
//! and this program writes `NAME.ours.safetensors` and `NAME.outputs.safetensors` (`output/0`, ..). Integer inputs are token ids. A network with a
//! dynamic length takes that of its inputs.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use layercake::io::{load_safetensors, save_safetensors};
use layercake::ir::Shape;
use layercake::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

type Any = DynTensor<f32, Cpu>;

/// Maximum difference from PyTorch, relative to the largest value.
const TOLERANCE: f32 = 1e-5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder is missing")?;
    let folder = Path::new(&folder);
    for model in layercake_models::zoo() {
        let file = |what: &str| folder.join(format!("{}.{what}.safetensors", model.name()));
        if !file("theirs").is_file() {
            continue;
        }
        let bytes = fs::read(file("given"))?;
        let given = SafeTensors::deserialize(&bytes)?;
        let graph = model.graph().ok_or("a network")?;
        let all = |what: &str, count| (0..count).map(|i| given.tensor(&format!("{what}/{i}"))).collect::<Result<Vec<_>, _>>();
        let (inputs, outputs) = (all("input", graph.inputs().len())?, all("output", graph.outputs().len())?);

        let device = Cpu::seed_from_u64(1);
        let read = || inputs.iter().map(|view| tensor(&device, view)).collect::<Result<Vec<_>, _>>();
        let shapes: Vec<Shape> = inputs.iter().map(|view| Shape::new(&view.shape()[1..])).collect();
        let mut net = GraphModel::try_new(graph.resized(&shapes)?, &device)?;
        save_safetensors(&net, file("ours"))?;
        write(&file("outputs"), &net.try_forward::<_, Vec<Any>>(read()?)?)?;

        load_safetensors(&mut net, file("theirs"))?;
        let found: Vec<Any> = net.try_forward(read()?)?;
        let error = found.iter().zip(&outputs).map(|(found, view)| difference(found, view)).fold(0.0, f32::max);
        println!("{:10} theirs in ours: {error:.1e}", model.name());
        if error > TOLERANCE {
            return Err(format!("{}: the outputs with PyTorch's weights differ", model.name()).into());
        }
    }
    Ok(())
}

/// A tensor of floats or token ids.
fn tensor(device: &Cpu, view: &TensorView<'_>) -> Result<Any, Box<dyn Error>> {
    let tensor = match view.dtype() {
        Dtype::I64 => {
            let ids: Result<Vec<usize>, _> = view.data().as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes).try_into()).collect();
            DynTensor::from_ids(device, ids?, view.shape())
        }
        _ => DynTensor::try_from_vec(device, numbers(view), view.shape())?,
    };
    Ok(tensor.expect("the size matches the shape"))
}

fn numbers(view: &TensorView<'_>) -> Vec<f32> {
    assert_eq!(view.dtype(), Dtype::F32);
    view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// The maximum difference relative to the largest expected value; infinite if they cannot be compared.
fn difference(found: &Any, expected: &TensorView<'_>) -> f32 {
    let (same, found, expected) = (found.dims() == expected.shape(), found.to_vec(), numbers(expected));
    if !same || found.iter().any(|n| !n.is_finite()) {
        return f32::INFINITY;
    }
    let size = expected.iter().fold(0.0, |size: f32, n| size.max(n.abs()));
    found.iter().zip(&expected).fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs())) / size
}

fn write(path: &Path, outputs: &[Any]) -> Result<(), Box<dyn Error>> {
    let bytes: Vec<Vec<u8>> = outputs.iter().map(|tensor| tensor.to_vec().iter().flat_map(|n| n.to_le_bytes()).collect()).collect();
    let mut views = HashMap::new();
    for (i, (tensor, bytes)) in outputs.iter().zip(&bytes).enumerate() {
        views.insert(format!("output/{i}"), TensorView::new(Dtype::F32, tensor.dims().to_vec(), bytes)?);
    }
    fs::write(path, safetensors::serialize(views, None)?)?;
    Ok(())
}
