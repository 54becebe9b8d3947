//! Parallel coordinates: a vertical axis for each quantity, and a line across them for each thing that has these quantities.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::style::{CENTERED, FONT, GRID, INK, LINES, Outcome, TITLE, title};

const HEIGHT: u32 = 380;
/// The distance of two axes.
const APART: u32 = 170;
const MARGIN: u32 = 90;
/// The height of the axes' names.
const HEAD: u32 = 24;

/// A vertical axis.
#[derive(Clone, Debug, PartialEq)]
pub struct ParallelAxis {
    /// Its name.
    pub name: String,
    /// The places of labels, 0 at the bottom and 1 at the top, and the labels.
    pub ticks: Vec<(f64, String)>,
}

/// A line across the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct ParallelLine {
    /// Its place on each axis, 0 at the bottom and 1 at the top.
    pub places: Vec<f64>,
    /// Whether it is drawn thick, in another color.
    pub strong: bool,
    /// Whether it is drawn gray.
    pub faint: bool,
}

/// Parallel coordinates as SVG text. Later lines are drawn over earlier ones.
///
/// # Errors
/// Returns an error if the drawing library fails, which does not happen with finite numbers.
pub fn draw_parallel(heading: &str, axes: &[ParallelAxis], lines: &[ParallelLine]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, heading, axes, lines).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, heading: &str, axes: &[ParallelAxis], lines: &[ParallelLine]) -> Outcome {
    let size = ((2 * MARGIN + APART * axes.len().saturating_sub(1) as u32).max(480), HEIGHT);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    title(&root, heading)?;
    let (top, bottom) = (f64::from(TITLE + HEAD), f64::from(HEIGHT - 20));
    let across = |axis: usize| (MARGIN + APART * axis as u32) as i32;
    let up = |place: f64| (bottom - place.clamp(0.0, 1.0) * (bottom - top)) as i32;
    for line in lines {
        let points: Vec<(i32, i32)> =
            line.places.iter().take(axes.len()).enumerate().map(|(axis, &place)| (across(axis), up(place))).collect();
        let style = match (line.strong, line.faint) {
            (true, _) => ShapeStyle::from(&LINES[1]).stroke_width(3),
            (false, true) => ShapeStyle::from(&RGBColor(190, 190, 190)).stroke_width(1),
            (false, false) => ShapeStyle::from(&LINES[0]).stroke_width(1),
        };
        root.draw(&PathElement::new(points, style))?;
    }
    for (axis, ParallelAxis { name, ticks }) in axes.iter().enumerate() {
        let x = across(axis);
        root.draw(&PathElement::new(vec![(x, up(0.0)), (x, up(1.0))], ShapeStyle::from(&INK).stroke_width(1)))?;
        let style = (FONT, 13).into_font().color(&INK).pos(CENTERED);
        root.draw(&Text::new(name.clone(), (x, TITLE as i32 + 8), style))?;
        for (place, label) in ticks {
            root.draw(&PathElement::new(vec![(x - 4, up(*place)), (x, up(*place))], ShapeStyle::from(&GRID).stroke_width(1)))?;
            let style = (FONT, 12).into_font().color(&INK).pos(Pos { h_pos: HPos::Right, v_pos: VPos::Center });
            root.draw(&Text::new(label.clone(), (x - 7, up(*place)), style))?;
        }
    }
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each() {
        let axis = |name: &str| ParallelAxis { name: name.to_owned(), ticks: vec![(0.0, "0.001".to_owned()), (1.0, "1".to_owned())] };
        let line = |strong, faint| ParallelLine { places: vec![0.0, 0.5, 1.0], strong, faint };
        let svg = draw_parallel("two", &[axis("lr"), axis("decay"), axis("loss")], &[line(false, true), line(true, false)]).unwrap();
        // Two lines, three axes, six ticks.
        assert_eq!(svg.matches("<polyline").count(), 2 + 3 + 6, "{svg}");
        assert!(["lr", "decay", "loss", "0.001"].iter().all(|text| svg.contains(text)));
    }
}
