//! Inference with the channels innermost: blocks of real networks against the interpreter, the same bits on any number of threads, outliers in tiles,
//! and parameters that change.

use layercake_engine::{Engine, Layout, Mode};
use layercake_ir::{
    Builder, Graph, Op, Shape,
    ops::{Add, GlobalAvgPool2d, Mul, Relu, Relu6, Reshape, Sigmoid, Silu, Sizes},
};

use crate::networks::*;

const CHANNELS: Layout = Layout::Channels;

fn plain(outputs: usize, kernel: usize, stride: usize, groups: usize) -> Op {
    conv_with(outputs, [[kernel; 2], [stride; 2], [kernel / 2; 2], [1; 2]], groups, false)
}

/// Adds layers one after the other.
fn then(builder: &mut Builder, mut x: usize, ops: &[Op]) -> usize {
    for op in ops {
        let name = format!("n{x}_{}", builder.shape(x).len());
        x = builder.add(&name, *op, &[x]).unwrap();
    }
    x
}

/// Bottlenecks of a ResNet: a shortcut with a convolution, and one without.
pub fn residual() -> Graph {
    let mut builder = Builder::new("Residual");
    let x = builder.input("input", Shape::new(&[3, 21, 18])).unwrap();
    let relu = Op::Relu(Relu {});
    let stem = then(&mut builder, x, &[plain(20, 7, 2, 1), norm2d(true), relu, max_pool([3, 3], [2, 2], [1, 1], [1, 1], false)]);
    let main = then(
        &mut builder,
        stem,
        &[plain(17, 1, 1, 1), norm2d(true), relu, plain(18, 3, 2, 1), norm2d(false), relu, plain(33, 1, 1, 1), norm2d(true)],
    );
    let short = builder.add("short", plain(33, 1, 2, 1), &[stem]).unwrap();
    let short = builder.add("short_norm", norm2d(true), &[short]).unwrap();
    let sum = builder.add("sum", Op::Add(Add {}), &[main, short]).unwrap();
    let first = builder.add("first", relu, &[sum]).unwrap();
    let main = then(&mut builder, first, &[plain(16, 3, 1, 1), norm2d(true), relu, plain(33, 3, 1, 1), norm2d(true)]);
    let sum = builder.add("sum2", Op::Add(Add {}), &[main, first]).unwrap();
    let last = builder.add("last", relu, &[sum]).unwrap();
    let pooled = builder.add("pooled", Op::GlobalAvgPool2d(GlobalAvgPool2d {}), &[last]).unwrap();
    let scores = builder.add("scores", linear(7), &[pooled]).unwrap();
    builder.finish(&[("scores", scores), ("maps", last)])
}

/// A depthwise block with squeeze-and-excitation, and branches that are joined.
pub fn mobile() -> Graph {
    let mut builder = Builder::new("Mobile");
    let x = builder.input("input", Shape::new(&[6, 11, 13])).unwrap();
    let silu = Op::Silu(Silu {});
    let wide = then(&mut builder, x, &[plain(19, 1, 1, 1), norm2d(true), Op::Relu6(Relu6 {}), plain(19, 5, 1, 19), norm2d(true), silu]);
    let means =
        then(&mut builder, wide, &[Op::GlobalAvgPool2d(GlobalAvgPool2d {}), Op::Reshape(Reshape { shape: Sizes::new(&[19, 1, 1]) })]);
    let gates = then(&mut builder, means, &[conv(5, 1, 0), silu, conv(19, 1, 0), Op::Sigmoid(Sigmoid {})]);
    let gated = builder.add("gated", Op::Mul(Mul {}), &[wide, gates]).unwrap();
    let narrow = then(&mut builder, gated, &[plain(6, 1, 1, 1), norm2d(true), dropout(0.2)]);
    let sum = builder.add("sum", Op::Add(Add {}), &[narrow, x]).unwrap();
    let grouped = builder.add("grouped", plain(6, 3, 1, 3), &[sum]).unwrap();
    let pooled = builder.add("pooled", avg_pool([3, 3], [1, 1], [1, 1], false, true), &[sum]).unwrap();
    let joined = builder.add("joined", concat(0), &[grouped, sum, pooled]).unwrap();
    let normed = then(&mut builder, joined, &[norm2d(true), Op::Relu(Relu {})]);
    let half = builder.add("half", plain(18, 3, 2, 18), &[normed]).unwrap();
    let flat = then(&mut builder, half, &[FLATTEN, linear(9), Op::Relu(Relu {}), linear(4), softmax(0)]);
    builder.finish(&[("scores", flat)])
}

