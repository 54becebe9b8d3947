//! What the macro has to know of a layer besides its options.

/// How a layer with tensors stands in the struct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Module {
    /// The type, in `layercake::layers`.
    pub layer: &'static str,
    /// Its sizes.
    pub axes: Axes,
    /// Parameters behind the sizes: these options.
    pub given: &'static [&'static str],
    /// Its last parameter: this option, if it has one.
    pub switch: Option<&'static str>,
}

/// The sizes in the type of a layer with tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Axes {
    /// The sizes of these (tensor, axis), one parameter each.
    Of(&'static [(usize, usize)]),
    /// The sizes of these (tensor by its name, axis), one parameter each; 0 where there is no such tensor.
    Named(&'static [(&'static str, usize)]),
    /// The whole shape of the layer's first tensor as one parameter, `(Const<16>, Const<5>)`; as many axes as this list has, or one.
    Shape(&'static str),
}

impl Module {
    /// A layer of this type.
    pub(crate) const fn new(layer: &'static str, axes: Axes) -> Self {
        Self { layer, axes, given: &[], switch: None }
    }

    /// With this option as the last parameter.
    pub(crate) const fn switch(mut self, option: &'static str) -> Self {
        self.switch = Some(option);
        self
    }

    /// With these options behind the sizes.
    pub(crate) const fn given(mut self, options: &'static [&'static str]) -> Self {
        self.given = options;
        self
    }
}

/// What is known of a layer's output when its rule cannot be asked, because a size is a constant expression or a mistake came before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outline {
    /// The input's shape.
    Same,
    /// The input's shape with the last size replaced by this option.
    Last(&'static str),
    /// A map: channels from this option or from the input, height and width unknown.
    Map(Option<&'static str>),
    /// One size, unknown.
    Flat,
    /// A sequence of channels: channels from this option or from the input, length unknown.
    Line(Option<&'static str>),
    /// The first size alone.
    First,
    /// As many sizes as the input has, all unknown.
    Rank,
    /// As many as the input has but one, all unknown.
    OneFewer,
    /// The input's without as many as this list has, all unknown.
    Fewer(&'static str),
    /// The sizes of this list.
    List(&'static str),
    /// The ids' sizes, and behind them this option.
    Behind(&'static str),
    /// A sequence of states as long as the input, or the last of them alone.
    Steps,
    /// A part of what a recurrent layer gives.
    Unpacked,
    /// Nothing.
    Unknown,
}
