//! Text, letter by letter.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::text_file;
use crate::data::array::{Array, stack};
use crate::data::{Collate, DataError, Dataset};

/// A text of more than this is not read into memory.
const LIMIT: u64 = 1 << 30;

/// A text as the numbers of its letters, and the letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    vocabulary: Vec<char>,
    letters: Vec<usize>,
}

impl Text {
    /// Reads a text file in UTF-8, gzipped or not. Its vocabulary is the letters that occur, sorted. A byte order mark is no letter.
    ///
    /// Another part of it is read by [`Text::read_like`], so that its numbers mean the same.
    ///
    /// # Errors
    /// If it cannot be read, is no UTF-8, or empty.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Ok(Self::new(&text_of(path)?))
    }

    /// Another text, by the vocabulary of the one that is trained on.
    ///
    /// # Errors
    /// As [`Text::read`], and if a letter occurs that is not in that vocabulary.
    pub fn read_like(path: &Path, train: &Self) -> Result<Self, DataError> {
        let text = text_of(path)?;
        let unknown = text.chars().find(|letter| train.vocabulary.binary_search(letter).is_err());
        if let Some(letter) = unknown {
            let expected = format!("expected the {} letters of the text that is trained on", train.vocabulary.len());
            return Err(DataError::Content { path: path.to_owned(), expected, found: format!("{letter:?}") });
        }
        Ok(Self { vocabulary: train.vocabulary.clone(), letters: numbers(&train.vocabulary, &text) })
    }

    /// A text in memory.
    pub fn new(text: &str) -> Self {
        let vocabulary: Vec<char> = text.chars().collect::<BTreeSet<_>>().into_iter().collect();
        let letters = numbers(&vocabulary, text);
        Self { vocabulary, letters }
    }

    /// The letters that occur, sorted; a letter's number is its position.
    pub fn vocabulary(&self) -> &[char] {
        &self.vocabulary
    }

    /// The number of each letter of the text.
    pub fn letters(&self) -> &[usize] {
        &self.letters
    }

    /// The numbers of a text's letters; none if one of them is not in the vocabulary.
    pub fn encode(&self, text: &str) -> Option<Vec<usize>> {
        text.chars().map(|letter| self.vocabulary.binary_search(&letter).ok()).collect()
    }

    /// The text of some numbers. One that is beyond the vocabulary becomes U+FFFD.
    pub fn decode(&self, letters: &[usize]) -> String {
        letters.iter().map(|&letter| self.vocabulary.get(letter).copied().unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }

    /// The text in two: all but the last `share` of it, and the rest. Both keep the whole vocabulary.
    pub fn split(self, share: f64) -> (Self, Self) {
        let first = (self.letters.len() as f64 * (1.0 - share)).round() as usize;
        let (vocabulary, mut letters) = (self.vocabulary, self.letters);
        let test = letters.split_off(first.min(letters.len()));
        (Self { vocabulary: vocabulary.clone(), letters }, Self { vocabulary, letters: test })
    }
}

/// The numbers of a text's letters, all of which are in the vocabulary.
fn numbers(vocabulary: &[char], text: &str) -> Vec<usize> {
    // Exactly as many as are needed: a vector that grows has more.
    let mut letters = Vec::with_capacity(text.chars().count());
    letters.extend(text.chars().filter_map(|letter| vocabulary.binary_search(&letter).ok()));
    letters
}

fn text_of(path: &Path) -> Result<String, DataError> {
    let bytes = text_file::read(path, LIMIT)?;
    let wrong = |expected: &str, found: String| DataError::Content { path: path.to_owned(), expected: expected.to_owned(), found };
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        wrong("expected text in UTF-8", format!("none at byte {at}"))
    })?;
    if text.is_empty() { Err(wrong("expected text", "nothing".to_owned())) } else { Ok(text) }
}

/// A text cut into streams that are read side by side: what truncated backpropagation through time needs. With batches of `rows` in order
/// (a plain [`Loader`](crate::data::Loader)), row `i` of batch `t + 1` goes on where row `i` of batch `t` ended, so a network's state can
/// be carried from batch to batch; it begins anew with batch 0 of an epoch.
#[derive(Clone, Debug)]
pub struct Streams {
    text: Arc<Text>,
    rows: usize,
    window: usize,
    /// The windows of each stream.
    steps: usize,
}

