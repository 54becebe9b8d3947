//! Boxes, pills, circles and bars.

use super::sizes::{self, Rows};
use super::{INK, MUTED, Page};
use crate::diagram::{Block, Form};
use crate::family::Family;
use crate::layers::Row;
use crate::layout::{Item, Place};
use crate::text::escape;

/// The radius of a box's corners.
const ROUND: f64 = 6.0;

pub fn draw(page: &mut Page, rows: Rows, block: &Block, item: &Item, place: Place) {
    let left = place.x - item.width / 2.0;
    let row = &block.rows[0];
    match block.form {
        Form::Input | Form::Output => {
            let number = if block.form == Form::Input { format!(r#" data-value="{}""#, row.value) } else { String::new() };
            open(page, row, &number);
            rect(page, row.family, left, place.y, item.width, item.height, item.height / 2.0);
            middle(page, &row.name, place.x, place.y + item.height / 2.0, sizes::NAME, true);
        }
        Form::Join(sign, _) => {
            open(page, row, &data(row));
            let (fill, stroke) = row.family.colors();
            let radius = item.width / 2.0;
            let y = place.y + radius;
            page.add(format!(r#"<circle cx="{}" cy="{y}" r="{radius}" fill="{fill}" stroke="{stroke}"/>"#, place.x));
            match strokes(sign) {
                Some(strokes) => {
                    let at = format!("translate({} {y})", place.x);
                    page.add(format!(r#"<path transform="{at}" d="{strokes}" stroke="{INK}" stroke-width="1.8" stroke-linecap="round"/>"#));
                }
                None => middle(page, sign, place.x, y, 9.5, false),
            }
        }
        Form::Concat => {
            open(page, row, &data(row));
            rect(page, row.family, left, place.y, item.width, item.height, 3.0);
            middle(page, &row.what, place.x, place.y + item.height / 2.0, sizes::SMALL, false);
        }
        Form::Layers => {
            let mut y = place.y;
            let bare = sizes::is_bare(block);
            for row in &block.rows {
                layer(page, rows, row, [left, y, item.width], bare);
                y += rows.height(row) + sizes::SEAM;
            }
            return;
        }
    }
    page.add("</g>".to_owned());
}

/// A sign, drawn as strokes around its center, because fonts place signs at different heights.
fn strokes(sign: &str) -> Option<&'static str> {
    match sign {
        "+" => Some("M-5 0H5M0 -5V5"),
        "−" => Some("M-5 0H5"),
        "×" => Some("M-4 -4L4 4M-4 4L4 -4"),
        _ => None,
    }
}

fn layer(page: &mut Page, rows: Rows, row: &Row, [left, top, width]: [f64; 3], centered: bool) {
    let height = rows.height(row);
    open(page, row, &data(row));
    if row.family.is_network() {
        rect(page, row.family, left + sizes::SHEET, top + sizes::SHEET, width, height, ROUND);
    }
    rect(page, row.family, left, top, width, height, if row.slim { 4.0 } else { ROUND });
    let (start, end) = (left + sizes::PAD, left + width - sizes::PAD);
    let size = if row.slim { sizes::SMALL } else { sizes::PLAIN };
    // The line with the name, and the line with the rest.
    let (first, second) = if rows.is_tall(row) { (17.5, 33.0) } else { (height / 2.0 + 0.36 * size, height / 2.0 + 0.36 * size) };
    let (name, what) = (escape(&row.name), escape(&row.what));
    let name_size = if row.slim { size } else { sizes::NAME };
    if rows.is_tall(row) {
        words(page, start, top + first, &format!(r#"font-size="{name_size}" font-weight="bold""#), &name);
        words(page, start, top + second, &format!(r#"font-size="{size}""#), &what);
    } else if row.name.is_empty() && centered {
        middle(page, &row.what, left + width / 2.0, top + height / 2.0, size, false);
    } else if row.name.is_empty() {
        words(page, start, top + second, &format!(r#"font-size="{size}""#), &what);
    } else {
        // One text with two parts, so that the space between them is right in every font.
        let space = sizes::SPACE;
        let both = format!(r#"<tspan font-size="{name_size}" font-weight="bold">{name}</tspan><tspan dx="{space}">{what}</tspan>"#);
        words(page, start, top + second, &format!(r#"font-size="{size}""#), &both);
    }
    if !row.note.is_empty() {
        let how = format!(r#"font-size="{}" fill="{MUTED}" text-anchor="end""#, sizes::SMALL);
        words(page, end, top + first, &how, &escape(&row.note));
    }
    page.add("</g>".to_owned());
}

fn data(row: &Row) -> String {
    format!(r#" data-value="{}""#, row.value)
}

fn open(page: &mut Page, row: &Row, data: &str) {
    page.add(format!("<g{data}><title>{}</title>", escape(&row.tip)));
}

fn rect(page: &mut Page, family: Family, x: f64, y: f64, width: f64, height: f64, round: f64) {
    let (fill, stroke) = family.colors();
    page.add(format!(r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{round}" fill="{fill}" stroke="{stroke}"/>"#));
}

fn middle(page: &mut Page, text: &str, x: f64, y: f64, size: f64, bold: bool) {
    let weight = if bold { r#" font-weight="bold""# } else { "" };
    words(page, x, y + 0.36 * size, &format!(r#"font-size="{size}"{weight} text-anchor="middle""#), &escape(text));
}

fn words(page: &mut Page, x: f64, y: f64, how: &str, text: &str) {
    page.add(format!(r#"<text x="{x}" y="{:.1}" {how}>{text}</text>"#, y));
}
