//! The keys of series, in lines above what they explain.

use std::fmt::Write;

use super::super::report::escape;
use super::super::style::width;
use super::{TEXT, palette};

const LINE: f64 = 20.0;
/// The sample of a series, and the space to the next key.
const SAMPLE: f64 = 26.0;
const APART: f64 = 18.0;

pub(super) struct Legend {
    /// The place of each key, its number and its name.
    keys: Vec<([f64; 2], usize, String)>,
    lines: usize,
}

impl Legend {
    /// The keys of some of all series.
    pub fn of(names: &[&str], all: &[&str], wide: f64) -> Self {
        let (mut x, mut lines, mut keys) = (0.0, usize::from(!names.is_empty()), Vec::new());
        for name in names {
            let long = SAMPLE + 6.0 + f64::from(width(name, TEXT));
            if x > 0.0 && x + long > wide {
                (x, lines) = (0.0, lines + 1);
            }
            let series = all.iter().position(|other| other == name).unwrap_or(0);
            keys.push(([x, LINE * (lines as f64 - 0.5)], series, (*name).to_owned()));
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
        for ([x, y], series, name) in &self.keys {
            let (x, y) = (left + x, top + y);
            let (color, dashes) = (palette::color(*series), palette::dashes(*series));
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {y:.1}h{SAMPLE}\" stroke=\"{color}\" stroke-width=\"3\" stroke-dasharray=\"{dashes}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                x + SAMPLE + 6.0,
                y + 4.0,
                escape(name)
            );
        }
    }
}
