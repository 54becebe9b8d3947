//! Files with axes that are left open besides the batch: the same numbers at other sizes, here and in ONNX Runtime (`tests/onnx/check.py`, for the files that
//! `LAYERCAKE_ONNX=FOLDER` writes).

use std::collections::HashMap;
use std::path::PathBuf;

use layercake::AnyNetwork;
use layercake::HasGraph;
use layercake::io::onnx::{DynamicAxis, LoadOptions, load_with, save_dynamic};
use layercake::prelude::*;
use layercake_tests::{Numbers, difference};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

network! {
    Tagger<T: Dim>: { text: usize[T] } -> [T, 9] { Embedding(50, 16), lstm: LSTM(24, layers = 2, bidirectional = true), fc: Linear(9) }

    Attends<T: Dim>: { sequence: [T, 16] } -> [T, 16] {
        Residual { norm1: LayerNorm, attention: MultiheadAttention(heads = 4) },
        Residual { norm2: LayerNorm, fc1: Linear(32), GELU, fc2: Linear(16) },
    }

    Sound<T: Dim>: { sound: [3, T] } -> [5] {
        conv1: Conv1d(8, kernel = 5, padding = 2), ReLU, conv2: Conv1d(6, kernel = 3, padding = 2, dilation = 2), Tanh, Mean(1), fc: Linear(5),
    }
}

fn axis(input: &str, axis: usize) -> DynamicAxis {
    DynamicAxis { input: input.to_owned(), axis, name: "length".to_owned() }
}

fn place(name: &str) -> PathBuf {
    let folder = std::env::var_os("LAYERCAKE_ONNX").map_or_else(std::env::temp_dir, PathBuf::from);
    folder.join(format!("dynamic-{name}.onnx"))
}

/// Numbers for an input, of one digit each.
fn some(count: usize) -> Vec<usize> {
    (0..count).map(|i| i * 7919 % 1009 % 10).collect()
}

/// Writes a file for any length, reads it at this one, and compares with the network.
fn agrees<N: HasGraph + AnyNetwork<f32, Cpu>>(name: &str, net: &N, input: &str, axis_of: usize, dims: [usize; 3]) {
    let (device, path) = (Cpu::default(), place(name));
    save_dynamic(net, &[axis(input, axis_of)], &path).unwrap();
    let port = net.graph().expect("a graph").inputs()[0].shape;
    let dims = &dims[..=port.dims().len()];
    let digits = some(dims.iter().product());
    let numbers: Vec<f32> = digits.iter().map(|&digit| digit as f32 / 5.0 - 1.0).collect();
    let value = || match port.is_ids() {
        true => DynTensor::from_ids(&device, digits.clone(), dims).unwrap(),
        false => DynTensor::try_from_vec(&device, numbers.clone(), dims).unwrap().unwrap(),
    };
    let expected = net.try_infer(vec![value()]).unwrap().remove(0);
    let sizes = HashMap::from([("length".to_owned(), dims[axis_of])]);
    let again = load_with(&path, &LoadOptions { sizes, ..LoadOptions::default() }).unwrap();
    let found = again.try_infer(vec![value()]).unwrap().remove(0);
    let as_numbers = |tensor: &DynTensor<f32, Cpu>| Numbers {
        dims: tensor.dims().to_vec(),
        values: tensor.to_vec().into_iter().map(f64::from).collect(),
    };
    let worst = difference(&as_numbers(&found), &as_numbers(&expected));
    assert!(worst < 1e-5, "{name}: {worst:e}");
    if std::env::var_os("LAYERCAKE_ONNX").is_none() {
        return std::fs::remove_file(path).unwrap();
    }
    let (dtype, given): (Dtype, Vec<u8>) = match port.is_ids() {
        true => (Dtype::I64, digits.iter().flat_map(|&id| (id as i64).to_le_bytes()).collect()),
        false => (Dtype::F32, numbers.iter().flat_map(|number| number.to_le_bytes()).collect()),
    };
    let returned: Vec<u8> = expected.to_vec().into_iter().flat_map(f32::to_le_bytes).collect();
    let graph = net.graph().expect("a graph");
    let output = graph.outputs()[0].name();
    let views = [
        (format!("in.{input}"), TensorView::new(dtype, dims.to_vec(), &given).unwrap()),
        (format!("out.{output}"), TensorView::new(Dtype::F32, expected.dims().to_vec(), &returned).unwrap()),
    ];
    safetensors::serialize_to_file(views, None, &path.with_extension("safetensors")).unwrap();
}

#[test]
fn lengths_are_left_open() {
    let device = Cpu::seed_from_u64(3);
    agrees("tagger", &Tagger::new(&device), "text", 1, [2, 7, 0]);
    agrees("attends", &Attends::new(&device), "sequence", 1, [2, 5, 16]);
    agrees("sound", &Sound::new(&device), "sound", 2, [2, 3, 21]);
}

#[test]
fn what_cannot_be_left_open_is_named() {
    let device = Cpu::seed_from_u64(3);
    let path = place("refused");
    let refused = |error: Result<(), io::onnx::OnnxError>| {
        let text = error.unwrap_err().to_string();
        text.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    let text = refused(save_dynamic(&Tagger::new(&device), &[axis("txt", 1)], &path));
    assert_eq!(text, "no axis 1 of an input `txt` can be left open; `text` has the axes 1 to 1");
    let text = refused(save_dynamic(&Attends::new(&device), &[axis("sequence", 2)], &path));
    assert!(text.starts_with("the size `length` cannot be left open: with another one, "), "{text}");
    assert!(!path.exists());
}
