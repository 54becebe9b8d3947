//! `confusion.svg`: which classes are taken for which.

use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::style::{Area, CENTRED, FONT, GRID, INK, Outcome, title};
use crate::Tally;

const CELL: i32 = 52;
const LEFT: i32 = 130;
const TOP: i32 = 64;
const BOTTOM: i32 = 106;
const RIGHT: i32 = 32;
/// Longer names of classes are cut.
const LETTERS: usize = 11;
const RIGHTLY: RGBColor = RGBColor(0, 114, 178);
const WRONGLY: RGBColor = RGBColor(213, 94, 0);

/// A row for each true class, a column for each prediction, as the text of an SVG file. A cell's shade is its share of the row: blue
/// where the prediction is right; orange where it is wrong, and four times as strong, since these are few.
///
/// # Errors
/// If the drawing library fails; it does not in practice.
///
/// # Panics
/// If there are fewer names than classes.
pub fn draw_confusion(heading: &str, tally: &Tally, names: &[String]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, heading, tally, names).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, heading: &str, tally: &Tally, names: &[String]) -> Outcome {
    let side = CELL * tally.classes() as i32;
    let size = ((LEFT + side + RIGHT) as u32, (TOP + side + BOTTOM) as u32);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    title(&root, heading)?;
    for truth in 0..tally.classes() {
        let row: u64 = (0..tally.classes()).map(|predicted| tally.count_of(truth, predicted)).sum();
        for predicted in 0..tally.classes() {
            let count = tally.count_of(truth, predicted);
            let share = count as f64 / row.max(1) as f64;
            let shade = if truth == predicted { RIGHTLY.mix(0.85 * share) } else { WRONGLY.mix((4.0 * share).min(0.9)) };
            cell(&root, (truth as i32, predicted as i32), count, shade)?;
        }
    }
    labels(&root, side, &names[..tally.classes()])?;
    root.present()?;
    Ok(())
}

fn cell(root: &Area<'_>, (row, column): (i32, i32), count: u64, shade: RGBAColor) -> Outcome {
    let (x, y) = (LEFT + CELL * column, TOP + CELL * row);
    let corners = [(x, y), (x + CELL, y + CELL)];
    root.draw(&Rectangle::new(corners, shade.filled()))?;
    root.draw(&Rectangle::new(corners, GRID.stroke_width(1)))?;
    if count > 0 {
        let ink = if shade.alpha() > 0.5 { WHITE } else { INK };
        let style = (FONT, 14).into_font().color(&ink).pos(CENTRED);
        root.draw(&Text::new(count.to_string(), (x + CELL / 2, y + CELL / 2), style))?;
    }
    Ok(())
}

fn labels(root: &Area<'_>, side: i32, names: &[String]) -> Outcome {
    let small = (FONT, 13).into_font().color(&INK).pos(CENTRED);
    let left = (FONT, 13).into_font().color(&INK).pos(Pos::new(HPos::Right, VPos::Center));
    // Short names stand upright below their column, long ones are turned.
    let turned = names.iter().any(|name| name.chars().count() > 5);
    let below = if turned { (FONT, 13).into_font().transform(FontTransform::Rotate90).color(&INK).pos(CENTRED) } else { small.clone() };
    for (i, name) in names.iter().enumerate() {
        let name: String = name.chars().take(LETTERS).collect();
        let at = CELL * i as i32 + CELL / 2;
        root.draw(&Text::new(name.clone(), (LEFT - 10, TOP + at), left.clone()))?;
        root.draw(&Text::new(name, (LEFT + at, TOP + side + if turned { 46 } else { 18 }), below.clone()))?;
    }
    let axis = (FONT, 15).into_font().color(&INK).pos(CENTRED);
    root.draw(&Text::new("predicted class", (LEFT + side / 2, TOP + side + BOTTOM - 16), axis))?;
    let upwards = (FONT, 15).into_font().transform(FontTransform::Rotate270).color(&INK).pos(CENTRED);
    root.draw(&Text::new("true class", (18, TOP + side / 2), upwards))?;
    Ok(())
}
