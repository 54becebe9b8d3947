//! The Rust half of `tests/parity/exchange.py`, which calls it: loads PyTorch's weights and says what they give, and saves weights of our own with what
//! they give.
//!
//! In the folder it is given it finds, for each `NAME`, `NAME.theirs.safetensors` and `NAME.input.safetensors` (`input`, `output`), and leaves
//! `NAME.ours.safetensors` and `NAME.output.safetensors` (`output`).

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use layercake::io::{load_safetensors, save_safetensors};
use layercake::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

type Images = DynTensor<f32, Cpu>;

/// How far a number may be from PyTorch's, as part of the largest.
const TOLERANCE: f32 = 1e-5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("the folder is missing")?;
    let folder = Path::new(&folder);
    for model in layercake_models::zoo() {
        let file = |what: &str| folder.join(format!("{}.{what}.safetensors", model.name()));
        if !file("theirs").is_file() {
            continue;
        }
        let bytes = fs::read(file("input"))?;
        let given = SafeTensors::deserialize(&bytes)?;
        let (input, expected) = (given.tensor("input")?, numbers(&given.tensor("output")?));

        let device = Cpu::seed_from_u64(1);
        let images =
            || DynTensor::try_from_vec(&device, numbers(&input), input.shape()).map(|tensor| tensor.expect("as many as its shape says"));
        let mut net = GraphModel::new(model.graph().ok_or("a network")?.clone(), &device);
        save_safetensors(&net, file("ours"))?;
        let own: Vec<Images> = net.forward(vec![images()?]);
        write(&file("output"), &own[0])?;

        load_safetensors(&mut net, file("theirs"))?;
        let found: Vec<Images> = net.forward(vec![images()?]);
        let size = expected.iter().fold(0.0, |size: f32, n| size.max(n.abs()));
        let error = found[0].as_vec().iter().zip(&expected).fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs())) / size;
        println!("{:10} theirs in ours: {error:.1e}", model.name());
        if error > TOLERANCE {
            return Err(format!("{}: PyTorch's weights give other numbers here", model.name()).into());
        }
    }
    Ok(())
}

fn numbers(view: &TensorView<'_>) -> Vec<f32> {
    assert_eq!(view.dtype(), Dtype::F32);
    view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn write(path: &Path, tensor: &Images) -> Result<(), Box<dyn Error>> {
    let bytes: Vec<u8> = tensor.as_vec().iter().flat_map(|n| n.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, tensor.dims().to_vec(), &bytes)?;
    fs::write(path, safetensors::serialize(HashMap::from([("output", view)]), None)?)?;
    Ok(())
}
