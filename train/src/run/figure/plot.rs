//! A plot: its axes and what is drawn between them.

use std::ops::Range;

use super::super::Canvas;
use super::super::axis::{Axis, LARGEST};
use super::contour::Field;

/// One plot of a [`Figure`](super::Figure). Series with a name are in the legend; those with an empty name are not. The series of all plots of a figure that have one
/// name have one color.
#[derive(Clone, Debug)]
pub struct Plot {
    pub(super) name: String,
    pub(super) across: Side,
    pub(super) up: Side,
    pub(super) marks: Vec<(String, Mark)>,
}

/// What an axis says.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub label: String,
    pub logarithmic: bool,
    pub range: Option<Range<f64>>,
    /// The names of places 0, 1, ..
    pub names: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Mark {
    Line(Vec<(f64, f64)>),
    Path(Vec<(f64, f64)>),
    Points(Vec<(f64, f64)>),
    /// Disks of these radii in pixels.
    Bubbles(Vec<(f64, f64, f64)>),
    /// From, to, height.
    Bars(Vec<(f64, f64, f64)>),
    /// Bars from left to right at a row, and where in the row: the number of the series of so many.
    Rows(Vec<(usize, f64)>),
    Contours(Field, Vec<f64>),
    Regions(Field),
    Heat(Field, [f64; 2]),
    Text((f64, f64), String),
    Picture(Canvas, [Range<f64>; 2]),
}

impl Plot {
    /// An empty plot. The texts of the axes state their units.
    pub fn new(name: &str, [across, up]: [&str; 2]) -> Self {
        let side = |label: &str| Side { label: label.to_owned(), logarithmic: false, range: None, names: Vec::new() };
        Self { name: name.to_owned(), across: side(across), up: side(up), marks: Vec::new() }
    }

    /// Makes the axes logarithmic; numbers that are not positive are left out.
    #[must_use]
    pub fn logarithmic(mut self, [across, up]: [bool; 2]) -> Self {
        (self.across.logarithmic, self.up.logarithmic) = (across, up);
        self
    }

    /// Sets the range from left to right instead of that of the marks. What is outside is cut off.
    #[must_use]
    pub fn across(mut self, range: Range<f64>) -> Self {
        self.across.range = Some(range);
        self
    }

    /// Sets the range from below to above.
    #[must_use]
    pub fn up(mut self, range: Range<f64>) -> Self {
        self.up.range = Some(range);
        self
    }

