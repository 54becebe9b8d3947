//! `curves.svg`: loss, accuracy and whatever else is measured, against the epoch.

use std::ops::Range;

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use super::style::{Area, FONT, GRID, INK, Outcome, title};
use crate::{Epoch, metrics};

/// Of one panel.
const SIZE: (u32, u32) = (560, 460);
/// More panels than this make no picture.
const MOST: usize = 6;
const TRAIN: RGBColor = RGBColor(0, 114, 178);
const TEST: RGBColor = RGBColor(213, 94, 0);

/// A panel for each figure side by side, training and test set in each, as the text of an SVG file. One empty panel without an epoch.
///
/// # Errors
/// If the drawing library fails; it does not on finite figures.
pub fn draw_curves(title: &str, history: &[Epoch]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, title, history).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, text: &str, history: &[Epoch]) -> Outcome {
    let names = names(history);
    let size = (SIZE.0 * names.len() as u32, SIZE.1);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    title(&root, text)?;
    let areas = root.margin(48, 8, 8, 8).split_evenly((1, names.len()));
    for (name, area) in names.iter().zip(&areas) {
        let percent = if metrics::is_share(name) { 100.0 } else { 1.0 };
        let series = |part: &str| {
            let value = |epoch: &Epoch| epoch.figure(&format!("{part}_{name}")).filter(|value| value.is_finite());
            history.iter().filter_map(|epoch| Some((epoch.epoch as f64, percent * value(epoch)?))).collect::<Vec<_>>()
        };
        Panel { name, last: history.len(), train: series("train"), test: series("test") }.draw(area)?;
    }
    root.present()?;
    Ok(())
}

/// All figures that there are, the loss first; it is there even before the first epoch.
fn names(history: &[Epoch]) -> Vec<String> {
    let mut names = vec!["loss".to_owned()];
    for (name, _) in history.iter().flat_map(|epoch| epoch.train.iter().chain(epoch.test.iter())) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.truncate(MOST);
    names
}

/// One diagram.
struct Panel<'a> {
    name: &'a str,
    /// The last epoch.
    last: usize,
    train: Vec<(f64, f64)>,
    test: Vec<(f64, f64)>,
}

impl Panel<'_> {
    /// Shares in percent up to 100, a loss on a logarithmic axis if it can be, anything else as it is.
    fn draw(&self, area: &Area<'_>) -> Outcome {
        if metrics::is_share(self.name) {
            let lowest = self.values().reduce(f64::min).unwrap_or(0.0);
            let margin = ((100.0 - lowest) * 0.06).max(0.02);
            return self.draw_over(area, (lowest - margin).max(0.0)..100.0 + margin, "%", SeriesLabelPosition::LowerRight);
        }
        if self.values().all(|value| value >= 0.0) {
            let range = self.with_room();
            let axis = range.clone().log_scale().with_key_points(round_numbers(&range));
            return self.draw_over(area, axis, "logarithmic", SeriesLabelPosition::UpperRight);
        }
        let (lowest, highest) = (self.values().fold(f64::INFINITY, f64::min), self.values().fold(f64::NEG_INFINITY, f64::max));
        let margin = ((highest - lowest) * 0.06).max(1e-6 * highest.abs().max(1.0));
        self.draw_over(area, lowest - margin..highest + margin, "", SeriesLabelPosition::UpperRight)
    }

    fn draw_over<Y>(&self, area: &Area<'_>, range: Y, unit: &str, legend: SeriesLabelPosition) -> Outcome
    where
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let epochs = self.last.max(1);
        let side = (0.03 * epochs as f64).max(0.08);
        let mut chart = ChartBuilder::on(area)
            .caption(self.name.replace('_', " "), (FONT, 17).into_font().color(&INK))
            .margin(10)
            .margin_right(22)
            .x_label_area_size(46)
            .y_label_area_size(64)
            .build_cartesian_2d(1.0 - side..epochs as f64 + side, range)?;
        chart
            .configure_mesh()
            .x_desc("epoch")
            .y_desc(unit)
            .x_labels(epochs.min(11))
            .x_label_formatter(&|x| if (x - x.round()).abs() < 1e-9 { format!("{x:.0}") } else { String::new() })
            .y_labels(7)
            .y_label_formatter(&number)
            .label_style((FONT, 13).into_font().color(&INK))
            .axis_desc_style((FONT, 14).into_font().color(&INK))
            .axis_style(INK.mix(0.6))
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (name, points, colour) in [("training", &self.train, TRAIN), ("test", &self.test, TEST)] {
            chart
                .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(3)));
            if points.len() <= 60 {
                chart.draw_series(points.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
            }
        }
        chart
            .configure_series_labels()
            .position(legend)
            .margin(14)
            .background_style(WHITE.mix(0.85))
            .border_style(GRID)
            .label_font((FONT, 14).into_font().color(&INK))
            .draw()?;
        Ok(())
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.train.iter().chain(&self.test).map(|&(_, value)| value)
    }

    /// All values with some room, for a logarithmic axis.
    fn with_room(&self) -> Range<f64> {
        let positive = || self.values().map(|value| value.max(1e-6));
        let (lowest, highest) = (positive().reduce(f64::min).unwrap_or(0.1), positive().reduce(f64::max).unwrap_or(1.0));
        lowest / 1.25..highest * 1.25
    }
}

/// 1, 2, 5, 10, 20, 50, .. within a range; in a wide one only the powers of ten.
fn round_numbers(range: &Range<f64>) -> Vec<f64> {
    let decades = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    let steps: &[f64] = if range.end / range.start > 200.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let all = decades.flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
    all.filter(|number| range.contains(number)).collect()
}

/// Without zeros at the end.
fn number(value: &f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Figures;

    #[test]
    fn an_axis_has_round_numbers() {
        let text = |range| round_numbers(&range).iter().map(number).collect::<Vec<_>>();
        assert_eq!(text(0.015..0.3), ["0.02", "0.05", "0.1", "0.2"]);
        assert_eq!(text(0.0015..3.0), ["0.01", "0.1", "1"]);
    }

    #[test]
    fn any_history_can_be_drawn() {
        let epoch = |epoch, loss: f64| Epoch {
            epoch,
            step: 7 * epoch,
            lr: 0.1,
            train: Figures::new().with("loss", loss).with("kl", -loss),
            test: Figures::new().with("accuracy", 0.5).with("kl", f64::NAN).with("loss", loss / 2.0),
            unit: "images".to_owned(),
            items_per_second: 1.0,
            seconds: 1.0,
            ..Epoch::default()
        };
        let none: Vec<Epoch> = Vec::new();
        let perfect = vec![epoch(1, 0.0), epoch(2, 0.0)];
        let long = (1..=500).map(|i| epoch(i, 1.0 / i as f64)).collect();
        for history in [none, vec![epoch(1, 2.3)], perfect, long] {
            let svg = draw_curves("a < b & c", &history).unwrap();
            assert!(
                svg.contains("a &lt; b &amp; c")
                    && svg.contains("training")
                    && (history.is_empty() || svg.contains(">\naccuracy\n<"))
                    && svg.trim_end().ends_with("</svg>")
            );
        }
    }
}
