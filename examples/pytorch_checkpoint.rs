//! Loads a PyTorch checkpoint into a network with the same names and compares the outputs; then loads a checkpoint with other names and
//! another head.
//!
//! The files were written by `data/pytorch_checkpoint.py` with `safetensors.torch.save_file(net.state_dict(), ..)`.

use std::path::{Path, PathBuf};

use layercake::prelude::*;

network! {
    block Basic(width) {
        Residual {
            conv1: Conv2d(width, kernel = 3, padding = 1, bias = false), bn1: BatchNorm2d, ReLU,
            conv2: Conv2d(width, kernel = 3, padding = 1, bias = false), bn2: BatchNorm2d,
        },
        ReLU,
    }

    /// The same layers as `SmallResNet` in the script. `Sequential` numbers its layers as in PyTorch: `stem.0`, `blocks.1.conv2`.
    SmallResNet: [1, 8, 8] -> [10] {
        stem: Sequential { Conv2d(8, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU },
        blocks: Sequential { Repeat(2) { Basic(8) } },
        pool: MaxPool2d(2),
        Flatten,
        fc: Linear(10),
    }
}

/// Any tensors in a safetensors file can be loaded as a model: here the input and output of the PyTorch network.
#[derive(Debug, Model)]
struct Answers {
    #[model(buffer)]
    input: Tensor<Rank4<3, 1, 8, 8>, f32, Cpu>,
    #[model(buffer)]
    output: Tensor<Rank2<3, 10>, f32, Cpu>,
}

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(file)
}

fn main() -> Result<(), io::IoError> {
    let device = Cpu::seed_from_u64(0);
    let mut net = SmallResNet::new(&device);
    // Load all tensors by name. Missing or unexpected tensors and shape mismatches are errors.
    io::load_safetensors(&mut net, data("pytorch_checkpoint.safetensors"))?;

    let mut pytorch = Answers::new(&device);
    io::load_safetensors(&mut pytorch, data("pytorch_checkpoint_answers.safetensors"))?;
    let (ours, theirs) = (net.forward(pytorch.input).as_vec(), pytorch.output.as_vec());
    let difference = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("PyTorch       {:.6?}", &theirs[..4]);
    println!("Layercake     {:.6?}", &ours[..4]);
    println!("maximum of {} differences: {difference:.1e}\n", ours.len());
    assert!(theirs.len() == 30 && difference < 1e-5, "the outputs differ");

    // A checkpoint of the same body, saved from `DataParallel`, with a head for four classes. Strict loading fails.
    let parallel = data("pytorch_checkpoint_parallel.safetensors");
    let mut other = SmallResNet::new(&device);
    let Err(refused) = io::load_safetensors(&mut other, &parallel) else { panic!("the names differ") };
    println!("{refused}\n");

    // Load only the tensors with the same name and shape. There are none.
    let report = io::load_matching(&mut other, &parallel)?;
    assert!(report.loaded.is_empty() && report.unused.len() == report.missing.len());

    // Map the names. All tensors except the head are loaded.
    let report = io::load_renamed(&mut other, &parallel, |ours| format!("module.{ours}"))?;
    println!("{report}");
    let left_out: Vec<&str> = report.mismatched.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(left_out, ["fc.weight", "fc.bias"]);
    assert!(report.missing.is_empty() && report.unused.is_empty());
    for (tensor, same) in other.named_tensors().iter().zip(net.named_tensors()) {
        assert_eq!(tensor.to_vec() == same.to_vec(), !tensor.path().starts_with("fc."), "{}", tensor.path());
    }
    Ok(())
}
