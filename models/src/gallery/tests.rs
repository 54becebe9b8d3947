//! The gallery against PyTorch: the facts of the networks, and what small forms of them work out.

use std::collections::{BTreeMap, BTreeSet};

use layercake::__private::Runtime;
use layercake::ir::Graph;
use layercake::prelude::*;
use layercake_tests::{
    EngineMode as Mode, Fixture, Numbers, Outcome, Pass, Report, difference, fill, seeded, seeded_parameter, seeded_state, tensors,
};

use super::densenet::SmallDenseBlock;
use super::gru::SmallGruCell;
use super::inception::SmallInception;
use super::mixer::SmallMixer;
use super::pixel_cnn::SmallGatedBlock;
use super::resnet::{SmallResNet18, SmallResNet50Cifar};
use super::siamese::SmallSiamese;
use super::unet::SmallUNet;
use super::vae::SmallVae;
use super::vgg::small::{SmallVgg11, SmallVgg16Cifar};
use super::*;

/// The networks of `figures.json`.
const FACTS: [(&str, &Graph, usize, u64); 31] = [
    ("vgg11", Vgg11::GRAPH, Vgg11::PARAMS, Vgg11::FLOPS),
    ("vgg13", Vgg13::GRAPH, Vgg13::PARAMS, Vgg13::FLOPS),
    ("vgg16", Vgg16::GRAPH, Vgg16::PARAMS, Vgg16::FLOPS),
    ("vgg19", Vgg19::GRAPH, Vgg19::PARAMS, Vgg19::FLOPS),
    ("vgg11-bn", Vgg11Bn::GRAPH, Vgg11Bn::PARAMS, Vgg11Bn::FLOPS),
    ("vgg13-bn", Vgg13Bn::GRAPH, Vgg13Bn::PARAMS, Vgg13Bn::FLOPS),
    ("vgg16-bn", Vgg16Bn::GRAPH, Vgg16Bn::PARAMS, Vgg16Bn::FLOPS),
    ("vgg19-bn", Vgg19Bn::GRAPH, Vgg19Bn::PARAMS, Vgg19Bn::FLOPS),
    ("vgg11-cifar", Vgg11Cifar::GRAPH, Vgg11Cifar::PARAMS, Vgg11Cifar::FLOPS),
    ("vgg13-cifar", Vgg13Cifar::GRAPH, Vgg13Cifar::PARAMS, Vgg13Cifar::FLOPS),
    ("vgg16-cifar", Vgg16Cifar::GRAPH, Vgg16Cifar::PARAMS, Vgg16Cifar::FLOPS),
    ("vgg19-cifar", Vgg19Cifar::GRAPH, Vgg19Cifar::PARAMS, Vgg19Cifar::FLOPS),
    ("vgg8", Vgg8::GRAPH, Vgg8::PARAMS, Vgg8::FLOPS),
    ("vgg8-grey", Vgg8Grey::GRAPH, Vgg8Grey::PARAMS, Vgg8Grey::FLOPS),
    ("resnet20", ResNet20::GRAPH, ResNet20::PARAMS, ResNet20::FLOPS),
    ("resnet20-grey", ResNet20Grey::GRAPH, ResNet20Grey::PARAMS, ResNet20Grey::FLOPS),
    ("resnet18", ResNet18::GRAPH, ResNet18::PARAMS, ResNet18::FLOPS),
    ("resnet50", ResNet50::GRAPH, ResNet50::PARAMS, ResNet50::FLOPS),
    ("resnet18-cifar", ResNet18Cifar::GRAPH, ResNet18Cifar::PARAMS, ResNet18Cifar::FLOPS),
    ("resnet50-cifar", ResNet50Cifar::GRAPH, ResNet50Cifar::PARAMS, ResNet50Cifar::FLOPS),
    ("inception", Inception3a::GRAPH, Inception3a::PARAMS, Inception3a::FLOPS),
    ("dense-block", DenseBlock::GRAPH, DenseBlock::PARAMS, DenseBlock::FLOPS),
    ("unet", UNet::GRAPH, UNet::PARAMS, UNet::FLOPS),
    ("siamese", Siamese::GRAPH, Siamese::PARAMS, Siamese::FLOPS),
    ("vae", Vae::GRAPH, Vae::PARAMS, Vae::FLOPS),
    ("vae-encoder", VaeEncoder::GRAPH, VaeEncoder::PARAMS, VaeEncoder::FLOPS),
    ("vae-decoder", VaeDecoder::GRAPH, VaeDecoder::PARAMS, VaeDecoder::FLOPS),
    ("gated-block", GatedPixelCnnBlock::GRAPH, GatedPixelCnnBlock::PARAMS, GatedPixelCnnBlock::FLOPS),
    ("gru-cell", GruCell::GRAPH, GruCell::PARAMS, GruCell::FLOPS),
    ("mixer-block", MixerBlock::GRAPH, MixerBlock::PARAMS, MixerBlock::FLOPS),
    ("mixer-b16", MixerB16::GRAPH, MixerB16::PARAMS, MixerB16::FLOPS),
];

