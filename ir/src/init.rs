//! How a layer's weights begin, where that is not PyTorch's default.

use crate::spec::words;
use crate::{Mistake, Op, Param, Part, Site, Text};

/// How the weights of a layer are filled when a network is built: `init = kaiming_normal` in `network!`, PyTorch's `torch.nn.init`. The
/// layer's biases are 0 then, as the papers and torchvision have it; what else it owns begins as ever.
///
/// `fan_in` is the number of inputs that an output sums over, `fan_out` the number of outputs that an input goes into. `gain` makes up for
/// what the activation behind the layer does to the spread of its input.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Init {
    /// One number everywhere.
    Constant {
        /// The number.
        value: f64,
    },
    /// A Gaussian.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation, not below 0.
        std: f64,
    },
    /// Uniform between two numbers.
    Uniform {
        /// The lower one.
        low: f64,
        /// The higher one.
        high: f64,
    },
    /// A Gaussian of the standard deviation `gain sqrt(2 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    XavierNormal {
        /// For the activation.
        gain: f64,
    },
    /// Uniform within `gain sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    XavierUniform {
        /// For the activation.
        gain: f64,
    },
    /// A Gaussian of the standard deviation `gain / sqrt(fan)` (He et al., 2015, arXiv 1502.01852).
    KaimingNormal {
        /// Which fan.
        fan: Fan,
        /// For the activation.
        gain: f64,
    },
    /// Uniform within `gain sqrt(3 / fan)` (He et al., 2015, arXiv 1502.01852).
    KaimingUniform {
        /// Which fan.
        fan: Fan,
        /// For the activation.
        gain: f64,
    },
    /// Rows at right angles to each other and of length `gain`, or columns if there are fewer of them (Saxe et al., 2014, arXiv 1312.6120).
    Orthogonal {
        /// For the activation.
        gain: f64,
    },
}

/// Equality of two rules: their numbers are finite, which [`Init::check`] sees to.
impl Eq for Init {}

words! {
    /// Which of a weight's two fans keeps its variance.
    Fan {
        /// In the forward pass.
        In = "fan_in",
        /// In the backward pass.
        Out = "fan_out",
    }
}

impl Init {
    /// No rule: weights and biases begin with PyTorch's default.
    pub const DEFAULT: Option<Init> = None;

    /// The rule's name in `network!`.
    pub const fn word(&self) -> &'static str {
        match self {
            Init::Constant { .. } => "constant",
            Init::Normal { .. } => "normal",
            Init::Uniform { .. } => "uniform",
            Init::XavierNormal { .. } => "xavier_normal",
            Init::XavierUniform { .. } => "xavier_uniform",
            Init::KaimingNormal { .. } => "kaiming_normal",
            Init::KaimingUniform { .. } => "kaiming_uniform",
            Init::Orthogonal { .. } => "orthogonal",
        }
    }

    /// Its numbers, in order.
    const fn numbers(&self) -> [f64; 2] {
        match *self {
            Init::Constant { value } => [value, 0.0],
            Init::Normal { mean, std } => [mean, std],
            Init::Uniform { low, high } => [low, high],
            Init::XavierNormal { gain } | Init::XavierUniform { gain } | Init::Orthogonal { gain } => [gain, 0.0],
            Init::KaimingNormal { gain, .. } | Init::KaimingUniform { gain, .. } => [gain, 0.0],
        }
    }

    /// Is its number a gain? Then it counts a weight's inputs and outputs.
    const fn has_gain(&self) -> bool {
        !matches!(self, Init::Constant { .. } | Init::Normal { .. } | Init::Uniform { .. })
    }

    /// Can the weights of `op`, with nothing left to infer, begin like this?
    ///
    /// # Errors
    /// On [`Part::INIT`], if it has none, if they have no fans to be counted, or if the rule's numbers make no distribution.
    pub const fn check(&self, op: &Op, site: &Site) -> Result<(), Mistake> {
        let params = op.params();
        let params = params.as_slice();
        let mut weights = 0;
        let mut i = 0;
        while i < params.len() {
            if is_weight(&params[i]) {
                weights += 1;
                if self.has_gain() && params[i].shape.rank() < 2 {
                    let text = site.start().str(" has a weight ").shape(&params[i].shape).str(", of which `").str(self.word());
                    let help = Text::new().str("write `constant(1.0)`, or `normal(0.01)`, or `uniform(-0.1, 0.1)`");
                    return Err(Mistake::new(Part::INIT, text.str("` cannot count the inputs and outputs")).help(help));
                }
            }
            i += 1;
        }
        if weights == 0 {
            return Err(Mistake::new(Part::INIT, site.start().str(" has no weights to begin with a value")));
        }
        let [first, second] = self.numbers();
        if !first.is_finite() || !second.is_finite() {
            return Err(Mistake::new(Part::INIT, site.start().str(" would begin with a number that is not finite")));
        }
        if !is_drawable(first) || !is_drawable(second) {
            return Err(Mistake::new(Part::INIT, site.start().str(" would begin with numbers beyond what a float32 holds")));
        }
        if self.has_gain() && first < 0.0 {
            return Err(Mistake::new(Part::INIT, site.start().str(" would begin with a gain below 0")));
        }
        match *self {
            Init::Normal { std, .. } if std < 0.0 => {
                Err(Mistake::new(Part::INIT, site.start().str(" would begin with a standard deviation below 0: ").float(std)))
            }
            Init::Uniform { low, high } if low > high => {
                let text =
                    site.start().str(" would begin between ").float(low).str(" and ").float(high).str(", of which the first is the higher");
                Err(Mistake::new(Part::INIT, text).help(Text::new().str("the lower one comes first")))
            }
            _ => Ok(()),
        }
    }
}

