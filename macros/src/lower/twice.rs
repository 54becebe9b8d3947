//! A value that enters a join twice: a mistake, unless each branch names its tensor.

use proc_macro2::Ident;
use quote::ToTokens;

use super::{Lowering, What, plain};
use crate::ast::{Action, Arg, Branch, Layer, Step};
use crate::layers;

impl Lowering<'_, '_> {
    /// `Add(x, y)`: reports a tag that is the current tensor, or two tags of the same tensor. Returns the indices of the operands
    /// to keep, the current tensor first.
    pub(super) fn once(&mut self, layer: &Layer, tags: &[Ident], inputs: &[usize]) -> Vec<usize> {
        let first = |i: usize| inputs.iter().position(|value| *value == inputs[i]).unwrap_or(i);
        let kept: Vec<usize> = (0..inputs.len()).filter(|&i| first(i) == i || self.is_vague(inputs[i])).collect();
        let Some(again) = (0..inputs.len()).find(|i| !kept.contains(i)) else { return kept };
        let (kind, tag, before) = (&layer.kind, &tags[again - 1], first(again));
        let word = plain(tag);
        let text = match before.checked_sub(1).map(|before| &tags[before]) {
            None => format!("`{word}` is the current tensor, which `{kind}` already includes: it would count twice"),
            Some(other) if other == tag => format!("`{word}` appears in `{kind}` twice, and would count twice"),
            Some(other) => format!("`{word}` and `{other}` are the same tensor, which would count twice in `{kind}`"),
        };
        let takes_two = layers::find(&kind.to_string()).is_some_and(|row| !row.two.is_empty());
        let leave = self.without(layer, tags, inputs, &kept, before == 0);
        // One name for each tensor, including the current one if it has a name.
        let name = |i: usize| match (0..inputs.len()).skip(1).find(|other| inputs[*other] == inputs[i]) {
            Some(tag) if i > 0 || first(again) == 0 => format!("{{ from {} }}", tags[tag - 1]),
            _ => "{}".to_owned(),
        };
        let branches: Vec<String> = (0..inputs.len()).map(name).collect();
        let purpose = format!("`{} {{ {} }}` to count it twice on purpose", written(layer, &[]), branches.join(", "));
        let help = match leave {
            Some(leave) if takes_two => format!("write {leave}"),
            Some(leave) => format!("write {leave}, or {purpose}"),
            None => format!("write {purpose}"),
        };
        let note = self.template_note();
        self.report.add(tag, format_args!("{text}\nhelp: {help}{note}"));
        kept
    }

    /// The join as it was probably meant: each tensor once, in the order of the tags if the order matters.
    fn without(&self, layer: &Layer, tags: &[Ident], inputs: &[usize], kept: &[usize], current: bool) -> Option<String> {
        let word = |i: usize| tags[i - 1].to_string();
        let ordered =
            current && layers::find(&layer.kind.to_string()).is_some_and(|row| !row.two.is_empty() || !layers::is_elementwise(row));
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

    /// `Add { {..}, {..} }`: reports two branches with the same result. `begin` is the input of all branches, `since` the first value
    /// that a branch can create.
    pub(super) fn distinct(&mut self, layer: &Layer, branches: &[Branch], [begin, since]: [usize; 2], ends: &[usize]) {
        let same = |i: usize| (0..i).find(|&before| ends[before] == ends[i] && !self.is_vague(ends[i]) && !on_purpose(branches, before, i));
        let Some(again) = (0..ends.len()).find(|&i| same(i).is_some()) else { return };
        let (kind, value) = (&layer.kind, ends[again]);
        let text = if value == begin {
            format!("two branches of `{kind}` leave the tensor unchanged: it would count twice")
        } else {
            format!("two branches of `{kind}` give the same tensor: it would count twice")
        };
        let help = self.on_purpose(value, since, &written(layer, &[]));
        let note = self.template_note();
        self.report.add(&branches[again].place, format_args!("{text}\nhelp: {help}{note}"));
    }

    /// Reports a residual connection that adds a tensor to itself.
    pub(super) fn adds(&mut self, kind: &Ident, body: &Branch, shortcut: Option<&Branch>, since: usize, ends: [usize; 2]) {
        if ends[0] != ends[1] || self.is_vague(ends[0]) {
            return;
        }
        let text = match shortcut {
            Some(_) => "`Residual` would add a tensor to itself: its layers and its shortcut give the same one",
            None if body.steps.is_empty() => "`Residual` has no layers, and would add its input to itself",
            None => "`Residual` would add its input to itself: its layers return it unchanged",
        };
        let help = self.on_purpose(ends[0], since, "Add");
        let note = self.template_note();
        self.report.add(kind, format_args!("{text}\nhelp: {help}{note}"));
    }

    /// The help on joining a tensor with itself. The result of a branch has no name outside it.
    fn on_purpose(&self, value: usize, since: usize, join: &str) -> String {
        match self.name_of(value).filter(|_| value < since) {
            Some(name) => format!("write `{join} {{ {{ from {name} }}, {{ from {name} }} }}` to count it twice on purpose"),
            None => "to count it twice on purpose, tag it where it is produced, and start both branches from that tag".to_owned(),
        }
    }

    /// Whether a value is unknown because of a mistake.
    fn is_vague(&self, value: usize) -> bool {
        self.vague.contains(&value) || matches!(self.what(value), Some(What::Lost(_)))
    }
}

/// Whether both branches only name the same tensor.
fn on_purpose(branches: &[Branch], one: usize, other: usize) -> bool {
    let named = |branch: &Branch| match &branch.steps[..] {
        [Step { action: Action::From(tag), .. }] => Some(plain(tag)),
        _ => None,
    };
    let one = named(&branches[one]);
    one.is_some() && one == named(&branches[other])
}

/// A join with its options and these tags.
fn written(layer: &Layer, tags: &[String]) -> String {
    let options = layer.args.iter().filter_map(|arg| match arg {
        Arg::Option { key, value } => Some(format!("{key} = {}", crate::text::of(value.to_token_stream()))),
        Arg::Position { .. } => None,
    });
    let args: Vec<String> = tags.iter().cloned().chain(options).collect();
    if args.is_empty() { layer.kind.to_string() } else { format!("{}({})", layer.kind, args.join(", ")) }
}
