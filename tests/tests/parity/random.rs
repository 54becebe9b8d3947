//! What layers that draw numbers do in training, but for dropout: it has a file of its own.

use layercake::ir::Op;
use layercake::ir::ops::{Dropout2d, FractionalMaxPool2d};
use layercake_engine::Mode;
use layercake_tests::{Numbers, Pass, Random, chain};

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

/// On a ramp the maximum of a window is its lower right corner, so the output tells where the windows were.
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
