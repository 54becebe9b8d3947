//! A value that enters a join twice: that is a slip, unless each branch says by its name which tensor it means.

use proc_macro2::Ident;
use quote::ToTokens;

use super::{Lowering, What, plain};
use crate::ast::{Action, Arg, Branch, Layer, Step};

impl Lowering<'_, '_> {
    /// `Add(x, y)`: is one of the tags the current tensor, or are two of them one tensor? It is reported. Gives the numbers of the operands
    /// that count, the current tensor's first.
    pub(super) fn once(&mut self, layer: &Layer, tags: &[Ident], inputs: &[usize]) -> Vec<usize> {
        let first = |i: usize| inputs.iter().position(|value| *value == inputs[i]).unwrap_or(i);
        let kept: Vec<usize> = (0..inputs.len()).filter(|&i| first(i) == i || self.is_vague(inputs[i])).collect();
        let Some(again) = (0..inputs.len()).find(|i| !kept.contains(i)) else { return kept };
        let (kind, tag, before) = (&layer.kind, &tags[again - 1], first(again));
        let word = plain(tag);
        let text = match before.checked_sub(1).map(|before| &tags[before]) {
            None => format!("`{word}` is the current tensor, which `{kind}` takes anyway: it would count twice"),
            Some(other) if other == tag => format!("`{word}` stands in `{kind}` twice, and would count twice"),
            Some(other) => format!("`{word}` and `{other}` are the same tensor, which would count twice in `{kind}`"),
        };
        let leave = self.without(layer, tags, inputs, &kept, before == 0);
        // All names of a tensor as one name, and the current tensor by a name where it has one.
        let name = |i: usize| match (0..inputs.len()).skip(1).find(|other| inputs[*other] == inputs[i]) {
            Some(tag) if i > 0 || first(again) == 0 => format!("{{ from {} }}", tags[tag - 1]),
            _ => "{}".to_owned(),
        };
        let branches: Vec<String> = (0..inputs.len()).map(name).collect();
        let purpose = format!("`{} {{ {} }}` to count it twice on purpose", written(layer, &[]), branches.join(", "));
        let help = match leave {
            Some(leave) if takes_two(kind) => format!("write {leave}"),
            Some(leave) => format!("write {leave}, or {purpose}"),
            None => format!("write {purpose}"),
        };
        let note = self.template_note();
        self.report.add(tag, format_args!("{text}\nhelp: {help}{note}"));
        kept
    }

    /// The join as it was probably meant: each tensor once. Where their order matters, it is that of the tags.
    fn without(&self, layer: &Layer, tags: &[Ident], inputs: &[usize], kept: &[usize], current: bool) -> Option<String> {
        let word = |i: usize| tags[i - 1].to_string();
        let ordered = current && (takes_two(&layer.kind) || layer.kind == "Concat");
        if !ordered {
            let words: Vec<String> = kept.iter().skip(1).map(|&i| word(i)).collect();
            return (!words.is_empty()).then(|| format!("`{}`", written(layer, &words)));
        }
        let each: Vec<usize> = (1..inputs.len()).filter(|&i| !inputs[1..i].contains(&inputs[i])).collect();
        let (first, rest) = each.split_first()?;
        let rest: Vec<String> = rest.iter().map(|&i| word(i)).collect();
        if rest.is_empty() {
            return None;
        }
        let join = written(layer, &rest);
        Some(if inputs[*first] == inputs[0] { format!("`{join}`") } else { format!("`from {}, {join}`", word(*first)) })
    }

    /// `Add { {..}, {..} }`: do two branches end in one tensor? It is reported. `begin` is the tensor that all begin with, `since` the first
    /// that a branch could make.
    pub(super) fn distinct(&mut self, layer: &Layer, branches: &[Branch], [begin, since]: [usize; 2], ends: &[usize]) {
        let same = |i: usize| (0..i).find(|&before| ends[before] == ends[i] && !self.is_vague(ends[i]) && !on_purpose(branches, before, i));
        let Some(again) = (0..ends.len()).find(|&i| same(i).is_some()) else { return };
        let (kind, value) = (&layer.kind, ends[again]);
        let text = if value == begin {
            format!("two branches of `{kind}` leave the tensor as it is: it would count twice")
        } else {
            format!("two branches of `{kind}` give the same tensor: it would count twice")
        };
        let help = self.on_purpose(value, since, &written(layer, &[]));
        let note = self.template_note();
        self.report.add(&branches[again].place, format_args!("{text}\nhelp: {help}{note}"));
    }

    /// Does a residual connection add a tensor to itself? It is reported.
    pub(super) fn adds(&mut self, kind: &Ident, body: &Branch, shortcut: Option<&Branch>, since: usize, ends: [usize; 2]) {
        if ends[0] != ends[1] || self.is_vague(ends[0]) {
            return;
        }
        let text = match shortcut {
            Some(_) => "`Residual` would add a tensor to itself: its layers and its shortcut give the same one",
            None if body.steps.is_empty() => "`Residual` has no layers, and would add its input to itself",
            None => "`Residual` would add its input to itself: its layers give what they receive",
        };
        let help = self.on_purpose(ends[0], since, "Add");
        let note = self.template_note();
        self.report.add(kind, format_args!("{text}\nhelp: {help}{note}"));
    }

    /// How to join a tensor with itself. What a branch made has no name without the branch.
    fn on_purpose(&self, value: usize, since: usize, join: &str) -> String {
        match self.name_of(value).filter(|_| value < since) {
            Some(name) => format!("write `{join} {{ {{ from {name} }}, {{ from {name} }} }}` to count it twice on purpose"),
            None => "to count it twice on purpose, tag it where it is made, and begin both branches with that tag".to_owned(),
        }
    }

    /// Stands a value for what was lost in a mistake?
    fn is_vague(&self, value: usize) -> bool {
        let node = value.checked_sub(self.inputs.len()).map(|node| &self.nodes[node].what);
        self.vague.contains(&value) || matches!(node, Some(What::Lost(_)))
    }
}

/// Do both branches do nothing but name one tensor?
fn on_purpose(branches: &[Branch], one: usize, other: usize) -> bool {
    let named = |branch: &Branch| match &branch.steps[..] {
        [Step { action: Action::From(tag), .. }] => Some(plain(tag)),
        _ => None,
    };
    let one = named(&branches[one]);
    one.is_some() && one == named(&branches[other])
}

/// A join with its options, and these tags.
fn written(layer: &Layer, tags: &[String]) -> String {
    let options = layer.args.iter().filter_map(|arg| match arg {
        Arg::Option { key, value } => Some(format!("{key} = {}", crate::text::of(value.to_token_stream()))),
        Arg::Position { .. } => None,
    });
    let args: Vec<String> = tags.iter().cloned().chain(options).collect();
    if args.is_empty() { layer.kind.to_string() } else { format!("{}({})", layer.kind, args.join(", ")) }
}

/// Is there no place for a third tensor?
pub(super) fn takes_two(kind: &Ident) -> bool {
    kind == "Sub" || kind == "Reparameterize"
}