/// Can numbers of this size be drawn? What a rule makes of one, and the width of a range, has to be a float32 too.
const fn is_drawable(number: f64) -> bool {
    const LARGEST: f64 = 1e37;
    -LARGEST <= number && number <= LARGEST
}

/// Is a tensor one that an [`Init`] fills: `weight`, `weight_ih_l0`, `in_proj_weight`?
pub const fn is_weight(param: &Param) -> bool {
    param.trained && (found_at(param.name, "weight", 0) || found_at(param.name, "weight", usize::MAX))
}

/// Is it one that is 0 then?
pub const fn is_bias(param: &Param) -> bool {
    param.trained && (found_at(param.name, "bias", 0) || found_at(param.name, "bias", usize::MAX))
}

/// Does a name have this word at `place`, or, beyond its end, at the end?
const fn found_at(name: &str, word: &str, place: usize) -> bool {
    let (name, word) = (name.as_bytes(), word.as_bytes());
    if name.len() < word.len() {
        return false;
    }
    let begin = if place > name.len() - word.len() { name.len() - word.len() } else { place };
    let mut i = 0;
    while i < word.len() {
        if name[begin + i] != word[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{BatchNorm2d, Linear, Relu};

    fn refusal(init: Init, op: Op) -> String {
        let site = Site { layer: "fc", source: "", flattened: None, others: &[] };
        init.check(&op, &site).map_or_else(|mistake| mistake.message().to_string(), |()| String::new())
    }

    #[test]
    fn weights_and_biases_by_their_names() {
        let names = [
            "weight",
            "weight_ih_l0_reverse",
            "in_proj_weight",
            "out_proj.weight",
            "bias",
            "bias_hh_l1",
            "in_proj_bias",
            "running_mean",
            "w",
        ];
        let which = |name: &str| ["weight", "bias"].map(|word| found_at(name, word, 0) || found_at(name, word, usize::MAX));
        let found: Vec<[bool; 2]> = names.into_iter().map(which).collect();
        assert_eq!(found[..4], [[true, false]; 4]);
        assert_eq!(found[4..7], [[false, true]; 3]);
        assert_eq!(found[7..], [[false, false]; 2]);
    }

    #[test]
    fn what_is_refused() {
        let linear = Op::Linear(Linear { in_features: 3, out_features: 2, bias: true });
        let norm = |affine| Op::BatchNorm2d(BatchNorm2d { features: 4, eps: 1e-5, momentum: 0.1, affine });
        let kaiming = Init::KaimingNormal { fan: Fan::In, gain: 1.0 };
        for (init, op) in [(kaiming, linear), (Init::Constant { value: 0.0 }, norm(true)), (Init::Uniform { low: -1.0, high: 1.0 }, linear)]
        {
            assert_eq!(refusal(init, op), "");
        }
        let cases = [
            (kaiming, norm(true), "`fc` has a weight [4], of which `kaiming_normal` cannot count"),
            (kaiming, norm(false), "`fc` has no weights"),
            (Init::Constant { value: 0.0 }, Op::Relu(Relu {}), "`fc` has no weights"),
            (Init::Normal { mean: 0.0, std: -0.1 }, linear, "`fc` would begin with a standard deviation below 0"),
            (Init::Uniform { low: 1.0, high: 0.0 }, linear, "`fc` would begin between 1.0 and 0.0"),
            (Init::Constant { value: f64::INFINITY }, linear, "`fc` would begin with a number that is not finite"),
            (Init::Normal { mean: 0.0, std: f64::NAN }, linear, "`fc` would begin with a number that is not finite"),
            (Init::Uniform { low: -1e308, high: 1e308 }, linear, "`fc` would begin with numbers beyond what a float32 holds"),
            (Init::Constant { value: 1e39 }, linear, "`fc` would begin with numbers beyond what a float32 holds"),
            (Init::XavierUniform { gain: 1e308 }, linear, "`fc` would begin with numbers beyond what a float32 holds"),
            (Init::KaimingUniform { fan: Fan::Out, gain: -1.0 }, linear, "`fc` would begin with a gain below 0"),
        ];
        for (init, op, text) in cases {
            assert!(refusal(init, op).starts_with(text), "{init:?}: {}", refusal(init, op));
        }
    }
}
