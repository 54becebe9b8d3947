//! The metrics of an epoch.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Metrics;
use super::number::{Number, exact};
use crate::health::LayerHealth;

/// The metrics of an epoch: one line of `metrics.jsonl`, with the prefixes `train_`, `validation_` and `test_`. Training metrics are means over
/// the epoch while the parameters change; validation and test metrics are evaluated after the epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Epoch {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Optimizer steps since the start of the run.
    pub step: usize,
    /// The learning rate of the epoch's last step.
    pub lr: f64,
    /// Means over the training items; `loss` is always present.
    pub train: Metrics,
    /// The metrics on the validation data. Early stopping and the best weights use these.
    pub validation: Metrics,
    /// The metrics on the test data.
    pub test: Metrics,
    /// The mean norm of all gradients together, before clipping, over up to 16 steps spread over the epoch; `None` without steps.
    pub gradient_norm: Option<f64>,
    /// The loss of the first batch of the run; only in the first epoch.
    pub first_loss: Option<f64>,
    /// The loss of a model that knows nothing ([`Task::chance_loss`](crate::Task::chance_loss)); only in the first epoch.
    pub chance_loss: Option<f64>,
    /// What was measured of the layers.
    pub layers: Vec<LayerHealth>,
    /// What the items are: `images`.
    pub unit: String,
    /// Training items per second, without the time for evaluation.
    pub items_per_second: f64,
    /// The duration in seconds, including evaluation.
    pub seconds: f64,
}

impl Epoch {
    /// The metric with this name in `metrics.jsonl`: `test_accuracy`, `validation_loss`, `train_loss`.
    pub fn metric(&self, name: &str) -> Option<f64> {
        match name.split_once('_') {
            Some(("train", name)) => self.train.get(name),
            Some(("validation", name)) => self.validation.get(name),
            Some(("test", name)) => self.test.get(name),
            _ => None,
        }
    }

    /// The prefixes and their metrics.
    pub(crate) fn parts(&self) -> [(&'static str, &Metrics); 3] {
        [("train", &self.train), ("validation", &self.validation), ("test", &self.test)]
    }

    /// The numbers beside the metrics that are there.
    fn others(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let others = [(GRADIENT_NORM, self.gradient_norm), (FIRST_LOSS, self.first_loss), (CHANCE_LOSS, self.chance_loss)];
        others.into_iter().filter_map(|(name, number)| Some((name, number?)))
    }

    /// The names of all metrics, with their prefixes.
    pub(crate) fn names(&self) -> Vec<String> {
        self.parts().iter().flat_map(|(part, metrics)| metrics.iter().map(move |(name, _)| format!("{part}_{name}"))).collect()
    }
}

const GRADIENT_NORM: &str = "gradient_norm";
const FIRST_LOSS: &str = "first_loss";
const CHANCE_LOSS: &str = "chance_loss";
const LAYERS: &str = "layers";
const PER_SECOND: &str = "_per_second";
const ITEMS_PER_SECOND: &str = "items_per_second";

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("lr", &self.lr)?;
        for (part, metrics) in self.parts() {
            metrics.iter().try_for_each(|(name, value)| map.serialize_entry(&format!("{part}_{name}"), &value))?;
        }
        self.others().try_for_each(|(name, number)| map.serialize_entry(name, &number))?;
        map.serialize_entry(&format!("{}{PER_SECOND}", self.unit), &self.items_per_second)?;
        map.serialize_entry("seconds", &self.seconds)?;
        if !self.layers.is_empty() {
            map.serialize_entry(LAYERS, &self.layers)?;
        }
        map.end()
    }
}

/// Serializes epochs exactly, including NaN and infinity, for checkpoints.
pub(crate) fn exact_epochs<S: Serializer>(epochs: &[Epoch], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(epochs.iter().map(Exact))
}

/// Serializes an optional epoch exactly.
pub(crate) fn exact_epoch<S: Serializer>(epoch: &Option<Epoch>, serializer: S) -> Result<S::Ok, S::Error> {
    epoch.as_ref().map(Exact).serialize(serializer)
}

struct Exact<'a>(&'a Epoch);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Part<'a>(&'a Metrics);
        impl Serialize for Part<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                exact(self.0, serializer)
            }
        }
        let epoch = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("epoch", &epoch.epoch)?;
        map.serialize_entry("step", &epoch.step)?;
        map.serialize_entry("lr", &Number(epoch.lr))?;
        epoch.parts().iter().try_for_each(|(part, metrics)| map.serialize_entry(part, &Part(metrics)))?;
        epoch.others().try_for_each(|(name, number)| map.serialize_entry(name, &Number(number)))?;
        map.serialize_entry(LAYERS, &epoch.layers)?;
        map.serialize_entry("unit", &epoch.unit)?;
        map.serialize_entry(ITEMS_PER_SECOND, &Number(epoch.items_per_second))?;
        map.serialize_entry("seconds", &Number(epoch.seconds))?;
        map.end()
    }
}

