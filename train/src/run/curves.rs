//! `curves.svg`: plots of all metrics by epoch.

use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::panels::{Curve, Line, Panel, panels};
use super::style::{Area, CENTERED, FONT, GRID, INK, Outcome, TITLE, title, width};
use crate::Epoch;

/// The size of a panel. Two panels side by side fit a page at a readable size.
const SIZE: (u32, u32) = (400, 300);
const COLUMNS: usize = 2;
/// The height of a panel's header: its name and legend.
const HEAD: u32 = 30;
/// The width of the legend of a panel with per-class curves.
const KEY: u32 = 170;
/// Maximum number of panels.
const MOST: usize = 12;
/// The height of the note about panels that are not drawn.
const FOOT: u32 = 26;
/// The font size of tick labels.
const LABEL: u32 = 12;

/// Plots of all metrics as SVG text: one panel per metric with its training and test curves; metrics of one kind, such as per-class metrics,
/// share a wide panel. Without epochs there is one empty panel.
///
/// NaN leaves a gap in a curve. Axes of positive values with a wide range are logarithmic.
///
/// # Errors
/// Returns an error if the drawing library fails, which does not happen with finite metrics.
pub fn draw_curves(title: &str, history: &[Epoch]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, title, history).map_err(|error| error.to_string())?;
    Ok(svg)
}

/// A plot of several lines with a legend at the side, as SVG text: the same metric of several runs. `across` and `up` name the axes. NaN leaves a gap.
///
/// # Errors
/// Returns an error if the drawing library fails, which does not happen with finite numbers.
pub fn draw_lines(title: &str, [across, up]: [&str; 2], lines: &[Line]) -> Result<String, String> {
    let mut svg = String::new();
    draw_panels(&mut svg, title, vec![Panel::of_lines(across, up, lines)]).map_err(|error| error.to_string())?;
    Ok(svg)
}

/// [`draw_lines`] with a panel below the other for each name and its lines.
///
/// # Errors
/// Returns an error if the drawing library fails, which does not happen with finite numbers.
pub fn draw_line_panels(title: &str, across: &str, panels: &[(String, Vec<Line>)]) -> Result<String, String> {
    let mut svg = String::new();
    let panels = panels.iter().map(|(up, lines)| Panel::of_lines(across, up, lines)).collect();
    draw_panels(&mut svg, title, panels).map_err(|error| error.to_string())?;
    Ok(svg)
}

/// [`draw_lines`] over points: what several models have made of the same data.
///
/// # Errors
/// Returns an error if the drawing library fails, which does not happen with finite numbers.
pub fn draw_fit(title: &str, [across, up]: [&str; 2], points: &[(f64, f64)], lines: &[Line]) -> Result<String, String> {
    let mut svg = String::new();
    let panel = Panel { dots: points.to_vec(), ..Panel::of_lines(across, up, lines) };
    draw_panels(&mut svg, title, vec![panel]).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, text: &str, history: &[Epoch]) -> Outcome {
    draw_panels(svg, text, panels(history))
}

fn draw_panels(svg: &mut String, text: &str, mut panels: Vec<Panel>) -> Outcome {
    let left_out = panels.len().saturating_sub(MOST);
    panels.truncate(MOST);
    let places = places(&panels);
    let rows = places.last().map_or(0, |place| place.0 + 1) as u32;
    let columns = if panels.len() == 1 && !panels[0].is_wide() { 1 } else { COLUMNS as u32 };
    let size = (SIZE.0 * columns, TITLE + SIZE.1 * rows + if left_out > 0 { FOOT } else { 8 });
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    title(&root, text)?;
    for (panel, (row, column)) in panels.iter().zip(places) {
        let wide = if panel.is_wide() { SIZE.0 * columns } else { SIZE.0 };
        let (left, top) = (SIZE.0 * column as u32, TITLE + SIZE.1 * row as u32);
        panel.draw(&root.clone().shrink((left, top), (wide, SIZE.1)))?;
    }
    if left_out > 0 {
        let text = format!("{left_out} more metrics in metrics.jsonl");
        let style = (FONT, 12).into_font().color(&INK).pos(CENTERED);
        root.draw(&Text::new(text, (size.0 as i32 / 2, (size.1 - FOOT / 2) as i32), style))?;
    }
    root.present()?;
    Ok(())
}

/// Row and column of each panel; a wide panel has its own row.
fn places(panels: &[Panel]) -> Vec<(usize, usize)> {
    let mut next = (0, 0);
    let mut places = Vec::new();
    for panel in panels {
        if panel.is_wide() && next.1 > 0 {
            next = (next.0 + 1, 0);
        }
        places.push(next);
        next = if panel.is_wide() || next.1 + 1 == COLUMNS { (next.0 + 1, 0) } else { (next.0, next.1 + 1) };
    }
    places
}

impl Panel {
    fn is_wide(&self) -> bool {
        self.key
    }

