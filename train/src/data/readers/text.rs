//! Text as a sequence of character indices.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::text_file;
use crate::data::array::{Array, stack};
use crate::data::{Collate, Column, DataError, Dataset};

/// Maximum size of a text file in bytes.
const LIMIT: u64 = 1 << 30;

/// A text as indices into its vocabulary of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    vocabulary: Vec<char>,
    characters: Vec<usize>,
}

impl Text {
    /// Reads a UTF-8 text file, gzipped or not. The vocabulary is the sorted set of characters that occur. A byte order mark is skipped.
    ///
    /// Read the test text with [`Text::read_like`], so that the indices mean the same.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is not valid UTF-8, or is empty.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Ok(Self::new(&text_of(path)?))
    }

    /// Reads another text with the vocabulary of the training text.
    ///
    /// # Errors
    /// The same as [`Text::read`]; also if a character is not in the vocabulary.
    pub fn read_like(path: &Path, train: &Self) -> Result<Self, DataError> {
        Self::new_like(&text_of(path)?, train).map_err(|(character, line)| {
            let expected = format!("expected only the {} characters of the training text", train.vocabulary.len());
            DataError::Content { path: path.to_owned(), expected, found: format!("{character:?} in line {line}") }
        })
    }

    /// Creates a text from a string with the vocabulary of the training text.
    ///
    /// # Errors
    /// Returns the first character that is not in the vocabulary, and its line, counted from 1.
    pub fn new_like(text: &str, train: &Self) -> Result<Self, (char, usize)> {
        let mut line = 1;
        for character in text.chars() {
            if train.vocabulary.binary_search(&character).is_err() {
                return Err((character, line));
            }
            line += usize::from(character == '\n');
        }
        Ok(Self { vocabulary: train.vocabulary.clone(), characters: indices(&train.vocabulary, text) })
    }

    /// Creates a text from a string.
    pub fn new(text: &str) -> Self {
        let vocabulary: Vec<char> = text.chars().collect::<BTreeSet<_>>().into_iter().collect();
        let characters = indices(&vocabulary, text);
        Self { vocabulary, characters }
    }

    /// The characters that occur, sorted. A character's index is its position here.
    pub fn vocabulary(&self) -> &[char] {
        &self.vocabulary
    }

    /// The index of each character of the text.
    pub fn characters(&self) -> &[usize] {
        &self.characters
    }

    /// Converts a string to indices; `None` if a character is not in the vocabulary.
    pub fn encode(&self, text: &str) -> Option<Vec<usize>> {
        text.chars().map(|character| self.vocabulary.binary_search(&character).ok()).collect()
    }

    /// Converts indices to a string. An index out of range becomes U+FFFD.
    pub fn decode(&self, characters: &[usize]) -> String {
        characters.iter().map(|&character| self.vocabulary.get(character).copied().unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }

    /// The characters from a position on, and those after them.
    fn window(&self, start: usize, len: usize) -> Window {
        let at = |start: usize| self.characters[start..start + len].to_vec();
        Window { characters: at(start), next: at(start + 1) }
    }

    /// Splits off the last `share` of the text, as a fraction of 1. Both parts keep the whole vocabulary.
    pub fn split(self, share: f64) -> (Self, Self) {
        let first = (self.characters.len() as f64 * (1.0 - share)).round() as usize;
        let (vocabulary, mut characters) = (self.vocabulary, self.characters);
        let test = characters.split_off(first.min(characters.len()));
        (Self { vocabulary: vocabulary.clone(), characters }, Self { vocabulary, characters: test })
    }
}

/// The indices of a text whose characters are all in the vocabulary.
fn indices(vocabulary: &[char], text: &str) -> Vec<usize> {
    // The exact capacity: a growing vector would allocate more.
    let mut characters = Vec::with_capacity(text.chars().count());
    characters.extend(text.chars().filter_map(|character| vocabulary.binary_search(&character).ok()));
    characters
}

fn text_of(path: &Path) -> Result<String, DataError> {
    let bytes = text_file::read(path, LIMIT)?;
    let wrong = |expected: &str, found: String| DataError::Content { path: path.to_owned(), expected: expected.to_owned(), found };
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        wrong("expected text in UTF-8", format!("invalid UTF-8 at byte {at}"))
    })?;
    if text.is_empty() { Err(wrong("expected text", "nothing".to_owned())) } else { Ok(text) }
}

/// A text cut into parallel streams, for truncated backpropagation through time. In batches of `rows` items in order (a plain
/// [`Loader`](crate::data::Loader)), row `i` of batch `t + 1` continues row `i` of batch `t`, so a network's state can be carried from batch
/// to batch. Reset the state at batch 0 of each epoch.
#[derive(Clone, Debug)]
pub struct Streams {
    text: Arc<Text>,
    rows: usize,
    window: usize,
    /// Windows per stream.
    steps: usize,
}

impl Streams {
    /// Cuts a text into `rows` streams of equal length, and each stream into windows of `window` characters. The remainder is dropped.
    ///
    /// # Errors
    /// Returns an error if the text is too short for one window per stream.
    pub fn new(text: impl Into<Arc<Text>>, rows: usize, window: usize) -> Result<Self, DataError> {
        let text = text.into();
        // The last character has no next character to predict.
        let usable = text.characters.len().saturating_sub(1);
        let steps = usable.checked_div(rows).and_then(|stream| stream.checked_div(window)).unwrap_or(0);
        if steps == 0 {
            let reason = format!("a text of {} characters is too short for {rows} streams with windows of {window}", text.characters.len());
            return Err(DataError::Transform { reason });
        }
        Ok(Self { text, rows, window, steps })
    }

