//! Families of layers, and their colors.

use layercake_ir::{Op, spec};

/// The kinds of boxes that are drawn alike: inputs and outputs, and the families of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Port,
    Layer(spec::Family),
}

impl Family {
    pub fn of(op: &Op) -> Self {
        Self::Layer(op.spec().family)
    }

    /// A light fill, and a darker line of the same hue. Black text has a contrast of more than 10 : 1 on each fill.
    pub const fn colors(self) -> (&'static str, &'static str) {
        use spec::Family::*;
        match self {
            Self::Port => ("#eef1f5", "#64748b"),
            Self::Layer(Convolution) => ("#d9e8fb", "#3f79bd"),
            Self::Layer(Pooling) => ("#fbdfdb", "#c4594e"),
            Self::Layer(Linear | Recurrent | Attention) => ("#e7def7", "#7d5bb5"),
            Self::Layer(Activation) => ("#fdf0c4", "#c39a1c"),
            Self::Layer(Normalization) => ("#d8efda", "#4b9553"),
            Self::Layer(Regularization | Shape) => ("#eceef1", "#8a94a3"),
            Self::Layer(Join) => ("#fde5cf", "#cb7a2c"),
            Self::Layer(Network) => ("#d2eeec", "#2f918b"),
            Self::Layer(Other) => ("#f3f0ea", "#8f8063"),
        }
    }

    /// A word that is valid as the name of a Mermaid class.
    pub const fn word(self) -> &'static str {
        use spec::Family::*;
        match self {
            Self::Port => "port",
            Self::Layer(Convolution) => "convolution",
            Self::Layer(Pooling) => "pooling",
            Self::Layer(Linear | Recurrent | Attention) => "dense",
            Self::Layer(Activation) => "activation",
            Self::Layer(Normalization) => "normalization",
            Self::Layer(Regularization) => "regularization",
            Self::Layer(Shape) => "shape",
            Self::Layer(Join) => "join",
            Self::Layer(Network) => "network",
            Self::Layer(Other) => "other",
        }
    }

    /// Whether it is a network in the network.
    pub const fn is_network(self) -> bool {
        matches!(self, Self::Layer(spec::Family::Network))
    }

    /// Whether its layers have weights; such a layer begins a box.
    pub const fn is_weighty(self) -> bool {
        use spec::Family::*;
        matches!(self, Self::Layer(Convolution | Linear | Recurrent | Attention))
    }

    /// Whether it is drawn as a bar under the layer before it.
    pub const fn is_slim(self) -> bool {
        use spec::Family::*;
        matches!(self, Self::Layer(Activation | Normalization | Regularization | Shape))
    }
}
