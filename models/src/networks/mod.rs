//! Network declarations, one paper per file.
//!
//! Layers have torchvision's names where torchvision has the network, so that its checkpoints load; otherwise the names of a well-known
//! implementation, which the file cites. Published facts, such as parameter counts, are compile-time assertions below each network.

mod agents;
mod alexnet;
mod autoencoder;
pub mod blocks;
mod captioner;
mod char_lstm;
mod char_transformer;
mod dcgan;
mod densenet;
mod detector;
mod digit_vae;
mod efficientnet;
mod film;
mod frame_labeler;
mod gaussian_vae;
mod gru;
mod inception;
mod lenet5;
mod linear;
mod localizer;
mod maxout;
mod mixer;
mod mobilenet_v2;
mod nin;
mod pixel_cnn;
mod pointer;
mod points;
mod resnet;
mod resnet20;
mod resnext;
mod row_classifier;
mod segnet;
mod seq2seq;
mod siamese;
mod squeezenet;
mod street_unet;
mod tcn;
mod transformer;
mod unet;
mod vae;
mod vgg;
mod vit;

#[cfg(test)]
mod tests;

pub use agents::{AcrobotActorCritic, CartPoleActorCritic, CartPoleQ, CatchQ, GridWorldTable};
pub use alexnet::AlexNet;
pub use autoencoder::{Autoencoder, CodeClassifier, CodeDecoder, CodeEncoder};
pub use captioner::{CaptionDecoder, Captioner, StripEncoder};
pub use char_lstm::CharLstm;
pub use char_transformer::{CharTransformer, CharTransformerRefill, CharTransformerStep};
pub use dcgan::{Dcgan, DcganDiscriminator, DcganGenerator};
pub use densenet::DenseBlock;
pub use detector::{BoxHead, CropHead, CropTrunk, PhotoTrunk, ProposingTrunk};
pub use digit_vae::{ConvDecoder, ConvEncoder, ConvVae, ConvVae2, MlpDecoder, MlpEncoder, MlpVae, MlpVae2};
pub use efficientnet::EfficientNetB0;
pub use film::Film;
pub use frame_labeler::{FrameFeatures, FrameLabels};
pub use gaussian_vae::{GaussianDecoder, GaussianVae, LEAST_LOG_VARIANCE};
pub use gru::GruCell;
pub use inception::Inception3a;
pub use lenet5::LeNet5;
pub use linear::{LinearColor, LinearGradients, LinearGradientsAndHues, LinearGradientsGray, LinearGray, LinearHues};
pub use localizer::{CellLocalizer, DigitLocalizer};
pub use maxout::MaxoutNet;
pub use mixer::{MixerB16, MixerBlock};
pub use mobilenet_v2::MobileNetV2;
pub use nin::NetworkInNetwork;
pub use pixel_cnn::{ClassGatedPixelCnn, GatedPixelCnn, GatedPixelCnnBlock, PixelCnn};
pub use pointer::Pointer;
pub use points::{CurveDeep, CurveLine, CurveShallow, CurveSmooth, Moons, MoonsLarge, MoonsLogistic, MoonsShallow};
pub use resnet::{ResNet18, ResNet18Cifar, ResNet50, ResNet50Cifar};
pub use resnet20::{ResNet20, ResNet20Gray};
pub use resnext::{ResNeXt50, SeResNet50};
pub use row_classifier::{RowGru, RowLstm, RowRnn};
pub use segnet::{StreetFcn, StreetSegNet, StreetSegNetNails, StreetSegNetNearest, StreetSegNetTransposed};
pub use seq2seq::{AttentionDecoder, AttentionSeq2Seq, NumberAttentionSeq2Seq, NumberSeq2Seq, Seq2Seq, SequenceDecoder, SequenceEncoder};
pub use siamese::Siamese;
pub use squeezenet::SqueezeNet;
pub use street_unet::StreetUNet;
pub use tcn::Tcn;
pub use transformer::Transformer;
pub use unet::UNet;
pub use vae::{Vae, VaeDecoder, VaeEncoder};
pub use vgg::{
    Vgg8, Vgg8Gray, Vgg11, Vgg11Bn, Vgg11Cifar, Vgg13, Vgg13Bn, Vgg13Cifar, Vgg16, Vgg16Bn, Vgg16Cifar, Vgg19, Vgg19Bn, Vgg19Cifar,
};
pub use vit::VitTiny;
