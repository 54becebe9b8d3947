//! Random layers in training, except dropout, which has its own file.

use layercake::ir::ops::{Add, DropConnect, Dropout2d, FractionalMaxPool2d, Reparameterize, StochasticDepth};
use layercake::ir::{Builder, Op, Shape};
use layercake_engine::{Engine, Mode};
use layercake_tests::{Numbers, Pass, Random, chain, difference};

const BATCH: usize = 40;

/// The output in training for one seed, after both dtypes have agreed on it.
fn output(shape: &[usize], op: Op, input: &Numbers, seed: u64) -> Numbers {
    let graph = chain(shape, &[op]).unwrap();
    let sizes = [&[BATCH], graph.outputs()[0].shape.dims()].concat();
    let output_grad = Numbers { values: vec![1.0; sizes.iter().product()], dims: sizes };
    let pass = Pass { graph: &graph, state: &[], inputs: std::slice::from_ref(input), output_grads: &[Some(output_grad)], seed };
    let [found, other] = [pass.portable_f64(Mode::Train), pass.portable_f32(Mode::Train)];
    let zeros = |numbers: &Numbers| numbers.values.iter().map(|&y| y == 0.0).collect::<Vec<_>>();
    assert_eq!(zeros(&found["output/0"]), zeros(&other["output/0"]));
    found["output/0"].clone()
}

#[test]
fn dropout2d_drops_whole_channels() {
    let shape = [25, 3, 2];
    let input = Random::new(1).numbers(&[BATCH, 25, 3, 2], 0.5, 1.5);
    let op = Op::Dropout2d(Dropout2d { p: 0.3 });
    let found = output(&shape, op, &input, 8);
    let mut kept = 0;
    for (channel, from) in found.values.chunks(6).zip(input.values.chunks(6)) {
        let keep = channel[0] != 0.0;
        kept += usize::from(keep);
        for (y, x) in channel.iter().zip(from) {
            let expected = if keep { x / 0.7 } else { 0.0 };
            assert!((y - expected).abs() < 1e-12, "{y} instead of {expected}");
        }
    }
    // Four standard deviations of a thousand draws.
    assert!((kept as f64 / 1000.0 - 0.7).abs() < 0.058, "{kept} of 1000 kept");
    assert_eq!(found, output(&shape, op, &input, 8));
    assert_ne!(found, output(&shape, op, &input, 9));
}

layercake_tests::parity! { reparameterize:
    features: [6] -> [3] { z: Reparameterize { { mean: Linear(3) }, { logvar: Linear(3) } } }
    maps: [2, 4, 4] -> [4, 2, 2] { z: Reparameterize { { mean: Conv2d(4, kernel = 3) }, { logvar: Conv2d(4, kernel = 3) } } }
    one: [1] -> [1] { z: Reparameterize { { mean: Linear(1) }, { logvar: Linear(1) } } }
    between: [5] -> [5] { z: Reparameterize { { mean: Linear(2) }, { logvar: Linear(2) } }, Tanh, fc: Linear(5) }
}

