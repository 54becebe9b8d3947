//! Figures of several plots as SVG text: lines, paths over contours, regions, histograms, bars, pictures.

mod contour;
mod legend;
mod marks;
mod palette;
mod plot;

use std::fmt::Write;

use super::report::escape;
use super::style::{FONT, width};
pub use contour::Field;
use legend::Legend;
use marks::draw;
pub use plot::Plot;

/// The width of a figure, in pixels at which its texts can be read.
const WIDE: f64 = 600.0;
/// The height of the title.
const TITLE: f64 = 34.0;
/// Font sizes.
const HEADING: u32 = 15;
const TEXT: u32 = 12;
const INK: &str = "#333";

/// A figure: a title, a legend, and plots in rows. The legend is above the plots, so that it covers nothing; if the plots have different series, each plot has a
/// legend of its own.
///
/// ```
/// use layercake_train::run::{Figure, Plot};
///
/// let plot = Plot::new("loss", ["epoch", "mean loss"]).logarithmic([false, true]);
/// let svg = Figure::new("Two runs").plot(plot.line("first", [(1.0, 0.5), (2.0, 0.1)]).line("second", [(1.0, 0.6), (2.0, 0.3)])).svg();
/// assert!(svg.starts_with("<svg") && svg.contains("second"));
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    title: String,
    columns: usize,
    height: Option<f64>,
    plots: Vec<Plot>,
}

impl Figure {
    /// A figure without plots, which are one below the other.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), columns: 1, height: None, plots: Vec::new() }
    }

    /// Sets the number of plots in a row.
    #[must_use]
    pub fn columns(self, columns: usize) -> Self {
        Self { columns: columns.max(1), ..self }
    }

    /// Sets the height of a plot, in pixels; the figure is 600 pixels wide.
    #[must_use]
    pub fn height(self, height: f64) -> Self {
        Self { height: Some(height), ..self }
    }

    /// Adds a plot.
    #[must_use]
    pub fn plot(mut self, plot: Plot) -> Self {
        self.plots.push(plot);
        self
    }

    /// The figure as SVG text. Equal figures give the same text.
    pub fn svg(&self) -> String {
        let names: Vec<Vec<&str>> = self.plots.iter().map(Plot::names).collect();
        let mut all: Vec<&str> = Vec::new();
        for name in names.iter().flatten() {
            if !all.contains(name) {
                all.push(name);
            }
        }
        let shared = self.plots.len() > 1 && names.iter().any(|own| own.len() == all.len());
        let legend = Legend::of(if shared || self.plots.len() == 1 { &all } else { &[] }, &all, &self.plots, WIDE - 24.0);
        let wide = WIDE / self.columns as f64;
        let own: Vec<Legend> =
            names.iter().map(|own| Legend::of(if legend.is_empty() { own } else { &[] }, &all, &self.plots, wide - 16.0)).collect();
        let height = self.height.unwrap_or(if self.columns == 1 { 300.0 } else { 215.0 });
        let keys = own.iter().map(Legend::height).fold(0.0, f64::max);
        let rows = self.plots.len().div_ceil(self.columns);
        let top = TITLE + legend.height();
        let high = top + rows as f64 * (height + keys) + 4.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDE} {high}\" width=\"{WIDE}\" height=\"{high}\" font-family=\"{FONT}\" font-size=\"{TEXT}\" fill=\"{INK}\">\n\
             <rect width=\"{WIDE}\" height=\"{high}\" fill=\"#fff\"/>\n"
        );
        let size = (11..=HEADING).rev().find(|&size| f64::from(width(&self.title, size)) < WIDE - 20.0).unwrap_or(11);
        let _ = writeln!(svg, "<text x=\"12\" y=\"22\" font-size=\"{size}\" font-weight=\"bold\">{}</text>", escape(&self.title));
        legend.draw(&mut svg, 12.0, TITLE);
        for (i, plot) in self.plots.iter().enumerate() {
            let (left, row) = (wide * (i % self.columns) as f64, (i / self.columns) as f64);
            let above = top + row * (height + keys);
            own[i].draw(&mut svg, left + 12.0, above);
            draw(&mut svg, plot, &all, [left, above + own[i].height(), wide, height]);
        }
        svg + "</svg>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_of_any_number() {
        let wild = [(0.0, 1.0), (1.0, f64::NAN), (2.0, 1e308), (3.0, -1e308), (f64::INFINITY, 0.0)];
        let field = Field::of([5, 4], 0.0..1.0, 0.0..2.0, |x, y| x * y);
        for logarithmic in [[false, false], [true, true]] {
            let plot = || Plot::new("a < b", ["x & y", "z"]).logarithmic(logarithmic);
            let figure = Figure::new("t < u").columns(2).plot(plot()).plot(plot().line("wild", wild).path("p", wild).points("q", wild));
            let figure = figure.plot(plot().contours(field.clone(), [0.5]).regions(field.clone()).heat(field.clone(), [0.0, 1.0]));
            let figure = figure.plot(plot().rows("", [("one", 1.0), ("two", f64::NAN)]).text((0.5, 0.5), "<text>"));
            let svg = figure.plot(plot().bars("bars", [(0.0, 1.0, 3.0)]).bubbles("", [(1.0, 1.0, 4.0)])).svg();
            assert!(svg.contains("t &lt; u") && svg.contains("&lt;text&gt;") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
        }
    }

    /// The legend is above the plots: no key lies in the area of a plot.
    #[test]
    fn series_of_one_name_have_one_color() {
        let plot = |names: [&str; 2]| names.iter().fold(Plot::new("", ["", ""]), |plot, name| plot.line(name, [(0.0, 0.0), (1.0, 1.0)]));
        let svg = Figure::new("").plot(plot(["a", "b"])).plot(plot(["b", "a"])).svg();
        // A key and a line in each plot.
        assert_eq!([0, 1].map(|i| svg.matches(&palette::color(i)).count()), [3, 3], "{svg}");
        assert_eq!(svg.matches(">a</text>").count(), 1, "one legend for both");
        let svg = Figure::new("").plot(plot(["a", "b"])).plot(plot(["c", "a"])).svg();
        assert_eq!(svg.matches(">a</text>").count(), 2, "a legend for each");
    }
}