    /// Draws the panel. Fractions have a percent axis up to 100.
    fn draw(&self, area: &Area<'_>) -> Outcome {
        let values: Vec<f64> = self.curves.iter().flat_map(Curve::points).chain(&self.dots).map(|point| point.1).collect();
        let share = self.share && values.iter().all(|value| (0.0..=100.0).contains(value));
        let axis = if share { Axis::percent(&values) } else { Axis::of(&values) };
        let unit = match (self.share, axis.logarithmic) {
            (true, false) => "%",
            (true, true) => "%, logarithmic",
            (false, true) => "logarithmic",
            (false, false) => "",
        };
        let (head, below) = area.split_vertically(HEAD);
        let (below, key) = if self.key { below.split_horizontally(area.dim_in_pixel().0 - KEY) } else { (below.clone(), below) };
        self.head(&head)?;
        if self.key {
            self.key(&key)?;
        }
        self.plot(&below, &axis, unit)?;
        if values.is_empty() {
            let (wide, high) = below.dim_in_pixel();
            let text = if self.places.is_none() { "no epochs yet" } else { "no finite values" };
            let style = (FONT, 13).into_font().color(&INK).pos(CENTERED);
            below.draw(&Text::new(text, (wide as i32 / 2 + 20, high as i32 / 2 - 20), style))?;
        }
        Ok(())
    }

    /// Draws the name on the left and, without a separate legend, the legend on the right.
    fn head(&self, area: &Area<'_>) -> Outcome {
        let middle = HEAD as i32 / 2 + 2;
        let left = Pos::new(HPos::Left, VPos::Center);
        area.draw(&Text::new(self.name.clone(), (18, middle), (FONT, 15).into_font().style(FontStyle::Bold).color(&INK).pos(left)))?;
        if self.key {
            return Ok(());
        }
        let mut x = area.dim_in_pixel().0 as i32 - 18;
        for curve in self.curves.iter().rev() {
            x -= width(&curve.name, 13) as i32;
            area.draw(&Text::new(curve.name.clone(), (x, middle), (FONT, 13).into_font().color(&INK).pos(left)))?;
            x -= 26;
            area.draw(&PathElement::new([(x, middle), (x + 20, middle)], curve.color.stroke_width(3)))?;
            x -= 14;
        }
        Ok(())
    }

    /// Draws the legend of per-class curves.
    fn key(&self, area: &Area<'_>) -> Outcome {
        let left = Pos::new(HPos::Left, VPos::Center);
        for (i, curve) in self.curves.iter().enumerate() {
            let y = 12 + 19 * i as i32;
            area.draw(&PathElement::new([(0, y), (20, y)], curve.color.stroke_width(3)))?;
            let name: String =
                if curve.name.chars().count() > 18 { curve.name.chars().take(17).chain(['…']).collect() } else { curve.name.clone() };
            area.draw(&Text::new(name, (27, y), (FONT, 12).into_font().color(&INK).pos(left)))?;
        }
        Ok(())
    }

