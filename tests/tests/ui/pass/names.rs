#![allow(non_snake_case)]
//! Names of layers and tags that are words of the language or of Rust.

use layercake::prelude::*;

network! {
    // Raw identifiers, and names that generated code uses itself.
    Net: [8] -> [8] {
        r#type: Linear(8), input: Linear(8), device: Linear(8), list: Linear(8), visitor: Linear(8), s: Linear(8), forward: Linear(8),
        new: Linear(8), ReLU, tensors: BatchNorm1d, Linear(8), linear_12: Linear(8),
    }
    E: [8] -> [8] { a: Linear(8) }
    D: [8] -> [8] { a: Linear(8) }
    B: [SIZE] -> [8] { a: Linear(8) }
    V: [8] -> [8] { a: Linear(8) }
    Node: [8] -> [8] { Op: Linear(8) }
    r#Result: [8] -> [SIZE] { Some: Linear(8) }
}

const SIZE: usize = 8;

#[test]
fn runs() {
    let device = Cpu::default();
    let net = Net::new(&device);
    let x: Tensor<Rank2<2, 8>, f32, _> = device.sample_normal();
    assert_eq!(net.forward(x).array()[1].len(), 8);
    let _ = (&net.r#type, &net.linear_9);
    let names: Vec<&str> = Net::GRAPH.nodes().iter().map(|node| &*node.name).collect();
    assert_eq!(names[0], "type");
    assert_eq!((names[8], names[10]), ("relu_1", "linear_9"));
}
