//! What a search varies.

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::data::stream;

/// How the values between two limits are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Log-uniform: each power of ten is as likely as another. For learning rates, weight decay and sizes.
    Log,
    /// Uniform. For probabilities.
    Linear,
}

/// A hyperparameter and the range of its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Its name: `lr`.
    pub name: String,
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
    /// How values between them are drawn.
    pub scale: Scale,
    /// Whether values are whole numbers.
    #[serde(default)]
    pub whole: bool,
}

impl Axis {
    /// A hyperparameter that is drawn log-uniformly.
    pub fn log(name: &str, low: f64, high: f64) -> Self {
        Self { name: name.to_owned(), low, high, scale: Scale::Log, whole: false }
    }

    /// A hyperparameter that is drawn uniformly.
    pub fn linear(name: &str, low: f64, high: f64) -> Self {
        Self { scale: Scale::Linear, ..Self::log(name, low, high) }
    }

    /// Only whole numbers.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        let Self { name, low, high, scale, .. } = self;
        let lowest = if *scale == Scale::Log { "a positive number" } else { "a number" };
        if low.is_finite() && high.is_finite() && low < high && (*scale == Scale::Linear || *low > 0.0) {
            return Ok(());
        }
        Err(TrainError::Setting(format!("the range {low}..{high} of `{name}`: expected {lowest} and a larger one")))
    }

    /// The place of a value between the limits, 0 to 1 for those within.
    pub fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
            Scale::Linear => (value - self.low) / (self.high - self.low),
        }
    }

    /// The value at a place between the limits.
    pub fn value(&self, place: f64) -> f64 {
        let value = match self.scale {
            Scale::Log => self.low * (self.high / self.low).powf(place),
            Scale::Linear => self.low + (self.high - self.low) * place,
        };
        let value = if self.whole { value.round() } else { three_digits(value) };
        value.clamp(self.low, self.high)
    }

    /// The range of these values and a quarter of it on each side, within the limits. A range of less than a tenth of the whole is widened to that.
    pub(super) fn around(&self, values: &[f64]) -> Self {
        let places = values.iter().map(|&value| self.place(value));
        let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)));
        let margin = (0.25 * (high - low)).max(0.5 * (0.1 - (high - low)));
        let [low, high] = [low - margin, high + margin].map(|place| self.value(place.clamp(0.0, 1.0)));
        if low < high { Self { low, high, ..self.clone() } } else { self.clone() }
    }
}

/// Three significant digits: a value that can be typed again, and is the one of the table.
pub(super) fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().expect("a number that was written")
}

/// The values of a trial of a stage, one for each axis.
pub(super) fn drawn(axes: &[Axis], seed: u64, stage: u64, trial: u64) -> Vec<f64> {
    let mut random = stream("search", seed, [stage, trial]);
    axes.iter().map(|axis| axis.value(random.r#gen::<f64>())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_uniform() {
        let axis = Axis::log("lr", 1e-4, 1e-1);
        let values: Vec<f64> = (0..3000).map(|trial| drawn(std::slice::from_ref(&axis), 1, 0, trial)[0]).collect();
        for low in [1e-4, 1e-3, 1e-2] {
            let count = values.iter().filter(|&&value| (low..10.0 * low).contains(&value)).count();
            assert!((900..1100).contains(&count), "{count} values from {low}");
        }
        assert_eq!(drawn(std::slice::from_ref(&axis), 1, 0, 7)[0], values[7], "the same again");
        assert_ne!(drawn(std::slice::from_ref(&axis), 1, 1, 7)[0], values[7], "another stage");
        assert_eq!(values[0], three_digits(values[0]));
        let sizes = Axis::log("hidden", 4.0, 6.0).whole();
        let sizes: Vec<f64> = (0..50).map(|trial| drawn(std::slice::from_ref(&sizes), 1, 0, trial)[0]).collect();
        assert!([4.0, 5.0, 6.0].iter().all(|size| sizes.contains(size)) && sizes.iter().all(|size| size.fract() == 0.0), "{sizes:?}");
    }

    #[test]
    fn finer() {
        let axis = Axis::log("lr", 1e-4, 1.0);
        let near = axis.around(&[1e-3, 1e-2]);
        assert!((near.low / 5.62e-4 - 1.0).abs() < 1e-3 && (near.high / 1.78e-2 - 1.0).abs() < 1e-3, "{near:?}");
        let one = axis.around(&[1e-2]);
        assert!((one.low / 6.31e-3 - 1.0).abs() < 1e-3 && (one.high / 1.58e-2 - 1.0).abs() < 1e-3, "{one:?}");
        assert_eq!(axis.around(&[1e-4, 1.0]), axis, "within the limits");
    }

    #[test]
    fn invalid_ranges() {
        for axis in [Axis::log("lr", 0.0, 1.0), Axis::log("lr", 1.0, 1.0), Axis::log("lr", 1e-3, f64::NAN)] {
            let message = axis.check().unwrap_err().to_string();
            assert!(message.ends_with("of `lr`: expected a positive number and a larger one"), "{message}");
        }
        Axis::linear("dropout", 0.0, 0.5).check().unwrap();
    }
}