/// Mean, variance and gradients of the samples, and equal numbers on every path.
#[test]
fn reparameterize_draws_from_the_gaussian() {
    let mut builder = Builder::new("Drawn");
    let [mean, logvar] = ["mean", "logvar"].map(|name| builder.input(name, Shape::new(&[500])).unwrap());
    let z = builder.add("z", Op::Reparameterize(Reparameterize {}), &[mean, logvar]).unwrap();
    let graph = builder.finish(&[("z", z)]);
    let filled = |value: f64| Numbers { dims: vec![BATCH, 500], values: vec![value; BATCH * 500] };
    let inputs = [filled(0.25), filled(-1.5)];
    let output_grads = [Some(filled(2.0))];
    let pass = Pass { graph: &graph, state: &[], inputs: &inputs, output_grads: &output_grads, seed: 12 };
    let found = pass.portable_f64(Mode::Train);
    let (count, z) = ((BATCH * 500) as f64, &found["output/0"].values);
    let mean = z.iter().sum::<f64>() / count;
    let variance = z.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / count;
    let expected = (-1.5f64).exp();
    assert!((mean - 0.25).abs() < 4.0 * (expected / count).sqrt(), "a mean of {mean}");
    assert!((variance / expected - 1.0).abs() < 4.0 * (2.0 / count).sqrt(), "a variance of {variance} instead of {expected}");
    // z = m + s e: dz/dm = 1, and dz/dlogvar = s e / 2.
    assert!(found["input_grad/0"].values.iter().all(|&grad| grad == 2.0));
    let worst = z.iter().zip(&found["input_grad/1"].values).map(|(z, grad)| (grad - 2.0 * 0.5 * (z - 0.25)).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "{worst}");
    // The engine draws the same noise, and so does float32.
    for other in [pass.engine(&Engine::default(), Mode::Train), pass.portable_f32(Mode::Train)] {
        assert!(found.keys().eq(other.keys()));
        assert!(found.iter().all(|(name, numbers)| difference(&other[name], numbers) < 1e-6));
    }
    assert_ne!(Pass { seed: 13, ..pass }.portable_f64(Mode::Train)["output/0"], found["output/0"]);
    let still = pass.portable_f64(Mode::Eval);
    assert_eq!(still["output/0"], inputs[0]);
    assert!(still["input_grad/1"].values.iter().all(|&grad| grad == 0.0));
}

layercake_tests::parity! { stochastic_depth:
    inference: [3, 4] -> [3, 4] { r: Residual(drop = 0.3) { body: Linear(4) } }
    shortcut: [2, 5, 4] -> [3, 5, 4] {
        r: Residual(shortcut = { shortcut: Conv2d(3, kernel = 1) }, drop = 0.5) { body: Conv2d(3, kernel = 3, padding = 1) }
    }
    never: [5] -> [5] { r: Residual(drop = 0.0) { body: Linear(5) } }
}

layercake_tests::parity! { drop_connect:
    inference: [6] -> [4] { fc: Linear(4, drop_connect = 0.5) }
    sequence: [3, 5] -> [3, 2] { fc: DropConnect(2, p = 0.4, bias = false) }
    never: [6] -> [4] { fc: Linear(6 -> 4, drop_connect = 0.0) }
    between: [5] -> [3] { fc1: Linear(7, drop_connect = 0.5), ReLU, fc2: Linear(3, drop_connect = 0.2) }
}

/// The weights of one pass, from its outputs for unit vectors.
#[test]
fn drop_connect_drops_weights_for_the_whole_batch() {
    let (size, batch) = (40, 40);
    let op = Op::DropConnect(DropConnect { in_features: size, out_features: 50, p: 0.3, bias: false });
    let graph = chain(&[size], &[op]).unwrap();
    let state = [Random::new(6).numbers(&[50, size], 0.5, 1.5)];
    let unit = Numbers { dims: vec![batch, size], values: (0..size * size).map(|i| f64::from(u8::from(i % (size + 1) == 0))).collect() };
    let output_grads = [Some(Numbers { dims: vec![batch, 50], values: vec![1.0; batch * 50] })];
    let pass = Pass { graph: &graph, state: &state, inputs: std::slice::from_ref(&unit), output_grads: &output_grads, seed: 7 };
    let found = pass.portable_f64(Mode::Train);
    let (y, grad) = (&found["output/0"].values, &found["grad/l0.weight"].values);
    let mut kept = 0;
    for (o, i) in (0..50).flat_map(|o| (0..size).map(move |i| (o, i))) {
        let (weight, masked, slope) = (state[0].values[o * size + i], y[i * 50 + o], grad[o * size + i]);
        let expected = if masked == 0.0 { (0.0, 0.0) } else { (weight / 0.7, 1.0 / 0.7) };
        kept += usize::from(masked != 0.0);
        assert!((masked - expected.0).abs() < 1e-12 && (slope - expected.1).abs() < 1e-12, "weight {o} {i}: {masked}, {slope}");
    }
    // Four standard deviations of two thousand draws.
    assert!((kept as f64 / 2000.0 - 0.7).abs() < 0.041, "{kept} of 2000 kept");
    let engine = pass.engine(&Engine::default(), Mode::Train);
    assert!(found.iter().all(|(name, numbers)| difference(&engine[name], numbers) < 1e-6));
    assert_ne!(Pass { seed: 8, ..pass }.portable_f64(Mode::Train)["output/0"], found["output/0"]);
}