    /// Draws axes and curves.
    fn plot(&self, area: &Area<'_>, axis: &Axis, unit: &str) -> Outcome {
        let (wide, high) = area.dim_in_pixel();
        let across = self.places.clone().unwrap_or_else(|| Axis::epochs(0));
        let widest = axis.labels.iter().map(|label| width(label, LABEL)).max().unwrap_or(0);
        let left = 18 + widest + if unit.is_empty() { 0 } else { 22 };
        let [left, right, top, bottom] = [left, wide - 18, 8, high - 48].map(f64::from);
        let x = |place: f64| (left + across.along(place) * (right - left)).round() as i32;
        let y = |value: f64| (bottom - axis.along(value) * (bottom - top)).round() as i32;
        let [left, right, top, bottom] = [left, right, top, bottom].map(|length| length as i32);
        let label = |h_pos, v_pos| (FONT, LABEL).into_font().color(&INK).pos(Pos::new(h_pos, v_pos));
        for (&tick, text) in across.ticks.iter().zip(&across.labels) {
            area.draw(&PathElement::new([(x(tick), top), (x(tick), bottom)], GRID))?;
            area.draw(&Text::new(text.clone(), (x(tick), bottom + 7), label(HPos::Center, VPos::Top)))?;
        }
        for (&tick, text) in axis.ticks.iter().zip(&axis.labels) {
            area.draw(&PathElement::new([(left, y(tick)), (right, y(tick))], GRID))?;
            area.draw(&Text::new(text.clone(), (left - 7, y(tick)), label(HPos::Right, VPos::Center)))?;
        }
        area.draw(&PathElement::new([(left, top), (left, bottom), (right, bottom)], INK.mix(0.6)))?;
        area.draw(&Text::new(self.across.clone(), ((left + right) / 2, bottom + 25), label(HPos::Center, VPos::Top)))?;
        if !unit.is_empty() {
            let upwards = (FONT, LABEL).into_font().transform(FontTransform::Rotate270).color(&INK).pos(CENTERED);
            area.draw(&Text::new(unit.to_owned(), (14, (top + bottom) / 2), upwards))?;
        }
        for &(place, value) in self.dots.iter().filter(|(place, value)| place.is_finite() && value.is_finite()) {
            area.draw(&Circle::new((x(place), y(value)), 2, INK.mix(0.35).filled()))?;
        }
        for curve in &self.curves {
            let at = |&(place, value): &(f64, f64)| (x(place), y(value));
            for segment in &curve.segments {
                let line: Vec<(i32, i32)> = segment.iter().map(at).collect();
                area.draw(&PathElement::new(line, curve.color.stroke_width(2)))?;
            }
            // With many points, only isolated ones need a dot to be visible.
            let many = curve.points().count() > 60;
            let dots = curve.segments.iter().filter(|segment| !many || segment.len() == 1).flatten();
            for point in dots {
                area.draw(&Circle::new(at(point), 3, curve.color.filled()))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metrics;

    fn epoch(epoch: usize, train: Metrics, test: Metrics) -> Epoch {
        Epoch {
            epoch,
            step: 7 * epoch,
            lr: 0.1,
            train,
            test,
            unit: "images".to_owned(),
            items_per_second: 1.0,
            seconds: 1.0,
            ..Epoch::default()
        }
    }

    /// The texts in a picture.
    fn texts(svg: &str) -> Vec<&str> {
        svg.split("<text").skip(1).filter_map(|rest| Some(rest.split_once('>')?.1.split_once("</text>")?.0.trim())).collect()
    }

    #[test]
    fn any_history_can_be_drawn() {
        let losses = |i: usize, loss: f64| {
            let test = Metrics::new().with("accuracy", 0.5).with("kl", f64::NAN).with("loss", loss / 2.0);
            epoch(i, Metrics::new().with("loss", loss).with("kl", -loss), test)
        };
        let none: Vec<Epoch> = Vec::new();
        let perfect = vec![losses(1, 0.0), losses(2, 0.0)];
        let long = (1..=500).map(|i| losses(i, 1.0 / i as f64)).collect();
        let absurd = vec![losses(1, f64::MAX), losses(2, f64::NAN), losses(3, -1e308), losses(4, f64::INFINITY)];
        for history in [none, vec![losses(1, 2.3)], perfect, long, absurd] {
            let svg = draw_curves("a < b & c", &history).unwrap();
            assert!(svg.contains("a &lt; b &amp; c") && svg.trim_end().ends_with("</svg>"));
            assert_eq!(texts(&svg).contains(&"accuracy"), !history.is_empty());
        }
    }

    /// Curves without values are not in the legend.
    #[test]
    fn the_legend_names_existing_curves() {
        let tested = [epoch(1, Metrics::new().with("loss", 1.0), Metrics::new().with("accuracy", 0.5))];
        let svg = draw_curves("t", &tested).unwrap();
        let texts = texts(&svg);
        let count = |word: &str| texts.iter().filter(|text| **text == word).count();
        assert_eq!((count("training"), count("test"), count("loss"), count("accuracy")), (1, 1, 1, 1), "{texts:?}");
    }

    /// Lines of any length, with gaps, and more than there are colors.
    #[test]
    fn lines_of_several_runs() {
        let point = |step: i32| (500.0 * f64::from(step), if step == 3 { f64::NAN } else { f64::from(step) });
        let lines: Vec<Line> = (0..14).map(|run| (format!("seed {run}"), (0..=run).map(point).collect())).collect();
        for lines in [&lines[..], &lines[..1], &[]] {
            let svg = draw_lines("t", ["steps", "mean return"], lines).unwrap();
            let texts = texts(&svg);
            assert!(
                texts.contains(&"mean return") && texts.contains(&"steps") && lines.iter().all(|(name, _)| texts.contains(&name.as_str())),
                "{texts:?}"
            );
        }
    }

    /// Points are drawn below the lines, and the axis goes over both.
    #[test]
    fn lines_over_points() {
        let line = [("fit".to_owned(), vec![(0.0, 0.0), (1.0, 1.0)])];
        let svg = draw_fit("t", ["x", "y"], &[(0.2, -9.0), (0.8, 9.0), (0.5, f64::NAN)], &line).unwrap();
        assert_eq!(svg.matches("<circle").count(), 4, "two points, and the two of the line");
        assert!(texts(&svg).contains(&"-10") && texts(&svg).contains(&"10"), "{:?}", texts(&svg));
    }

    /// Per-class metrics share one panel with a legend.
    #[test]
    fn figures_of_one_kind_share_a_panel() {
        let classes = ["sky", "building", "pole", "road", "tree"];
        let test = |i: usize| {
            let mut metrics = Metrics::new().with("mean_iou", 0.4);
            classes.iter().for_each(|class| metrics.set(&format!("iou_{class}"), 0.1 * i as f64));
            metrics
        };
        let history: Vec<Epoch> = (1..=3).map(|i| epoch(i, Metrics::new().with("loss", 1.0 / i as f64), test(i))).collect();
        let svg = draw_curves("t", &history).unwrap();
        let texts = texts(&svg);
        assert!(texts.contains(&"iou: test") && classes.iter().all(|class| texts.contains(class)), "{texts:?}");
        assert_eq!(texts.iter().filter(|text| **text == "epoch").count(), 3, "loss, mean iou, and all classes");
    }
}
