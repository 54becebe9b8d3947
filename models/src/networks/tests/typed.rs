//! The generated structs.

use layercake::ir::Shape;
use layercake::prelude::*;
use layercake_tests::{EngineMode as Mode, Fixture, Numbers, Outcome, Report, fill, seeded_parameter};

use super::{ENGINE, PORTABLE, expected, given};
use crate::networks::char_lstm::SmallCharLstm;
use crate::networks::char_transformer::SmallCharTransformer;
use crate::networks::densenet::SmallDenseBlock;
use crate::networks::digit_vae::{SmallConvVae, SmallMlpVae};
use crate::networks::gru::SmallGruCell;
use crate::networks::inception::SmallInception;
use crate::networks::mixer::SmallMixer;
use crate::networks::pixel_cnn::{SmallClassGatedPixelCnn, SmallGatedBlock, SmallGatedPixelCnn, SmallPixelCnn};
use crate::networks::resnet::{SmallResNet18, SmallResNet50Cifar};
use crate::networks::siamese::SmallSiamese;
use crate::networks::street_unet::SmallStreetUNet;
use crate::networks::unet::SmallUNet;
use crate::networks::vae::SmallVae;
use crate::networks::vgg::small::{SmallVgg11, SmallVgg16Cifar};

/// Outputs with their names in the fixture.
fn numbered(outputs: Vec<Numbers>) -> Outcome {
    outputs.into_iter().enumerate().map(|(i, output)| (format!("output/{i}"), output)).collect()
}

