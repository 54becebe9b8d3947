//! What a picture says of one layer.

use layercake_ir::ops::{Interpolation, Stack};
use layercake_ir::{Graph, Node, Op};

use super::family::Family;
use super::text;

/// One layer: a row of a box.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The number of the value that the layer gives.
    pub value: usize,
    pub family: Family,
    /// The layer's name; empty where it was made up from the kind, and nothing hangs on it.
    pub name: String,
    /// `Conv2d 6, 5×5, stride 2`
    pub what: String,
    /// `156 params`, or `= conv1` where those of another are used, or empty.
    pub note: String,
    /// All of it in one line, for the pointer that rests on it.
    pub tip: String,
    pub slim: bool,
}

/// Names are cut at this length, in letters; the tip has the whole.
const NAME: usize = 36;

impl Row {
    pub fn of(graph: &Graph, index: usize) -> Self {
        let node = &graph.nodes()[index];
        let kind = node.op.kind();
        let family = Family::of(kind);
        let what = what(graph, node);
        let note = match (node.shares, node.param_count()) {
            // What has nothing to share is a layer like any other.
            (Some(owner), _) if !node.op.params().as_slice().is_empty() => format!("= {}", text::cut(&graph.nodes()[owner].name, NAME)),
            (_, 0) => String::new(),
            (_, 1) => "1 param".to_owned(),
            (_, count) => format!("{} params", layercake_ir::grouped(count as u64)),
        };
        let named = !note.is_empty() || matches!(node.op, Op::Subgraph(_)) || !is_made_up(&node.name, kind);
        let name = if named { text::cut(&node.name, NAME) } else { String::new() };
        let inputs: Vec<String> = node.inputs().iter().map(|&value| graph.shape(value).to_string()).collect();
        let mut tip = format!("{}: {what}, {} → {}", node.name, inputs.join(" and "), node.output);
        if !note.is_empty() {
            tip = format!("{tip}, {note}");
        }
        Self { value: graph.value_of(index), family, name, what, note, tip, slim: family.is_slim() }
    }

    /// What a box says, in one line: `conv1: Conv2d 6, 5×5 (156 params)`.
    pub fn line(&self) -> String {
        let mut line = self.name.clone();
        if !self.what.is_empty() {
            line = if line.is_empty() { self.what.clone() } else { format!("{line}: {}", self.what) };
        }
        if self.note.is_empty() { line } else { format!("{line} ({})", self.note) }
    }
}

/// Was the name made up from the kind, as `avg_pool2d_1` is from `AvgPool2d`, or is it a mere place in a sequence, as `features.3`?
fn is_made_up(name: &str, kind: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    if last != name && last.chars().all(|letter| letter.is_ascii_digit()) {
        return true;
    }
    let stem = last.trim_end_matches(|letter: char| letter.is_ascii_digit());
    // `conv2d` without a number ends in none, and `max_pool2d_1` in one behind a dash.
    let stem = if stem.ends_with('_') { stem.trim_end_matches('_') } else { last };
    stem.replace('_', "").eq_ignore_ascii_case(kind)
}

