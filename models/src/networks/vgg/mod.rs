//! VGG.
//!
//! K. Simonyan, A. Zisserman: *Very Deep Convolutional Networks for Large-Scale Image Recognition*, ICLR 2015, table 1, columns A, B, D and E.
//!
//! Names are torchvision's: `features.0.weight` to `classifier.6.bias`. Its pooling to 7x7 between the two has no effect on images
//! of 224x224 and is omitted.

mod cifar;
mod imagenet;
mod imagenet_bn;
#[cfg(test)]
pub(super) mod small;
mod vgg8;

pub use cifar::{Vgg11Cifar, Vgg13Cifar, Vgg16Cifar, Vgg19Cifar};
pub use imagenet::{Vgg11, Vgg13, Vgg16, Vgg19};
pub use imagenet_bn::{Vgg11Bn, Vgg13Bn, Vgg16Bn, Vgg19Bn};
pub use vgg8::{Vgg8, Vgg8Gray};
