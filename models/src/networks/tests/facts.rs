//! Parameters, operations, outputs and names of tensors.

use std::collections::{BTreeMap, BTreeSet};

use layercake::ir::Graph;
use layercake_tests::tensors;

use crate::networks::*;

/// The networks of `figures.json`.
const FACTS: [(&str, &Graph, usize, u64); 100] = [
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
    ("vgg8-gray", Vgg8Gray::GRAPH, Vgg8Gray::PARAMS, Vgg8Gray::FLOPS),
    ("resnet20", ResNet20::GRAPH, ResNet20::PARAMS, ResNet20::FLOPS),
    ("resnet20-gray", ResNet20Gray::GRAPH, ResNet20Gray::PARAMS, ResNet20Gray::FLOPS),
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
    ("linear-gray", LinearGray::GRAPH, LinearGray::PARAMS, LinearGray::FLOPS),
    ("linear-color", LinearColor::GRAPH, LinearColor::PARAMS, LinearColor::FLOPS),
    ("mlp-vae", MlpVae::GRAPH, MlpVae::PARAMS, MlpVae::FLOPS),
    ("mlp-vae2", MlpVae2::GRAPH, MlpVae2::PARAMS, MlpVae2::FLOPS),
    ("mlp-encoder", MlpEncoder::<20>::GRAPH, MlpEncoder::<20>::PARAMS, MlpEncoder::<20>::FLOPS),
    ("mlp-decoder", MlpDecoder::<20>::GRAPH, MlpDecoder::<20>::PARAMS, MlpDecoder::<20>::FLOPS),
    ("gaussian-vae", GaussianVae::GRAPH, GaussianVae::PARAMS, GaussianVae::FLOPS),
    ("conv-vae", ConvVae::GRAPH, ConvVae::PARAMS, ConvVae::FLOPS),
    ("conv-vae2", ConvVae2::GRAPH, ConvVae2::PARAMS, ConvVae2::FLOPS),
    ("conv-encoder", ConvEncoder::<20>::GRAPH, ConvEncoder::<20>::PARAMS, ConvEncoder::<20>::FLOPS),
    ("conv-decoder", ConvDecoder::<20>::GRAPH, ConvDecoder::<20>::PARAMS, ConvDecoder::<20>::FLOPS),
    ("dcgan", Dcgan::GRAPH, Dcgan::PARAMS, Dcgan::FLOPS),
    ("dcgan-generator", DcganGenerator::GRAPH, DcganGenerator::PARAMS, DcganGenerator::FLOPS),
    ("dcgan-discriminator", DcganDiscriminator::GRAPH, DcganDiscriminator::PARAMS, DcganDiscriminator::FLOPS),
    ("pixel-cnn", PixelCnn::GRAPH, PixelCnn::PARAMS, PixelCnn::FLOPS),
    ("gated-pixel-cnn", GatedPixelCnn::GRAPH, GatedPixelCnn::PARAMS, GatedPixelCnn::FLOPS),
    ("class-gated-pixel-cnn", ClassGatedPixelCnn::GRAPH, ClassGatedPixelCnn::PARAMS, ClassGatedPixelCnn::FLOPS),
    ("street-unet", StreetUNet::GRAPH, StreetUNet::PARAMS, StreetUNet::FLOPS),
    ("street-segnet", StreetSegNet::GRAPH, StreetSegNet::PARAMS, StreetSegNet::FLOPS),
    ("street-segnet-nearest", StreetSegNetNearest::GRAPH, StreetSegNetNearest::PARAMS, StreetSegNetNearest::FLOPS),
    ("street-segnet-nails", StreetSegNetNails::GRAPH, StreetSegNetNails::PARAMS, StreetSegNetNails::FLOPS),
    ("street-segnet-transposed", StreetSegNetTransposed::GRAPH, StreetSegNetTransposed::PARAMS, StreetSegNetTransposed::FLOPS),
    ("street-fcn", StreetFcn::GRAPH, StreetFcn::PARAMS, StreetFcn::FLOPS),
    ("digit-localizer", DigitLocalizer::GRAPH, DigitLocalizer::PARAMS, DigitLocalizer::FLOPS),
    ("cell-localizer", CellLocalizer::GRAPH, CellLocalizer::PARAMS, CellLocalizer::FLOPS),
    ("crop-trunk", CropTrunk::GRAPH, CropTrunk::PARAMS, CropTrunk::FLOPS),
    ("photo-trunk", PhotoTrunk::GRAPH, PhotoTrunk::PARAMS, PhotoTrunk::FLOPS),
    ("proposing-trunk", ProposingTrunk::GRAPH, ProposingTrunk::PARAMS, ProposingTrunk::FLOPS),
    ("crop-head", CropHead::GRAPH, CropHead::PARAMS, CropHead::FLOPS),
    ("box-head", BoxHead::GRAPH, BoxHead::PARAMS, BoxHead::FLOPS),
    // 64 characters.
    ("char-lstm", CharLstm::GRAPH, CharLstm::PARAMS, CharLstm::FLOPS),
    ("char-transformer", CharTransformer::GRAPH, CharTransformer::PARAMS, CharTransformer::FLOPS),
    ("moons-logistic", MoonsLogistic::GRAPH, MoonsLogistic::PARAMS, MoonsLogistic::FLOPS),
    ("moons-shallow", MoonsShallow::<10>::GRAPH, MoonsShallow::<10>::PARAMS, MoonsShallow::<10>::FLOPS),
    ("moons", Moons::GRAPH, Moons::PARAMS, Moons::FLOPS),
    ("moons-large", MoonsLarge::GRAPH, MoonsLarge::PARAMS, MoonsLarge::FLOPS),
    ("curve-line", CurveLine::GRAPH, CurveLine::PARAMS, CurveLine::FLOPS),
    ("curve-shallow", CurveShallow::<80>::GRAPH, CurveShallow::<80>::PARAMS, CurveShallow::<80>::FLOPS),
    ("curve-deep", CurveDeep::GRAPH, CurveDeep::PARAMS, CurveDeep::FLOPS),
    ("curve-smooth", CurveSmooth::GRAPH, CurveSmooth::PARAMS, CurveSmooth::FLOPS),
    ("linear-gradients-gray", LinearGradientsGray::GRAPH, LinearGradientsGray::PARAMS, LinearGradientsGray::FLOPS),
    ("linear-gradients", LinearGradients::GRAPH, LinearGradients::PARAMS, LinearGradients::FLOPS),
    ("linear-hues", LinearHues::GRAPH, LinearHues::PARAMS, LinearHues::FLOPS),
    ("linear-gradients-and-hues", LinearGradientsAndHues::GRAPH, LinearGradientsAndHues::PARAMS, LinearGradientsAndHues::FLOPS),
    ("autoencoder", Autoencoder::GRAPH, Autoencoder::PARAMS, Autoencoder::FLOPS),
    ("code-classifier", CodeClassifier::GRAPH, CodeClassifier::PARAMS, CodeClassifier::FLOPS),
    ("maxout", MaxoutNet::GRAPH, MaxoutNet::PARAMS, MaxoutNet::FLOPS),
    ("row-rnn", RowRnn::GRAPH, RowRnn::PARAMS, RowRnn::FLOPS),
    ("row-lstm", RowLstm::GRAPH, RowLstm::PARAMS, RowLstm::FLOPS),
    ("row-gru", RowGru::GRAPH, RowGru::PARAMS, RowGru::FLOPS),
    ("seq2seq", Seq2Seq::GRAPH, Seq2Seq::PARAMS, Seq2Seq::FLOPS),
    ("attention-seq2seq", AttentionSeq2Seq::GRAPH, AttentionSeq2Seq::PARAMS, AttentionSeq2Seq::FLOPS),
    ("number-seq2seq", NumberSeq2Seq::GRAPH, NumberSeq2Seq::PARAMS, NumberSeq2Seq::FLOPS),
    ("attention-number-seq2seq", NumberAttentionSeq2Seq::GRAPH, NumberAttentionSeq2Seq::PARAMS, NumberAttentionSeq2Seq::FLOPS),
    ("captioner", Captioner::GRAPH, Captioner::PARAMS, Captioner::FLOPS),
    ("frame-features", FrameFeatures::GRAPH, FrameFeatures::PARAMS, FrameFeatures::FLOPS),
    ("frame-labels", FrameLabels::GRAPH, FrameLabels::PARAMS, FrameLabels::FLOPS),
    ("alexnet", AlexNet::GRAPH, AlexNet::PARAMS, AlexNet::FLOPS),
    ("nin", NetworkInNetwork::GRAPH, NetworkInNetwork::PARAMS, NetworkInNetwork::FLOPS),
    ("squeezenet", SqueezeNet::GRAPH, SqueezeNet::PARAMS, SqueezeNet::FLOPS),
    ("resnext50", ResNeXt50::GRAPH, ResNeXt50::PARAMS, ResNeXt50::FLOPS),
    ("se-resnet50", SeResNet50::GRAPH, SeResNet50::PARAMS, SeResNet50::FLOPS),
    ("mobilenet-v2", MobileNetV2::GRAPH, MobileNetV2::PARAMS, MobileNetV2::FLOPS),
    ("efficientnet-b0", EfficientNetB0::GRAPH, EfficientNetB0::PARAMS, EfficientNetB0::FLOPS),
    ("vit-tiny", VitTiny::GRAPH, VitTiny::PARAMS, VitTiny::FLOPS),
    ("transformer", Transformer::GRAPH, Transformer::PARAMS, Transformer::FLOPS),
    ("film", Film::GRAPH, Film::PARAMS, Film::FLOPS),
    ("tcn", Tcn::GRAPH, Tcn::PARAMS, Tcn::FLOPS),
    ("pointer", Pointer::GRAPH, Pointer::PARAMS, Pointer::FLOPS),
];