    /// Characters in a window.
    pub fn window(&self) -> usize {
        self.window
    }

    /// The number of streams, which must be the loader's batch size.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The text.
    pub fn text(&self) -> &Text {
        &self.text
    }
}

/// A text cut into windows that may overlap, each by itself: for networks that carry no state. Windows may be shuffled.
#[derive(Clone, Debug)]
pub struct Windows {
    text: Arc<Text>,
    window: usize,
    stride: usize,
}

impl Windows {
    /// Cuts a text into windows of `window` characters, each `stride` characters behind the one before. The remainder is dropped.
    ///
    /// # Errors
    /// Returns an error if the text is too short for a window, or if the window or the stride is 0.
    pub fn new(text: impl Into<Arc<Text>>, window: usize, stride: usize) -> Result<Self, DataError> {
        let text = text.into();
        let wrong = |reason| Err(DataError::Transform { reason });
        if window == 0 || stride == 0 {
            return wrong(format!("windows of {window} characters at a distance of {stride}; expected positive numbers"));
        }
        // The last character has no next character to predict.
        if text.characters.len() <= window {
            return wrong(format!(
                "a text of {} characters is too short for a window of {window} and the next character",
                text.characters.len()
            ));
        }
        Ok(Self { text, window, stride })
    }

    /// The text.
    pub fn text(&self) -> &Text {
        &self.text
    }
}

impl Dataset for Windows {
    type Item = Window;

    fn len(&self) -> usize {
        (self.text.characters.len() - 1 - self.window) / self.stride + 1
    }

    fn get(&self, index: usize) -> Result<Window, DataError> {
        Ok(self.text.window(index * self.stride, self.window))
    }
}

/// A window of characters and the next character after each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The character indices.
    pub characters: Vec<usize>,
    /// The next character after each.
    pub next: Vec<usize>,
}

/// One window of each stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowBatch {
    /// `[rows, window]`
    pub characters: Array<usize>,
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
        Ok(self.text.window((row * self.steps + step) * self.window, self.window))
    }
}

impl Collate for Window {
    type Batch = WindowBatch;

    fn collate(items: Vec<Self>) -> Result<WindowBatch, DataError> {
        let (characters, next): (Vec<_>, Vec<_>) =
            items.into_iter().map(|item| ((vec![item.characters.len()], item.characters), (vec![item.next.len()], item.next))).unzip();
        Ok(WindowBatch { characters: stack("windows", characters)?, next: stack("windows", next)? })
    }

    fn columns(WindowBatch { characters, next }: &mut WindowBatch) -> Option<Vec<Column<'_>>> {
        Some(vec![Column::Indices(characters), Column::Indices(next)])
    }
}

impl Array<usize> {
    /// One-hot encoding along a new last axis of size `classes`.
    ///
    /// # Panics
    /// Panics if an index is not below `classes`.
    pub fn one_hot(&self, classes: usize) -> Array<f32> {
        let mut numbers = vec![0.0; self.as_slice().len() * classes];
        for (row, &class) in numbers.chunks_exact_mut(classes).zip(self.as_slice()) {
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
        // 25 characters with a successor: two streams of 12, four windows of 3 each.
        let streams = Streams::new(text.clone(), 2, 3).unwrap();
        assert_eq!(streams.len(), 8);
        let loader = Loader::new(streams, 2);
        let batches: Vec<WindowBatch> = loader.epoch(1).map(Result::unwrap).collect();
        let row = |batch: &WindowBatch, row: usize| text.decode(&batch.characters.as_slice()[3 * row..][..3]);
        let all = |number| batches.iter().map(|batch| row(batch, number)).collect::<String>();
        assert_eq!((all(0).as_str(), all(1).as_str()), ("abcdefghijkl", "mnopqrstuvwx"));
        assert_eq!(text.decode(batches[3].next.as_slice()), "klmwxy");
        assert_eq!(batches[0].characters.shape(), [2, 3]);
        assert_eq!(batches[0].characters.one_hot(26).shape(), [2, 3, 26]);
        let error = Streams::new(text, 5, 6).unwrap_err().to_string();
        assert_eq!(error, "a text of 26 characters is too short for 5 streams with windows of 6");
    }

    #[test]
    fn windows_overlap() {
        let text = Text::new("abcdefghij");
        let windows = Windows::new(text.clone(), 4, 2).unwrap();
        let read = |index| windows.get(index).map(|window| (text.decode(&window.characters), text.decode(&window.next))).unwrap();
        assert_eq!(windows.len(), 3);
        assert_eq!((read(0), read(2)), (("abcd".to_owned(), "bcde".to_owned()), ("efgh".to_owned(), "fghi".to_owned())));
        // The longest has the last character as the next one only.
        assert_eq!(Windows::new(text.clone(), 9, 5).unwrap().len(), 1);
        let error = |window, stride| Windows::new(text.clone(), window, stride).unwrap_err().to_string();
        assert_eq!(error(10, 1), "a text of 10 characters is too short for a window of 10 and the next character");
        assert_eq!(error(0, 1), "windows of 0 characters at a distance of 1; expected positive numbers");
    }

    #[test]
    fn letters_and_back() {
        let text = Text::new("über\nalle");
        assert_eq!(text.vocabulary(), ['\n', 'a', 'b', 'e', 'l', 'r', 'ü']);
        assert_eq!(text.decode(text.characters()), "über\nalle");
        assert_eq!((text.encode("lab"), text.encode("x")), (Some(vec![4, 1, 2]), None));
        let (train, test) = text.split(0.33);
        assert_eq!((train.decode(train.characters()).as_str(), test.decode(test.characters()).as_str()), ("über\na", "lle"));
    }
}
