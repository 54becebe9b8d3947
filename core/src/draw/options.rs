//! What a picture says of an operation's options.

use layercake_ir::ops::{Approximation, Interpolation, Nonlinearity, PadMode, Recurrent, Sizes, Stack, Steps, Window};
use layercake_ir::{INFER, Node, Op, Shape};

/// The kind with the sizes, and with the options that tell: those that differ from what a reader would assume.
pub(super) fn told(kind: &str, input: &Shape, node: &Node) -> String {
    let mut words = Words(Vec::new());
    match &node.op {
        Op::Linear(_) | Op::DropConnect(_) | Op::Maxout(_) | Op::Embedding(_) | Op::MultiHeadAttention(_) => words.dense(&node.op),
        Op::Conv1d(_) | Op::Conv2d(_) | Op::ConvTranspose2d(_) | Op::MaskedConv2d(_) => words.convolution(&node.op),
        Op::BatchNorm1d(_) | Op::BatchNorm2d(_) | Op::LayerNorm(_) => words.norm(&node.op),
        Op::GroupNorm(_) | Op::InstanceNorm2d(_) | Op::LocalResponseNorm(_) => words.norm(&node.op),
        Op::Rnn(op) => {
            words.recurrent(&op.view());
            words.say(op.nonlinearity != Nonlinearity::Tanh, op.nonlinearity.word());
        }
        Op::Lstm(op) => words.recurrent(&op.view()),
        Op::Gru(op) => words.recurrent(&op.view()),
        op => {
            words.pool(op);
            words.shape(op, input);
            words.rest(op, input);
        }
    }
    if words.0.is_empty() { kind.to_owned() } else { format!("{kind} {}", words.0.join(", ")) }
}

struct Words(Vec<String>);

impl Words {
    fn say(&mut self, when: bool, word: impl Into<String>) {
        if when {
            self.0.push(word.into());
        }
    }

    fn dense(&mut self, op: &Op) {
        match op {
            Op::Linear(op) => {
                self.say(true, op.out_features.to_string());
                self.say(!op.bias, "no bias");
            }
            Op::DropConnect(op) => {
                self.say(true, op.out_features.to_string());
                self.say(true, format!("drop {}", op.p));
                self.say(!op.bias, "no bias");
            }
            Op::Maxout(op) => {
                self.say(true, op.out_features.to_string());
                self.say(true, counted(op.pieces, "piece"));
                self.say(!op.bias, "no bias");
            }
            Op::Embedding(op) => {
                self.say(true, format!("{} → {}", op.num_embeddings, op.embedding_dim));
                self.say(op.padding_idx != INFER, format!("padding {}", op.padding_idx));
            }
            Op::MultiHeadAttention(op) => {
                self.say(true, op.features.to_string());
                self.say(true, counted(op.heads, "head"));
                self.say(op.causal, "causal");
                self.say(op.dropout > 0.0, format!("drop {}", op.dropout));
                self.say(!op.bias, "no bias");
            }
            _ => {}
        }
    }

    fn recurrent(&mut self, op: &Recurrent) {
        self.say(true, op.hidden.to_string());
        self.say(op.layers > 1, counted(op.layers, "layer"));
        self.say(op.directions > 1, "bidirectional");
        self.say(op.dropout > 0.0, format!("drop {}", op.dropout));
        self.say(op.last, format!("{} step", Steps::Last.word()));
        self.say(!op.bias, "no bias");
    }

