//! Values and gradients of small variants, on both execution paths.

use layercake::__private::Engine;
use layercake::ir::ops::Reparameterize;
use layercake::ir::{Graph, Op};
use layercake_tests::{EngineMode as Mode, Fixture, Numbers, Pass, Report, difference, seeded_state};

use super::{ENGINE, PORTABLE, expected, given};
use crate::networks::dcgan::SmallDcgan;
use crate::networks::densenet::SmallDenseBlock;
use crate::networks::detector::{SmallBoxHead, SmallProposingTrunk};
use crate::networks::digit_vae::{SmallConvVae, SmallMlpVae};
use crate::networks::efficientnet::SmallEfficientNet;
use crate::networks::film::SmallFilm;
use crate::networks::gru::SmallGruCell;
use crate::networks::inception::SmallInception;
use crate::networks::localizer::SmallLocalizer;
use crate::networks::mixer::SmallMixer;
use crate::networks::mobilenet_v2::SmallMobileNetV2;
use crate::networks::nin::SmallNetworkInNetwork;
use crate::networks::pixel_cnn::{SmallClassGatedPixelCnn, SmallGatedBlock, SmallGatedPixelCnn, SmallPixelCnn};
use crate::networks::pointer::SmallPointer;
use crate::networks::resnet::{SmallResNet18, SmallResNet50Cifar};
use crate::networks::resnext::{SmallResNeXt, SmallSeResNet};
use crate::networks::segnet::SmallSegNet;
use crate::networks::siamese::SmallSiamese;
use crate::networks::squeezenet::SmallSqueezeNet;
use crate::networks::street_unet::SmallStreetUNet;
use crate::networks::tcn::SmallTcn;
use crate::networks::transformer::SmallTransformer;
use crate::networks::unet::SmallUNet;
use crate::networks::vae::SmallVae;
use crate::networks::vgg::small::{SmallVgg11, SmallVgg16Cifar};
use crate::networks::vit::SmallVit;

/// The small variants, by their names in the fixture.
const SMALL: [(&str, &Graph); 34] = [
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
    ("mlp-vae", SmallMlpVae::GRAPH),
    ("conv-vae", SmallConvVae::GRAPH),
    ("dcgan", SmallDcgan::GRAPH),
    ("pixel-cnn", SmallPixelCnn::GRAPH),
    ("gated-pixel-cnn", SmallGatedPixelCnn::GRAPH),
    ("class-gated-pixel-cnn", SmallClassGatedPixelCnn::GRAPH),
    ("street-unet", SmallStreetUNet::GRAPH),
    ("segnet", SmallSegNet::GRAPH),
    ("localizer", SmallLocalizer::GRAPH),
    ("proposing-trunk", SmallProposingTrunk::GRAPH),
    ("box-head", SmallBoxHead::GRAPH),
    ("nin", SmallNetworkInNetwork::GRAPH),
    ("squeezenet", SmallSqueezeNet::GRAPH),
    ("resnext", SmallResNeXt::GRAPH),
    ("se-resnet", SmallSeResNet::GRAPH),
    ("mobilenet-v2", SmallMobileNetV2::GRAPH),
    ("efficientnet", SmallEfficientNet::GRAPH),
    ("vit", SmallVit::GRAPH),
    ("transformer", SmallTransformer::GRAPH),
    ("film", SmallFilm::GRAPH),
    ("tcn", SmallTcn::GRAPH),
    ("pointer", SmallPointer::GRAPH),
];

/// Tolerance of float32 gradients: their change when inputs and parameters change by this relative amount, about sixteen times the rounding error.
/// After a batch normalization, small batches cancel nearly everything.
const NOISE: f64 = 1e-6;

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
        let engine = Engine::default();
        let lacks = pass.engine_lacks(Mode::Train);
        let path = if lacks.is_some() { "portable f32" } else { "engine f32" };
        let in_f32 = |mode| if lacks.is_some() { pass.portable_f32(mode) } else { pass.engine(&engine, mode) };
        println!(
            "    {name:22} in f32 on the {}",
            lacks.map_or("engine".to_owned(), |kind| format!("portable path: the engine lacks {kind}"))
        );
        let expected = expected(&fixture, name);
        let draws = graph.nodes().iter().any(|node| node.op == Op::Reparameterize(Reparameterize {}));
        assert_eq!(expected.train.is_none(), draws, "{name}: in training");
        for (mode, expected) in expected.train.iter().map(|train| (Mode::Train, train)).chain([(Mode::Eval, &expected.eval)]) {
            let case = format!("{name} {mode:?}");
            assert!(expected.keys().any(|key| key.starts_with("grad/")), "{case}");
            let (found, moved) = (in_f32(mode), pass.sensitivity(mode, NOISE));
            assert!(found.keys().eq(expected.keys()), "{case}");
            for (key, expected) in expected {
                tensors += 1;
                sensitive += usize::from(difference(&found[key], expected) > ENGINE);
                report.compare(path, &case, key, &found[key], expected, moved[key].max(ENGINE));
            }
            report.compare_all("portable f64", &case, &pass.portable_f64(mode), expected, PORTABLE);
        }
        report.compare_all(path, &format!("{name} Infer"), &in_f32(Mode::Infer), &expected.outputs(), ENGINE);
    }
    println!("{sensitive} of {tensors} tensors in float32 are off by more than {ENGINE:.0e}, and by no more than their sensitivity");
    report.finish();
    assert!(sensitive * 50 < tensors, "too many to be chance");
}
