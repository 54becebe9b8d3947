//! The parts that recurrent layers share.

use super::prelude::*;

/// The maximum number of stacked layers in one recurrent layer.
pub const MOST_LAYERS: usize = 8;

/// The update of the state in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// `h' = tanh(a)`
    Tanh,
    /// `h' = max(a, 0)`
    Relu,
    /// Long short-term memory: two states.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl Cell {
    /// The number of gates: rows of the weights per hidden feature.
    pub const fn gates(self) -> usize {
        match self {
            Cell::Tanh | Cell::Relu => 1,
            Cell::Lstm => 4,
            Cell::Gru => 3,
        }
    }

    /// The number of states: 2 for the LSTM, `h` and `c`.
    pub const fn states(self) -> usize {
        if matches!(self, Cell::Lstm) { 2 } else { 1 }
    }
}

words! {
    /// Which steps of the sequence a recurrent layer outputs.
    Steps {
        /// All steps: `[length, features]`.
        All = "all",
        /// The final state of the last layer: `[features]`. With two directions, both concatenated.
        Last = "last",
    }
}

/// The common view of `RNN`, `LSTM` and `GRU`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recurrent {
    /// The update of the state.
    pub cell: Cell,
    /// Input features.
    pub in_features: usize,
    /// Hidden features.
    pub hidden: usize,
    /// Stacked layers.
    pub layers: usize,
    /// 2 if bidirectional, else 1.
    pub directions: usize,
    /// Probability of dropping an element between two layers in training.
    pub dropout: f64,
    /// Whether to add biases.
    pub bias: bool,
    /// Whether the output is the final state alone.
    pub last: bool,
    /// Whether the final states are outputs too, after the output itself.
    pub states: bool,
}

impl Recurrent {
    /// Output features of one step.
    pub const fn width(&self) -> usize {
        self.hidden.saturating_mul(self.directions)
    }

    /// The shape of a state: one row for each layer and direction.
    pub const fn state(&self) -> Shape {
        Shape::new(&[self.layers * self.directions, self.hidden])
    }

    /// The number of outputs: 1, or 1 and one for each final state.
    pub const fn outputs(&self) -> usize {
        if self.states { 1 + self.cell.states() } else { 1 }
    }

    /// Input features of the layer of this number.
    pub const fn features(&self, layer: usize) -> usize {
        if layer == 0 { self.in_features } else { self.width() }
    }

