//! Texts and numbers in drawings.

/// The approximate width of a text in a sans-serif font of `size` pixels. The fonts of the page that shows the drawing are not known, so
/// the widths are those of DejaVu Sans, which is wider than most.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let ems: f64 = text.chars().map(advance).sum();
    ems * size * if bold { 1.12 } else { 1.0 }
}

/// The width of a character in units of the font size.
fn advance(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' => 0.30,
        ' ' | '.' | ',' | ':' | ';' | '|' | '!' => 0.34,
        'f' | 't' | 'r' | 'I' | 'J' | '-' | '/' | '\\' | '(' | ')' | '[' | ']' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 1.0,
        '<' | '>' | '=' | '+' | '−' | '×' | '#' | '~' => 0.84,
        'A'..='Z' | '&' => 0.78,
        _ if letter.is_ascii() => 0.64,
        // Characters of other scripts get the width of the widest.
        _ => 1.05,
    }
}

/// The text, cut to at most `most` characters, with an ellipsis if something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}

/// The text as XML character data or attribute. Characters that XML does not allow become spaces.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(visible(letter)),
        }
    }
    out
}

/// The character, or a space for a control character or one that XML does not allow.
pub(super) fn visible(letter: char) -> char {
    if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') { ' ' } else { letter }
}

/// `833 thousand` as `833 k`, with three digits: `4.09 G`, `61.7 k`, `940`.
pub(super) fn rounded(number: u64) -> String {
    let mut value = number as f64;
    let mut unit = "";
    for next in [" k", " M", " G", " T", " P", " E"] {
        // A number that would round up to 1000 is written in the next unit.
        if value < 999.5 {
            break;
        }
        value /= 1e3;
        unit = next;
    }
    let decimals = if unit.is_empty() || value >= 99.95 { 0 } else { 1 + usize::from(value < 9.995) };
    format!("{value:.decimals$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!([0, 940, 999_499, 999_600, 61_706, 4_089_284_608].map(rounded), ["0", "940", "999 k", "1.00 M", "61.7 k", "4.09 G"]);
    }

    #[test]
    fn texts() {
        assert_eq!(escape("a<b> & \"c\"\n\u{1}"), "a&lt;b&gt; &amp; &quot;c&quot;  ");
        assert_eq!((cut("éclair", 6), cut("éclairs", 6)), ("éclair".into(), "éclai…".into()));
        assert!(width("mmm", 10.0, false) > width("iii", 10.0, false) && width("a", 10.0, true) > width("a", 10.0, false));
    }
}
