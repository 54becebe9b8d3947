//! Text in PNG pictures: names, captions and legends.

use font8x8::{BASIC_FONTS, BOX_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};

use super::pictures::{Canvas, PAPER};

/// The size of a character; its dots are squares of 2x2 pixels.
pub(crate) const LETTER: usize = 16;
/// The space between lines.
const LEADING: usize = 4;
/// The margin around text below a picture or above a grid.
const ROOM: usize = 6;
/// The space between the entries of a key.
const APART: usize = 24;

const INK: [u8; 3] = [51; 3];
const MUTED: [u8; 3] = [120; 3];
/// Colors of correct and incorrect classes, as in `confusion.svg`.
const CORRECT: [u8; 3] = [0, 100, 160];
const INCORRECT: [u8; 3] = [190, 75, 0];

impl Canvas {
    /// A line of text from parts of different colors.
    fn line(parts: &[(&str, [u8; 3])]) -> Self {
        let count: usize = parts.iter().map(|part| part.0.chars().count()).sum();
        let mut canvas = Self::blank([LETTER, LETTER * count]);
        let letters = parts.iter().flat_map(|(text, ink)| text.chars().map(move |letter| (letter, *ink)));
        for (i, (letter, ink)) in letters.enumerate() {
            canvas.put(&glyph(letter, ink), 0, LETTER * i);
        }
        canvas
    }

    /// Writes a text over the picture; what does not fit is cut off.
    pub fn write(&mut self, text: &str, top: usize, left: usize, color: [u8; 3]) {
        self.put(&Self::line(&[(text, color)]), top, left);
    }

    /// The picture above its true and predicted class, at least `width` wide.
    pub(crate) fn misclassified(&self, truth: &str, predicted: &str, width: usize) -> Self {
        let one = [(truth, CORRECT), (" as ", MUTED), (predicted, INCORRECT)];
        let two = [vec![one[0]], vec![("as ", MUTED), one[2]]];
        let lines =
            if fits_one_line(truth, predicted, width) { vec![Self::line(&one)] } else { two.iter().map(|line| Self::line(line)).collect() };
        self.over(&lines, width)
    }

    /// The picture above its name, at least `width` wide.
    pub fn named(&self, name: &str, width: usize) -> Self {
        self.over(&[Self::line(&[(name, INK)])], width)
    }

    fn over(&self, lines: &[Self], width: usize) -> Self {
        let [high, wide] = self.size();
        let width = lines.iter().map(|line| line.size()[1]).fold(wide.max(width), usize::max);
        let mut canvas = Self::blank([high + LEADING + lines.len() * (LETTER + LEADING) + ROOM, width]);
        canvas.put(self, 0, (width - wide) / 2);
        for (i, line) in lines.iter().enumerate() {
            canvas.put(line, high + LEADING + i * (LETTER + LEADING), (width - line.size()[1]) / 2);
        }
        canvas
    }

    /// The picture below a caption, which is wrapped.
    #[must_use]
    pub fn captioned(&self, text: &str) -> Self {
        let [high, wide] = self.size();
        let lines = wrapped(text, (wide / LETTER).max(12));
        let width = lines.iter().map(|line| LETTER * line.chars().count()).fold(wide, usize::max);
        let top = lines.len() * (LETTER + LEADING) + ROOM;
        let mut canvas = Self::blank([top + high, width]);
        lines.iter().enumerate().for_each(|(i, line)| canvas.put(&Self::line(&[(line, INK)]), i * (LETTER + LEADING), 0));
        canvas.put(self, top, 0);
        canvas
    }

    /// The picture below the names of its columns of equal width.
    #[must_use]
    pub fn with_columns(&self, names: &[&str]) -> Self {
        let [high, wide] = self.size();
        let top = LETTER + ROOM;
        let mut canvas = Self::blank([top + high, wide]);
        for (i, name) in names.iter().enumerate() {
            canvas.put(&Self::line(&[(name, INK)]), 0, i * wide / names.len().max(1));
        }
        canvas.put(self, top, 0);
        canvas
    }

    /// The picture above a key of its colors.
    #[must_use]
    pub fn with_key(&self, entries: &[(String, [u8; 3])]) -> Self {
        let patch = |(name, color): &(String, [u8; 3])| {
            let mut patch = Self::blank([LETTER; 2]);
            patch.paint(*color);
            (name.clone(), patch)
        };
        self.with_patches(&entries.iter().map(patch).collect::<Vec<_>>())
    }

