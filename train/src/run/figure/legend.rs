//! The keys of series, in lines above what they explain.

use std::fmt::Write;

use super::super::report::escape;
use super::super::style::width;
use super::marks::shape;
use super::{Plot, TEXT, palette};

const LINE: f64 = 20.0;
/// The sample of a series, and the space to the next key.
const SAMPLE: f64 = 26.0;
const APART: f64 = 18.0;

/// How a series looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    Line,
    Point,
    Area,
}

impl Sample {
    fn of(name: &str, plots: &[Plot]) -> Self {
        if plots.iter().any(|plot| plot.has_line(name)) {
            Self::Line
        } else if plots.iter().any(|plot| plot.has_points(name)) {
            Self::Point
        } else {
            Self::Area
        }
    }
}

pub(super) struct Legend {
    /// The place of each key, its number, its sample and its name.
    keys: Vec<([f64; 2], usize, Sample, String)>,
    lines: usize,
}

impl Legend {
    /// The keys of some of all series.
    pub fn of(names: &[&str], all: &[&str], plots: &[Plot], wide: f64) -> Self {
        let (mut x, mut lines, mut keys) = (0.0, usize::from(!names.is_empty()), Vec::new());
        for name in names {
            let long = SAMPLE + 6.0 + f64::from(width(name, TEXT));
            if x > 0.0 && x + long > wide {
                (x, lines) = (0.0, lines + 1);
            }
            let series = all.iter().position(|other| other == name).unwrap_or(0);
            keys.push(([x, LINE * (lines as f64 - 0.5)], series, Sample::of(name, plots), (*name).to_owned()));
            x += long + APART;
        }
        Self { keys, lines }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn height(&self) -> f64 {
        LINE * self.lines as f64
    }

    pub fn draw(&self, svg: &mut String, left: f64, top: f64) {
        for ([x, y], series, sample, name) in &self.keys {
            let (x, y) = (left + x, top + y);
            let (color, dashes) = (palette::color(*series), palette::dashes(*series));
            let _ = match sample {
                Sample::Line => {
                    write!(svg, "<path d=\"M{x:.1} {y:.1}h{SAMPLE}\" stroke=\"{color}\" stroke-width=\"3\" stroke-dasharray=\"{dashes}\"/>")
                }
                Sample::Point => write!(svg, "<path d=\"{}\" fill=\"{color}\"/>", shape(*series, (x + SAMPLE - 8.0, y))),
                Sample::Area => {
                    write!(svg, "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"14\" height=\"10\" fill=\"{color}\"/>", x + SAMPLE - 14.0, y - 5.0)
                }
            };
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + SAMPLE + 6.0, y + 4.0, escape(name));
        }
    }
}