/// With the same parameters, the generated structs give PyTorch's outputs.
#[test]
fn the_typed_networks_are_the_same() {
    let (device, fixture) = (Cpu::default(), Fixture::gallery());
    let mut report = Report::new("gallery, typed");
    let mut check = |name: &str, outputs: Vec<Numbers>| {
        report.case();
        report.compare_all("typed f32", name, &numbered(outputs), &expected(&fixture, name).outputs(), ENGINE);
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
    run!("mlp-vae", SmallMlpVae(x) -> (image, mean, logvar));
    run!("conv-vae", SmallConvVae(x) -> (image, mean, logvar));
    run!("pixel-cnn", SmallPixelCnn(x) -> (y));
    run!("gated-pixel-cnn", SmallGatedPixelCnn(x) -> (y));
    run!("class-gated-pixel-cnn", SmallClassGatedPixelCnn(x, class) -> (y));
    run!("street-unet", SmallStreetUNet(x) -> (y));
    report.finish();
}

/// The character models, with token ids, including gradients; that with a state also with a dynamic length.
#[test]
fn the_character_models_are_the_same() {
    let mut report = Report::new("gallery, characters");
    for (name, single, double) in [
        (NAME, characters::<f32> as fn(Mode) -> Outcome, characters::<f64> as fn(Mode) -> Outcome),
        (ATTENTION, attended::<f32>, attended::<f64>),
    ] {
        report.case();
        let expected = expected(&Fixture::gallery(), name);
        for (mode, expected) in
            [(Mode::Train, expected.train.as_ref().unwrap()), (Mode::Eval, &expected.eval), (Mode::Infer, &expected.outputs())]
        {
            let case = format!("{name} {mode:?}");
            report.compare_all("typed f32", &case, &single(mode), expected, ENGINE);
            report.compare_all("typed f64", &case, &double(mode), expected, PORTABLE);
        }
    }
    report.finish();
}

const ATTENTION: &str = "char-transformer";

/// The output of the small transformer over characters and, after a recorded pass, the gradients.
fn attended<E: Scalar>(mode: Mode) -> Outcome
where
    Cpu: Backend<E>,
{
    let device = Cpu::default();
    let mut net: SmallCharTransformer<E, Cpu> = device.build_module::<SmallCharTransformer, E>();
    fill(&mut net, |path, dims| seeded_parameter(ATTENTION, path, dims));
    let (inputs, grads) = given(ATTENTION, SmallCharTransformer::GRAPH);
    let [letters, positions]: [Tensor<(usize, Const<5>), usize, Cpu>; 2] = [0, 1].map(|i| inputs[i].ids(&device));
    let scores = match mode {
        Mode::Infer => return numbered(vec![Numbers::of(&net.forward(letters, positions))]),
        Mode::Train => net.forward_mut(letters.leaky_traced(), positions.leaky_traced()),
        _ => net.forward_eval(letters.leaky_traced(), positions.leaky_traced()),
    };
    let mut outcome = numbered(vec![Numbers::of(&scores)]);
    insert_gradients(&mut outcome, &net, &weighted(scores, &grads[0]).backward());
    outcome
}

/// The gradient of each parameter.
fn insert_gradients<E: Scalar>(outcome: &mut Outcome, net: &impl Model<E, Cpu>, gradients: &Gradients<E, Cpu>)
where
    Cpu: Backend<E>,
{
    for parameter in net.named_parameters() {
        let gradient = Numbers::of(&gradients.get(&parameter.flat()));
        outcome.insert(format!("grad/{}", parameter.path()), Numbers { dims: parameter.shape().to_vec(), ..gradient });
    }
}

const NAME: &str = "char-lstm";
const LENGTH: usize = 6;

/// One of the two state tensors.
type State<E> = Tensor<(usize, Const<1>, Const<5>), E, Cpu>;

/// The outputs of the small character model and, after a recorded pass, the gradients.
fn characters<E: Scalar>(mode: Mode) -> Outcome
where
    Cpu: Backend<E>,
{
    let device = Cpu::default();
    let mut net: SmallCharLstm<E, Cpu> = device.build_module::<SmallCharLstm, E>();
    fill(&mut net, |path, dims| seeded_parameter(NAME, path, dims));
    let shapes: Vec<Shape> = [&[LENGTH][..], &[1, 5], &[1, 5]].into_iter().map(Shape::new).collect();
    let graph = SmallCharLstm::GRAPH.resized(&shapes).unwrap();
    let (inputs, grads) = given(NAME, &graph);
    let ids: Tensor<(usize, usize), usize, Cpu> = inputs[0].ids(&device);
    let [h, c]: [State<E>; 2] = [1, 2].map(|i| inputs[i].tensor(&device));
    if mode == Mode::Infer {
        let (scores, h_n, c_n) = net.forward(ids, h, c);
        return numbered(vec![Numbers::of(&scores), Numbers::of(&h_n), Numbers::of(&c_n)]);
    }
    let (ids, traced_h, traced_c) = (ids.leaky_traced(), h.leaky_trace(), c.leaky_trace());
    let (scores, h_n, c_n) = match mode {
        Mode::Train => net.forward_mut(ids, traced_h, traced_c),
        _ => net.forward_eval(ids, traced_h, traced_c),
    };
    let mut outcome = numbered(vec![Numbers::of(&scores), Numbers::of(&h_n), Numbers::of(&c_n)]);
    let gradients = (weighted(scores, &grads[0]) + weighted(h_n, &grads[1]) + weighted(c_n, &grads[2])).backward();
    outcome.insert("input_grad/1".to_owned(), Numbers::of(&gradients.get(&h)));
    outcome.insert("input_grad/2".to_owned(), Numbers::of(&gradients.get(&c)));
    insert_gradients(&mut outcome, &net, &gradients);
    outcome
}

/// The weighted sum of an output, so that the weights are its gradient.
fn weighted<S: layercake::dfdx::shapes::Shape, E: Scalar>(
    y: Tensor<S, E, Cpu, OwnedTape<E, Cpu>>,
    weights: &Numbers,
) -> Tensor<Rank0, E, Cpu, OwnedTape<E, Cpu>>
where
    Cpu: Backend<E>,
{
    let len = (weights.values.len(),);
    let weights = Cpu::default().tensor_from_vec(weights.cast::<E>(), len);
    (y.reshape_like(&len) * weights).sum()
}
