//! Damaged files: whatever the bytes are, reading them ends with a graph or an error, in bounded memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap;

use layercake_ir::ops::{BatchNorm2d, Conv2d, Flatten, Gru, Linear, MaxPool2d, MultiheadAttention, Relu, Reshape, Steps};
use layercake_ir::{Builder, Graph, INFER, Op, Shape};
use layercake_onnx::{LoadOptions, Tensor, export, import};

/// Counts what a thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    let _ = HELD.try_with(|held| {
        held.set(held.get() + change);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

#[allow(unsafe_code, reason = "an allocator that counts can be written in no other way")]
// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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

/// Small networks with convolutions, a recurrent layer and attention.
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
    [images, steps].iter().map(bytes).collect()
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
    let before = HELD.with(Cell::get);
    MOST.with(|most| most.set(before));
    let outcome = import(bytes, &LoadOptions::default());
    drop(outcome);
    (MOST.with(Cell::get) - before).max(0) as usize
}

/// `LAYERCAKE_MUTATIONS` sets their number.
#[test]
fn spoiled_files() {
    let count: u64 = std::env::var("LAYERCAKE_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(3000);
    let seeds = seeds();
    for seed in &seeds {
        assert!(import(seed, &LoadOptions::default()).is_ok(), "a file as it is written");
    }
    let (mut read, mut worst) = (0, (0, 0));
    for number in 0..count {
        let mut random = Random(number);
        let bytes = mutated(&mut random, &seeds[number as usize % seeds.len()]);
        let room = room(&bytes);
        read += u64::from(import(&bytes, &LoadOptions::default()).is_ok());
        worst = worst.max((room, bytes.len()));
        assert!(room <= 128 * bytes.len() + (8 << 20), "mutation {number}: {room} bytes for a file of {}", bytes.len());
    }
    println!("{count} mutations, {read} read; at most {} bytes of memory for a file of {}", worst.0, worst.1);
    assert!(read > 0 && read < count);
}

/// Files that are made to take much room.
#[test]
fn hostile_files() {
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
