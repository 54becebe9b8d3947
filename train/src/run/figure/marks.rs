//! Draws a plot: its axes, then its marks between them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::axis::{Axis, LARGEST};
use super::super::heat_map_color;
use super::super::report::{base64, escape};
use super::super::style::width;
use super::plot::{Mark, Plot};
use super::{TEXT, palette};

/// A distance in pixels that cannot be seen.
const NEAR: f64 = 0.8;

/// From a plot's numbers to pixels.
struct Frame {
    across: Axis,
    up: Axis,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    fn x(&self, number: f64) -> f64 {
        self.left + self.across.along(number) * (self.right - self.left)
    }

    fn y(&self, number: f64) -> f64 {
        self.bottom - self.up.along(number) * (self.bottom - self.top)
    }

    /// A point in pixels; none if a coordinate is not on its axis at all. What is far outside is moved near, so that pictures have no huge numbers.
    fn at(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        if !(x.abs() < LARGEST && y.abs() < LARGEST) {
            return None;
        }
        let (x, y) = (self.x(x), self.y(y));
        (x.is_finite() && y.is_finite()).then(|| (x.clamp(-2e3, 4e3), y.clamp(-2e3, 4e3)))
    }

    /// Lines through points, with gaps. Points nearer to the last one than can be seen are left out.
    fn line(&self, points: &[(f64, f64)]) -> String {
        let (mut path, mut last) = (String::new(), None::<(f64, f64)>);
        for (i, point) in points.iter().enumerate() {
            let place = self.at(*point);
            if let (Some((x, y)), Some(before)) = (place, last)
                && (x - before.0).hypot(y - before.1) < NEAR
                && points.get(i + 1).is_some_and(|next| self.at(*next).is_some())
            {
                continue;
            }
            if let Some((x, y)) = place {
                let _ = write!(path, "{}{x:.1} {y:.1}", if last.is_some() { 'L' } else { 'M' });
            }
            last = place;
        }
        path
    }
}

/// Draws a plot into `[left, top, width, height]`. `all` are the series of the figure, which have a color each.
pub(super) fn draw(svg: &mut String, plot: &Plot, all: &[&str], [left, top, wide, high]: [f64; 4]) {
    let [across, up] = plot.axes();
    let labels = up.labels.iter().map(|label| f64::from(width(label, TEXT))).fold(0.0, f64::max);
    let head = if plot.name.is_empty() { 6.0 } else { 24.0 };
    let side = if plot.up.label.is_empty() { 10.0 } else { 26.0 };
    let foot = if plot.across.label.is_empty() { 24.0 } else { 42.0 };
    let frame =
        Frame { across, up, left: left + side + labels + 8.0, right: left + wide - 14.0, top: top + head, bottom: top + high - foot };
    let middle = f64::midpoint(frame.left, frame.right);
    if head > 6.0 {
        let _ = writeln!(
            svg,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>",
            top + 15.0,
            escape(&plot.name)
        );
    }
    axes(svg, plot, &frame);
    // What is outside the axes is cut off.
    let (wide, high) = (frame.right - frame.left, frame.bottom - frame.top);
    let _ = writeln!(
        svg,
        "<svg x=\"{0:.1}\" y=\"{1:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" viewBox=\"{0:.1} {1:.1} {wide:.1} {high:.1}\">",
        frame.left, frame.top
    );
    let bars = plot.marks.iter().filter(|(_, mark)| matches!(mark, Mark::Rows(_))).count().max(1);
    let mut bar = 0;
    for (name, mark) in &plot.marks {
        let series = all.iter().position(|other| other == name).unwrap_or(0);
        bar += usize::from(matches!(mark, Mark::Rows(_)));
        draw_mark(svg, &frame, mark, series, [bar.saturating_sub(1), bars]);
    }
    *svg += "</svg>\n";
    // Texts may be longer than the plot is wide.
    for (_, mark) in &plot.marks {
        if let Mark::Text(at, text) = mark
            && let Some((x, y)) = frame.at(*at)
        {
            let long = f64::from(width(text, TEXT));
            let (x, anchor) = if x + 9.0 + long > frame.right { (x - 9.0, "end") } else { (x + 9.0, "start") };
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>", y + 4.0, escape(text));
        }
    }
}

