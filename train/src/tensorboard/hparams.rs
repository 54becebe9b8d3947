//! Hyperparameters, for the plugin `hparams`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::proto::Message;
use super::summary;

const PLUGIN: &str = "hparams";
/// `STATUS_SUCCESS`.
const SUCCESS: i64 = 1;

/// The value of a hyperparameter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HyperParameter {
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
    /// Yes or no.
    Bool(bool),
}

/// The settings by name; those within others get names such as `schedule.warmup`. Those without a value are left out.
pub(super) fn settings(value: &impl Serialize) -> BTreeMap<String, HyperParameter> {
    fn add(path: &str, value: Value, found: &mut BTreeMap<String, HyperParameter>) {
        let within = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match value {
            Value::Null => {}
            Value::Bool(value) => _ = found.insert(path.to_owned(), HyperParameter::Bool(value)),
            Value::Number(number) => _ = found.insert(path.to_owned(), HyperParameter::Number(number.as_f64().unwrap_or(f64::NAN))),
            Value::String(text) => _ = found.insert(path.to_owned(), HyperParameter::Text(text)),
            Value::Array(items) => items.into_iter().enumerate().for_each(|(i, item)| add(&within(&i.to_string()), item, found)),
            Value::Object(items) => items.into_iter().for_each(|(key, item)| add(&within(&key), item, found)),
        }
    }
    let mut found = BTreeMap::new();
    add("", serde_json::to_value(value).unwrap_or_default(), &mut found);
    found
}

/// The summary that a session begins with.
pub(super) fn start(settings: &BTreeMap<String, HyperParameter>, wall_time: f64) -> Message {
    let value = |value: &HyperParameter| match value {
        HyperParameter::Number(number) => Message::default().chosen_double(2, *number),
        HyperParameter::Text(text) => Message::default().part(3, text),
        HyperParameter::Bool(value) => Message::default().chosen_bool(4, *value),
    };
    let entry = |(name, setting): (&String, &HyperParameter)| Message::default().part(1, name).part(2, value(setting));
    let info = settings.iter().map(entry).fold(Message::default(), |info, entry| info.part(1, entry)).double(5, wall_time);
    summary::metadata("_hparams_/session_start_info", PLUGIN, &Message::default().part(3, info))
}

/// The summary of a session that ended well.
pub(super) fn end(wall_time: f64) -> Message {
    let info = Message::default().int(1, SUCCESS).double(2, wall_time);
    summary::metadata("_hparams_/session_end_info", PLUGIN, &Message::default().part(4, info))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Recipe;

    #[test]
    fn of_a_recipe() {
        let found = settings(&Recipe { restore_best: true, ..Recipe::default() });
        assert_eq!(found["epochs"], HyperParameter::Number(10.0));
        assert_eq!(found["restore_best"], HyperParameter::Bool(true));
        assert!(found.keys().any(|name| name.starts_with("schedule")) && !found.contains_key("clip"), "{found:?}");
    }
}
