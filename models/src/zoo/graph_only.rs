//! Networks without a training task: they can be listed, summarized, drawn and exported.

use layercake::ir::Graph;
use layercake_train::data::KnownDataset;
use layercake_train::run::RunOutcome;

use super::{BenchOptions, BenchResult, EvalOptions, Evaluation, ModelError, TrainOptions, ZooModel};
use crate::networks::{
    AlexNet, DenseBlock, EfficientNetB0, Film, GatedPixelCnnBlock, GruCell, Inception3a, MixerB16, MixerBlock, MobileNetV2,
    NetworkInNetwork, Pointer, ResNeXt50, ResNet18, ResNet18Cifar, ResNet50, ResNet50Cifar, SeResNet50, Siamese, SqueezeNet, Tcn,
    Transformer, UNet, Vgg11, Vgg11Bn, Vgg11Cifar, Vgg13, Vgg13Bn, Vgg13Cifar, Vgg16, Vgg16Bn, Vgg16Cifar, Vgg19, Vgg19Bn, Vgg19Cifar,
    VitTiny,
};

/// All networks without a training task.
pub(super) const GRAPH_ONLY: [GraphOnly; 36] = [
    graph_only("vgg11", "VGG-11 (Simonyan and Zisserman, 2015), 224x224 color", Vgg11::GRAPH),
    graph_only("vgg13", "VGG-13 (Simonyan and Zisserman, 2015), 224x224 color", Vgg13::GRAPH),
    graph_only("vgg16", "VGG-16 (Simonyan and Zisserman, 2015), 224x224 color", Vgg16::GRAPH),
    graph_only("vgg19", "VGG-19 (Simonyan and Zisserman, 2015), 224x224 color", Vgg19::GRAPH),
    graph_only("vgg11_bn", "VGG-11 with batch normalization, 224x224 color", Vgg11Bn::GRAPH),
    graph_only("vgg13_bn", "VGG-13 with batch normalization, 224x224 color", Vgg13Bn::GRAPH),
    graph_only("vgg16_bn", "VGG-16 with batch normalization, 224x224 color", Vgg16Bn::GRAPH),
    graph_only("vgg19_bn", "VGG-19 with batch normalization, 224x224 color", Vgg19Bn::GRAPH),
    graph_only("vgg11_cifar", "VGG-11 with batch normalization, 32x32 color", Vgg11Cifar::GRAPH),
    graph_only("vgg13_cifar", "VGG-13 with batch normalization, 32x32 color", Vgg13Cifar::GRAPH),
    graph_only("vgg16_cifar", "VGG-16 with batch normalization, 32x32 color", Vgg16Cifar::GRAPH),
    graph_only("vgg19_cifar", "VGG-19 with batch normalization, 32x32 color", Vgg19Cifar::GRAPH),
    graph_only("inception", "Inception block 3a of GoogLeNet (Szegedy et al., 2015)", Inception3a::GRAPH),
    graph_only("resnet18", "ResNet-18 (He et al., 2016), 224x224 color", ResNet18::GRAPH),
    graph_only("resnet50", "ResNet-50 (He et al., 2016), 224x224 color", ResNet50::GRAPH),
    graph_only("resnet18_cifar", "ResNet-18, 32x32 color", ResNet18Cifar::GRAPH),
    graph_only("resnet50_cifar", "ResNet-50, 32x32 color", ResNet50Cifar::GRAPH),
    graph_only("dense_block", "first block of DenseNet-121 (Huang et al., 2017)", DenseBlock::GRAPH),
    graph_only("unet_256", "U-Net (Ronneberger et al., 2015), segmentation in two classes, 256x256 color", UNet::GRAPH),
    graph_only("siamese", "Siamese network (Koch et al., 2015), two 105x105 gray images", Siamese::GRAPH),
    graph_only("gated_block", "block of the gated PixelCNN (van den Oord et al., 2016)", GatedPixelCnnBlock::GRAPH),
    graph_only("gru_cell", "gated recurrent unit (Cho et al., 2014), one step", GruCell::GRAPH),
    graph_only("mixer_block", "block of MLP-Mixer B/16 (Tolstikhin et al., 2021)", MixerBlock::GRAPH),
    graph_only("alexnet", "AlexNet (Krizhevsky, 2014), 224x224 color", AlexNet::GRAPH),
    graph_only("nin", "network in network (Lin et al., 2014), 32x32 color", NetworkInNetwork::GRAPH),
    graph_only("squeezenet", "SqueezeNet 1.1 (Iandola et al., 2016), 224x224 color", SqueezeNet::GRAPH),
    graph_only("resnext50", "ResNeXt-50 of 32x4d (Xie et al., 2017), 224x224 color", ResNeXt50::GRAPH),
    graph_only("se_resnet50", "SE-ResNet-50 (Hu et al., 2018), 224x224 color", SeResNet50::GRAPH),
    graph_only("mobilenet_v2", "MobileNetV2 (Sandler et al., 2018), 224x224 color", MobileNetV2::GRAPH),
    graph_only("efficientnet_b0", "EfficientNet-B0 (Tan and Le, 2019), 224x224 color", EfficientNetB0::GRAPH),
    graph_only("vit_tiny", "vision transformer ViT-Ti/16 (Dosovitskiy et al., 2021), 224x224 color", VitTiny::GRAPH),
    graph_only("transformer", "transformer (Vaswani et al., 2017), encoder and decoder of 32 steps", Transformer::GRAPH),
    graph_only("film", "four blocks with feature-wise linear modulation (Perez et al., 2018)", Film::GRAPH),
    graph_only("tcn", "temporal convolutional network (Bai et al., 2018), 400 steps", Tcn::GRAPH),
    graph_only("pointer", "one step of a pointer network (Vinyals et al., 2015)", Pointer::GRAPH),
    graph_only("mixer_b16", "MLP-Mixer B/16 (Tolstikhin et al., 2021), 224x224 color", MixerB16::GRAPH),
];

/// A network without a training task.
pub(super) struct GraphOnly {
    name: &'static str,
    description: &'static str,
    graph: &'static Graph,
}

const fn graph_only(name: &'static str, description: &'static str, graph: &'static Graph) -> GraphOnly {
    GraphOnly { name, description, graph }
}

impl GraphOnly {
    fn no_task(&self, action: &'static str) -> ModelError {
        ModelError::NoTask { model: self.name, action }
    }
}

impl ZooModel for GraphOnly {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn graph(&self) -> Option<&'static Graph> {
        Some(self.graph)
    }

    fn default_dataset(&self, _: bool) -> KnownDataset {
        KnownDataset::Digits
    }

    fn train(&self, _: &TrainOptions) -> Result<RunOutcome, ModelError> {
        Err(self.no_task("trained"))
    }

    fn evaluate(&self, _: &EvalOptions) -> Result<Evaluation, ModelError> {
        Err(self.no_task("evaluated"))
    }

    fn bench(&self, _: &BenchOptions) -> Result<BenchResult, ModelError> {
        Err(self.no_task("benchmarked"))
    }
}
