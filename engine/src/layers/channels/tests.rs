//! Which algorithms and which fused steps a plan has: a fast path that is not taken would still give the right numbers.

use layercake_ir::{
    Builder, Graph, INFER, Op, Shape,
    ops::{Add, BatchNorm2d, Conv2d, Flatten, GlobalAvgPool2d, Linear, Relu, Softmax},
};

use crate::{
    Layout, Mode,
    plan::{Key, Plan},
};

fn conv(outputs: usize, kernel: usize, stride: usize, groups: usize) -> Op {
    let [kernel, stride, padding, dilation] = [[kernel; 2], [stride; 2], [kernel / 2; 2], [1; 2]];
    Op::Conv2d(Conv2d { in_channels: INFER, out_channels: outputs, kernel, stride, padding, dilation, groups, bias: false })
}

fn norm() -> Op {
    Op::BatchNorm2d(BatchNorm2d { features: INFER, eps: 1e-5, momentum: 0.1, affine: true })
}

fn steps(graph: &Graph, batch: usize) -> Vec<String> {
    let key = Key { batch, mode: Mode::Infer, input_grad: false, layout: Some(Layout::Channels) };
    Plan::new(graph, key).unwrap().steps.iter().map(|step| format!("{:?}", step.layer)).collect()
}

fn chain(input: &[usize], ops: &[Op]) -> Graph {
    let mut builder = Builder::new("Chain");
    let mut x = builder.input("input", Shape::new(input)).unwrap();
    for (i, op) in ops.iter().enumerate() {
        x = builder.add(&format!("n{i}"), *op, &[x]).unwrap();
    }
    builder.finish(&[("output", x)])
}

#[test]
fn a_block_is_its_convolutions() {
    let mut builder = Builder::new("Block");
    let x = builder.input("input", Shape::new(&[3, 32, 32])).unwrap();
    let mut add = |op: Op, inputs: &[usize]| {
        let name = format!("n{}", inputs[0]) + op.kind();
        builder.add(&name, op, inputs).unwrap()
    };
    let stem = add(conv(64, 7, 2, 1), &[x]);
    let stem = add(norm(), &[stem]);
    let stem = add(Op::Relu(Relu {}), &[stem]);
    let y = add(conv(64, 3, 1, 1), &[stem]);
    let y = add(norm(), &[y]);
    let y = add(Op::Add(Add {}), &[y, stem]);
    let y = add(Op::Relu(Relu {}), &[y]);
    let y = add(Op::GlobalAvgPool2d(GlobalAvgPool2d {}), &[y]);
    let y = add(Op::Linear(Linear { in_features: INFER, out_features: 10, bias: true }), &[y]);
    let steps = steps(&builder.finish(&[("output", y)]), 1);
    // The input is read as it is, and nothing is rearranged.
    assert_eq!(steps.len(), 4, "{steps:#?}");
    assert!(steps[0].contains("planar: true") && steps[0].contains("norm: Some") && steps[0].contains("Relu"), "{}", steps[0]);
    assert!(steps[1].contains("Tiles") && steps[1].contains("residual: true") && steps[1].contains("Relu"), "{}", steps[1]);
}

#[test]
fn each_convolution_has_its_algorithm() {
    let way = |input: &[usize], op: Op, batch: usize| {
        let all = steps(&chain(input, &[op]), batch);
        let step = all.iter().find(|step| step.starts_with("Conv")).unwrap();
        let tile = step.split("out: ").nth(1).and_then(|rest| rest.chars().next()).filter(|_| step.contains("Tiles"));
        tile.unwrap_or(if step.contains("Depthwise") { 'd' } else { 'p' })
    };
    assert_eq!(way(&[64, 56, 56], conv(64, 3, 1, 1), 1), '4');
    assert_eq!(way(&[512, 14, 14], conv(512, 3, 1, 1), 1), '2');
    // The transformed weights of small maps take longer to read than the products that they save.
    assert_eq!(way(&[512, 7, 7], conv(512, 3, 1, 1), 1), 'p');
    assert_eq!(way(&[512, 7, 7], conv(512, 3, 1, 1), 8), '4');
    assert_eq!(way(&[64, 56, 56], conv(64, 3, 2, 1), 1), 'p');
    assert_eq!(way(&[64, 56, 56], conv(64, 1, 1, 1), 1), 'p');
    assert_eq!(way(&[32, 56, 56], conv(32, 5, 2, 32), 1), 'd');
    assert_eq!(way(&[32, 56, 56], conv(32, 3, 1, 4), 1), 'p');
}

#[test]
fn orders_change_only_where_they_must() {
    let linear = Op::Linear(Linear { in_features: INFER, out_features: 5, bias: true });
    let ops = [conv(16, 1, 1, 1), Op::Flatten(Flatten {}), linear, Op::Relu(Relu {}), linear, Op::Softmax(Softmax { axis: 0 })];
    let graph = chain(&[3, 4, 4], &ops);
    let rearranged = |batch: usize| steps(&graph, batch).iter().filter(|step| step.starts_with("Rearrange")).count();
    // The channels of positions become planes; with several images, `Linear` reads their features and writes them side by side.
    assert_eq!(rearranged(1), 1);
    assert_eq!(rearranged(4), 2);
}
