//! One epoch in figures.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Figures;

/// One epoch in figures; a line of `metrics.jsonl`, where the training figures begin with `train_`, those of the test with `test_`. The
/// training figures are taken while the network learns, so they lag behind those of the test, which are taken after the epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Its number, counted from 1.
    pub epoch: usize,
    /// The optimizer's steps since the run began.
    pub step: usize,
    /// The learning rate of its last step.
    pub lr: f64,
    /// Means over the items it trained on; `loss` is always there.
    pub train: Figures,
    /// What the task measured after it.
    pub test: Figures,
    /// What the items are: `images`.
    pub unit: String,
    /// Items a second, without the time for testing.
    pub items_per_second: f64,
    /// How long it took, testing included.
    pub seconds: f64,
}

impl Epoch {
    /// The figure of a name as in `metrics.jsonl`: `test_accuracy`, `train_loss`.
    pub fn figure(&self, name: &str) -> Option<f64> {
        match name.split_once('_') {
            Some(("train", name)) => self.train.get(name),
            Some(("test", name)) => self.test.get(name),
            _ => None,
        }
    }
}

const PER_SECOND: &str = "_per_second";

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("lr", &self.lr)?;
        for (part, figures) in [("train", &self.train), ("test", &self.test)] {
            figures.iter().try_for_each(|(name, value)| map.serialize_entry(&format!("{part}_{name}"), &value))?;
        }
        map.serialize_entry(&format!("{}{PER_SECOND}", self.unit), &self.items_per_second)?;
        map.serialize_entry("seconds", &self.seconds)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Epoch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an epoch's figures")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Epoch, A::Error> {
                let (mut train, mut test, mut speed) = (Figures::new(), Figures::new(), None);
                let (mut epoch, mut step, mut lr, mut seconds) = (None, None, None, None);
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "epoch" => epoch = Some(map.next_value()?),
                        "step" => step = Some(map.next_value()?),
                        "lr" => lr = Some(map.next_value()?),
                        "seconds" => seconds = Some(map.next_value()?),
                        name => {
                            let value = map.next_value::<Option<f64>>()?.unwrap_or(f64::NAN);
                            if let Some(name) = name.strip_prefix("train_") {
                                train.set(name, value);
                            } else if let Some(name) = name.strip_prefix("test_") {
                                test.set(name, value);
                            } else if let Some(unit) = name.strip_suffix(PER_SECOND) {
                                speed = Some((unit.to_owned(), value));
                            } else {
                                return Err(A::Error::custom(format!("`{name}` is no figure of an epoch")));
                            }
                        }
                    }
                }
                let missing = |name| move || A::Error::missing_field(name);
                let (unit, items_per_second) = speed.ok_or_else(missing("items_per_second"))?;
                Ok(Epoch {
                    epoch: epoch.ok_or_else(missing("epoch"))?,
                    step: step.ok_or_else(missing("step"))?,
                    lr: lr.ok_or_else(missing("lr"))?,
                    train,
                    test,
                    unit,
                    items_per_second,
                    seconds: seconds.ok_or_else(missing("seconds"))?,
                })
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
            train: Figures::new().with("loss", 0.3),
            test: Figures::new().with("loss", 0.4).with("mean_iou", 0.5),
            unit: "images".to_owned(),
            items_per_second: 1e4,
            seconds: 1.5,
        };
        let text = serde_json::to_string(&epoch).unwrap();
        let expected = r#"{"epoch":2,"step":40,"lr":0.1,"train_loss":0.3,"test_loss":0.4,"test_mean_iou":0.5,"images_per_second":10000.0,"seconds":1.5}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Epoch>(&text).unwrap(), epoch);
        assert_eq!((epoch.figure("test_mean_iou"), epoch.figure("train_loss"), epoch.figure("lr")), (Some(0.5), Some(0.3), None));
        assert!(serde_json::from_str::<Epoch>("{}").is_err() && serde_json::from_str::<Epoch>(r#"{"colour":1}"#).is_err());
    }
}
