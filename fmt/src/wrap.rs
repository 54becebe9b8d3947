//! Where a long line is broken.

use std::ops::Range;

use crate::layout::Sheet;
use crate::tokens::Kind;

/// Breaks the first line that is too long and can be broken. Returns whether there was one.
pub(crate) fn wrap(sheet: &mut Sheet<'_>, width: usize) -> bool {
    for (line, indentation) in sheet.lines().into_iter().zip(sheet.indentations()) {
        let room = width.saturating_sub(indentation);
        if sheet.line(code(sheet, line.clone())).chars().count() <= room {
            continue;
        }
        if let Some(place) = place(sheet, line, room) {
            sheet.breaks[place] = true;
            return true;
        }
    }
    false
}

/// A line without the comment at its end, which may be as long as it is.
fn code(sheet: &Sheet<'_>, line: Range<usize>) -> Range<usize> {
    let end = line.clone().rev().find(|&i| sheet.tokens[i].kind != Kind::Comment).map_or(line.start, |last| last + 1);
    line.start..end
}

/// The token before which a line is broken: after the last comma outside brackets that fits, after the first if none fits, otherwise after the first bracket that
/// has its partner in the line, braces before others.
fn place(sheet: &Sheet<'_>, line: Range<usize>, room: usize) -> Option<usize> {
    let line = code(sheet, line);
    let mut depth = 0;
    let (mut fits, mut first) = (None, None);
    for i in line.clone() {
        match sheet.tokens[i].kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ if depth == 0 && sheet.tokens[i].is(",") && i + 1 < line.end => {
                first = first.or(Some(i + 1));
                if sheet.line(line.start..i + 1).chars().count() <= room {
                    fits = Some(i + 1);
                }
            }
            _ => {}
        }
    }
    fits.or(first).or_else(|| {
        let whole = |open: &usize| sheet.partner[*open].is_some_and(|close| close > open + 1 && close < line.end);
        let brackets = || line.clone().filter(|i| sheet.tokens[*i].kind == Kind::Open).filter(whole);
        let braces = brackets().find(|&i| sheet.tokens[i].is("{"));
        braces.or_else(|| brackets().next()).map(|open| open + 1)
    })
}