#[test]
fn stochastic_depth_drops_whole_samples() {
    let mut builder = Builder::new("Deep");
    let x = builder.input("x", Shape::new(&[2, 3])).unwrap();
    let branch = builder.add("branch", Op::StochasticDepth(StochasticDepth { p: 0.3 }), &[x]).unwrap();
    let sum = builder.add("sum", Op::Add(Add {}), &[branch, x]).unwrap();
    let graph = builder.finish(&[("sum", sum)]);
    let batch = 1000;
    let input = Random::new(2).numbers(&[batch, 2, 3], 0.5, 1.5);
    let output_grads = [Some(Random::new(3).numbers(&[batch, 2, 3], 0.5, 1.5))];
    let pass = Pass { graph: &graph, state: &[], inputs: std::slice::from_ref(&input), output_grads: &output_grads, seed: 4 };
    let found = pass.portable_f64(Mode::Train);
    let mut kept = 0;
    let of_sample = |numbers: &Numbers, i: usize| numbers.values[6 * i..6 * i + 6].to_vec();
    for i in 0..batch {
        let (x, y) = (of_sample(&input, i), of_sample(&found["output/0"], i));
        let scale = if y[0] == x[0] { 1.0 } else { 1.0 + 1.0 / 0.7 };
        kept += usize::from(scale > 1.0);
        assert!(x.iter().zip(&y).all(|(x, y)| (y - scale * x).abs() < 1e-12), "sample {i}: {y:?} of {x:?}");
        let (dy, dx) = (of_sample(output_grads[0].as_ref().unwrap(), i), of_sample(&found["input_grad/0"], i));
        assert!(dy.iter().zip(&dx).all(|(dy, dx)| (dx - scale * dy).abs() < 1e-12), "sample {i}");
    }
    // Four standard deviations.
    assert!((kept as f64 / 1000.0 - 0.7).abs() < 0.058, "{kept} of 1000 kept");
    let engine = pass.engine(&Engine::default(), Mode::Train);
    assert!(found.iter().all(|(name, numbers)| difference(&engine[name], numbers) < 1e-6));
    let still = pass.portable_f64(Mode::Eval);
    assert!(still["output/0"].values.iter().zip(&input.values).all(|(y, x)| *y == 2.0 * x));
}

/// On a ramp the maximum of a window is its lower right corner, so the output shows the windows' positions.
#[test]
fn fractional_windows_vary_and_reach_the_end() {
    let (height, width) = (9, 8);
    let ramp: Vec<f64> = (0..BATCH * 2 * height * width).map(|i| (i % (height * width)) as f64).collect();
    let input = Numbers { dims: vec![BATCH, 2, height, width], values: ramp };
    let op = Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: [2, 3], output_size: [5, 4] });
    let found = output(&[2, height, width], op, &input, 3);
    let mut seen = std::collections::BTreeSet::new();
    for plane in found.values.chunks(20) {
        let corners: Vec<(usize, usize)> = plane.iter().map(|&y| (y as usize / width, y as usize % width)).collect();
        let rows: Vec<usize> = corners.iter().step_by(4).map(|corner| corner.0 + 1 - 2).collect();
        let columns: Vec<usize> = corners[..4].iter().map(|corner| corner.1 + 1 - 3).collect();
        assert_eq!((rows[0], columns[0], rows[4], columns[3]), (0, 0, height - 2, width - 3));
        assert!(rows.windows(2).all(|pair| matches!(pair[1] - pair[0], 1 | 2)), "{rows:?}");
        assert!(columns.windows(2).all(|pair| matches!(pair[1] - pair[0], 1 | 2)), "{columns:?}");
        seen.insert((rows, columns));
    }
    assert!(seen.len() > 4, "80 planes had only {} sets of windows", seen.len());
    assert_eq!(found, output(&[2, height, width], op, &input, 3));
    assert_ne!(found, output(&[2, height, width], op, &input, 4));
}