/// The kind with the options that tell: those that differ from what a reader would assume.
fn what(graph: &Graph, node: &Node) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut say = |when: bool, word: String| {
        if when {
            words.push(word);
        }
    };
    match &node.op {
        Op::Conv2d(op) => {
            say(true, op.out_channels.to_string());
            say(true, sizes(op.kernel));
            say(op.stride != [1, 1], format!("stride {}", pair(op.stride)));
            say(op.padding != [0, 0], format!("pad {}", pair(op.padding)));
            say(op.dilation != [1, 1], format!("dilation {}", pair(op.dilation)));
            say(op.groups != 1, format!("groups {}", op.groups));
            say(!op.bias, "no bias".into());
        }
        Op::MaskedConv2d(op) => {
            say(true, op.out_channels.to_string());
            say(true, sizes(op.kernel));
            say(true, format!("mask {}", op.mask.word()));
            say(op.stack != Stack::Full, op.stack.word().into());
            say(op.dilation != [1, 1], format!("dilation {}", pair(op.dilation)));
            say(!op.bias, "no bias".into());
        }
        Op::ConvTranspose2d(op) => {
            say(true, op.out_channels.to_string());
            say(true, sizes(op.kernel));
            say(op.stride != [1, 1], format!("stride {}", pair(op.stride)));
            say(op.padding != [0, 0], format!("pad {}", pair(op.padding)));
            say(op.dilation != [1, 1], format!("dilation {}", pair(op.dilation)));
            say(op.groups != 1, format!("groups {}", op.groups));
            say(!op.bias, "no bias".into());
        }
        Op::Upsample(op) => {
            say(true, sizes(op.scale));
            say(op.mode != Interpolation::Nearest, op.mode.word().into());
        }
        Op::MaxPool2d(op) => {
            say(true, sizes(op.kernel));
            say(op.stride != op.kernel, format!("stride {}", pair(op.stride)));
            say(op.padding != [0, 0], format!("pad {}", pair(op.padding)));
            say(op.dilation != [1, 1], format!("dilation {}", pair(op.dilation)));
            say(op.ceil_mode, "ceil".into());
        }
        Op::AvgPool2d(op) => {
            say(true, sizes(op.kernel));
            say(op.stride != op.kernel, format!("stride {}", pair(op.stride)));
            say(op.padding != [0, 0], format!("pad {}", pair(op.padding)));
            say(op.ceil_mode, "ceil".into());
        }
        Op::Linear(op) => {
            say(true, op.out_features.to_string());
            say(!op.bias, "no bias".into());
        }
        Op::DropConnect(op) => {
            say(true, op.out_features.to_string());
            say(true, format!("drop {}", op.p));
            say(!op.bias, "no bias".into());
        }
        Op::Maxout(op) => say(true, format!("{}, {} pieces", op.out_features, op.pieces)),
        Op::MaxUnpool2d(op) => say(true, sizes(op.kernel)),
        Op::AdaptiveAvgPool2d(op) => say(true, format!("to {}", sizes(op.output_size))),
        Op::FractionalMaxPool2d(op) => say(true, format!("{} to {}", sizes(op.kernel), sizes(op.output_size))),
        Op::MaxPool1d(op) => {
            say(true, op.kernel.to_string());
            say(op.stride != op.kernel, format!("stride {}", op.stride));
        }
        Op::AvgPool1d(op) => {
            say(true, op.kernel.to_string());
            say(op.stride != op.kernel, format!("stride {}", op.stride));
        }
        Op::GroupNorm(op) => say(true, format!("{} groups", op.groups)),
        Op::LocalResponseNorm(op) => say(true, op.size.to_string()),
        Op::Amax(op) => {
            let axes: Vec<String> = op.axes.as_slice().iter().map(usize::to_string).collect();
            say(true, format!("axes {}", axes.join(" ")));
        }
        Op::Glu(op) => say(node.output.rank() > 1, format!("axis {}", op.axis)),
        Op::Elu(op) => say(op.alpha != 1.0, op.alpha.to_string()),
        Op::Permute(op) => {
            let axes: Vec<String> = op.axes.as_slice().iter().map(usize::to_string).collect();
            say(true, axes.join(" "));
        }
        Op::Mean(op) => {
            let axes: Vec<String> = op.axes.as_slice().iter().map(usize::to_string).collect();
            say(true, format!("axes {}", axes.join(" ")));
        }
        Op::BatchNorm1d(op) => say(!op.affine, "not affine".into()),
        Op::BatchNorm2d(op) => say(!op.affine, "not affine".into()),
        Op::LeakyRelu(op) => say(true, op.negative_slope.to_string()),
        Op::Dropout(op) => say(true, op.p.to_string()),
        Op::Dropout2d(op) => say(true, op.p.to_string()),
        Op::StochasticDepth(op) => say(true, op.p.to_string()),
        Op::Softmax(op) => say(node.output.rank() > 1, format!("axis {}", op.axis)),
        Op::LogSoftmax(op) => say(node.output.rank() > 1, format!("axis {}", op.axis)),
        Op::Concat(op) => say(op.axis != 0, format!("axis {}", op.axis)),
        Op::Split(op) => {
            say(true, format!("{} of {}", op.index + 1, op.parts));
            say(op.axis != 0, format!("axis {}", op.axis));
        }
        Op::Subgraph(op) => {
            let layers = op.graph.nodes().len();
            let flops = node.op.multiply_adds(graph.shape(node.inputs()[0]), &node.output).saturating_mul(2);
            say(true, format!("{layers} layer{}", if layers == 1 { "" } else { "s" }));
            say(flops > 0, format!("{}FLOPs", joined(text::rounded(flops))));
            return format!("{}: {}", text::cut(&op.graph.name, NAME), words.join(", "));
        }
        // Kinds without options, and those that tell enough by their name.
        _ => {}
    }
    if words.is_empty() { node.op.kind().to_owned() } else { format!("{} {}", node.op.kind(), words.join(", ")) }
}

/// `4.09 G` before a unit, `940 ` likewise.
pub(super) fn joined(figure: String) -> String {
    if figure.contains(' ') { figure } else { format!("{figure} ") }
}

/// `5×5`
fn sizes([height, width]: [usize; 2]) -> String {
    format!("{height}×{width}")
}

/// `2`, or `1×2` where the axes differ.
fn pair(both: [usize; 2]) -> String {
    if both[0] == both[1] { both[0].to_string() } else { sizes(both) }
}

#[cfg(test)]
mod tests {
    use super::is_made_up;

    #[test]
    fn made_up_names() {
        for (name, kind) in
            [("tanh_1", "Tanh"), ("avg_pool2d_12", "AvgPool2d"), ("conv2d", "Conv2d"), ("block.0.relu_2", "ReLU"), ("features.3", "ReLU")]
        {
            assert!(is_made_up(name, kind), "{name}");
        }
        for (name, kind) in [("gate", "Tanh"), ("conv1", "Conv2d"), ("relu_after", "ReLU"), ("bn_1", "BatchNorm2d"), ("3", "ReLU")] {
            assert!(!is_made_up(name, kind), "{name}");
        }
    }
}
