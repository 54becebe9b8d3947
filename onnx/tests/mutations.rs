//! Damaged files: whatever the bytes are, reading them ends with a graph or an error, in bounded memory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use layercake_ir::ops::{BatchNorm2d, Conv2d, Flatten, Gru, Linear, MaxPool2d, MultiheadAttention, Relu, Reshape, Steps};
use layercake_ir::{Builder, Graph, INFER, Op, Shape};
use layercake_onnx::{LoadOptions, Tensor, export, import};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// One at a time: the allocator counts the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// A generator of numbers: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

/// Small networks with convolutions, a recurrent layer and attention, as they are written, and small files of other operators.
fn seeds() -> Vec<Vec<u8>> {
    let mut images = Builder::new("Images");
    let x = images.input("input", Shape::new(&[2, 6, 6])).expect("a shape");
    let conv = Conv2d {
        in_channels: INFER,
        out_channels: 3,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        groups: 1,
        bias: true,
    };
    let pool = MaxPool2d { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceil_mode: false };
    let linear = |features| Linear { in_features: INFER, out_features: features, bias: true };
    let layers: Vec<Op> = vec![
        conv.into(),
        BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true }.into(),
        Relu {}.into(),
        pool.into(),
        Flatten {}.into(),
        linear(4).into(),
    ];
    let images = chain(images, x, &layers);
    let mut steps = Builder::new("Steps");
    let x = steps.input("input", Shape::new(&[4, 6])).expect("a shape");
    let gru =
        Gru { in_features: INFER, hidden: 4, layers: 2, bidirectional: true, dropout: 0.0, bias: true, output: Steps::All, states: false };
    let attention =
        MultiheadAttention { features: INFER, heads: 2, causal: true, dropout: 0.0, bias: true, key: false, value: false, mask: false };
    let layers: Vec<Op> =
        vec![gru.into(), attention.into(), Reshape { shape: layercake_ir::ops::Sizes::new(&[INFER]) }.into(), linear(3).into()];
    let steps = chain(steps, x, &layers);
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/onnx/models");
    let small = ["attention", "choices", "copies", "counted", "einsum", "masked", "resized", "single"];
    let small = small.map(|name| std::fs::read(models.join(name).with_extension("onnx")).expect("a committed file"));
    [images, steps].iter().map(bytes).chain(small).collect()
}

fn chain(mut builder: Builder, mut x: usize, layers: &[Op]) -> Graph {
    for (i, layer) in layers.iter().enumerate() {
        x = builder.add(&format!("layer{i}"), *layer, &[x]).expect("a layer that fits");
    }
    builder.finish(&[("output", x)])
}

fn bytes(graph: &Graph) -> Vec<u8> {
    let mut tensors = HashMap::new();
    for node in graph.nodes() {
        for param in node.params().as_slice() {
            let data = (0..param.shape.len()).map(|i| (i % 7) as f32 * 0.1 - 0.3).collect();
            tensors.insert(param.path(node.name()), Tensor { dims: param.shape.dims().to_vec(), data });
        }
    }
    export(graph, &tensors).expect("layers of ONNX")
}

/// Changes some bytes, cuts a part out, repeats one, or swaps two.
fn mutated(random: &mut Random, seed: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let (at, len) = (random.below(bytes.len()), 1 + random.below(24));
        let end = (at + len).min(bytes.len());
        match random.below(6) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let part = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, part);
            }
            4 => bytes.truncate(at.max(1)),
            _ => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    bytes
}

/// The most memory that reading these bytes takes.
fn room(bytes: &[u8]) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let outcome = import(bytes, &LoadOptions::default());
    drop(outcome);
    ALLOCATOR.peak_usage().saturating_sub(before)
}

/// `LAYERCAKE_MUTATIONS` sets their number.
#[test]
fn spoiled_files() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let count: u64 = std::env::var("LAYERCAKE_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(3000);
    let seeds = seeds();
    for seed in &seeds {
        import(seed, &LoadOptions::default()).unwrap_or_else(|error| panic!("a file as it is written: {error}"));
    }
    let (mut read, mut worst) = (0, (0, 0));
    for number in 0..count {
        let mut random = Random(number);
        let bytes = mutated(&mut random, &seeds[number as usize % seeds.len()]);
        let room = room(&bytes);
        read += u64::from(import(&bytes, &LoadOptions::default()).is_ok());
        worst = worst.max((room, bytes.len()));
        // Less than the documented bound: the matrices that a `Resize` becomes are what these files compute most of.
        assert!(room <= 64 * bytes.len() + (1 << 20), "mutation {number}: {room} bytes for a file of {}", bytes.len());
    }
    println!("{count} mutations, {read} read; at most {} bytes of memory for a file of {}", worst.0, worst.1);
    assert!(read > 0 && read < count);
}

/// Files that are made to take much room.
#[test]
fn hostile_files() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Nothing but empty nodes: field 7 of the model, field 1 of the graph.
    let nodes: Vec<u8> = [0x0a, 0x00].repeat(500_000);
    let mut bytes = vec![0x3a];
    let mut length = nodes.len();
    while length > 127 {
        bytes.push(length as u8 | 128);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(nodes);
    assert!(room(&bytes) <= 128 * bytes.len() + (8 << 20));
    assert!(import(&bytes, &LoadOptions::default()).is_err());
    // Graphs in attributes of nodes of graphs, deeper than any stack.
    let mut nested = Vec::new();
    for _ in 0..20_000 {
        nested = wrapped(0x32, &wrapped(0x2a, &wrapped(0x0a, &nested)));
        if nested.len() > 100_000 {
            break;
        }
    }
    assert!(import(&wrapped(0x3a, &nested), &LoadOptions::default()).is_err());
}

fn wrapped(key: u8, inner: &[u8]) -> Vec<u8> {
    let mut bytes = vec![key];
    let mut length = inner.len();
    while length > 127 {
        bytes.push(length as u8 | 128);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(inner);
    bytes
}
