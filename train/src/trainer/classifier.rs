//! The trait bound of image classifiers.

use layercake::dfdx::nn::tensor_collection::TensorCollection;
use layercake::generic::try_forward_train;
use layercake::prelude::*;

/// A batch of images: `[batch, CHANNELS, HEIGHT, WIDTH]`.
pub type ImageBatch<const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, D> =
    Tensor<(usize, Const<CHANNELS>, Const<HEIGHT>, Const<WIDTH>), f32, D>;

/// Logits: `[batch, CLASSES]`.
pub type Scores<const CLASSES: usize, D, T = NoneTape> = Tensor<(usize, Const<CLASSES>), f32, D, T>;

/// A network from images `[CHANNELS, HEIGHT, WIDTH]` to logits of `CLASSES` classes. Every `network!` with these shapes implements it; the
/// four sizes are inferred.
pub trait Classifier<const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, const CLASSES: usize, D: Backend<f32>>:
    Network<f32, D> + TensorCollection<f32, D> + Module<ImageBatch<CHANNELS, HEIGHT, WIDTH, D>, Output = Scores<CLASSES, D>, Error = D::Err>
{
    /// The network's own `try_forward_train`, for code that is generic over networks.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn try_forward_train(
        &mut self,
        images: ImageBatch<CHANNELS, HEIGHT, WIDTH, D>,
        gradients: Gradients<f32, D>,
    ) -> Result<Scores<CLASSES, D, OwnedTape<f32, D>>, D::Err> {
        try_forward_train(self, images, gradients)
    }
}

impl<N, const CHANNELS: usize, const HEIGHT: usize, const WIDTH: usize, const CLASSES: usize, D: Backend<f32>>
    Classifier<CHANNELS, HEIGHT, WIDTH, CLASSES, D> for N
where
    N: Network<f32, D>
        + TensorCollection<f32, D>
        + Module<ImageBatch<CHANNELS, HEIGHT, WIDTH, D>, Output = Scores<CLASSES, D>, Error = D::Err>,
{
}
