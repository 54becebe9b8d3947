//! Networks that are read from ONNX files while this compiles.

use std::collections::BTreeMap;
use std::path::Path;

use layercake::io::onnx::OnnxError;
use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;
use layercake_tests::{Numbers, difference};

network! {
    /// Reads digits.
    pub Digits = onnx("onnx/models/digits.onnx");
    Included = onnx("onnx/models/digits.onnx", weights = included)
    /// Tags words.
    Tagger = onnx("onnx/models/tagger.onnx", sequence = 5);
    Whole = onnx("onnx/models/tagger.onnx", "words:0" = [_, 5], batch = first)
    /// Its numbers are in a file beside it.
    Beside = onnx("onnx/models/beside.onnx")
    BesideIncluded = onnx("onnx/models/beside.onnx", weights = included)
    /// Its batch is behind the steps, and the rate is a number that is known.
    Steps = onnx("onnx/models/steps_first.onnx", length = 5, rate = 16000)
    /// Two of them with one head.
    Twice: [2, 8, 8] -> [3] {
        Split(1, 1, axis = 0) as (left, right),
        from left, left_eye: Digits as a,
        from right, right_eye: Digits, Concat(a), head: Linear(3),
    }
}

type Image = Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cpu>;

/// The tensors beside a file.
fn beside(name: &str) -> BTreeMap<String, Numbers> {
    Numbers::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("onnx/models").join(name))
}

fn image() -> Image {
    beside("digits.safetensors")["in.image"].tensor(&Cpu::default())
}

#[test]
fn facts_are_constants() {
    const { assert!(Digits::PARAMS == 40 + 8 + 144 + 650 && Digits::INPUT[0] == 1 && Digits::OUTPUT[0] == 10) }
    const { assert!(Digits::FLOPS > 20_000 && Digits::LAYERS == 8) }
    const { assert!(Tagger::INPUT.0[0] == 5 && Tagger::INPUT.1[0] == 6 && Tagger::OUTPUT.0[1] == 3) }
    const { assert!(Twice::PARAMS == 2 * Digits::PARAMS + 63) }
    let names: Vec<&str> = Digits::GRAPH.nodes().iter().map(|node| node.name()).collect();
    assert_eq!(names, ["conv1", "bn1", "relu1", "layer1.0", "add1", "pool1", "flatten1", "fc"]);
    assert!(Digits::draw().svg().contains("Conv2d"));
    assert!(Digits::summary().to_string().contains("BatchNorm2d"));
    assert_eq!(Tagger::GRAPH.nodes(), Whole::GRAPH.nodes());
}

#[test]
fn numbers_are_those_of_the_file() {
    let device = Cpu::default();
    let expected = &beside("digits.safetensors")["out.scores"];
    let read = Digits::pretrained(&device).unwrap().forward(image());
    assert!(difference(&Numbers::of(&read), expected) < 1e-5);
    let included = Included::pretrained(&device).unwrap().forward(image());
    assert!(difference(&Numbers::of(&included), expected) < 1e-5);

    let numbers = beside("tagger.safetensors");
    let words: Tensor<(usize, Const<5>), usize, Cpu> = numbers["in.words:0"].ids(&device);
    let kind: Tensor<(usize, Const<6>), f32, Cpu> = numbers["in.type"].tensor(&device);
    let (tags, mean) = Tagger::pretrained(&device).unwrap().forward(words, kind);
    assert!(difference(&Numbers::of(&tags), &numbers["out.tags:0"]) < 1e-5);
    assert!(difference(&Numbers::of(&mean), &numbers["out.mean"]) < 1e-5);
}

#[test]
fn the_batch_comes_first() {
    const { assert!(Steps::INPUT[0] == 5 && Steps::INPUT[1] == 4 && Steps::OUTPUT.0[1] == 6) }
    let (device, numbers) = (Cpu::default(), beside("steps_first.safetensors"));
    let turned = |name: &str| {
        let all = &numbers[name];
        let [steps, samples, features] = all.dims[..] else { panic!("three axes") };
        let at = |sample: usize, step: usize, feature: usize| all.values[(step * samples + sample) * features + feature];
        let places = (0..samples).flat_map(|i| (0..steps).flat_map(move |t| (0..features).map(move |j| (i, t, j))));
        Numbers { dims: vec![samples, steps, features], values: places.map(|(i, t, j)| at(i, t, j)).collect() }
    };
    let x: Tensor<(usize, Const<5>, Const<4>), f32, Cpu> = turned("in.x").tensor(&device);
    let (y, _) = Steps::pretrained(&device).unwrap().forward(x);
    assert!(difference(&Numbers::of(&y), &turned("out.y")) < 1e-5);
}

#[test]
fn numbers_beside_the_file() {
    // The weight of two layers is one tensor; the third has another bias.
    const { assert!(Beside::PARAMS == 2 * 42 && Beside::LAYERS == 4) }
    let (device, numbers) = (Cpu::default(), beside("beside.safetensors"));
    let x: Tensor<(usize, Const<6>), f32, Cpu> = numbers["in.x"].tensor(&device);
    let read = Beside::pretrained(&device).unwrap().forward(x.clone());
    assert!(difference(&Numbers::of(&read), &numbers["out.y"]) < 1e-5);
    let included = BesideIncluded::pretrained(&device).unwrap().forward(x);
    assert!(difference(&Numbers::of(&included), &numbers["out.y"]) < 1e-5);
}

#[test]
fn layers_are_fields_and_train() {
    let mut net = Digits::pretrained(&Cpu::default()).unwrap();
    let before = net.layer1_0.weight.array();
    assert_eq!(net.named_parameters()[0].path(), "conv1.weight");
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: 0.1, ..Default::default() });
    let mut gradients = net.alloc_grads();
    let loss = |net: &Digits| loss::cross_entropy(net.forward(image()), &[1, 2, 3]).array();
    let first = loss(&net);
    for _ in 0..5 {
        gradients = loss::cross_entropy(net.forward_train(image(), gradients), &[1, 2, 3]).backward();
        optimizer.step(&mut net, &mut gradients).unwrap();
        net.zero_grads(&mut gradients);
    }
    assert!(loss(&net) < first && net.layer1_0.weight.array() != before);
}

#[test]
fn in_other_networks() {
    let mut net = Twice::new(&Cpu::seed_from_u64(0));
    net.left_eye = Digits::pretrained(&Cpu::default()).unwrap();
    let x: Tensor<Rank4<1, 2, 8, 8>, f32, _> = Cpu::default().ones();
    assert!(net.forward(x).array()[0].iter().all(|score| score.is_finite()));
}

#[test]
fn another_file_is_refused() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("onnx/models");
    let device = Cpu::default();
    assert!(Digits::pretrained_from(models.join("digits.onnx"), &device).is_ok());
    let error = |name: &str| Included::pretrained_from(models.join(name), &device).unwrap_err();
    assert!(matches!(error("none.onnx"), OnnxError::Read { .. }));
    assert!(matches!(error("damaged.onnx"), OnnxError::Import { .. }));
    // The same network with other names.
    let other = std::env::temp_dir().join(format!("layercake-imported-{}.onnx", std::process::id()));
    io::onnx::save(&Twice::new(&device), &other).unwrap();
    let error = Digits::pretrained_from(&other, &device).unwrap_err();
    std::fs::remove_file(&other).unwrap();
    assert!(
        error
            .to_string()
            .ends_with("it describes another network than `Digits` was compiled from; compile the program again with this file")
    );
}