    /// The picture above a key of patches, each as large as a letter.
    pub(super) fn with_patches(&self, entries: &[(String, Self)]) -> Self {
        let [high, wide] = self.size();
        let length = |name: &str| LETTER + LETTER / 2 + LETTER * name.chars().count();
        let (mut places, mut at) = (Vec::new(), [0, 0]);
        for (name, _) in entries {
            if at[1] > 0 && at[1] + length(name) > wide {
                at = [at[0] + LETTER + LEADING, 0];
            }
            places.push(at);
            at[1] += length(name) + APART;
        }
        let width = entries.iter().map(|(name, _)| length(name)).fold(wide, usize::max);
        let mut canvas = Self::blank([high + 2 * ROOM + at[0] + LETTER, width]);
        canvas.put(self, 0, 0);
        for ((name, patch), [top, left]) in entries.iter().zip(places) {
            canvas.put(patch, high + ROOM + top, left);
            canvas.put(&Self::line(&[(name, INK)]), high + ROOM + top, left + LETTER + LETTER / 2);
        }
        canvas
    }
}

/// Whether the text of [`Canvas::misclassified`] fits on one line.
fn fits_one_line(truth: &str, predicted: &str, width: usize) -> bool {
    LETTER * (truth.chars().count() + 4 + predicted.chars().count()) <= width
}

/// Truncates a name to at most `most` characters, with `..` at the end.
pub(crate) fn cut(name: &str, most: usize) -> String {
    if name.chars().count() <= most { name.to_owned() } else { name.chars().take(most - 2).chain("..".chars()).collect() }
}

/// Wraps a text into lines of at most `most` characters, unless a word is longer.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A character of 16x16 pixels; an empty box if the font lacks it.
fn glyph(character: char, ink: [u8; 3]) -> Canvas {
    let fonts = BASIC_FONTS
        .get(character)
        .or_else(|| LATIN_FONTS.get(character))
        .or_else(|| GREEK_FONTS.get(character))
        .or_else(|| BOX_FONTS.get(character));
    let rows = fonts.unwrap_or([0x7e, 0x42, 0x42, 0x42, 0x42, 0x42, 0x7e, 0]);
    let dot = |row: u8, column: usize| if row >> column & 1 == 1 { ink } else { PAPER };
    let bytes: Vec<u8> = rows.iter().flat_map(|&row| (0..8).flat_map(move |column| dot(row, column))).collect();
    Canvas::from_rgb([8; 2], bytes).enlarged(LETTER / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of pixels of a color.
    fn count(canvas: &Canvas, color: [u8; 3]) -> usize {
        canvas.bytes().chunks_exact(3).filter(|pixel| **pixel == color).count()
    }

    #[test]
    fn characters_are_drawn() {
        // A dash is a row of 8x8 dots, each of four pixels.
        let dash = Canvas::line(&[("-", INK)]);
        assert_eq!(dash.size(), [16, 16]);
        assert!((20..=32).contains(&count(&dash, INK)), "{}", count(&dash, INK));
        assert_ne!(Canvas::line(&[("4", INK)]), Canvas::line(&[("9", INK)]));
        assert_eq!(Canvas::line(&[("\u{4e2d}", INK)]), Canvas::line(&[("\u{5b57}", INK)]));
        assert_ne!(Canvas::line(&[("\u{4e2d}", INK)]), Canvas::line(&[(" ", INK)]));
    }

    #[test]
    fn both_classes_are_below_a_misclassified_image() {
        let picture = Canvas::blank([28, 112]);
        let short = picture.misclassified("4", "9", 112);
        let long = picture.misclassified("airplane", "automobile", 112);
        assert_eq!((short.size()[1], long.size()[1]), (112, 13 * LETTER));
        assert_eq!(long.size()[0] - short.size()[0], LETTER + LEADING);
        for canvas in [short, long] {
            assert!(count(&canvas, CORRECT) > 30 && count(&canvas, INCORRECT) > 30);
        }
    }

    #[test]
    fn keys_and_captions_fit() {
        let picture = Canvas::blank([20, 200]);
        let colors = [("sky".to_owned(), [1, 2, 3]), ("building".to_owned(), [4, 5, 6])];
        let keyed = picture.with_key(&colors);
        assert!(count(&keyed, [1, 2, 3]) == 256 && count(&keyed, [4, 5, 6]) == 256);
        assert_eq!(keyed.size(), [20 + 2 * ROOM + 2 * LETTER + LEADING, 200]);
        assert_eq!(picture.captioned("one two three four").size(), [20 + 2 * (LETTER + LEADING) + ROOM, 200]);
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!((cut("automobile", 8), cut("cat", 8)), ("automo..".to_owned(), "cat".to_owned()));
        assert_eq!(picture.with_columns(&["a", "b"]).size(), [20 + LETTER + ROOM, 200]);
    }
}
