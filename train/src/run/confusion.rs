//! `confusion.svg`: the confusion matrix.

use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::style::{Area, CENTERED, FONT, GRID, INK, Outcome, title, width};
use crate::ConfusionMatrix;

/// Cell sizes by maximum number of classes. With more classes, cells have no numbers.
const CELLS: [(usize, i32); 3] = [(12, 52), (25, 40), (60, 24)];
const SMALLEST: i32 = 10;
const LEFT: i32 = 130;
const TOP: i32 = 64;
const BOTTOM: i32 = 106;
const RIGHT: i32 = 32;
/// Minimum width of the picture, so that the title is readable.
const NARROWEST: i32 = 420;
/// Maximum length of class names in characters.
const NAME: usize = 11;
const CORRECT: RGBColor = RGBColor(0, 114, 178);
const INCORRECT: RGBColor = RGBColor(213, 94, 0);

/// The confusion matrix as SVG text: a row per true class, a column per predicted class. The shade of a cell is its fraction of the row: blue
/// for correct predictions; orange, four times as strong, for incorrect ones.
///
/// # Errors
/// Returns an error if the drawing library fails, which does not happen in practice.
///
/// # Panics
/// Panics if there are fewer names than classes.
pub fn draw_confusion_matrix(heading: &str, confusion: &ConfusionMatrix, names: &[String]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, heading, confusion, names).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, heading: &str, confusion: &ConfusionMatrix, names: &[String]) -> Outcome {
    let cell = CELLS.iter().find(|(most, _)| confusion.classes() <= *most).map_or(SMALLEST, |row| row.1);
    let side = cell * confusion.classes() as i32;
    let size = ((LEFT + side + RIGHT).max(NARROWEST) as u32, (TOP + side + BOTTOM) as u32);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    title(&root, heading)?;
    for truth in 0..confusion.classes() {
        let row: u64 = (0..confusion.classes()).map(|predicted| confusion.count_of(truth, predicted)).sum();
        for predicted in 0..confusion.classes() {
            let count = confusion.count_of(truth, predicted);
            let share = count as f64 / row.max(1) as f64;
            let shade = if truth == predicted { CORRECT.mix(0.85 * share) } else { INCORRECT.mix((4.0 * share).min(0.9)) };
            square(&root, cell, (truth as i32, predicted as i32), count, shade)?;
        }
    }
    labels(&root, cell, &names[..confusion.classes()])?;
    root.present()?;
    Ok(())
}

fn square(root: &Area<'_>, cell: i32, (row, column): (i32, i32), count: u64, shade: RGBAColor) -> Outcome {
    let (x, y) = (LEFT + cell * column, TOP + cell * row);
    let corners = [(x, y), (x + cell, y + cell)];
    root.draw(&Rectangle::new(corners, shade.filled()))?;
    root.draw(&Rectangle::new(corners, GRID.stroke_width(1)))?;
    let text = count.to_string();
    // As large as fits; smaller text would not be readable.
    let size = (8..=14).rev().find(|&size| width(&text, size) as i32 + 4 <= cell);
    if let Some(size) = size.filter(|_| count > 0 && cell > SMALLEST) {
        let ink = if shade.alpha() > 0.6 { WHITE } else { INK };
        let style = (FONT, size).into_font().color(&ink).pos(CENTERED);
        root.draw(&Text::new(text, (x + cell / 2, y + cell / 2), style))?;
    }
    Ok(())
}

fn labels(root: &Area<'_>, cell: i32, names: &[String]) -> Outcome {
    let side = cell * names.len() as i32;
    let size = 13.min(cell);
    let small = (FONT, size).into_font().color(&INK).pos(CENTERED);
    let left = (FONT, size).into_font().color(&INK).pos(Pos::new(HPos::Right, VPos::Center));
    // Long names are rotated.
    let rotated = names.iter().any(|name| width(name, 13) as i32 + 4 > cell);
    let below = if rotated { (FONT, size).into_font().transform(FontTransform::Rotate90).color(&INK).pos(CENTERED) } else { small };
    for (i, name) in names.iter().enumerate() {
        let name: String = if name.chars().count() > NAME { name.chars().take(NAME - 1).chain(['…']).collect() } else { name.clone() };
        let at = cell * i as i32 + cell / 2;
        root.draw(&Text::new(name.clone(), (LEFT - 10, TOP + at), left.clone()))?;
        root.draw(&Text::new(name, (LEFT + at, TOP + side + if rotated { 46 } else { 18 }), below.clone()))?;
    }
    let axis = (FONT, 15).into_font().color(&INK).pos(CENTERED);
    root.draw(&Text::new("predicted class", (LEFT + side / 2, TOP + side + BOTTOM - 16), axis))?;
    let upwards = (FONT, 15).into_font().transform(FontTransform::Rotate270).color(&INK).pos(CENTERED);
    root.draw(&Text::new("true class", (18, TOP + side / 2), upwards))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Few classes with long names, and many classes.
    #[test]
    fn any_number_of_classes_can_be_drawn() {
        for classes in [1, 2, 10, 40, 120] {
            let mut confusion = ConfusionMatrix::new(classes);
            for class in 0..classes {
                confusion.count_classes(&vec![class; 12_345], &vec![class; 12_345], None);
            }
            let names: Vec<String> = (0..classes).map(|class| format!("a long name {class}")).collect();
            let svg = draw_confusion_matrix("a heading that is longer than two classes are wide, and goes on", &confusion, &names).unwrap();
            assert!(svg.contains("a long nam…") && svg.trim_end().ends_with("</svg>"));
            assert_eq!(svg.contains("12345"), classes <= 25, "{classes}");
        }
    }
}