/// Reads both a line of `metrics.jsonl` and the exact form of a checkpoint.
impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Epoch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the metrics of an epoch")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Epoch, A::Error> {
                let mut found = Epoch::default();
                let (mut unit, mut speed) = (None, None);
                let (mut epoch, mut step, mut lr, mut seconds) = (None, None, None, None);
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "epoch" => epoch = Some(map.next_value()?),
                        "step" => step = Some(map.next_value()?),
                        "lr" => lr = Some(map.next_value()?),
                        "seconds" => seconds = Some(map.next_value()?),
                        GRADIENT_NORM => found.gradient_norm = Some(map.next_value::<Number>()?.0),
                        FIRST_LOSS => found.first_loss = Some(map.next_value::<Number>()?.0),
                        CHANCE_LOSS => found.chance_loss = Some(map.next_value::<Number>()?.0),
                        LAYERS => found.layers = map.next_value()?,
                        "unit" => unit = Some(map.next_value()?),
                        "train" => found.train = map.next_value()?,
                        "validation" => found.validation = map.next_value()?,
                        "test" => found.test = map.next_value()?,
                        name => {
                            let Number(value) = map.next_value()?;
                            if let Some(name) = name.strip_prefix("train_") {
                                found.train.set(name, value);
                            } else if let Some(name) = name.strip_prefix("validation_") {
                                found.validation.set(name, value);
                            } else if let Some(name) = name.strip_prefix("test_") {
                                found.test.set(name, value);
                            } else if let Some(unit) = name.strip_suffix(PER_SECOND) {
                                speed = Some((unit.to_owned(), value));
                            } else {
                                return Err(A::Error::custom(format!("unknown key `{name}` of an epoch")));
                            }
                        }
                    }
                }
                let missing = |name| move || A::Error::missing_field(name);
                let (items, items_per_second) = speed.ok_or_else(missing(ITEMS_PER_SECOND))?;
                let (Number(lr), Number(seconds)) = (lr.ok_or_else(missing("lr"))?, seconds.ok_or_else(missing("seconds"))?);
                let (epoch, step) = (epoch.ok_or_else(missing("epoch"))?, step.ok_or_else(missing("step"))?);
                Ok(Epoch { epoch, step, lr, unit: unit.unwrap_or(items), items_per_second, seconds, ..found })
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_back() {
        let epoch = Epoch {
            epoch: 2,
            step: 40,
            lr: 0.1,
            train: Metrics::new().with("loss", 0.3),
            test: Metrics::new().with("loss", 0.4).with("mean_iou", 0.5),
            gradient_norm: Some(2.5),
            first_loss: Some(2.25),
            layers: vec![LayerHealth { layer: "fc".to_owned(), update: Some(0.125), ..LayerHealth::default() }],
            unit: "images".to_owned(),
            items_per_second: 1e4,
            seconds: 1.5,
            ..Epoch::default()
        };
        let text = serde_json::to_string(&epoch).unwrap();
        let expected = r#"{"epoch":2,"step":40,"lr":0.1,"train_loss":0.3,"test_loss":0.4,"test_mean_iou":0.5,"gradient_norm":2.5,"first_loss":2.25,"images_per_second":10000.0,"seconds":1.5,"layers":[{"layer":"fc","update":0.125}]}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Epoch>(&text).unwrap(), epoch);
        assert_eq!((epoch.metric("test_mean_iou"), epoch.metric("train_loss"), epoch.metric("lr")), (Some(0.5), Some(0.3), None));
        assert!(serde_json::from_str::<Epoch>("{}").is_err() && serde_json::from_str::<Epoch>(r#"{"color":1}"#).is_err());
    }
    /// The exact form keeps infinite metrics, which a plateau may depend on, and any unit name.
    #[test]
    fn kept_exactly() {
        let epoch = Epoch {
            epoch: 1,
            step: 3,
            lr: f64::INFINITY,
            train: Metrics::new().with("loss", f64::NEG_INFINITY),
            validation: Metrics::new().with("perplexity", f64::INFINITY),
            gradient_norm: Some(f64::INFINITY),
            chance_loss: Some(f64::INFINITY),
            layers: vec![LayerHealth { layer: "relu1".to_owned(), dead: Some(0.1), saturated: Some(1.0 / 3.0), ..LayerHealth::default() }],
            unit: "train_items".to_owned(),
            items_per_second: f64::INFINITY,
            ..Epoch::default()
        };
        let text = serde_json::to_string(&Exact(&epoch)).unwrap();
        assert_eq!(serde_json::from_str::<Epoch>(&text).unwrap(), epoch, "{text}");
        assert_eq!(epoch.names(), ["train_loss", "validation_perplexity"]);
    }
}