    /// The shape rule: returns the input features and the output's shape. Inputs after the first are initial states.
    pub(crate) const fn check(self, inputs: &[Shape], site: &Site) -> Result<(usize, Shape), Mistake> {
        let input = &inputs[0];
        if input.rank() != 2 {
            let text = site.received(site.start().str(" expects a sequence [length, features], but receives "), input);
            let help = match input.rank() {
                1 => Text::new().str("put `Reshape(1, _)` before it for a sequence of one step"),
                _ => Text::new().str("put `Reshape(").num(input.dim(0)).str(", _)` before it to flatten all axes but the first"),
            };
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        let found = input.dim(1);
        if self.in_features != INFER && self.in_features != found {
            let text = site.start().str(" expects ").count(self.in_features, "input feature").str(", but receives ").num(found);
            return Err(Mistake::new(Part::In, site.received(text.str(": "), input)).help(channels::infer(found)));
        }
        if self.hidden == 0 {
            return Err(Mistake::new(Part::Out, site.start().str(" has 0 hidden features; it must have at least 1")));
        }
        if self.layers == 0 || self.layers > MOST_LAYERS {
            let text = site.start().str(" has ").count(self.layers, "layer").str("; it must have 1 to ").num(MOST_LAYERS);
            let help = Text::new().str("`Repeat` stacks any number of layers");
            return Err(Mistake::new(Part::Option("layers"), text).help(help));
        }
        if !(self.dropout >= 0.0 && self.dropout < 1.0) {
            let text = site
                .start()
                .str(" has a `dropout` of ")
                .float(self.dropout)
                .str(", outside 0..1; it is the probability of dropping an element between two layers");
            return Err(Mistake::new(Part::Option("dropout"), text));
        }
        if self.dropout > 0.0 && self.layers == 1 {
            let text = site.start().str(" has `dropout` between its layers, but only one layer");
            let help = Text::new().str("write `layers = 2`, or leave `dropout` out and put a `Dropout` after it");
            return Err(Mistake::new(Part::Option("dropout"), text).help(help));
        }
        let states = self.state();
        if inputs.len() != 1 && inputs.len() != 1 + self.cell.states() {
            let text =
                site.start().str(" expects ").count(self.cell.states(), "initial state").str(", but receives ").num(inputs.len() - 1);
            return Err(Mistake::new(Part::Layer, text));
        }
        let mut i = 1;
        while i < inputs.len() {
            if !inputs[i].same(&states) {
                let text = site.start().str(" expects an initial state of shape ").shape(&states).str(", a row per layer and direction, ");
                let text = site.from_nth(text.str("but receives ").shape(&inputs[i]).str(" "), i);
                return Err(Mistake::new(Part::Branch(i), text));
            }
            i += 1;
        }
        let width = self.width();
        Ok((found, if self.last { Shape::new(&[width]) } else { Shape::new(&[input.dim(0), width]) }))
    }

    /// For each layer and direction `weight_ih`, `weight_hh` and the biases, with PyTorch's names and order.
    pub const fn params(&self) -> Params {
        let mut params = Params::NONE;
        let rows = self.cell.gates().saturating_mul(self.hidden);
        let mut layer = 0;
        while layer < self.layers && layer < MOST_LAYERS {
            let mut direction = 0;
            while direction < self.directions {
                let names = &NAMES[layer][direction];
                params = params.trained(names[0], &[rows, self.features(layer)]).trained(names[1], &[rows, self.hidden]);
                if self.bias {
                    params = params.trained(names[2], &[rows]).trained(names[3], &[rows]);
                }
                direction += 1;
            }
            layer += 1;
        }
        params
    }

    /// The number of tensors per layer and direction.
    pub const fn tensors(&self) -> usize {
        if self.bias { 4 } else { 2 }
    }

    pub(crate) const fn multiply_adds(&self, input: &Shape) -> u64 {
        let mut step: u64 = 0;
        let mut layer = 0;
        while layer < self.layers {
            step = step.saturating_add(self.features(layer) as u64).saturating_add(self.hidden as u64);
            layer += 1;
        }
        let rows = (self.cell.gates() as u64).saturating_mul(self.width() as u64);
        step.saturating_mul(rows).saturating_mul(input.dim(0) as u64)
    }
}

/// The type in a network's struct: input features, hidden features, rows of the gates, and input features of the further layers.
pub(crate) const MODULE: Module =
    Module::new("Recurrent", Axes::Named(&[("weight_ih_l0", 1), ("weight_hh_l0", 1), ("weight_hh_l0", 0), ("weight_ih_l1", 1)]))
        .given(&["layers", "bidirectional"])
        .switch("bias");

macro_rules! names {
    ($($layer:literal)*) => {
        /// The tensors' names by layer and direction.
        const NAMES: [[[&str; 4]; 2]; MOST_LAYERS] = [$([
            [concat!("weight_ih_l", $layer), concat!("weight_hh_l", $layer), concat!("bias_ih_l", $layer), concat!("bias_hh_l", $layer)],
            [
                concat!("weight_ih_l", $layer, "_reverse"),
                concat!("weight_hh_l", $layer, "_reverse"),
                concat!("bias_ih_l", $layer, "_reverse"),
                concat!("bias_hh_l", $layer, "_reverse"),
            ],
        ],)*];
    };
}

names!(0 1 2 3 4 5 6 7);

/// The functions of an operation whose `view` is a [`Recurrent`].
macro_rules! recurrent {
    ($op:ident) => {
        impl $op {
            pub(crate) const fn infer_all(mut self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
                match self.view().check(inputs, site) {
                    Ok((in_features, output)) => {
                        self.in_features = in_features;
                        Ok((self, output))
                    }
                    Err(mistake) => Err(mistake),
                }
            }

            pub(crate) const fn params(&self) -> Params {
                self.view().params()
            }

            pub(crate) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
                self.view().multiply_adds(input)
            }

            pub(crate) fn initial(&self, _: &str) -> Initial {
                Initial::Uniform { fan_in: self.hidden }
            }

            pub(crate) const fn draws(&self) -> bool {
                self.dropout > 0.0
            }

            pub(crate) const fn outputs(&self) -> usize {
                self.view().outputs()
            }

            pub(crate) const fn further(&self, _: usize, _: &[Shape], _: &Shape) -> Shape {
                self.view().state()
            }
        }
    };
}

pub(crate) use recurrent;