/// Every how many of these labels `(place, width)` can be written, so that none touches the next.
fn spacing(labels: &[(f64, f64)]) -> usize {
    let fits = |every: &usize| {
        let written: Vec<&(f64, f64)> = labels.iter().step_by(*every).collect();
        written.windows(2).all(|pair| (pair[1].0 - pair[0].0).abs() >= f64::midpoint(pair[0].1, pair[1].1))
    };
    (1..=labels.len()).find(fits).unwrap_or(1)
}

fn axes(svg: &mut String, plot: &Plot, frame: &Frame) {
    let Frame { left, right, top, bottom, .. } = *frame;
    let wide = |label: &String| f64::from(width(label, TEXT));
    let across: Vec<(f64, f64)> =
        frame.across.ticks.iter().zip(&frame.across.labels).map(|(tick, label)| (frame.x(*tick), wide(label) + 5.0)).collect();
    let every = spacing(&across);
    for (i, ((x, _), label)) in across.iter().zip(&frame.across.labels).enumerate() {
        let _ = writeln!(svg, "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#e2e2e2\"/>");
        if i.is_multiple_of(every) {
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>", bottom + 16.0, escape(label));
        }
    }
    let up: Vec<(f64, f64)> = frame.up.ticks.iter().map(|tick| (frame.y(*tick), f64::from(TEXT) + 1.0)).collect();
    let every = if plot.up.names.is_empty() { spacing(&up) } else { 1 };
    for (i, ((y, _), label)) in up.iter().zip(&frame.up.labels).enumerate() {
        let _ = writeln!(svg, "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#e2e2e2\"/>");
        if i.is_multiple_of(every) {
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", left - 6.0, y + 4.0, escape(label));
        }
    }
    let _ = writeln!(svg, "<path d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"#777\"/>");
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        f64::midpoint(left, right),
        bottom + 33.0,
        escape(&plot.across.label)
    );
    if !plot.up.label.is_empty() {
        let (x, y) = (
            left - 14.0 - frame.up.labels.iter().map(|label| f64::from(width(label, TEXT))).fold(0.0, f64::max),
            f64::midpoint(top, bottom),
        );
        let _ = writeln!(
            svg,
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escape(&plot.up.label)
        );
    }
}

fn draw_mark(svg: &mut String, frame: &Frame, mark: &Mark, series: usize, [bar, bars]: [usize; 2]) {
    let (color, dashes) = (palette::color(series), palette::dashes(series));
    match mark {
        Mark::Line(points) => {
            let _ = writeln!(
                svg,
                "<path d=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
                frame.line(points)
            );
        }
        Mark::Path(points) => {
            let _ = writeln!(
                svg,
                "<path d=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
                frame.line(points)
            );
            if let Some((x, y)) = points.first().and_then(|point| frame.at(*point)) {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"#fff\" stroke=\"{color}\" stroke-width=\"2\"/>");
            }
            if let Some((x, y)) = points.iter().rev().find_map(|point| frame.at(*point)) {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{color}\" stroke=\"#fff\"/>");
            }
        }
        Mark::Points(points) => {
            let shapes: String = points.iter().filter_map(|point| frame.at(*point)).map(|at| shape(series, at)).collect();
            let _ = writeln!(svg, "<path d=\"{shapes}\" fill=\"{color}\" stroke=\"#fff\" stroke-width=\"0.7\"/>");
        }
        Mark::Bubbles(bubbles) => {
            for &(x, y, radius) in bubbles {
                if let Some((x, y)) = frame.at((x, y)) {
                    let _ = writeln!(
                        svg,
                        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{color}\" fill-opacity=\"0.35\" stroke=\"{color}\"/>"
                    );
                }
            }
        }
        Mark::Bars(bars) => {
            let corners: String = bars
                .iter()
                .filter_map(|&(from, to, height)| Some((frame.at((from, height))?, frame.x(to), frame.y(frame.up.range.start.max(0.0)))))
                .map(|((x, y), right, bottom)| format!("M{x:.1} {bottom:.1}V{y:.1}H{right:.1}V{bottom:.1}z"))
                .collect();
            let _ = writeln!(svg, "<path d=\"{corners}\" fill=\"{color}\" stroke=\"{color}\" stroke-width=\"0.5\"/>");
        }
        Mark::Rows(rows) => {
            let count = frame.up.ticks.len();
            for &(row, value) in rows {
                let Some((end, _)) = frame.at((value, 0.0)) else { continue };
                let begin = frame.x(if frame.across.logarithmic { frame.across.range.start } else { 0.0 });
                let thick = 0.74 * (frame.bottom - frame.top) / (count * bars) as f64;
                let y = frame.y((count - 1 - row) as f64) + (bar as f64 - bars as f64 / 2.0) * thick;
                let (x, long) = (begin.min(end), (end - begin).abs());
                let _ =
                    writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{long:.1}\" height=\"{:.1}\" fill=\"{color}\"/>", thick - 1.0);
            }
        }
        Mark::Contours(field, levels) => {
            for level in levels {
                let pieces = field.pieces(*level);
                let path: String = pieces.iter().map(|piece| frame.line(piece)).collect();
                let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"#b8b8b8\"/>");
            }
        }
        Mark::Regions(field) => cells(svg, frame, field, |number| palette::tint(number.max(0.0) as usize)),
        Mark::Heat(field, [low, high]) => cells(svg, frame, field, |number| palette::hex(heat_map_color((number - low) / (high - low)))),
        Mark::Text(..) => {}
        Mark::Picture(picture, [across, up]) => {
            let corners = (frame.at((across.start, up.end)), frame.at((across.end, up.start)));
            if let ((Some((left, top)), Some((right, bottom))), Ok(bytes)) = (corners, picture.encoded()) {
                let _ = writeln!(
                    svg,
                    "<image x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" preserveAspectRatio=\"none\" image-rendering=\"pixelated\" href=\"data:image/png;base64,{}\"/>",
                    right - left,
                    bottom - top,
                    base64(&bytes)
                );
            }
        }
    }
}

