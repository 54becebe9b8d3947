//! A checkpoint that PyTorch saved, in a network of the same names: the outputs agree. Then one whose names and head differ.
//!
//! `data/pytorch_checkpoint.py` wrote the files, with `safetensors.torch.save_file(net.state_dict(), ..)`.

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

    /// Layer by layer what `SmallResNet` is in the script. `Sequential` counts its layers as PyTorch's does: `stem.0`, `blocks.1.conv2`.
    SmallResNet: [1, 8, 8] -> [10] {
        stem: Sequential { Conv2d(8, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU },
        blocks: Sequential { Repeat(2) { Basic(8) } },
        pool: MaxPool2d(2),
        Flatten,
        fc: Linear(10),
    }
}

/// Any tensors in a safetensors file are a model too: here what went into PyTorch's network, and what came out.
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
    // Every tensor under its name, or an error that says which one is missing, superfluous or of another shape.
    io::load_safetensors(&mut net, data("pytorch_checkpoint.safetensors"))?;

    let mut pytorch = Answers::new(&device);
    io::load_safetensors(&mut pytorch, data("pytorch_checkpoint_answers.safetensors"))?;
    let (ours, theirs) = (net.forward(pytorch.input).as_vec(), pytorch.output.as_vec());
    let difference = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("PyTorch says  {:.6?}", &theirs[..4]);
    println!("Layercake     {:.6?}", &ours[..4]);
    println!("the largest of {} differences is {difference:.1e}\n", ours.len());
    assert!(theirs.len() == 30 && difference < 1e-5, "not the same network");

    // The same body, saved from within `DataParallel`, with a head for four classes. Read strictly, it is refused.
    let parallel = data("pytorch_checkpoint_parallel.safetensors");
    let mut other = SmallResNet::new(&device);
    let Err(refused) = io::load_safetensors(&mut other, &parallel) else { panic!("the names differ") };
    println!("{refused}\n");

    // Whatever has the same name and shape: nothing.
    let report = io::load_matching(&mut other, &parallel)?;
    assert!(report.loaded.is_empty() && report.unused.len() == report.missing.len());

    // By the names in the file: all but the head.
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
