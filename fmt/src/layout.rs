//! Lines, their indentation, and blank lines.

use crate::spacing::spaces;
use crate::tokens::{Kind, Token};
use crate::wrap;

/// Columns by which the inside of a bracket is indented.
const STEP: usize = 4;

/// The text between the braces of a block whose line is indented by `base` columns.
pub(crate) fn block(tokens: &[Token<'_>], base: usize, width: usize) -> String {
    if tokens.is_empty() {
        return String::new();
    }
    if tokens.iter().all(|token| token.breaks == 0 && !token.is_line_comment()) {
        // A block on one line.
        return format!(" {} ", Sheet::new(tokens, base).line(0..tokens.len()));
    }
    let mut sheet = Sheet::new(tokens, base + STEP);
    // A comment beside the opening brace stays there.
    let first = tokens.iter().position(|token| token.breaks > 0 || token.kind != Kind::Comment);
    sheet.breaks[first.unwrap_or(0)] = true;
    sheet.open_brackets();
    while wrap::wrap(&mut sheet, width) {
        sheet.open_brackets();
    }
    sheet.text(base)
}

/// The tokens of a block with what is decided about them.
pub(crate) struct Sheet<'a> {
    pub tokens: &'a [Token<'a>],
    /// Whether a line begins with the token.
    pub breaks: Vec<bool>,
    spaces: Vec<bool>,
    /// For each bracket its partner.
    pub partner: Vec<Option<usize>>,
    base: usize,
}

impl<'a> Sheet<'a> {
    fn new(tokens: &'a [Token<'a>], base: usize) -> Self {
        let mut partner = vec![None; tokens.len()];
        let mut open = Vec::new();
        for (i, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => open.push(i),
                Kind::Close => {
                    if let Some(start) = open.pop() {
                        (partner[start], partner[i]) = (Some(i), Some(start));
                    }
                }
                _ => {}
            }
        }
        let breaks = (0..tokens.len()).map(|i| tokens[i].breaks > 0 || (i > 0 && tokens[i - 1].is_line_comment())).collect();
        Self { tokens, breaks, spaces: spaces(tokens), partner, base }
    }

    /// Breaks the line after each bracket whose inside has several lines, and before its partner.
    fn open_brackets(&mut self) {
        for open in 0..self.tokens.len() {
            let Some(close) = self.partner[open].filter(|&close| close > open) else { continue };
            if (open + 1..=close).any(|i| self.breaks[i]) {
                // A comment at the end of the opening line stays there.
                let first = (open + 1..=close).find(|&i| self.breaks[i] || self.tokens[i].kind != Kind::Comment).unwrap_or(close);
                self.breaks[first] = true;
                self.breaks[close] = true;
            }
        }
    }

    /// The lines, as ranges of tokens.
    pub fn lines(&self) -> Vec<std::ops::Range<usize>> {
        let mut starts: Vec<usize> = (0..self.tokens.len()).filter(|&i| i == 0 || self.breaks[i]).collect();
        starts.push(self.tokens.len());
        starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    /// The indentation of each line. All brackets that a line opens indent what is in them by one step together.
    pub fn indentations(&self) -> Vec<usize> {
        let mut open: Vec<usize> = Vec::new();
        let mut indentations = Vec::new();
        for (number, line) in self.lines().into_iter().enumerate() {
            let closing = line.clone().take_while(|&i| self.tokens[i].kind == Kind::Close).count();
            let kept = &open[..open.len().saturating_sub(closing)];
            let mut levels: Vec<usize> = kept.to_vec();
            levels.dedup();
            let continued = usize::from(self.is_continued(line.start));
            indentations.push(self.base + STEP * (levels.len() + continued));
            for i in line {
                match self.tokens[i].kind {
                    Kind::Open => open.push(number),
                    Kind::Close => {
                        open.pop();
                    }
                    _ => {}
                }
            }
        }
        indentations
    }

    /// Whether a line goes on with what the line before began.
    fn is_continued(&self, start: usize) -> bool {
        let Some(last) = (0..start).rev().find(|&i| self.tokens[i].kind != Kind::Comment) else { return false };
        let is_attribute = || self.partner[last].is_some_and(|open| self.tokens[last].is("]") && open > 0 && self.tokens[open - 1].is("#"));
        let ended = self.tokens[last].kind == Kind::Open
            || [",", ";", "}"].iter().any(|end| self.tokens[last].is(end))
            || is_attribute()
            || self.needs_comma(last);
        !ended && self.tokens[start].kind != Kind::Close
    }

    /// The text of a line, without its indentation and without the comma that a list gets.
    pub fn line(&self, line: std::ops::Range<usize>) -> String {
        let mut text = String::new();
        for i in line.clone() {
            if i > line.start && self.spaces[i] {
                text.push(' ');
            }
            text.push_str(self.tokens[i].text.trim_end());
        }
        text
    }

    /// Whether a comma is added after token `i`, the last of a list of steps that ends with its line.
    fn needs_comma(&self, i: usize) -> bool {
        let Some(next) = (i + 1..self.tokens.len()).find(|&i| self.tokens[i].kind != Kind::Comment) else { return false };
        let token = &self.tokens[i];
        self.tokens[next].is("}")
            && self.breaks[next]
            && token.kind != Kind::Comment
            && token.kind != Kind::Open
            && ![",", ";", "}"].iter().any(|end| token.is(end))
    }

    fn text(&self, base: usize) -> String {
        let mut text = String::new();
        for (line, indentation) in self.lines().into_iter().zip(self.indentations()) {
            let first = line.start;
            let blank = self.tokens[first].breaks > 1 && first > 0 && self.tokens[first].kind != Kind::Close && !self.opens_line(first);
            if self.breaks[first] {
                text.push_str(if blank { "\n\n" } else { "\n" });
                text.extend(std::iter::repeat_n(' ', indentation));
            } else {
                text.push(' ');
            }
            // The comma belongs before a comment at the end.
            let comma = line.clone().find(|&i| self.needs_comma(i));
            match comma {
                Some(last) => {
                    text.push_str(&self.line(first..last + 1));
                    text.push(',');
                    for comment in last + 1..line.end {
                        text.push(' ');
                        text.push_str(self.tokens[comment].text.trim_end());
                    }
                }
                None => text.push_str(&self.line(line)),
            }
        }
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', base));
        text
    }

    /// Whether the line of this token is the first in a bracket, perhaps with a comment beside the bracket.
    fn opens_line(&self, first: usize) -> bool {
        let before = (0..first).rev().find(|&i| self.tokens[i].kind != Kind::Comment || self.breaks[i]);
        before.is_none_or(|i| self.tokens[i].kind == Kind::Open)
    }
}