impl Streams {
    /// Cuts a text into `rows` streams of equal length, and these into windows of `window` letters. What does not fill a window in all
    /// streams is left out.
    ///
    /// # Errors
    /// If the text is too short for a window in each stream.
    pub fn new(text: impl Into<Arc<Text>>, rows: usize, window: usize) -> Result<Self, DataError> {
        let text = text.into();
        // The last letter has no successor to be predicted.
        let usable = text.letters.len().saturating_sub(1);
        let steps = usable.checked_div(rows).and_then(|stream| stream.checked_div(window)).unwrap_or(0);
        if steps == 0 {
            let reason = format!("a text of {} letters is too short for {rows} streams with windows of {window}", text.letters.len());
            return Err(DataError::Transform { reason });
        }
        Ok(Self { text, rows, window, steps })
    }

    /// The batch size that it is cut for.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The text.
    pub fn text(&self) -> &Text {
        &self.text
    }
}

/// Some letters, and the one that follows each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The letters.
    pub letters: Vec<usize>,
    /// Their successors.
    pub next: Vec<usize>,
}

/// A window of each stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowBatch {
    /// `[rows, window]`
    pub letters: Array<usize>,
    /// `[rows, window]`
    pub next: Array<usize>,
}

impl Dataset for Streams {
    type Item = Window;

    fn len(&self) -> usize {
        self.rows * self.steps
    }

    fn get(&self, index: usize) -> Result<Window, DataError> {
        let (step, row) = (index / self.rows, index % self.rows);
        let start = (row * self.steps + step) * self.window;
        let at = |start: usize| self.text.letters[start..start + self.window].to_vec();
        Ok(Window { letters: at(start), next: at(start + 1) })
    }
}

impl Collate for Window {
    type Batch = WindowBatch;

    fn collate(items: Vec<Self>) -> Result<WindowBatch, DataError> {
        let (letters, next): (Vec<_>, Vec<_>) =
            items.into_iter().map(|item| ((vec![item.letters.len()], item.letters), (vec![item.next.len()], item.next))).unzip();
        Ok(WindowBatch { letters: stack("windows", letters)?, next: stack("windows", next)? })
    }
}

impl Array<usize> {
    /// Each number as `classes` numbers of which that one is 1 and the others are 0, along a new last axis.
    ///
    /// # Panics
    /// If a number is not below `classes`.
    pub fn one_hot(&self, classes: usize) -> Array<f32> {
        let mut numbers = vec![0.0; self.numbers().len() * classes];
        for (row, &class) in numbers.chunks_exact_mut(classes).zip(self.numbers()) {
            row[class] = 1.0;
        }
        Array::new([self.shape(), &[classes]].concat(), numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Loader;

    #[test]
    fn streams_go_on_from_batch_to_batch() {
        let text = Text::new("abcdefghijklmnopqrstuvwxyz");
        // 25 letters with a successor: two streams of 12, four windows of 3 each.
        let streams = Streams::new(text.clone(), 2, 3).unwrap();
        assert_eq!(streams.len(), 8);
        let loader = Loader::new(streams, 2);
        let batches: Vec<WindowBatch> = loader.epoch(1).map(Result::unwrap).collect();
        let row = |batch: &WindowBatch, row: usize| text.decode(&batch.letters.numbers()[3 * row..][..3]);
        let all = |number| batches.iter().map(|batch| row(batch, number)).collect::<String>();
        assert_eq!((all(0).as_str(), all(1).as_str()), ("abcdefghijkl", "mnopqrstuvwx"));
        assert_eq!(text.decode(batches[3].next.numbers()), "klmwxy");
        assert_eq!(batches[0].letters.shape(), [2, 3]);
        assert_eq!(batches[0].letters.one_hot(26).shape(), [2, 3, 26]);
        let error = Streams::new(text, 5, 6).unwrap_err().to_string();
        assert_eq!(error, "a text of 26 letters is too short for 5 streams with windows of 6");
    }

    #[test]
    fn letters_and_back() {
        let text = Text::new("über\nalle");
        assert_eq!(text.vocabulary(), ['\n', 'a', 'b', 'e', 'l', 'r', 'ü']);
        assert_eq!(text.decode(text.letters()), "über\nalle");
        assert_eq!((text.encode("lab"), text.encode("x")), (Some(vec![4, 1, 2]), None));
        let (train, test) = text.split(0.33);
        assert_eq!((train.decode(train.letters()).as_str(), test.decode(test.letters()).as_str()), ("über\na", "lle"));
    }
}
