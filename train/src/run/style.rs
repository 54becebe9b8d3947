//! Common style of the plots.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Outcome = Result<(), Box<dyn std::error::Error>>;

pub(super) const FONT: &str = "DejaVu Sans, Helvetica, Arial, sans-serif";
pub(super) const INK: RGBColor = RGBColor(51, 51, 51);
pub(super) const GRID: RGBColor = RGBColor(226, 226, 226);

/// Distinguishable colors of curves on white.
pub(super) const LINES: [RGBColor; 12] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(120, 94, 140),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(141, 110, 70),
    RGBColor(220, 38, 60),
    RGBColor(60, 60, 60),
    RGBColor(128, 160, 20),
    RGBColor(0, 100, 100),
];

/// Centers text on its point.
pub(super) const CENTERED: Pos = Pos { h_pos: HPos::Center, v_pos: VPos::Center };

/// The height of a title.
pub(super) const TITLE: u32 = 52;

/// Draws the title, as large as fits.
pub(super) fn title(root: &Area<'_>, text: &str) -> Outcome {
    let wide = root.dim_in_pixel().0;
    let size = (10..=22).rev().find(|&size| width(text, size) + 24 <= wide).unwrap_or(10);
    // Smaller text would not be readable.
    let most = (wide.saturating_sub(24) * 10 / (size * 6)) as usize;
    let text =
        if text.chars().count() > most { text.chars().take(most.saturating_sub(1)).chain(['…']).collect() } else { text.to_owned() };
    Ok(root.draw(&Text::new(text, (wide as i32 / 2, 28), (FONT, size).into_font().color(&INK).pos(CENTERED)))?)
}

/// The approximate width of a text: a character of DejaVu Sans, a wide font, takes 0.6 of its size on average.
pub(super) fn width(text: &str, size: u32) -> u32 {
    (text.chars().count() as u32 * size * 6).div_ceil(10)
}
