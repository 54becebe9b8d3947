//! The texts of one layer.

use layercake_ir::{Graph, Op, Shape};

use super::family::Family;
use super::text;
use crate::shown::Shown;

/// One layer: a row of a box.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The index of the layer's value.
    pub value: usize,
    pub family: Family,
    /// The layer's name; empty if it was generated from the kind and nothing refers to it.
    pub name: String,
    /// `Conv2d 6, 5×5, stride 2`
    pub what: String,
    /// `156 params`; `= conv1` for a layer that uses another's parameters; or empty.
    pub note: String,
    /// All of it in one line, shown as a tooltip.
    pub tip: String,
    pub slim: bool,
}

/// The maximum number of characters of a name; the tooltip has all of it.
const NAME: usize = 36;

impl Row {
    pub fn of(shown: &Shown<'_>, index: usize) -> Self {
        let graph = shown.graph;
        let node = &graph.nodes()[index];
        let kind = shown.kind(index);
        let family = Family::of(&node.op);
        let what = match node.op {
            Op::Subgraph(op) => network(shown, index, op.graph),
            _ => match node.op.label(graph.shape(*node.inputs().first().unwrap_or(&0))) {
                label if label.is_empty() => kind.to_owned(),
                label => format!("{kind} {label}"),
            },
        };
        let note = match (node.shares, shown.params(index)) {
            // A layer without tensors has nothing to share.
            (Some(owner), _) if !node.op.params().as_slice().is_empty() || matches!(node.op, Op::Subgraph(_)) => {
                format!("= {}", text::cut(&graph.nodes()[owner].name, NAME))
            }
            (_, None | Some(0)) => String::new(),
            (_, Some(1)) => "1 param".to_owned(),
            (_, Some(count)) => format!("{} params", layercake_ir::grouped(count as u64)),
        };
        let named = !note.is_empty() || matches!(node.op, Op::Subgraph(_)) || !is_made_up(&node.name, node.op.kind());
        let name = if named { text::cut(&node.name, NAME) } else { String::new() };
        let inputs: Vec<String> = node.inputs().iter().map(|&value| graph.shape(value).to_string()).collect();
        let outputs: Vec<String> = node.shapes().map(Shape::to_string).collect();
        let mut tip = format!("{}: {what}, {} → {}", node.name, inputs.join(" and "), outputs.join(" and "));
        if !note.is_empty() {
            tip = format!("{tip}, {note}");
        }
        Self { value: graph.value_of(index), family, name, what, note, tip, slim: family.is_slim() }
    }

    /// The text of a box in one line: `conv1: Conv2d 6, 5×5 (156 params)`.
    pub fn line(&self) -> String {
        let mut line = self.name.clone();
        if !self.what.is_empty() {
            line = if line.is_empty() { self.what.clone() } else { format!("{line}: {}", self.what) };
        }
        if self.note.is_empty() { line } else { format!("{line} ({})", self.note) }
    }
}

/// Whether the name was generated from the kind, like `avg_pool2d_1` from `AvgPool2d`, or is only a position in a sequence, like
/// `features.3`.
fn is_made_up(name: &str, kind: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    if last != name && last.chars().all(|letter| letter.is_ascii_digit()) {
        return true;
    }
    let stem = last.trim_end_matches(|letter: char| letter.is_ascii_digit());
    // `conv2d` without a number does not end in one; `max_pool2d_1` ends in one after an underscore.
    let stem = if stem.ends_with('_') { stem.trim_end_matches('_') } else { last };
    stem.replace('_', "").eq_ignore_ascii_case(kind)
}

/// A network in the network, in one line.
fn network(shown: &Shown<'_>, index: usize, graph: &Graph) -> String {
    let (layers, flops) = (graph.layers(), shown.graph.node_flops(index));
    let mut words = vec![format!("{layers} layer{}", if layers == 1 { "" } else { "s" })];
    if flops > 0 {
        words.push(format!("{}FLOPs", joined(text::rounded(flops))));
    }
    format!("{}: {}", text::cut(&graph.name, NAME), words.join(", "))
}

/// `4.09 G` before a unit, but `940 ` with a space.
pub(super) fn joined(figure: String) -> String {
    if figure.contains(' ') { figure } else { format!("{figure} ") }
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