/// The cell around each point of a field. Neighbors of one color in a row are one rectangle, and rectangles of one color one path.
fn cells(svg: &mut String, frame: &Frame, field: &super::Field, color: impl Fn(f64) -> String) {
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for row in 0..field.rows {
        let colors: Vec<String> = field.numbers[row * field.columns..][..field.columns].iter().map(|&number| color(number)).collect();
        let mut begin = 0;
        for run in colors.chunk_by(|one, other| one == other) {
            let edge = |column: usize, row: f64| frame.at(field.place(column as f64 - 0.5, row));
            let corners = (edge(begin, row as f64 + 0.5), edge(begin + run.len(), row as f64 - 0.5));
            begin += run.len();
            if let (Some((left, top)), Some((right, bottom))) = corners {
                let path = paths.entry(run[0].clone()).or_default();
                let _ = write!(path, "M{left:.1} {top:.1}h{0:.1}v{1:.1}h-{0:.1}z", right - left, bottom - top);
            }
        }
    }
    for (color, path) in paths {
        // A little larger, so that no gap shows.
        let _ = writeln!(svg, "<path d=\"{path}\" fill=\"{color}\" stroke=\"{color}\" stroke-width=\"0.8\"/>");
    }
}

/// A point: a disk, square, triangle, diamond, lying triangle or cross.
pub(super) fn shape(series: usize, (x, y): (f64, f64)) -> String {
    let polygon = |corners: &[(f64, f64)]| {
        let corners: Vec<String> = corners.iter().map(|(dx, dy)| format!("{:.1} {:.1}", x + dx, y + dy)).collect();
        format!("M{}z", corners.join("L"))
    };
    match series % 6 {
        0 => format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", x - 4.0),
        1 => polygon(&[(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)]),
        2 => polygon(&[(0.0, -4.8), (4.6, 3.6), (-4.6, 3.6)]),
        3 => polygon(&[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)]),
        4 => polygon(&[(0.0, 4.8), (4.6, -3.6), (-4.6, -3.6)]),
        _ => polygon(&[
            (-4.5, -2.0),
            (-2.0, -2.0),
            (-2.0, -4.5),
            (2.0, -4.5),
            (2.0, -2.0),
            (4.5, -2.0),
            (4.5, 2.0),
            (2.0, 2.0),
            (2.0, 4.5),
            (-2.0, 4.5),
            (-2.0, 2.0),
            (-4.5, 2.0),
        ]),
    }
}