/// What PyTorch says of a network.
#[derive(serde::Deserialize)]
struct Figures {
    params: usize,
    flops: u64,
    outputs: Vec<Vec<usize>>,
    tensors: Vec<String>,
}

#[test]
fn the_facts_are_pytorchs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/parity/gallery/figures.json");
    let figures: BTreeMap<String, Figures> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(figures.keys().map(String::as_str).collect::<BTreeSet<_>>(), FACTS.iter().map(|row| row.0).collect());
    for (name, graph, params, flops) in FACTS {
        let expected = &figures[name];
        assert_eq!(params, expected.params, "{name}");
        assert_eq!(flops, expected.flops, "{name}");
        let outputs: Vec<&[usize]> = graph.outputs().iter().map(|port| port.shape.dims()).collect();
        assert_eq!(outputs, expected.outputs, "{name}");
        let found: Vec<String> = tensors(&graph.inlined()).iter().map(|(path, dims)| format!("{path} {dims:?}")).collect();
        assert_eq!(found, expected.tensors, "{name}");
    }
}

/// The small forms, by their names in the fixture.
const SMALL: [(&str, &Graph); 12] = [
    ("vgg11", SmallVgg11::GRAPH),
    ("vgg16-cifar", SmallVgg16Cifar::GRAPH),
    ("resnet18", SmallResNet18::GRAPH),
    ("resnet50-cifar", SmallResNet50Cifar::GRAPH),
    ("inception", SmallInception::GRAPH),
    ("dense-block", SmallDenseBlock::GRAPH),
    ("unet", SmallUNet::GRAPH),
    ("siamese", SmallSiamese::GRAPH),
    ("vae", SmallVae::GRAPH),
    ("gated-block", SmallGatedBlock::GRAPH),
    ("gru-cell", SmallGruCell::GRAPH),
    ("mixer", SmallMixer::GRAPH),
];

const BATCH: usize = 3;
/// As far as the tests of single layers let them be off: float32 on the engine; float64 against numbers that were rounded to float32.
const ENGINE: f64 = 1e-5;
const PORTABLE: f64 = 1e-7;
/// In float32 a gradient may be off by as much as it moves when inputs and parameters move by this part of themselves, some sixteen times
/// what rounding does: in small batches nearly everything cancels behind a batch normalisation.
const NOISE: f64 = 1e-6;

/// The inputs of a small form, and the gradients of its outputs.
fn given(name: &str, graph: &Graph) -> (Vec<Numbers>, Vec<Numbers>) {
    let of = |what: &str, ports: &[layercake::ir::Port]| {
        let numbers = |(i, port): (usize, &layercake::ir::Port)| {
            let dims = [&[BATCH], port.shape.dims()].concat();
            seeded(&format!("{name}/{what}/{i}"), &dims, -1.0, 1.0)
        };
        ports.iter().enumerate().map(numbers).collect()
    };
    (of("input", graph.inputs()), of("output_grad", graph.outputs()))
}

/// What PyTorch gives in training and at inference.
fn expected(fixture: &Fixture, name: &str) -> [(Mode, Outcome); 2] {
    let both = fixture.part(name, "both");
    let part = |part| if both.is_empty() { fixture.part(name, part) } else { both.clone() };
    [(Mode::Train, part("train")), (Mode::Eval, part("eval"))]
}