    /// A line through points. A number that is not finite leaves a gap.
    #[must_use]
    pub fn line(self, name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name, Mark::Line(points.into_iter().collect()))
    }

    /// A line through points, with a ring at its begin and a disk at its end.
    #[must_use]
    pub fn path(self, name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name, Mark::Path(points.into_iter().collect()))
    }

    /// Points, of a shape for each series.
    #[must_use]
    pub fn points(self, name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name, Mark::Points(points.into_iter().collect()))
    }

    /// Disks `(across, up, radius)`, the radius in pixels.
    #[must_use]
    pub fn bubbles(self, name: &str, bubbles: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        self.with(name, Mark::Bubbles(bubbles.into_iter().collect()))
    }

    /// A histogram: bars `(from, to, height)`.
    #[must_use]
    pub fn bars(mut self, name: &str, bars: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        self.marks.push((name.to_owned(), Mark::Bars(bars.into_iter().collect())));
        self
    }

    /// A bar for each name, from left to right; the names are the axis from top to bottom. Several calls with the same names put bars beside each other.
    #[must_use]
    pub fn rows<'a>(mut self, name: &str, rows: impl IntoIterator<Item = (&'a str, f64)>) -> Self {
        let mut bars = Vec::new();
        for (row, value) in rows {
            let known = self.up.names.iter().position(|name| name == row);
            bars.push((known.unwrap_or(self.up.names.len()), value));
            if known.is_none() {
                self.up.names.push(row.to_owned());
            }
        }
        self.with(name, Mark::Rows(bars))
    }

    /// Lines of equal height.
    #[must_use]
    pub fn contours(self, field: Field, levels: impl IntoIterator<Item = f64>) -> Self {
        self.with("", Mark::Contours(field, levels.into_iter().collect()))
    }

    /// The cells around the points of a field, in light colors of the classes 0, 1, .. that are their numbers.
    #[must_use]
    pub fn regions(self, classes: Field) -> Self {
        self.with("", Mark::Regions(classes))
    }

    /// The cells around the points of a field in colors from dark to light, from the first to the second number of the range.
    #[must_use]
    pub fn heat(self, field: Field, range: [f64; 2]) -> Self {
        self.with("", Mark::Heat(field, range))
    }

    /// A text to the right of a place.
    #[must_use]
    pub fn text(self, at: (f64, f64), text: &str) -> Self {
        self.with("", Mark::Text(at, text.to_owned()))
    }

    /// A picture between two ranges of the axes.
    #[must_use]
    pub fn picture(self, picture: Canvas, across: Range<f64>, up: Range<f64>) -> Self {
        self.with("", Mark::Picture(picture, [across, up]))
    }

    fn with(mut self, name: &str, mark: Mark) -> Self {
        self.marks.push((name.to_owned(), mark));
        self
    }

    /// The names of the legend, each once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.marks {
            if !name.is_empty() && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// Whether series of this name are lines here; points and bars otherwise.
    pub(super) fn has_line(&self, name: &str) -> bool {
        self.marks.iter().any(|(other, mark)| other == name && matches!(mark, Mark::Line(_) | Mark::Path(_)))
    }

    /// Whether series of this name are points here.
    pub(super) fn has_points(&self, name: &str) -> bool {
        self.marks.iter().any(|(other, mark)| other == name && matches!(mark, Mark::Points(_)))
    }

    /// The axes.
    pub(super) fn axes(&self) -> [Axis; 2] {
        let (mut across, mut up) = (Vec::new(), Vec::new());
        let mut add = |x: f64, y: f64| {
            across.push(x);
            up.push(y);
        };
        let (mut whole, mut bars) = (false, false);
        for (_, mark) in &self.marks {
            match mark {
                Mark::Line(points) | Mark::Path(points) | Mark::Points(points) => points.iter().for_each(|&(x, y)| add(x, y)),
                Mark::Bubbles(bubbles) => bubbles.iter().for_each(|&(x, y, _)| add(x, y)),
                Mark::Bars(bars) => bars.iter().for_each(|&(from, to, height)| {
                    add(from, 0.0);
                    add(to, height);
                }),
                Mark::Rows(rows) => {
                    bars = true;
                    rows.iter().for_each(|&(row, value)| add(value, row as f64));
                }
                Mark::Contours(field, _) | Mark::Regions(field) | Mark::Heat(field, _) => {
                    whole = true;
                    add(field.across.start, field.up.start);
                    add(field.across.end, field.up.end);
                }
                Mark::Text((x, y), _) => add(*x, *y),
                Mark::Picture(_, [width, height]) => {
                    add(width.start, height.start);
                    add(width.end, height.end);
                }
            }
        }
        // Bars begin at 0, and on the axis.
        let most = across.iter().copied().filter(|x| *x < LARGEST).fold(0.0, f64::max);
        if bars && !self.across.logarithmic && self.across.range.is_none() && across.iter().all(|x| x.is_nan() || *x >= 0.0) && most > 0.0 {
            let side = Side { range: Some(0.0..1.03 * most), ..self.across.clone() };
            return [side.axis(&across, whole), self.up.axis(&up, whole)];
        }
        [self.across.axis(&across, whole), self.up.axis(&up, whole)]
    }
}

impl Side {
    fn axis(&self, numbers: &[f64], whole: bool) -> Axis {
        if !self.names.is_empty() {
            return Axis::of_names(&self.names);
        }
        let finite = |number: &&f64| number.abs() < LARGEST && (!self.logarithmic || **number > 0.0);
        let numbers: Vec<f64> = numbers.iter().filter(finite).copied().collect();
        match &self.range {
            Some(range) => Axis::exactly(range.clone(), self.logarithmic),
            // A field goes to the borders.
            None if whole => {
                let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
                Axis::exactly(low..numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max), self.logarithmic)
            }
            None if self.logarithmic => Axis::logarithmic_of(&numbers),
            None => Axis::linear_of(&numbers),
        }
    }
}
