//! Families of layers.

/// Layers that a reader sees as alike: those of one chapter of the guide and of one color in drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Matrix products over features.
    Linear,
    /// Convolutions.
    Convolution,
    /// Pooling and its reverse.
    Pooling,
    /// Functions of each element, and softmax.
    Activation,
    /// Normalization.
    Normalization,
    /// What acts while training only.
    Regularization,
    /// Recurrent layers.
    Recurrent,
    /// Attention and tables of token ids.
    Attention,
    /// What moves elements, and reductions over axes.
    Shape,
    /// What joins several values.
    Join,
    /// Networks within networks.
    Network,
    /// Modules of the user's own.
    Other,
}
