//! Named metrics.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::number::{Number, exact};

/// Named numbers in insertion order: the result of an evaluation. In JSON an object, with `null` for NaN and infinity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics(Vec<(String, f64)>);

impl Metrics {
    /// No metrics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a metric: `Metrics::new().with("loss", 0.3).with("accuracy", 0.9)`.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.set(name, value);
        self
    }

    /// Sets or replaces a metric.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The value of a metric.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Iterates over names and values in insertion order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Whether there are no metrics.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Extend<(&'a str, f64)> for Metrics {
    fn extend<I: IntoIterator<Item = (&'a str, f64)>>(&mut self, metrics: I) {
        metrics.into_iter().for_each(|(name, value)| self.set(name, value));
    }
}

impl<'a> FromIterator<(&'a str, f64)> for Metrics {
    fn from_iter<I: IntoIterator<Item = (&'a str, f64)>>(metrics: I) -> Self {
        let mut all = Self::new();
        all.extend(metrics);
        all
    }
}

/// Whether a metric of this name is a fraction, which is displayed in percent.
pub(crate) fn is_share(name: &str) -> bool {
    ["accuracy", "iou", "top_", "ap_50"].iter().any(|part| name.contains(part))
}

/// `accuracy 97.50 %`, `loss 0.1234`
pub(crate) fn shown(name: &str, value: f64) -> String {
    let words = name.replace('_', " ");
    if is_share(name) { format!("{words} {:.2} %", 100.0 * value) } else { format!("{words} {value:.4}") }
}

/// From this number on, metrics of one kind, such as per-class metrics, are displayed together.
const MANY: usize = 4;

/// The kind of a metric: `iou` of `iou_sky`, `test_iou` of `test_iou_sky`.
fn kind(name: &str) -> Option<&str> {
    let part = ["train_", "test_"].iter().find(|part| name.starts_with(**part)).map_or(0, |part| part.len());
    name[part..].find('_').map(|end| &name[..part + end])
}

/// The kinds with many metrics.
pub(crate) fn kinds<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for kind in names.filter_map(kind) {
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    counts.into_iter().filter(|(_, count)| *count >= MANY).map(|(kind, _)| kind.to_owned()).collect()
}

/// The kind of a metric, if it has many.
pub(crate) fn kind_of<'a>(name: &str, kinds: &'a [String]) -> Option<&'a String> {
    kinds.iter().find(|kind| name.strip_prefix(kind.as_str()).is_some_and(|rest| rest.starts_with('_')))
}

impl Metrics {
    /// Splits off kinds with many metrics, such as per-class metrics: the other metrics, and each kind with its metrics.
    pub fn by_kind(&self) -> (Metrics, Vec<(String, Metrics)>) {
        let kinds = kinds(self.iter().map(|(name, _)| name));
        let mut single = Metrics::new();
        let mut many: Vec<(String, Metrics)> = kinds.iter().map(|kind| (kind.clone(), Metrics::new())).collect();
        for (name, value) in self.iter() {
            match many.iter_mut().find(|(kind, _)| kind_of(name, &kinds) == Some(kind)) {
                Some((kind, metrics)) => metrics.set(&name[kind.len() + 1..], value),
                None => single.set(name, value),
            }
        }
        (single, many)
    }
}

