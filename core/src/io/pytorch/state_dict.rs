//! Where a pickle has its tensors by name.

use std::collections::{HashMap, HashSet};

use super::pickle::{Object, Pickle, Tensor, Value};
use crate::io::LeftOut;

/// Dicts further down than this are not looked at.
const DEEPEST: usize = 8;
/// Longer names are not looked at, or cut off where they are only listed: the text of a name may be shared by many items.
const LONGEST: usize = 512;
/// So many things are listed that were left out, or could be chosen.
const MOST_LISTED: usize = 50;
/// The names under which training programs keep the parameters of a model, the usual ones first.
const USUAL: [&str; 4] = ["state_dict", "model_state_dict", "model", "module"];

/// The tensors of a file by name, and what else is in it.
#[derive(Debug, Default)]
pub(super) struct StateDict<'p> {
    pub(super) tensors: Vec<(&'p str, &'p Tensor)>,
    pub(super) left_out: Vec<LeftOut>,
}

/// The dict at `key`, or the one dict with tensors.
pub(super) fn find<'p>(pickle: &'p Pickle<'_>, key: Option<&str>) -> Result<StateDict<'p>, String> {
    let mut finder = Finder { pickle, candidates: Vec::new(), seen: HashSet::new() };
    if matches!(pickle.object(pickle.root), Some(Object::Tensor(_))) {
        return Err("it holds a tensor without a name; save a dict of tensors".to_owned());
    }
    finder.walk(pickle.root, &mut Vec::new());
    let candidates = finder.candidates;
    let found = match key {
        Some(key) => candidates
            .into_iter()
            .find(|candidate| candidate.key() == key)
            .ok_or_else(|| format!("it has no dict of tensors at `{key}`"))?,
        None => choose(candidates)?,
    };
    found.state_dict(pickle)
}

/// A dict with tensors in it.
struct Candidate<'p> {
    /// The keys that lead to it.
    path: Vec<&'p str>,
    items: &'p [(Value, Value)],
}

fn choose(mut candidates: Vec<Candidate<'_>>) -> Result<Candidate<'_>, String> {
    // The state of an optimizer has tensors too.
    candidates.retain(|candidate| !candidate.path.iter().any(|key| key.contains("optim")));
    // The file itself may be one only because of a tensor beside the others, such as the state of a random generator.
    let is_usual = |candidate: &Candidate<'_>, name: &str| candidate.path == [name];
    let usual = USUAL.iter().find_map(|name| candidates.iter().position(|candidate| is_usual(candidate, name)));
    let chosen = usual.or_else(|| candidates.iter().position(|candidate| candidate.path.is_empty()));
    match (candidates.len(), chosen) {
        (0, _) => Err("it has no dict of tensors".to_owned()),
        (1, _) => Ok(candidates.swap_remove(0)),
        (_, Some(chosen)) => Ok(candidates.swap_remove(chosen)),
        (_, None) => {
            let listed = candidates.iter().take(MOST_LISTED);
            let names: Vec<String> = listed.map(|candidate| format!("`{}`", candidate.key())).collect();
            Err(format!("it has several dicts of tensors; choose one by its key: {}", names.join(", ")))
        }
    }
}

impl<'p> Candidate<'p> {
    fn key(&self) -> String {
        self.path.join(".")
    }

    fn state_dict(&self, pickle: &'p Pickle<'_>) -> Result<StateDict<'p>, String> {
        let mut found = StateDict::default();
        let place = if self.path.is_empty() { "of the file".to_owned() } else { format!("`{}`", self.key()) };
        // What stands beside the dict, and beside those around it.
        let mut around = pickle.root;
        for (depth, key) in self.path.iter().enumerate() {
            let Some(Object::Dict(items)) = pickle.object(around) else { break };
            for &(other, value) in items {
                if pickle.text(other) == Some(key) {
                    around = value;
                } else {
                    found.leave_out(&self.path[..depth], &name(pickle, other), || {
                        format!("{}, not in the dict {place}", what(pickle, value))
                    });
                }
            }
        }
        let mut known = HashMap::new();
        for &(key, value) in self.items {
            match (key, pickle.text(key), pickle.object(value)) {
                (Value::Text(number), Some(text), Some(Object::Tensor(tensor))) => {
                    if text.len() > LONGEST {
                        return Err(format!("the name of a tensor has {} bytes", text.len()));
                    }
                    // As in Python, the last one of a name counts.
                    known.insert(number, (text, &**tensor));
                }
                (.., Some(Object::Tensor(_))) => found.leave_out(&[], &name(pickle, key), || "a tensor whose key is not a text".to_owned()),
                _ => found.leave_out(&[], &name(pickle, key), || format!("{}, not a tensor", what(pickle, value))),
            }
        }
        found.tensors = known.into_values().collect();
        Ok(found)
    }
}

impl StateDict<'_> {
    fn leave_out(&mut self, path: &[&str], name: &str, reason: impl Fn() -> String) {
        if self.left_out.len() < MOST_LISTED {
            self.left_out.push(LeftOut { name: [path, &[name]].concat().join("."), reason: reason() });
        }
    }
}

struct Finder<'p, 'a> {
    pickle: &'p Pickle<'a>,
    candidates: Vec<Candidate<'p>>,
    /// A dict may stand in several places, also in itself.
    seen: HashSet<u32>,
}

impl<'p> Finder<'p, '_> {
    fn walk(&mut self, value: Value, path: &mut Vec<&'p str>) {
        let (Value::Object(number), Some(Object::Dict(items))) = (value, self.pickle.object(value)) else { return };
        if path.len() > DEEPEST || !self.seen.insert(number) {
            return;
        }
        let is_tensor = |&(key, value): &(Value, Value)| {
            self.pickle.text(key).is_some() && matches!(self.pickle.object(value), Some(Object::Tensor(_)))
        };
        if items.iter().any(is_tensor) {
            self.candidates.push(Candidate { path: path.clone(), items });
        }
        for &(key, value) in items {
            // The parameters of an optimizer are numbered.
            if let Some(key) = self.pickle.text(key).filter(|key| key.len() <= LONGEST) {
                path.push(key);
                self.walk(value, path);
                path.pop();
            }
        }
    }
}

fn name(pickle: &Pickle<'_>, key: Value) -> String {
    match key {
        Value::Text(_) => pickle.text(key).unwrap_or_default().chars().take(LONGEST).collect(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => "?".to_owned(),
    }
}

fn what(pickle: &Pickle<'_>, value: Value) -> &'static str {
    match (value, pickle.object(value)) {
        (_, Some(Object::Dict(_))) => "a dict",
        (_, Some(Object::List(_))) => "a list",
        (_, Some(Object::Tuple(_))) => "a tuple",
        (_, Some(Object::Tensor(_))) => "a tensor",
        (_, Some(Object::Storage(_))) => "a storage",
        (_, Some(Object::Class(_))) => "a class",
        (_, Some(Object::Blank | Object::Same(_))) => "an empty parameter",
        (_, Some(Object::Other(what))) => what,
        (Value::None, _) => "None",
        (Value::Bool(_), _) => "a truth value",
        (Value::Int(_) | Value::Large, _) => "an integer",
        (Value::Float(_), _) => "a number",
        (Value::Text(_), _) => "a text",
        (Value::Bytes | Value::Object(_), _) => "bytes",
    }
}