#[test]
fn values_and_gradients_are_pytorchs() {
    let fixture = Fixture::gallery();
    let mut report = Report::new("gallery");
    let (mut tensors, mut sensitive) = (0, 0);
    for (name, graph) in SMALL {
        report.case();
        let graph = graph.inlined();
        let state = seeded_state(name, &graph);
        let (inputs, grads) = given(name, &graph);
        let output_grads: Vec<Option<Numbers>> = grads.into_iter().map(Some).collect();
        let pass = Pass { graph: &graph, state: &state, inputs: &inputs, output_grads: &output_grads, seed: 0 };
        let runtime = Runtime::default();
        let lacks = pass.engine_lacks(Mode::Train);
        let path = if lacks.is_some() { "portable f32" } else { "engine f32" };
        let in_f32 = |mode| if lacks.is_some() { pass.portable_f32(mode) } else { pass.engine(&runtime, mode) };
        println!(
            "    {name:16} in f32 on the {}",
            lacks.map_or("engine".to_owned(), |kind| format!("portable path: the engine lacks {kind}"))
        );
        for (mode, expected) in expected(&fixture, name) {
            let case = format!("{name} {mode:?}");
            assert!(expected.keys().any(|key| key.starts_with("grad/")), "{case}");
            let (found, moved) = (in_f32(mode), pass.sensitivity(mode, NOISE));
            assert!(found.keys().eq(expected.keys()), "{case}");
            for (key, expected) in &expected {
                tensors += 1;
                sensitive += usize::from(difference(&found[key], expected) > ENGINE);
                report.compare(path, &case, key, &found[key], expected, moved[key].max(ENGINE));
            }
            report.compare_all("portable f64", &case, &pass.portable_f64(mode), &expected, PORTABLE);
        }
        let outputs =
            |outcome: &Outcome| outcome.iter().filter(|(key, _)| key.starts_with("output/")).map(|(k, v)| (k.clone(), v.clone())).collect();
        let [_, (_, eval)] = expected(&fixture, name);
        report.compare_all(path, &format!("{name} Infer"), &in_f32(Mode::Infer), &outputs(&eval), ENGINE);
    }
    println!("{sensitive} of {tensors} tensors in float32 are off by more than {ENGINE:.0e}, and by no more than their sensitivity");
    report.finish();
    assert!(sensitive * 50 < tensors, "too many to be chance");
}

/// The generated structs, on the same numbers: their tensors are where the graph says, and `forward` gives what PyTorch gives.
#[test]
fn the_typed_networks_are_the_same() {
    let (device, fixture) = (Cpu::default(), Fixture::gallery());
    let mut report = Report::new("gallery, typed");
    let mut check = |name: &str, outputs: Vec<Numbers>| {
        report.case();
        let [_, (_, expected)] = expected(&fixture, name);
        let count = expected.keys().filter(|key| key.starts_with("output/")).count();
        assert_eq!(outputs.len(), count, "{name}");
        for (i, output) in outputs.iter().enumerate() {
            report.compare("typed f32", name, &format!("output/{i}"), output, &expected[&format!("output/{i}")], ENGINE);
        }
    };
    macro_rules! run {
        ($name:literal, $net:ident($($input:ident),+) -> ($($output:ident),+)) => {{
            let mut net = $net::new(&device);
            fill(&mut net, |path, dims| seeded_parameter($name, path, dims));
            let (inputs, _) = given($name, $net::GRAPH);
            let mut inputs = inputs.iter();
            $(let $input = inputs.next().unwrap().tensor(&device);)+
            #[allow(unused_parens)]
            let ($($output),+) = net.forward::<usize>($($input),+);
            check($name, vec![$(Numbers::of(&$output)),+]);
        }};
    }
    run!("vgg11", SmallVgg11(x) -> (y));
    run!("vgg16-cifar", SmallVgg16Cifar(x) -> (y));
    run!("resnet18", SmallResNet18(x) -> (y));
    run!("resnet50-cifar", SmallResNet50Cifar(x) -> (y));
    run!("inception", SmallInception(x) -> (y));
    run!("dense-block", SmallDenseBlock(x) -> (y));
    run!("unet", SmallUNet(x) -> (y));
    run!("siamese", SmallSiamese(left, right) -> (y));
    run!("vae", SmallVae(x) -> (image, mean, logvar));
    run!("gated-block", SmallGatedBlock(vertical, horizontal) -> (above, left));
    run!("gru-cell", SmallGruCell(x, h) -> (y));
    run!("mixer", SmallMixer(x) -> (y));
    report.finish();
}
