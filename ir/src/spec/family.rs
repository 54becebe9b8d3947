//! Families of layers.

/// A family of layers: one chapter of the guide and one color in drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Matrix products over features.
    Linear,
    /// Convolutions.
    Convolution,
    /// Pooling, unpooling and upsampling.
    Pooling,
    /// Elementwise functions and softmax.
    Activation,
    /// Normalization.
    Normalization,
    /// Layers that act only in training.
    Regularization,
    /// Recurrent layers.
    Recurrent,
    /// Attention and embeddings.
    Attention,
    /// Reshaping, slicing, padding, and reductions over axes.
    Shape,
    /// Joins of several values.
    Join,
    /// Networks within networks.
    Network,
    /// Custom layers.
    Other,
}
