//! The panels of `curves.svg`: one per metric, and one for all metrics of a kind.

use plotters::style::RGBColor;

use super::axis::{Axis, LARGEST};
use super::style::LINES;
use crate::{Epoch, metrics};

const TRAIN: RGBColor = LINES[0];
const TEST: RGBColor = LINES[1];
const VALIDATION: RGBColor = LINES[2];

/// A line of a plot: its name, and its points `(across, up)`.
pub type Line = (String, Vec<(f64, f64)>);

/// A plot.
pub(super) struct Panel {
    pub name: String,
    /// Whether the metric is a fraction, displayed in percent.
    pub share: bool,
    /// The name of the axis from left to right.
    pub across: String,
    /// The axis from left to right; `None` without points.
    pub places: Option<Axis>,
    pub curves: Vec<Curve>,
    /// Points below the curves.
    pub dots: Vec<(f64, f64)>,
    /// Whether the panel has a legend at the side.
    pub key: bool,
}

pub(super) struct Curve {
    pub name: String,
    pub color: RGBColor,
    /// The points `(across, value)`, in segments without gaps.
    pub segments: Vec<Vec<(f64, f64)>>,
}

impl Curve {
    fn of(history: &[Epoch], part: &str, metric: &str, name: &str, color: RGBColor) -> Self {
        let percent = if metrics::is_share(metric) { 100.0 } else { 1.0 };
        let mut segments = vec![Vec::new()];
        for epoch in history {
            let value = epoch.metric(&format!("{part}_{metric}")).map(|value| percent * value);
            match value.filter(|value| value.abs() < LARGEST) {
                Some(value) => segments.last_mut().expect("at least one segment").push((epoch.epoch as f64, value)),
                None => segments.push(Vec::new()),
            }
        }
        segments.retain(|segment| !segment.is_empty());
        Self { name: name.to_owned(), color, segments }
    }

    pub fn points(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.segments.iter().flatten()
    }
}

impl Panel {
    /// One line for each list of points.
    pub fn of_lines(across: &str, up: &str, lines: &[Line]) -> Self {
        let curve = |(i, (name, points)): (usize, &Line)| Curve {
            name: name.clone(),
            color: LINES[i % LINES.len()],
            segments: points.split(|(_, value)| !value.is_finite()).filter(|segment| !segment.is_empty()).map(<[_]>::to_vec).collect(),
        };
        let places: Vec<f64> = lines.iter().flat_map(|(_, points)| points.iter().map(|point| point.0)).collect();
        let places = (!places.is_empty()).then(|| Axis::linear_of(&places));
        let curves = lines.iter().enumerate().map(curve).collect();
        Self { name: up.to_owned(), share: false, across: across.to_owned(), places, curves, dots: Vec::new(), key: true }
    }
}

/// The panels of all metrics. The loss comes first, even without epochs; metrics of one kind come last.
pub(super) fn panels(history: &[Epoch]) -> Vec<Panel> {
    let mut names = vec!["loss".to_owned()];
    for (name, _) in history.iter().flat_map(|epoch| epoch.parts().into_iter().flat_map(|(_, metrics)| metrics.iter())) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let last = history.iter().map(|epoch| epoch.epoch).max();
    let (across, places) = ("epoch".to_owned(), last.map(Axis::epochs));
    let kinds = metrics::kinds(names.iter().map(String::as_str));
    let single = names.iter().filter(|name| metrics::kind_of(name, &kinds).is_none()).map(|name| {
        let parts = [("train", "training", TRAIN), ("validation", "validation", VALIDATION), ("test", "test", TEST)];
        let curves = parts.map(|(part, label, color)| Curve::of(history, part, name, label, color));
        let curves = curves.into_iter().filter(|curve| curve.points().next().is_some()).collect();
        Panel {
            name: name.replace('_', " "),
            share: metrics::is_share(name),
            across: across.clone(),
            places: places.clone(),
            curves,
            dots: Vec::new(),
            key: false,
        }
    });
    let mut panels: Vec<Panel> = single.collect();
    for kind in &kinds {
        let of_kind: Vec<&String> = names.iter().filter(|name| metrics::kind_of(name, &kinds) == Some(kind)).collect();
        // Prefer test metrics to training metrics.
        let tested = history.iter().any(|epoch| of_kind.iter().any(|name| epoch.test.get(name).is_some()));
        let (part, label) = if tested { ("test", "test") } else { ("train", "training") };
        let many = of_kind.len().div_ceil(LINES.len());
        for (number, names) in of_kind.chunks(LINES.len()).enumerate() {
            let curve = |(name, color): (&&String, &RGBColor)| {
                let class = name.strip_prefix(kind.as_str()).unwrap_or(name).trim_start_matches('_').replace('_', " ");
                Curve::of(history, part, name, if class.is_empty() { kind } else { &class }, *color)
            };
            let curves = names.iter().zip(&LINES).map(curve).collect();
            let of = if many > 1 { format!(", {} of {many}", number + 1) } else { String::new() };
            let name = format!("{}: {label}{of}", kind.replace('_', " "));
            panels.push(Panel {
                name,
                share: metrics::is_share(kind),
                across: across.clone(),
                places: places.clone(),
                curves,
                dots: Vec::new(),
                key: true,
            });
        }
    }
    panels
}