/// `loss 0.1234, accuracy 97.50 %`. Of kinds with many metrics, such as per-class metrics, the range:
/// `iou of 11 from 12.53 % (pole) to 89.03 % (sky)`.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (single, many) = self.by_kind();
        let mut parts: Vec<String> = single.iter().map(|(name, value)| shown(name, value)).collect();
        for (kind, metrics) in &many {
            let value = |value: f64| if is_share(kind) { format!("{:.2} %", 100.0 * value) } else { format!("{value:.4}") };
            let numbers = || metrics.iter().filter(|(_, value)| !value.is_nan());
            let least = numbers().min_by(|a, b| a.1.total_cmp(&b.1));
            let most = numbers().max_by(|a, b| a.1.total_cmp(&b.1));
            let mut text = format!("{} of {}", kind.replace('_', " "), metrics.iter().count());
            if let (Some((low, least)), Some((high, most))) = (least, most) {
                text += &format!(" from {} ({}) to {} ({})", value(least), low.replace('_', " "), value(most), high.replace('_', " "));
            }
            parts.push(text);
        }
        f.write_str(&parts.join(", "))
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.iter().try_for_each(|(name, value)| map.serialize_entry(name, &value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Metrics;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of numbers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metrics, A::Error> {
                let mut metrics = Metrics::new();
                while let Some((name, Number(value))) = map.next_entry::<String, Number>()? {
                    metrics.set(&name, value);
                }
                Ok(metrics)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Weighted running means of metrics.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunningMetrics {
    #[serde(serialize_with = "exact")]
    sums: Metrics,
    /// The weight of each sum. Checkpoints of version 1 have none: there the weight is the number of items.
    #[serde(default, serialize_with = "exact")]
    weights: Metrics,
    items: u64,
}

impl RunningMetrics {
    /// Empty means.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the means over a batch of `items` items.
    pub fn add(&mut self, means: &Metrics, items: usize) {
        means.iter().for_each(|(name, mean)| self.add_mean(name, mean, items as f64));
        self.count(items);
    }

    /// Adds a mean with a weight. A mean of weight 0 is ignored, even if it is NaN.
    pub fn add_mean(&mut self, name: &str, mean: f64, weight: f64) {
        let (sum, before) = (self.sums.get(name).unwrap_or(0.0), self.weight(name));
        let counts = weight != 0.0;
        self.sums.set(name, if counts { sum + mean * weight } else { sum });
        self.weights.set(name, if counts { before + weight } else { before });
    }

    /// Counts items whose means were added with [`RunningMetrics::add_mean`].
    pub fn count(&mut self, items: usize) {
        self.items = self.items.saturating_add(items as u64);
    }

    /// Number of items.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// The mean of a metric; NaN if its weight is 0.
    pub fn mean(&self, name: &str) -> Option<f64> {
        self.sums.get(name).map(|sum| sum / self.weight(name))
    }

    /// All means.
    pub fn means(&self) -> Metrics {
        Metrics(self.sums.iter().map(|(name, sum)| (name.to_owned(), sum / self.weight(name))).collect())
    }

    /// The total weight of a metric.
    fn weight(&self, name: &str) -> f64 {
        let known = self.sums.get(name).map_or(0.0, |_| self.items as f64);
        self.weights.get(name).unwrap_or(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_weighted_by_items() {
        let mut running = RunningMetrics::new();
        running.add(&Metrics::new().with("loss", 1.0).with("accuracy", 0.5), 2);
        running.add(&Metrics::new().with("loss", 4.0).with("accuracy", 1.0), 1);
        assert_eq!(running.means(), Metrics::new().with("loss", 2.0).with("accuracy", 2.0 / 3.0));
        assert_eq!((running.items(), running.mean("accuracy"), running.mean("nothing")), (3, Some(2.0 / 3.0), None));
        assert_eq!(running.means().to_string(), "loss 2.0000, accuracy 66.67 %");
    }

    /// A metric that only some batches have, and one whose weight is not the number of items.
    #[test]
    fn each_figure_has_its_own_weight() {
        let mut running = RunningMetrics::new();
        running.add(&Metrics::new().with("loss", 1.0), 3);
        running.add(&Metrics::new().with("loss", 2.0).with("late", 5.0), 1);
        running.add_mean("labeled", 0.5, 10.0);
        running.add_mean("labeled", f64::NAN, 0.0);
        running.add_mean("labeled", 1.0, 30.0);
        assert_eq!(running.means(), Metrics::new().with("loss", 1.25).with("late", 5.0).with("labeled", 0.875));
        let mut nothing = RunningMetrics::new();
        nothing.add_mean("loss", 1.0, 0.0);
        assert!(nothing.mean("loss").unwrap().is_nan());
    }

    /// Means of version 1 are continued with the number of items as the weight.
    #[test]
    fn kept_without_weights() {
        let mut running: RunningMetrics = serde_json::from_str(r#"{"sums":{"loss":6.0},"items":4}"#).unwrap();
        assert_eq!(running.mean("loss"), Some(1.5));
        running.add(&Metrics::new().with("loss", 3.0), 1);
        assert_eq!((running.mean("loss"), running.items()), (Some(1.8), 5));
        // Infinite sums survive serialization.
        running.add_mean("perplexity", f64::INFINITY, 2.0);
        let back: RunningMetrics = serde_json::from_str(&serde_json::to_string(&running).unwrap()).unwrap();
        assert_eq!(back, running);
    }

    /// Per-class metrics are summarized as a range.
    #[test]
    fn many_of_one_kind_are_summarized() {
        let mut metrics = Metrics::new().with("mean_iou", 0.4);
        for (i, class) in ["sky", "road", "pole", "tree"].iter().enumerate() {
            metrics.set(&format!("iou_{class}"), 0.1 * (i + 1) as f64);
        }
        assert_eq!(metrics.to_string(), "mean iou 40.00 %, iou of 4 from 10.00 % (sky) to 40.00 % (tree)");
        let (single, many) = metrics.by_kind();
        assert_eq!(
            (single, many[0].0.as_str(), many[0].1.get("pole")),
            (Metrics::new().with("mean_iou", 0.4), "iou", Some(0.30000000000000004))
        );
        let few = Metrics::new().with("top_1", 0.5).with("top_5", 0.9);
        assert_eq!(few.to_string(), "top 1 50.00 %, top 5 90.00 %");
        let precision = Metrics::new().with("map_50", 0.9).with("map_50_95", 0.5).with("ap_50_wbc", 1.0);
        assert_eq!(precision.to_string(), "map 50 90.00 %, map 50 95 50.00 %, ap 50 wbc 100.00 %");
    }

    #[test]
    fn in_json_and_back() {
        let metrics = Metrics::new().with("z", 0.1 + 0.2).with("a", f64::NAN);
        let text = serde_json::to_string(&metrics).unwrap();
        assert_eq!(text, r#"{"z":0.30000000000000004,"a":null}"#);
        let back: Metrics = serde_json::from_str(&text).unwrap();
        assert!(back.get("z") == metrics.get("z") && back.get("a").unwrap().is_nan());
        assert!(serde_json::from_str::<Metrics>(r#"{"a":"b"}"#).is_err());
    }
}