    fn convolution(&mut self, op: &Op) {
        let (bias, groups) = match op {
            Op::Conv1d(op) => {
                self.say(true, op.out_channels.to_string());
                self.say(true, format!("kernel {}", op.kernel));
                (op.bias, op.groups)
            }
            Op::Conv2d(op) => {
                self.say(true, op.out_channels.to_string());
                self.say(true, sizes(op.kernel));
                (op.bias, op.groups)
            }
            Op::ConvTranspose2d(op) => {
                self.say(true, op.out_channels.to_string());
                self.say(true, sizes(op.kernel));
                self.say(op.stride != [1, 1], format!("stride {}", pair(op.stride)));
                self.say(op.padding != [0, 0], format!("pad {}", pair(op.padding)));
                self.say(op.output_padding != [0, 0], format!("output pad {}", pair(op.output_padding)));
                self.say(op.dilation != [1, 1], format!("dilation {}", pair(op.dilation)));
                (op.bias, op.groups)
            }
            Op::MaskedConv2d(op) => {
                self.say(true, op.out_channels.to_string());
                self.say(true, sizes(op.kernel));
                self.say(true, format!("mask {}", op.mask.word()));
                self.say(op.stack != Stack::Full, op.stack.word());
                self.say(op.colours != 1, counted(op.colours, "colour"));
                self.say(op.dilation != [1, 1], format!("dilation {}", pair(op.dilation)));
                (op.bias, 1)
            }
            _ => return,
        };
        if matches!(op, Op::Conv1d(_) | Op::Conv2d(_)) {
            self.window(op, [1, 1]);
        }
        self.say(groups != 1, format!("groups {groups}"));
        self.say(!bias, "no bias");
    }

    /// Everything about a window but its size; the stride where it is not `usual`.
    fn window(&mut self, op: &Op, usual: [usize; 2]) {
        let Some(Window { stride, padding, dilation, ceil, .. }) = op.window() else { return };
        // A sequence is an image one row high: there the first of each pair says nothing.
        let line = matches!(op, Op::Conv1d(_) | Op::MaxPool1d(_) | Op::AvgPool1d(_));
        let both = |both: [usize; 2]| if line { both[1].to_string() } else { pair(both) };
        self.say(stride != usual, format!("stride {}", both(stride)));
        self.say(padding != [0, 0], format!("pad {}", both(padding)));
        self.say(dilation != [1, 1], format!("dilation {}", both(dilation)));
        self.say(ceil, "ceil");
    }

    fn pool(&mut self, op: &Op) {
        match op {
            Op::MaxPool2d(pool) => {
                self.say(true, sizes(pool.kernel));
                self.window(op, pool.kernel);
            }
            Op::AvgPool2d(pool) => {
                self.say(true, sizes(pool.kernel));
                self.window(op, pool.kernel);
                self.say(pool.padding != [0, 0] && !pool.count_include_pad, "pad not counted");
            }
            Op::MaxPool1d(pool) => {
                self.say(true, pool.kernel.to_string());
                self.window(op, [1, pool.kernel]);
            }
            Op::AvgPool1d(pool) => {
                self.say(true, pool.kernel.to_string());
                self.window(op, [1, pool.kernel]);
                self.say(pool.padding != 0 && !pool.count_include_pad, "pad not counted");
            }
            Op::MaxUnpool2d(pool) => {
                self.say(true, sizes(pool.kernel));
                self.say(pool.stride != pool.kernel, format!("stride {}", pair(pool.stride)));
                self.say(pool.padding != [0, 0], format!("pad {}", pair(pool.padding)));
                self.say(pool.dilation != [1, 1], format!("dilation {}", pair(pool.dilation)));
                self.say(pool.ceil_mode, "ceil");
            }
            Op::AdaptiveAvgPool2d(pool) => self.say(true, format!("to {}", sizes(pool.output_size))),
            Op::FractionalMaxPool2d(pool) => self.say(true, format!("{} to {}", sizes(pool.kernel), sizes(pool.output_size))),
            Op::Upsample(op) => {
                self.say(true, sizes(op.scale));
                self.say(op.mode != Interpolation::Nearest, op.mode.word());
                self.say(op.align_corners, "corners aligned");
            }
            _ => {}
        }
    }

    fn norm(&mut self, op: &Op) {
        let affine = match op {
            Op::BatchNorm1d(op) => {
                self.say(true, op.features.to_string());
                op.affine
            }
            Op::BatchNorm2d(op) => {
                self.say(true, op.features.to_string());
                op.affine
            }
            Op::LayerNorm(op) => {
                self.say(true, list(&op.shape));
                op.affine
            }
            Op::GroupNorm(op) => {
                self.say(true, op.channels.to_string());
                self.say(true, counted(op.groups, "group"));
                op.affine
            }
            Op::InstanceNorm2d(op) => {
                self.say(true, op.features.to_string());
                // Without it PyTorch's has no tensors, and so has this one.
                self.say(op.affine, "affine");
                true
            }
            Op::LocalResponseNorm(op) => {
                self.say(true, op.size.to_string());
                true
            }
            _ => true,
        };
        self.say(!affine, "not affine");
    }

