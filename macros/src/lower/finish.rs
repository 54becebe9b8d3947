//! The outputs, and unused values.

use proc_macro2::Ident;

use super::{Lowering, Plan, plain};
use crate::spelling;

impl Lowering<'_, '_> {
    /// `output name`
    pub(super) fn output(&mut self, name: &Ident) {
        let word = plain(name);
        if let Some(template) = self.within.last() {
            self.report.add(name, format_args!("the template `{template}` cannot have an output: only a network has, and names it"));
            return;
        }
        let Some(outputs) = &self.outputs else {
            let text = "the output of this network has no name: it is the output of the last step\nhelp: leave the step out, or \
                 name the output in the first line";
            self.report.add(name, text);
            self.unsound = true;
            return;
        };
        if !outputs.contains(name) {
            let words: Vec<String> = outputs.iter().map(plain).collect();
            let candidates: Vec<&str> = words.iter().map(String::as_str).collect();
            let help = match spelling::nearest(&word, &candidates) {
                Some(near) => format!("write `{near}`"),
                None => format!("declared are {}", candidates.join(", ")),
            };
            self.report.add(name, format_args!("there is no output `{word}`\nhelp: {help}"));
            self.unsound = true;
            return;
        }
        if self.produced.iter().any(|(other, _)| other == name) {
            self.report.add(name, format_args!("the output `{word}` is produced twice; keep one"));
            self.unsound = true;
            return;
        }
        self.used[self.current] = true;
        self.produced.push((name.clone(), self.current));
    }

    /// Finishes the network.
    pub(super) fn finish(mut self) -> Plan {
        let outputs = match self.outputs.take() {
            None => {
                self.used[self.current] = true;
                vec![("output".to_owned(), Some(self.current))]
            }
            Some(names) => names
                .into_iter()
                .map(|name| {
                    let value = self.produced.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
                    if value.is_none() && !self.unsound {
                        let word = plain(&name);
                        self.report.add(
                            &name,
                            format_args!("the output `{word}` is never produced; write `output {word}` after the step that produces it"),
                        );
                    }
                    (plain(&name), value)
                })
                .collect(),
        };
        self.unsound |= outputs.iter().any(|(_, value)| value.is_none());
        self.close_scope();
        self.unused();
        if self.overflow {
            // The network is refused in any case, so its layers need no check.
            self.nodes.clear();
            let outputs = outputs.into_iter().map(|(name, _)| (name, None)).collect();
            return Plan { inputs: self.inputs.into_iter().map(|(name, _)| name).collect(), nodes: Vec::new(), outputs, words: Vec::new() };
        }
        let inputs = self.inputs.iter().map(|(name, _)| name.clone()).collect();
        Plan { inputs, nodes: self.nodes, outputs, words: self.words }
    }

    /// Reports unused inputs and values.
    fn unused(&mut self) {
        if self.overflow {
            return;
        }
        // An unused value after a mistake may be its consequence.
        let sound = !self.unsound;
        for (value, (name, user)) in self.inputs.iter().enumerate() {
            if let (false, Some(user), true) = (self.used[value], user, sound) {
                self.report.add(user, format_args!("the input `{name}` is never used; write `from {name}`, or remove it"));
            }
        }
        // Only a learned tensor leaves the only input, which has no name, aside.
        if let ([(_, None)], false, true, Some(first)) = (&self.inputs[..], self.used[0], sound, self.nodes.first()) {
            self.report.add(first.what.head(), "the network's input is never used\nhelp: `from input` goes back to it");
        }
        for node in &self.nodes {
            if sound && node.values().all(|value| !self.used[value]) {
                let help = if self.produced.is_empty() {
                    "remove it, or tag it with `as` and join it"
                } else {
                    "remove it, or make it an output with `output`"
                };
                self.report.add(node.what.head(), format_args!("the output of `{}` is never used\nhelp: {help}{}", node.path, node.note));
            }
        }
    }
}
