//! Which path runs a network: the engine in `f32` on the CPU, the portable path for operations that the engine lacks.

use layercake::__private::{Backend, Call, Path, Value, run_portably};
use layercake::ir::ops::{Approximation, Conv2d, FractionalMaxPool2d, Gelu, GlobalAvgPool2d, Silu, Tanh};
use layercake::ir::{Builder, Graph, INFER, Op, Shape};
use layercake::prelude::*;
use layercake_engine::{Engine, EngineError, Mode};

fn graph(ops: &[Op]) -> Graph {
    let mut builder = Builder::new("Net");
    let mut value = builder.input("input", Shape::new(&[3, 6, 5])).unwrap();
    let conv = Conv2d {
        in_channels: INFER,
        out_channels: 4,
        kernel: [2; 2],
        stride: [1; 2],
        padding: [0; 2],
        dilation: [1; 2],
        groups: 1,
        bias: false,
    };
    value = builder.add("conv", Op::Conv2d(conv), &[value]).unwrap();
    for (i, op) in ops.iter().enumerate() {
        value = builder.add(&format!("l{i}"), *op, &[value]).unwrap();
    }
    builder.finish(&[("output", value)])
}

fn call<'a>(graph: &'a Graph, engine: &'a Engine, device: &Cpu) -> Call<'a, f32, Cpu> {
    let ramp = |len: usize| (0..len).map(|i| (i * 37 % 23) as f32 / 11.5 - 1.0).collect::<Vec<_>>();
    let input = Value::erase(device.tensor_from_vec(ramp(2 * 90), (2, 3, 6, 5))).unwrap().0;
    let weight = Value::erase(device.tensor_from_vec(ramp(48), (4, 3, 2, 2))).unwrap().0;
    Call {
        graph,
        engine,
        tables: Default::default(),
        tensors: vec![weight],
        inputs: vec![input],
        mode: Mode::Infer,
        input_grad: false,
        seed: 0,
    }
}

#[test]
fn what_the_engine_lacks_runs_on_the_portable_path() {
    let device = Cpu::default();
    let fractional = Op::FractionalMaxPool2d(FractionalMaxPool2d { kernel: [2; 2], output_size: [3, 2] });
    let gelu = Op::Gelu(Gelu { approximate: Approximation::None });
    for ops in [&[Op::Tanh(Tanh {})][..], &[gelu], &[Op::Silu(Silu {}), fractional, Op::GlobalAvgPool2d(GlobalAvgPool2d {})]] {
        let (graph, engine) = (graph(ops), Engine::default());
        let expected = match Engine::default().start(&graph, 2, Mode::Infer, false) {
            Ok(_) => Path::Engine,
            Err(EngineError::Unsupported { .. }) => Path::Portable,
            Err(error) => panic!("{error}"),
        };
        let done = <Cpu as Backend<f32>>::run(call(&graph, &engine, &device)).unwrap();
        assert_eq!(done.path, expected, "{ops:?}");
        let other = run_portably(call(&graph, &engine, &device)).unwrap();
        assert_eq!(other.path, Path::Portable);
        let flat = |value: &Value<f32, Cpu>| value.clone().restore(&(value.dims().iter().product::<usize>(),)).unwrap().as_vec();
        for (a, b) in flat(&done.outputs[0]).into_iter().zip(flat(&other.outputs[0])) {
            assert!((a - b).abs() < 1e-5, "{a} and {b}");
        }
    }
    assert_eq!(<Cpu as Backend<f32>>::run(call(&graph(&[Op::Tanh(Tanh {})]), &Engine::default(), &device)).unwrap().path, Path::Engine);
}
