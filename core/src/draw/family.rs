//! Families of layers, and their colours.

/// Layers that a reader sees as alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Port,
    Convolution,
    Pooling,
    Dense,
    Activation,
    Normalisation,
    Regularisation,
    Shape,
    Join,
    Network,
    Other,
}

impl Family {
    /// The family of a layer by its name in `network!`: these are PyTorch's, which tell; so a new layer finds its colour by itself.
    pub fn of(kind: &str) -> Self {
        let has = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
        match kind {
            "Network" => Self::Network,
            "Add" | "Sub" | "Mul" | "Max" | "Concat" | "Reparameterize" => Self::Join,
            _ if has(&["Conv"]) => Self::Convolution,
            _ if has(&["Pool", "pool", "Upsample"]) => Self::Pooling,
            _ if has(&["Norm"]) => Self::Normalisation,
            _ if has(&["Dropout", "Stochastic"]) => Self::Regularisation,
            _ if has(&["Linear", "DropConnect", "Maxout", "Embedding", "Attention", "Lstm", "Gru", "Rnn"]) => Self::Dense,
            _ if has(&["LU", "Tanh", "Sigmoid", "Softmax", "Swish", "Softplus", "Mish", "Hardsig"]) => Self::Activation,
            _ if has(&[
                "latten",
                "Reshape",
                "Permute",
                "Transpose",
                "Split",
                "Shuffle",
                "Squeeze",
                "Pad",
                "Slice",
                "Mean",
                "Amax",
                "Unpack",
            ]) =>
            {
                Self::Shape
            }
            _ => Self::Other,
        }
    }

    /// A light fill, and a darker line of the same hue. Black text has a contrast of more than 10 : 1 on each fill.
    pub const fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Port => ("#eef1f5", "#64748b"),
            Self::Convolution => ("#d9e8fb", "#3f79bd"),
            Self::Pooling => ("#fbdfdb", "#c4594e"),
            Self::Dense => ("#e7def7", "#7d5bb5"),
            Self::Activation => ("#fdf0c4", "#c39a1c"),
            Self::Normalisation => ("#d8efda", "#4b9553"),
            Self::Regularisation => ("#eceef1", "#8a94a3"),
            Self::Shape => ("#eceef1", "#8a94a3"),
            Self::Join => ("#fde5cf", "#cb7a2c"),
            Self::Network => ("#d2eeec", "#2f918b"),
            Self::Other => ("#f3f0ea", "#8f8063"),
        }
    }

    /// A word that Mermaid takes for the name of a class.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Convolution => "convolution",
            Self::Pooling => "pooling",
            Self::Dense => "dense",
            Self::Activation => "activation",
            Self::Normalisation => "normalisation",
            Self::Regularisation => "regularisation",
            Self::Shape => "shape",
            Self::Join => "join",
            Self::Network => "network",
            Self::Other => "other",
        }
    }

    /// Is it drawn as a bar under the layer before it?
    pub const fn is_slim(self) -> bool {
        matches!(self, Self::Activation | Self::Normalisation | Self::Regularisation | Self::Shape)
    }
}

#[cfg(test)]
mod tests {
    use layercake_ir::Op;

    use super::Family;

    /// A layer that no rule knows would have the colour of nothing.
    #[test]
    fn every_operation_has_a_family() {
        for kind in Op::KINDS {
            let family = Family::of(kind);
            // A module of the user's own is what no family is of.
            assert_eq!(family == Family::Other, *kind == "Custom", "{kind} is {family:?}");
        }
        let some = [
            ("MaxUnpool2d", Family::Pooling),
            ("MaskedConv2d", Family::Convolution),
            ("DropConnect", Family::Dense),
            ("Maxout", Family::Dense),
            ("StochasticDepth", Family::Regularisation),
            ("Reparameterize", Family::Join),
            ("LocalResponseNorm", Family::Normalisation),
            ("HardTanh", Family::Activation),
            ("GLU", Family::Activation),
            ("Mean", Family::Shape),
            ("Amax", Family::Shape),
        ];
        for (kind, family) in some {
            assert!(Op::KINDS.contains(&kind) && Family::of(kind) == family, "{kind}");
        }
    }
}