    fn shape(&mut self, op: &Op, input: &Shape) {
        let axis = |axis: usize| format!("axis {axis}");
        match op {
            Op::Reshape(op) => self.say(true, list(&op.shape)),
            Op::Permute(op) => self.say(true, numbers(&op.axes)),
            Op::Mean(op) => self.say(true, format!("axes {}", numbers(&op.axes))),
            Op::Amax(op) => self.say(true, format!("axes {}", numbers(&op.axes))),
            Op::Slice(op) => {
                self.say(true, format!("{} to {}", op.start, if op.end == INFER { "the end".to_owned() } else { op.end.to_string() }));
                self.say(input.rank() > 1, axis(op.axis));
            }
            Op::Pad(op) => {
                let [[top, bottom], [left, right]] = op.sides();
                let even = top == bottom && left == right;
                self.say(even, if input.rank() == 2 { left.to_string() } else { pair([top, left]) });
                self.say(!even && input.rank() == 2, format!("{left} before, {right} behind"));
                self.say(!even && input.rank() > 2, format!("{top} above, {bottom} below, {left} left, {right} right"));
                self.say(op.mode != PadMode::Zeros, op.mode.word());
            }
            Op::Concat(op) => self.say(op.axis != 0, axis(op.axis)),
            Op::Split(op) => {
                self.say(true, format!("{} of {}", op.index + 1, op.parts));
                self.say(op.axis != 0, axis(op.axis));
            }
            Op::Unpack(op) => {
                self.say(true, if op.which == 0 { "the output".to_owned() } else { format!("state {} of {}", op.which, op.states) })
            }
            _ => {}
        }
    }

    /// Activations, softmax and dropout.
    fn rest(&mut self, op: &Op, input: &Shape) {
        let axis = |axis: usize| format!("axis {axis}");
        match op {
            Op::Glu(op) => self.say(input.rank() > 1, axis(op.axis)),
            Op::Softmax(op) => self.say(input.rank() > 1, axis(op.axis)),
            Op::LogSoftmax(op) => self.say(input.rank() > 1, axis(op.axis)),
            Op::Elu(op) => self.say(op.alpha != 1.0, op.alpha.to_string()),
            Op::Gelu(op) => self.say(op.approximate != Approximation::None, op.approximate.word()),
            Op::LeakyRelu(op) => self.say(true, op.negative_slope.to_string()),
            Op::PRelu(op) => self.say(op.parameters != 1, op.parameters.to_string()),
            Op::Softplus(op) => {
                self.say(op.beta != 1.0, format!("beta {}", op.beta));
                self.say(op.threshold != 20.0, format!("threshold {}", op.threshold));
            }
            Op::HardTanh(op) => self.say((op.min_val, op.max_val) != (-1.0, 1.0), format!("{} to {}", op.min_val, op.max_val)),
            Op::Dropout(op) => self.say(true, op.p.to_string()),
            Op::Dropout2d(op) => self.say(true, op.p.to_string()),
            Op::StochasticDepth(op) => self.say(true, op.p.to_string()),
            _ => {}
        }
    }
}

/// `1 head`, `4 heads`
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `5×5`
fn sizes([height, width]: [usize; 2]) -> String {
    format!("{height}×{width}")
}

/// `2`, or `1×2` where the axes differ.
fn pair(both: [usize; 2]) -> String {
    if both[0] == both[1] { both[0].to_string() } else { sizes(both) }
}

/// `0 2`
fn numbers(list: &Sizes) -> String {
    (0..list.len()).map(|i| list.get(i).to_string()).collect::<Vec<_>>().join(" ")
}

/// `[3, 32]`
fn list(list: &Sizes) -> String {
    format!("[{}]", (0..list.len()).map(|i| list.get(i).to_string()).collect::<Vec<_>>().join(", "))
}
