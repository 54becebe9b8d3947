//! What is read and written, as tokens.

use layercake::ir::Graph;
use layercake_train::TrainError;
use layercake_train::data::{DataError, Dataset, KnownDataset, NUMBER_WORDS, TextPair, read_english};
use layercake_train::sequence::{Limits, TokenPair};

use crate::networks::{AttentionDecoder, AttentionSeq2Seq, NumberAttentionSeq2Seq, NumberSeq2Seq, Seq2Seq, SequenceDecoder};
use crate::tasks::writing::Vocabulary;

/// The tokens that are no symbols.
pub const PAD: usize = 0;
const START: usize = 1;
const END: usize = 2;
/// The first symbol.
const FIRST: usize = 3;

/// The networks for a language: the whole one, and its decoder for one token.
#[derive(Clone, Copy, Debug)]
pub struct Networks {
    pub whole: &'static Graph,
    pub decoder: &'static Graph,
}

/// Pairs of texts. Source and target share their tokens.
#[derive(Debug)]
pub struct Language {
    /// Characters, or words.
    symbols: &'static [&'static str],
    /// Whether symbols are words, which stand between spaces and hyphens.
    pub has_words: bool,
    /// What stands between the symbols of a target.
    hyphen: &'static str,
    /// The symbols of the longest source.
    pub source: usize,
    pub vocabulary: Vocabulary,
    /// Whether a text can be read.
    is_source: fn(&str) -> bool,
    /// What is read if nothing else is asked for.
    pub prompt: &'static str,
    /// What a prompt has to be.
    pub expects: &'static str,
    /// Without and with attention.
    pub plain: Networks,
    pub attention: Networks,
}

const fn vocabulary(symbols: usize, longest: usize) -> Vocabulary {
    Vocabulary { tokens: FIRST + symbols, pad: PAD, limits: Limits { start: START, end: END, longest } }
}

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "+"];

/// Sums: `123+456` and `579`.
pub static SUMS: Language = Language {
    symbols: DIGITS,
    has_words: false,
    hyphen: "",
    source: 7,
    vocabulary: vocabulary(DIGITS.len(), 4),
    is_source: |text| {
        let is_number = |text: &str| (1..=3).contains(&text.len()) && text.chars().all(|digit| digit.is_ascii_digit());
        text.split_once('+').is_some_and(|(a, b)| is_number(a) && is_number(b))
    },
    prompt: "123+456",
    expects: "a sum of two numbers of at most three digits, such as `123+456`",
    plain: Networks { whole: Seq2Seq::GRAPH, decoder: SequenceDecoder::<1, 14>::GRAPH },
    attention: Networks { whole: AttentionSeq2Seq::GRAPH, decoder: AttentionDecoder::<1, 14, 7>::GRAPH },
};

/// Numbers: `two hundred thirty-four` and `deux-cent-trente-quatre`.
pub static NUMBERS: Language = Language {
    symbols: &NUMBER_WORDS,
    has_words: true,
    hyphen: "-",
    source: 9,
    vocabulary: vocabulary(NUMBER_WORDS.len(), 13),
    is_source: |text| read_english(text).is_some(),
    prompt: "two hundred thirty-four",
    expects: "a number below a million in English words, such as `two hundred thirty-four`",
    plain: Networks { whole: NumberSeq2Seq::GRAPH, decoder: SequenceDecoder::<1, 59>::GRAPH },
    attention: Networks { whole: NumberAttentionSeq2Seq::GRAPH, decoder: AttentionDecoder::<1, 59, 9>::GRAPH },
};

impl Language {
    /// That of a data set; sums for one of another kind, which cannot be loaded.
    pub fn of(dataset: KnownDataset) -> &'static Self {
        if dataset == KnownDataset::NumberWords { &NUMBERS } else { &SUMS }
    }

    /// That of a network, which is for it alone.
    pub fn of_network(graph: &Graph) -> &'static Self {
        if [NUMBERS.plain, NUMBERS.attention].iter().any(|networks| networks.whole.name == graph.name) { &NUMBERS } else { &SUMS }
    }

    fn tokens(&self, text: &str) -> Option<Vec<usize>> {
        let token = |symbol: &str| Some(FIRST + self.symbols.iter().position(|known| *known == symbol)?);
        if self.has_words {
            text.split([' ', '-']).map(token).collect()
        } else {
            text.chars().map(|letter| token(letter.encode_utf8(&mut [0; 4]))).collect()
        }
    }

    /// A source, backwards: what the answer begins with is then the nearest to it (Sutskever et al., 2014, section 3.3). `None` if it cannot be read.
    pub fn encode_source(&self, text: &str) -> Option<Vec<usize>> {
        let found = if (self.is_source)(text) { self.tokens(text)? } else { return None };
        (found.len() <= self.source).then(|| found.into_iter().rev().collect())
    }

    /// A source with its target.
    fn encode(&self, pair: &TextPair) -> Option<TokenPair> {
        let target = self.tokens(&pair.target).filter(|target| target.len() <= self.vocabulary.limits.longest)?;
        Some(TokenPair { source: self.encode_source(&pair.source)?, target })
    }

    fn symbol(&self, token: usize) -> &'static str {
        token.checked_sub(FIRST).and_then(|at| self.symbols.get(at)).copied().unwrap_or("?")
    }

    /// The text of a target; what is not a symbol is `?`.
    pub fn decode(&self, tokens: &[usize]) -> String {
        tokens.iter().map(|&token| self.symbol(token)).collect::<Vec<_>>().join(self.hyphen)
    }

    /// The symbols of a source as it is read, backwards.
    pub fn read(&self, tokens: &[usize]) -> Vec<&'static str> {
        tokens.iter().map(|&token| self.symbol(token)).collect()
    }

    /// The text of a source.
    pub fn decode_source(&self, tokens: &[usize]) -> String {
        let mut symbols = self.read(tokens);
        symbols.reverse();
        symbols.join(if self.has_words { " " } else { "" })
    }

    /// The training and test pairs of its data set.
    pub fn pairs(&self, dataset: KnownDataset) -> Result<[Pairs; 2], TrainError> {
        Ok(dataset.load_text_pairs()?.map(|pairs| self.encoded(&pairs)))
    }

    pub fn encoded(&self, pairs: &[TextPair]) -> Pairs {
        Pairs(pairs.iter().filter_map(|pair| self.encode(pair)).collect())
    }
}

/// Pairs in memory.
#[derive(Clone, Debug)]
pub struct Pairs(pub Vec<TokenPair>);

impl Dataset for Pairs {
    type Item = TokenPair;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<TokenPair, DataError> {
        Ok(self.0[index].clone())
    }
}
