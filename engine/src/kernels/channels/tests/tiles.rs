use super::{Tail, on_threads};
use crate::kernels::{
    channels::{
        pack::Panels,
        product::{Product, product_alone},
    },
    testing::{close, numbers},
    winograd::{
        Algorithm, Four, Kernel, Two, apart, bounds,
        places::{Places, data, pack, room, sums},
    },
};

/// The convolution of maps, in strips of a few tiles.
fn convolve<const SIDE: usize, const OUT: usize, K: Algorithm<SIDE, OUT> + Kernel<SIDE, 3> + Send + Sync>(
    by: K,
    places: &Places,
    [inputs, outputs]: [usize; 2],
    strip: usize,
    [x, weight, bias, scale]: [&[f32]; 4],
    tail: Tail,
    len: usize,
) -> Vec<f32> {
    let panels = Panels::new(outputs);
    let squares = SIDE * SIDE;
    let mut packed = vec![f32::NAN; squares * inputs * panels.padded()];
    pack(by, &panels, inputs, weight, scale, &mut packed);
    let zeros = vec![0.0; panels.padded()];
    let images = x.len() / (places.input[0] * places.input[1] * inputs);
    let all = images * places.grid().iter().product::<usize>();
    let mut y = vec![f32::NAN; len];
    for from in (0..all).step_by(strip) {
        let tiles = from..(from + strip).min(all);
        let count = tiles.len();
        let mut of_data = vec![f32::NAN; room(squares, count, inputs)];
        let mut of_sums = vec![f32::NAN; room(squares, count, outputs)];
        data(by, places, inputs, tiles.clone(), x, &mut of_data);
        for square in 0..squares {
            let of = Product {
                positions: [1, 1, count],
                steps: [0, 0, inputs],
                x: &of_data[square * apart(count * inputs)..],
                segments: &[0],
                len: inputs,
                panels,
                weight: &packed[square * inputs * panels.padded()..],
                bias: &zeros,
                out_row: outputs,
                out_first: 0,
                tail: Tail::default(),
            };
            product_alone(of, &mut of_sums[square * apart(count * outputs)..][..count * outputs]);
        }
        sums(by, places, outputs, tiles, &of_sums, bias, tail, &mut y);
    }
    y
}

#[test]
fn tiles_agree_with_the_definition() {
    let sizes = [([6, 9], [1, 1], [16, 17], 2, 5), ([4, 4], [0, 0], [3, 20], 1, 100), ([13, 5], [2, 1], [18, 16], 2, 7)];
    for (input, padding, [inputs, outputs], images, strip) in sizes.into_iter().take(if cfg!(miri) { 1 } else { 3 }) {
        let output = [0, 1].map(|i| input[i] + 2 * padding[i] - 2);
        let x = numbers(images * input[0] * input[1] * inputs, 1);
        let (weight, bias, scale) = (numbers(outputs * inputs * 9, 2), numbers(outputs, 3), numbers(outputs, 4));
        let len = images * output[0] * output[1] * outputs;
        let residual = numbers(len, 5);
        let mut wanted = Vec::with_capacity(len);
        for (at, more) in residual.iter().enumerate() {
            let (image, y, x_at, o) =
                (at / (output[0] * output[1] * outputs), at / outputs / output[1] % output[0], at / outputs % output[1], at % outputs);
            let mut sum = 0.0;
            for (tap, c) in (0..9).flat_map(|tap| (0..inputs).map(move |c| (tap, c))) {
                let place = (y + tap / 3).checked_sub(padding[0]).zip((x_at + tap % 3).checked_sub(padding[1]));
                if let Some((y, x_at)) = place.filter(|&(y, x)| y < input[0] && x < input[1]) {
                    let x = x[((image * input[0] + y) * input[1] + x_at) * inputs + c];
                    sum += f64::from(x) * f64::from(weight[(o * inputs + c) * 9 + tap]);
                }
            }
            let sum = sum * f64::from(scale[o]) + f64::from(bias[o]) + f64::from(*more);
            wanted.push((sum as f32).max(0.0));
        }
        let tail = Tail { residual: Some(&residual), limits: Some([0.0, f32::INFINITY]), function: None };
        let of = [&x[..], &weight, &bias, &scale];
        let places = |out| Places { input, output, padding, out };
        close(&on_threads(|| convolve::<4, 2, _>(Two, &places(2), [inputs, outputs], strip, of, tail, len)), &wanted, 1e-5);
        close(&on_threads(|| convolve::<6, 4, _>(Four, &places(4), [inputs, outputs], strip, of, tail, len)), &wanted, 1e-5);
    }
}

/// An image has outliers by the rule of the other layout.
#[test]
fn outliers_are_found_as_in_the_other_layout() {
    let (channels, lines, columns) = (64, 16, 16);
    let positions = lines * columns;
    let places = [(None, 0.0), (Some(70), 1e2), (Some(255), -1e6), (Some(0), f32::NAN), (Some(7), f32::INFINITY), (Some(9), 1e31)];
    // Ordinary numbers, and strokes on a small background, which are not outliers.
    for ((place, large), background) in places.into_iter().flat_map(|case| [(case, 1.0), (case, 1e-2)]) {
        let mut x = numbers(positions * channels, 1);
        for (_, x) in x.chunks_exact_mut(channels).enumerate().filter(|(place, _)| !(100..140).contains(place)) {
            x.iter_mut().for_each(|x| *x *= background);
        }
        if let Some(place) = place {
            x[place * channels + 3] = large / background;
        }
        let stats: Vec<f32> = x.chunks_exact(columns * channels).flat_map(|line| bounds::line(channels, line)).collect();
        let mut turned = vec![0.0; x.len()];
        crate::kernels::layout::transpose(positions, channels, &x, &mut turned, false);
        let mut kept = vec![0.0; bounds::kept(1)];
        bounds::find(channels, 1, &turned, &mut vec![0.0; positions], &mut kept);
        assert_eq!(bounds::stand_out(channels, positions, &stats), bounds::read(&kept).is_some(), "{large}");
        assert_eq!(bounds::read(&kept).is_some(), place.is_some(), "{large}");
    }
}
