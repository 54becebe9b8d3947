//! Small kernels in a stack beside one large kernel.
//!
//! Three convolutions of 3x3 see the same 7x7 pixels as one of 7x7, with 27 instead of 49 weights for each pair of channels and three nonlinearities instead of one. A
//! bottleneck of 1x1, 3x3 and 1x1 sees what one 3x3 sees, with 3.25 instead of 9. All numbers are constants of the networks, which the compiler knows. The picture has the
//! field as gradients show it: the pixels on which one output in the middle depends.

use std::ops::Mul;

use layercake::gradient::input_gradient;
use layercake::ir::{Graph, Init};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::{Image, KnownDataset};
use layercake_train::run::{Canvas, Figure, Plot};

use super::{Report, StudyOptions};

network! {
    /// Three 3x3.
    pub Stack: [64, 56, 56] -> [64, 56, 56] {
        Repeat(3) { Conv2d(64, kernel = 3, padding = 1, bias = false), ReLU },
    }

    /// One 7x7.
    pub Large: [64, 56, 56] -> [64, 56, 56] { Conv2d(64, kernel = 7, padding = 3, bias = false), ReLU }

    /// One 3x3.
    pub Single: [64, 56, 56] -> [64, 56, 56] { Conv2d(64, kernel = 3, padding = 1, bias = false), ReLU }

    /// 1x1, 3x3, 1x1.
    pub Bottleneck: [64, 56, 56] -> [64, 56, 56] {
        Conv2d(32, kernel = 1, bias = false), ReLU,
        Conv2d(32, kernel = 3, padding = 1, bias = false), ReLU,
        Conv2d(64, kernel = 1, bias = false), ReLU,
    }

    /// One map, for the picture: after each convolution of 3x3, and after one of 7x7.
    pub Fields: [1, 28, 28] -> { one: [1, 28, 28], two: [1, 28, 28], three: [1, 28, 28], large: [1, 28, 28] } {
        Conv2d(1, kernel = 3, padding = 1) as a, output one, from a,
        Conv2d(1, kernel = 3, padding = 1) as b, output two, from b,
        Conv2d(1, kernel = 3, padding = 1), output three, from input,
        Conv2d(1, kernel = 7, padding = 3), output large,
    }
}

const C: usize = 64;
const _: () = assert!(Stack::RECEPTIVE_FIELD[0] == 7 && Large::RECEPTIVE_FIELD[0] == 7);
const _: () = assert!(Stack::PARAMS == 27 * C * C && Large::PARAMS == 49 * C * C);
const _: () = assert!(Single::RECEPTIVE_FIELD[0] == 3 && Bottleneck::RECEPTIVE_FIELD[0] == 3);
const _: () = assert!(4 * Bottleneck::PARAMS == 13 * C * C && Single::PARAMS == 9 * C * C);

pub(super) fn run(options: &StudyOptions) -> Result<Report, TrainError> {
    let mut report = Report::default();
    let rows: [(&str, &Graph); 4] =
        [("three 3x3", Stack::GRAPH), ("one 7x7", Large::GRAPH), ("1x1, 3x3, 1x1", Bottleneck::GRAPH), ("one 3x3", Single::GRAPH)];
    let head = ["convolutions", "field (pixels)", "parameters", "per pair of channels", "multiplications (millions)", "nonlinearities"];
    let table = report.table("On maps of 56x56 with 64 channels:", &head);
    for (name, graph) in rows {
        let (params, relus) = (graph.params(), graph.nodes().iter().filter(|node| node.op.kind() == "ReLU").count());
        let millions = graph.mult_adds() as f64 / 1e6;
        let per_pair = params as f64 / (C * C) as f64;
        table.row([name.into(), graph.receptive_field()[0].into(), params.into(), per_pair.into(), millions.into(), relus.into()]);
    }

    let fields = fields(&mut GraphModel::try_new(Fields::GRAPH.clone(), &options.device(1))?);
    let sides = fields.each_ref().map(|field| field.iter().filter(|&&gradient| gradient != 0.0).count().isqrt());
    report.claim("The field of stacked 3x3 grows as 3, 5, 7 and ends as that of one 7x7", format!("{sides:?}"), sides == [3, 5, 7, 7]);
    let ratio = Stack::PARAMS as f64 / Large::PARAMS as f64;
    let is_stated = (ratio - 27.0 / 49.0).abs() < 1e-12 && Stack::GRAPH.mult_adds() * 49 == Large::GRAPH.mult_adds() * 27;
    report.claim("Three 3x3 have 27/49 of the parameters and of the arithmetic of one 7x7", format!("{ratio:.3} of both"), is_stated);
    let ratio = Bottleneck::PARAMS as f64 / Single::PARAMS as f64;
    report.claim("A bottleneck has 3.25/9 of the parameters of one 3x3", format!("{ratio:.3}"), (ratio - 3.25 / 9.0).abs() < 1e-12);

    let photo = options.images(KnownDataset::Mnist, [1, 28, 28], [1, 1])?.train;
    // In black on white.
    let ink: Vec<u8> = photo.image(0).iter().map(|ink| 255 - ink).collect();
    let photo = Canvas::from_image(&Image::from_bytes([1, 28, 28], &ink));
    let names = ["one 3x3", "two 3x3", "three 3x3", "one 7x7"];
    let figure = names.iter().zip(&fields).fold(
        Figure::new("The pixels that one output depends on").columns(4).height(170.0),
        |figure, (name, field)| {
            let seen: Vec<[f64; 2]> = (0..784).filter(|&i| field[i] != 0.0).map(|i| [(i % 28) as f64, 27.0 - (i / 28) as f64]).collect();
            let edge = |axis: usize, most: bool| {
                seen.iter().map(|at| at[axis]).fold(if most { 0.0 } else { 28.0 }, if most { f64::max } else { f64::min })
            };
            let [left, right, low, high] = [edge(0, false), edge(0, true) + 1.0, edge(1, false), edge(1, true) + 1.0];
            let plot = Plot::new(name, ["pixels", ""]).picture(photo.clone(), 0.0..28.0, 0.0..28.0);
            let square = [(left, low), (right, low), (right, high), (left, high), (left, low)];
            figure.plot(plot.across(0.0..28.0).up(0.0..28.0).line("", square))
        },
    );
    report.picture("", "A digit four times, with the square of pixels that one output depends on: 3, 5, 7 and 7 pixels wide.", &figure);
    Ok(report)
}

/// The gradient of the output in the middle with respect to each pixel, after one, two and three convolutions of 3x3, and one of 7x7. The weights are positive, so that
/// nothing cancels.
fn fields(net: &mut GraphModel) -> [Vec<f32>; 4] {
    layercake::init::apply(net, "*.weight", Init::Uniform { low: 0.1, high: 1.0 }).expect("each layer has weights");
    type Map<T = NoneTape> = Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, Cpu, T>;
    let device = Cpu::default();
    let x: Map = device.zeros_like(&(1, Const, Const, Const));
    let middle: Map = device.tensor_from_vec((0..784).map(|i| f32::from(u8::from(i == 14 * 28 + 14))).collect(), *x.shape());
    std::array::from_fn(|output| {
        let (_, gradient) = input_gradient(x.clone(), |x| {
            let maps: (Map<_>, Map<_>, Map<_>, Map<_>) = net.forward_eval(x);
            [maps.0, maps.1, maps.2, maps.3].into_iter().nth(output).expect("four outputs").mul(middle.clone()).sum()
        });
        gradient.as_vec()
    })
}