/// 3x3 convolutions in tiles of both sizes.
pub fn tiles() -> Graph {
    let ops = [
        conv(24, 3, 1),
        Op::Relu(Relu {}),
        conv(17, 3, 1),
        Op::Sigmoid(Sigmoid {}),
        conv(40, 3, 0),
        max_pool([2, 2], [2, 2], [0, 0], [1, 1], false),
    ];
    chain(&[16, 19, 22], &[&ops[..], &[conv(64, 3, 2), Op::Relu(Relu {}), conv(16, 3, 1)]].concat())
}

#[test]
fn blocks_of_real_networks() {
    for batch in [1, 2, 5] {
        [residual(), mobile(), tiles()].iter().for_each(|graph| check(graph, batch));
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    for (graph, batch) in [(residual(), 3), (mobile(), 2), (tiles(), 1), (tiles(), 4)] {
        let case = case(&graph, batch, Mode::Infer);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let outputs = pool.install(|| on_engine(&Engine::with_layout(CHANNELS), &case).outputs);
            outputs.into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>()
        };
        let one = on(1);
        for threads in [2, 3, 8] {
            assert!(on(threads) == one, "{threads} threads, {}", graph.name);
        }
    }
}

#[test]
fn packed_weights_follow_the_parameters() {
    let graph = tiles();
    let engine = Engine::with_layout(CHANNELS);
    let mut case = case(&graph, 2, Mode::Infer);
    on_engine(&engine, &case);
    case.params.iter_mut().flatten().for_each(|x| *x *= -0.5);
    let again = on_engine(&engine, &case).outputs;
    assert_eq!(again, on_engine(&Engine::with_layout(CHANNELS), &case).outputs);
    // A run that changes nothing uses what was packed, with the same bits.
    let mut run = engine.start(&graph, 2, Mode::Infer, false).unwrap();
    let input: Vec<f32> = case.inputs[0].iter().map(|&x| x as f32).collect();
    run.set_input(0, &input);
    run.forward();
    assert!(run.output(0).iter().zip(&again[0]).all(|(a, b)| f64::from(*a) == *b));
}

#[test]
fn runs_of_one_engine_on_several_threads() {
    let graph = residual();
    let engine = Engine::with_layout(CHANNELS);
    let case = case(&graph, 2, Mode::Infer);
    let wanted = on_engine(&engine, &case).outputs;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| assert_eq!(on_engine(&engine, &case).outputs, wanted)));
        }
    });
}

/// A NaN, an infinity or a large number in one image reaches the results that depend on it and no others, with the error of the definition.
#[test]
fn outliers_stay_where_they_belong() {
    let (channels, size) = (32, 12);
    let graph = chain(&[channels, size, size], &[conv(24, 3, 1)]);
    let engine = Engine::with_layout(CHANNELS);
    let mut case = case(&graph, 2, Mode::Infer);
    let usual = on_engine(&engine, &case).outputs.remove(0);
    let of_image = channels * size * size;
    let (row, column) = (5, 7);
    for large in [f64::NAN, f64::INFINITY, 1e30, -1e8, 1e4] {
        case.inputs[0][of_image + 3 * size * size + row * size + column] = large;
        let found = on_engine(&engine, &case).outputs.remove(0);
        for (at, (found, usual)) in found.iter().zip(&usual).enumerate() {
            let (image, y, x) = (at / (24 * size * size), at / size % size, at % size);
            let depends = image == 1 && y.abs_diff(row) <= 1 && x.abs_diff(column) <= 1;
            if depends {
                assert!(found.is_nan() == large.is_nan() && (found - usual).abs() > 1.0 || found.is_nan(), "{large} at {at}: {found}");
            } else {
                assert!((found - usual).abs() < 1e-5, "{large} at {at}: {found} instead of {usual}");
            }
        }
    }
}