/// Networks whose modules PyTorch does not list in the order in which they run.
const OTHER_ORDER: [&str; 5] = ["vit-tiny", "transformer", "char-transformer", "film", "pointer"];

/// The facts of a network in PyTorch.
#[derive(serde::Deserialize)]
struct Figures {
    params: usize,
    flops: u64,
    outputs: Vec<Vec<usize>>,
    tensors: Vec<String>,
}

#[test]
fn the_facts_are_pytorchs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pytorch/gallery/figures.json");
    let figures: BTreeMap<String, Figures> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(figures.keys().map(String::as_str).collect::<BTreeSet<_>>(), FACTS.iter().map(|row| row.0).collect());
    for (name, graph, params, flops) in FACTS {
        let expected = &figures[name];
        assert_eq!(params, expected.params, "{name}");
        assert_eq!(flops, expected.flops, "{name}");
        let outputs: Vec<&[usize]> = graph.outputs().iter().map(|port| port.shape.dims()).collect();
        assert_eq!(outputs, expected.outputs, "{name}");
        let mut found: Vec<String> = tensors(&graph.inlined()).iter().map(|(path, dims)| format!("{path} {dims:?}")).collect();
        let mut tensors = expected.tensors.clone();
        if OTHER_ORDER.contains(&name) {
            found.sort();
            tensors.sort();
        }
        assert_eq!(found, tensors, "{name}");
    }
}

/// The `state_dict`s of torchvision's own classes: names and shapes, so that their files load.
#[test]
fn files_of_torchvision_load() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pytorch/torchvision.json");
    let known: BTreeMap<String, BTreeMap<String, Vec<usize>>> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(known.len(), 12);
    for (name, mut expected) in known {
        // The counters of batch normalization are ignored.
        expected.retain(|path, _| !path.ends_with("num_batches_tracked"));
        let model = crate::zoo().into_iter().find(|model| model.name() == name).unwrap_or_else(|| panic!("{name} is in the zoo"));
        let found: BTreeMap<String, Vec<usize>> = tensors(&model.graph().unwrap().inlined()).into_iter().collect();
        assert_eq!(found, expected, "{name}");
    }
}
