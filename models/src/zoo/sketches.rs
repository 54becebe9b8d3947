//! Networks of the gallery that have no recipe: they can be listed, summarised, drawn and exported.

use crate::gallery::{
    DenseBlock, GatedPixelCnnBlock, GruCell, Inception3a, MixerB16, MixerBlock, ResNet18, ResNet18Cifar, ResNet50, ResNet50Cifar, Siamese,
    UNet, Vgg11, Vgg11Bn, Vgg11Cifar, Vgg13, Vgg13Bn, Vgg13Cifar, Vgg16, Vgg16Bn, Vgg16Cifar, Vgg19, Vgg19Bn, Vgg19Cifar,
};
use crate::sketch::{Sketch, sketch};

/// Networks to be looked at.
pub(super) const SKETCHES: [Sketch; 24] = [
    sketch("vgg11", "VGG-11 (Simonyan and Zisserman, 2015), colour images of 224x224", Vgg11::GRAPH),
    sketch("vgg13", "VGG-13 (Simonyan and Zisserman, 2015), colour images of 224x224", Vgg13::GRAPH),
    sketch("vgg16", "VGG-16 (Simonyan and Zisserman, 2015), colour images of 224x224", Vgg16::GRAPH),
    sketch("vgg19", "VGG-19 (Simonyan and Zisserman, 2015), colour images of 224x224", Vgg19::GRAPH),
    sketch("vgg11-bn", "VGG-11 with batch normalisation, colour images of 224x224", Vgg11Bn::GRAPH),
    sketch("vgg13-bn", "VGG-13 with batch normalisation, colour images of 224x224", Vgg13Bn::GRAPH),
    sketch("vgg16-bn", "VGG-16 with batch normalisation, colour images of 224x224", Vgg16Bn::GRAPH),
    sketch("vgg19-bn", "VGG-19 with batch normalisation, colour images of 224x224", Vgg19Bn::GRAPH),
    sketch("vgg11-cifar", "VGG-11 with batch normalisation, colour images of 32x32", Vgg11Cifar::GRAPH),
    sketch("vgg13-cifar", "VGG-13 with batch normalisation, colour images of 32x32", Vgg13Cifar::GRAPH),
    sketch("vgg16-cifar", "VGG-16 with batch normalisation, colour images of 32x32", Vgg16Cifar::GRAPH),
    sketch("vgg19-cifar", "VGG-19 with batch normalisation, colour images of 32x32", Vgg19Cifar::GRAPH),
    sketch("inception", "Inception block 3a of GoogLeNet (Szegedy et al., 2015)", Inception3a::GRAPH),
    sketch("resnet18", "ResNet-18 (He et al., 2016), colour images of 224x224", ResNet18::GRAPH),
    sketch("resnet50", "ResNet-50 (He et al., 2016), colour images of 224x224", ResNet50::GRAPH),
    sketch("resnet18-cifar", "ResNet-18, colour images of 32x32", ResNet18Cifar::GRAPH),
    sketch("resnet50-cifar", "ResNet-50, colour images of 32x32", ResNet50Cifar::GRAPH),
    sketch("dense-block", "first block of DenseNet-121 (Huang et al., 2017)", DenseBlock::GRAPH),
    sketch("unet-256", "U-Net (Ronneberger et al., 2015), two classes at each pixel of 256x256", UNet::GRAPH),
    sketch("siamese", "Siamese network (Koch et al., 2015), two grey pictures of 105x105", Siamese::GRAPH),
    sketch("gated-block", "block of the gated PixelCNN (van den Oord et al., 2016)", GatedPixelCnnBlock::GRAPH),
    sketch("gru-cell", "gated recurrent unit (Cho et al., 2014), one step", GruCell::GRAPH),
    sketch("mixer-block", "block of MLP-Mixer B/16 (Tolstikhin et al., 2021)", MixerBlock::GRAPH),
    sketch("mixer-b16", "MLP-Mixer B/16 (Tolstikhin et al., 2021), colour images of 224x224", MixerB16::GRAPH),
];
