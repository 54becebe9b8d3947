//! Initialization rules of a layer's weights.

use crate::spec::words;
use crate::{Mistake, Op, Param, Part, Site, Text};

/// The initialization of a layer's weights, if it is not PyTorch's default: `init = kaiming_normal` in `network!`, PyTorch's `torch.nn.init`. With a
/// rule, the layer's biases are initialized to 0, as in the papers and torchvision; its other tensors keep their defaults.
///
/// `fan_in` is the number of inputs that an output sums over, `fan_out` the number of outputs that an input contributes to. `gain` compensates for
/// the effect of the following activation on the variance.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Init {
    /// The same number everywhere.
    Constant {
        /// The number.
        value: f64,
    },
    /// A normal distribution.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation, at least 0.
        std: f64,
    },
    /// A uniform distribution.
    Uniform {
        /// Its lower bound.
        low: f64,
        /// Its upper bound.
        high: f64,
    },
    /// A normal distribution with standard deviation `gain sqrt(2 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    XavierNormal {
        /// The gain of the activation.
        gain: f64,
    },
    /// A uniform distribution within `gain sqrt(6 / (fan_in + fan_out))` of 0 (Glorot and Bengio, 2010).
    XavierUniform {
        /// The gain of the activation.
        gain: f64,
    },
    /// A normal distribution with standard deviation `gain / sqrt(fan)` (He et al., 2015, arXiv 1502.01852).
    KaimingNormal {
        /// Which fan.
        fan: Fan,
        /// The gain of the activation.
        gain: f64,
    },
    /// A uniform distribution within `gain sqrt(3 / fan)` of 0 (He et al., 2015, arXiv 1502.01852).
    KaimingUniform {
        /// Which fan.
        fan: Fan,
        /// The gain of the activation.
        gain: f64,
    },
    /// Orthogonal rows of norm `gain`, or columns if there are fewer of them (Saxe et al., 2014, arXiv 1312.6120).
    Orthogonal {
        /// The gain of the activation.
        gain: f64,
    },
}

/// The numbers are finite, which [`Init::check`] ensures.
impl Eq for Init {}

words! {
    /// The fan that a rule divides by.
    Fan {
        /// `fan_in`, which preserves the variance in the forward pass.
        In = "fan_in",
        /// `fan_out`, which preserves the variance in the backward pass.
        Out = "fan_out",
    }
}

impl Init {
    /// No rule: PyTorch's default for weights and biases.
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

    /// Whether it has a gain, and so needs the weight's fan-in and fan-out.
    const fn has_gain(&self) -> bool {
        !matches!(self, Init::Constant { .. } | Init::Normal { .. } | Init::Uniform { .. })
    }

    /// Checks the rule for the weights of `op`, whose sizes are all inferred.
    ///
    /// # Errors
    /// On [`Part::INIT`], if `op` has no weights, if a weight has no fan-in and fan-out, or if the rule's numbers do not define a distribution.
    pub const fn check(&self, op: &Op, site: &Site) -> Result<(), Mistake> {
        let params = op.params();
        let params = params.as_slice();
        let mut weights = 0;
        let mut i = 0;
        while i < params.len() {
            if is_weight(&params[i]) {
                weights += 1;
                if self.has_gain() && params[i].shape.rank() < 2 {
                    let text = site.start().str(" has a weight ").shape(&params[i].shape).str(", which has no fan-in and fan-out for ");
                    let help = Text::new().str("write `constant(1.0)`, or `normal(0.01)`, or `uniform(-0.1, 0.1)`");
                    return Err(Mistake::new(Part::INIT, text.name(self.word())).help(help));
                }
            }
            i += 1;
        }
        if weights == 0 {
            return Err(Mistake::new(Part::INIT, site.start().str(" has no weights to initialize")));
        }
        let [first, second] = self.numbers();
        if !first.is_finite() || !second.is_finite() {
            return Err(Mistake::new(Part::INIT, site.start().str(" would be initialized with a number that is not finite")));
        }
        if !is_drawable(first) || !is_drawable(second) {
            return Err(Mistake::new(Part::INIT, site.start().str(" would be initialized with numbers outside the range of float32")));
        }
        if self.has_gain() && first < 0.0 {
            return Err(Mistake::new(Part::INIT, site.start().str(" would be initialized with a negative gain")));
        }
        match *self {
            Init::Normal { std, .. } if std < 0.0 => {
                Err(Mistake::new(Part::INIT, site.start().str(" would be initialized with a negative standard deviation: ").float(std)))
            }
            Init::Uniform { low, high } if low > high => {
                let text = site.start().str(" would be initialized between ").float(low).str(" and ").float(high);
                Err(Mistake::new(Part::INIT, text).help(Text::new().str("the lower bound comes first")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether numbers of this size can be drawn: a rule's result and the width of its range must be finite in float32.
const fn is_drawable(number: f64) -> bool {
    const LARGEST: f64 = 1e37;
    -LARGEST <= number && number <= LARGEST
}

/// Whether an [`Init`] applies to a tensor: `weight`, `weight_ih_l0`, `in_proj_weight`.
pub const fn is_weight(param: &Param) -> bool {
    param.trained && (param.name.is_empty() || found_at(param.name, "weight", 0) || found_at(param.name, "weight", usize::MAX))
}

/// Whether an [`Init`] sets a tensor to 0: `bias`, `bias_ih_l0`, `in_proj_bias`.
pub const fn is_bias(param: &Param) -> bool {
    param.trained && (found_at(param.name, "bias", 0) || found_at(param.name, "bias", usize::MAX))
}

/// Whether a name has this word at `place`, or at its end if `place` is beyond it.
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
        let site = Site { layer: "fc", source: "", flattened: None, others: &[], exact: false };
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
            (kaiming, norm(true), "`fc` has a weight [4], which has no fan-in and fan-out for `kaiming_normal`"),
            (kaiming, norm(false), "`fc` has no weights"),
            (Init::Constant { value: 0.0 }, Op::Relu(Relu {}), "`fc` has no weights"),
            (Init::Normal { mean: 0.0, std: -0.1 }, linear, "`fc` would be initialized with a negative standard deviation"),
            (Init::Uniform { low: 1.0, high: 0.0 }, linear, "`fc` would be initialized between 1.0 and 0.0"),
            (Init::Constant { value: f64::INFINITY }, linear, "`fc` would be initialized with a number that is not finite"),
            (Init::Normal { mean: 0.0, std: f64::NAN }, linear, "`fc` would be initialized with a number that is not finite"),
            (Init::Uniform { low: -1e308, high: 1e308 }, linear, "`fc` would be initialized with numbers outside the range of float32"),
            (Init::Constant { value: 1e39 }, linear, "`fc` would be initialized with numbers outside the range of float32"),
            (Init::XavierUniform { gain: 1e308 }, linear, "`fc` would be initialized with numbers outside the range of float32"),
            (Init::KaimingUniform { fan: Fan::Out, gain: -1.0 }, linear, "`fc` would be initialized with a negative gain"),
        ];
        for (init, op, text) in cases {
            assert!(refusal(init, op).starts_with(text), "{init:?}: {}", refusal(init, op));
        }
    }
}
