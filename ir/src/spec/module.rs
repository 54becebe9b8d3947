//! What the macro needs to know about a layer besides its options.

/// The type of a layer with tensors in the network's struct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Module {
    /// The type's name in `layercake::layers`.
    pub layer: &'static str,
    /// The sizes, its first generic parameters.
    pub axes: Axes,
    /// The options that are generic parameters after the sizes.
    pub given: &'static [&'static str],
    /// The option that is the last generic parameter, if any.
    pub switch: Option<&'static str>,
}

/// The sizes in the type of a layer with tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Axes {
    /// The sizes of these (tensor, axis) pairs, one parameter each.
    Of(&'static [(usize, usize)]),
    /// The sizes of these (tensor name, axis) pairs, one parameter each; 0 if there is no such tensor.
    Named(&'static [(&'static str, usize)]),
    /// The whole shape of the layer's first tensor as one parameter, `(Const<16>, Const<5>)`, with as many axes as this list option, or one.
    Shape(&'static str),
}

impl Module {
    /// A layer of this type with these sizes.
    pub(crate) const fn new(layer: &'static str, axes: Axes) -> Self {
        Self { layer, axes, given: &[], switch: None }
    }

    /// Adds this option as the last parameter.
    pub(crate) const fn switch(mut self, option: &'static str) -> Self {
        self.switch = Some(option);
        self
    }

    /// Adds these options after the sizes.
    pub(crate) const fn given(mut self, options: &'static [&'static str]) -> Self {
        self.given = options;
        self
    }
}

/// What is known about a layer's output shape if its shape rule cannot be evaluated, because a size is a constant expression or after a mistake.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outline {
    /// The input's shape.
    Same,
    /// The input's shape with the last size replaced by this option.
    Last(&'static str),
    /// An image: channels from this option or from the input, height and width unknown.
    Map(Option<&'static str>),
    /// One size, unknown.
    Flat,
    /// A sequence of channels: channels from this option or from the input, length unknown.
    Line(Option<&'static str>),
    /// The first size alone.
    First,
    /// The input's rank, all sizes unknown.
    Rank,
    /// The input's rank minus one, all sizes unknown.
    OneFewer,
    /// The input's rank plus one, all sizes unknown.
    OneMore,
    /// The input's rank minus the length of this list, all sizes unknown.
    Fewer(&'static str),
    /// The sizes of this list.
    List(&'static str),
    /// The sizes of the ids, followed by this option.
    Behind(&'static str),
    /// A sequence of states of the input's length, or the last state alone.
    Steps,
    /// Nothing is known.
    Unknown,
}
