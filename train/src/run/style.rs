//! What the pictures of a run have in common.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Outcome = Result<(), Box<dyn std::error::Error>>;

pub(super) const FONT: &str = "DejaVu Sans, Helvetica, Arial, sans-serif";
pub(super) const INK: RGBColor = RGBColor(51, 51, 51);
pub(super) const GRID: RGBColor = RGBColor(226, 226, 226);

/// How text is set that is centred on its point.
pub(super) const CENTRED: Pos = Pos { h_pos: HPos::Center, v_pos: VPos::Center };

/// The heading of a picture.
pub(super) fn title(root: &Area<'_>, text: &str) -> Outcome {
    let middle = root.dim_in_pixel().0 as i32 / 2;
    Ok(root.draw(&Text::new(text.to_owned(), (middle, 28), (FONT, 22).into_font().color(&INK).pos(CENTRED)))?)
}
