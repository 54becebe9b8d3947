//! Numbers in English and in French words.

use std::collections::BTreeSet;

use rand::Rng;

use super::TextPair;
use super::stream;

/// The numbers in words are below this one.
pub const NUMBERS: u32 = 1_000_000;

/// English words for 0 to 19.
const ENGLISH: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const ENGLISH_TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
/// French words for 0 to 16.
const FRENCH: [&str; 17] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze",
    "seize",
];
const FRENCH_TENS: [&str; 5] = ["vingt", "trente", "quarante", "cinquante", "soixante"];

/// The words of numbers below a million: English ones, then French ones. `six` is both, and is there once.
pub const NUMBER_WORDS: [&str; 56] = {
    const LISTS: [&[&str]; 6] = [
        &ENGLISH,
        &ENGLISH_TENS,
        &["hundred", "thousand"],
        &FRENCH,
        &FRENCH_TENS,
        // Beside the tens: plurals, and what joins words.
        &["vingts", "et", "cent", "cents", "mille"],
    ];
    /// The number of `six` in the list of French words.
    const SIX: [usize; 2] = [3, 6];
    let (mut words, mut count, mut list) = ([""; 56], 0, 0);
    while list < LISTS.len() {
        let mut at = 0;
        while at < LISTS[list].len() {
            if list != SIX[0] || at != SIX[1] {
                words[count] = LISTS[list][at];
                count += 1;
            }
            at += 1;
        }
        list += 1;
    }
    assert!(count == 56);
    words
};

/// Two lists of numbers below a million in English words with the French ones, of which no two are the same: `seventy-one` and `soixante-et-onze`, with the hyphens of
/// the French spelling of 1990. The number of digits is drawn first, so that short numbers are as frequent as long ones until all of them are there.
///
/// # Panics
/// Panics if more than half of all numbers are asked for.
pub fn number_words(counts: [usize; 2], seed: u64) -> [Vec<TextPair>; 2] {
    assert!(counts[0] + counts[1] <= NUMBERS as usize / 2, "there are not enough numbers");
    let mut random = stream("number words", seed, [0, 0]);
    let mut seen = BTreeSet::new();
    counts.map(|count| {
        let mut pairs = Vec::with_capacity(count);
        while pairs.len() < count {
            let digits = random.gen_range(1..=6u32);
            let number = random.gen_range(0..10u32.pow(digits));
            if seen.insert(number) {
                pairs.push(TextPair { source: english(number), target: french(number) });
            }
        }
        pairs
    })
}

/// A number in English words: `two hundred thirty-four`.
///
/// # Panics
/// Panics if the number is not below [`NUMBERS`].
pub fn english(number: u32) -> String {
    assert!(number < NUMBERS, "{number} has no words here");
    let parts = |hundreds: u32, rest: String| match hundreds {
        0 => rest,
        _ if rest.is_empty() => format!("{} hundred", ENGLISH[hundreds as usize]),
        _ => format!("{} hundred {rest}", ENGLISH[hundreds as usize]),
    };
    let below_thousand = |number: u32| {
        let rest = match number % 100 {
            0 => String::new(),
            small @ 1..20 => ENGLISH[small as usize].to_owned(),
            tens if tens % 10 == 0 => ENGLISH_TENS[tens as usize / 10 - 2].to_owned(),
            tens => format!("{}-{}", ENGLISH_TENS[tens as usize / 10 - 2], ENGLISH[tens as usize % 10]),
        };
        parts(number / 100, rest)
    };
    match (number / 1000, number % 1000) {
        (0, 0) => ENGLISH[0].to_owned(),
        (0, rest) => below_thousand(rest),
        (thousands, 0) => format!("{} thousand", below_thousand(thousands)),
        (thousands, rest) => format!("{} thousand {}", below_thousand(thousands), below_thousand(rest)),
    }
}

/// A number in French words: `deux-cent-trente-quatre`.
///
/// # Panics
/// Panics if the number is not below [`NUMBERS`].
pub fn french(number: u32) -> String {
    assert!(number < NUMBERS, "{number} has no words here");
    match (number / 1000, number % 1000) {
        (0, 0) => FRENCH[0].to_owned(),
        (0, rest) => french_hundreds(rest, true).join("-"),
        (thousands, rest) => {
            // `mille` is never counted as one, and no plural stands before it.
            let counted = if thousands == 1 { Vec::new() } else { french_hundreds(thousands, false) };
            [counted, vec!["mille"], french_hundreds(rest, true)].concat().join("-")
        }
    }
}

/// The words of a number below a thousand; of 0 none. `last`: whether no other number follows, which is where `cents` and `quatre-vingts` have their plural.
fn french_hundreds(number: u32, last: bool) -> Vec<&'static str> {
    let (hundreds, rest) = (number as usize / 100, number as usize % 100);
    let mut words = if hundreds > 1 { vec![FRENCH[hundreds]] } else { Vec::new() };
    if hundreds > 0 {
        words.push(if hundreds > 1 && rest == 0 && last { "cents" } else { "cent" });
    }
    let small = |number: usize| if number < 17 { vec![FRENCH[number]] } else { vec![FRENCH[10], FRENCH[number - 10]] };
    let (tens, ones) = match rest {
        // Counted by twenties from 60 on.
        60.. => (rest / 20 * 2, rest % 20),
        _ => (rest / 10, rest % 10),
    };
    match (tens, ones) {
        (0 | 1, _) if rest > 0 => words.extend(small(rest)),
        (0 | 1, _) => {}
        (8, 0) => words.extend([FRENCH[4], if last { "vingts" } else { "vingt" }]),
        (8, ones) => {
            words.extend([FRENCH[4], "vingt"]);
            words.extend(small(ones));
        }
        (tens, ones) => {
            words.push(FRENCH_TENS[tens - 2]);
            match ones {
                0 => {}
                1 | 11 => words.extend(["et", FRENCH[ones]]),
                _ => words.extend(small(ones)),
            }
        }
    }
    words
}

/// The number that these English words are, as [`english`] writes it; spaces in place of hyphens are allowed.
pub fn read_english(text: &str) -> Option<u32> {
    let words: Vec<&str> = text.split([' ', '-']).collect();
    let (mut total, mut part) = (0u32, 0u32);
    for word in &words {
        let value = |list: &[&str]| list.iter().position(|known| known == word).map(|at| at as u32);
        part = match *word {
            "hundred" => part.checked_mul(100)?,
            "thousand" => {
                total = part.checked_mul(1000)?;
                0
            }
            _ => part.checked_add(value(&ENGLISH).or_else(|| Some(10 * (value(&ENGLISH_TENS)? + 2)))?)?,
        };
    }
    let number = total.checked_add(part).filter(|&number| number < NUMBERS)?;
    (english(number).split([' ', '-']).collect::<Vec<_>>() == words).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_by_hand() {
        let known = [
            (0, "zero", "zéro"),
            (16, "sixteen", "seize"),
            (17, "seventeen", "dix-sept"),
            (20, "twenty", "vingt"),
            (21, "twenty-one", "vingt-et-un"),
            (22, "twenty-two", "vingt-deux"),
            (61, "sixty-one", "soixante-et-un"),
            (70, "seventy", "soixante-dix"),
            (71, "seventy-one", "soixante-et-onze"),
            (77, "seventy-seven", "soixante-dix-sept"),
            (80, "eighty", "quatre-vingts"),
            (81, "eighty-one", "quatre-vingt-un"),
            (90, "ninety", "quatre-vingt-dix"),
            (91, "ninety-one", "quatre-vingt-onze"),
            (99, "ninety-nine", "quatre-vingt-dix-neuf"),
            (100, "one hundred", "cent"),
            (101, "one hundred one", "cent-un"),
            (200, "two hundred", "deux-cents"),
            (280, "two hundred eighty", "deux-cent-quatre-vingts"),
            (1_000, "one thousand", "mille"),
            (1_001, "one thousand one", "mille-un"),
            (2_000, "two thousand", "deux-mille"),
            (21_000, "twenty-one thousand", "vingt-et-un-mille"),
            (80_000, "eighty thousand", "quatre-vingt-mille"),
            (200_000, "two hundred thousand", "deux-cent-mille"),
            (100_200, "one hundred thousand two hundred", "cent-mille-deux-cents"),
            (
                999_999,
                "nine hundred ninety-nine thousand nine hundred ninety-nine",
                "neuf-cent-quatre-vingt-dix-neuf-mille-neuf-cent-quatre-vingt-dix-neuf",
            ),
        ];
        for (number, in_english, in_french) in known {
            assert_eq!((&*english(number), &*french(number)), (in_english, in_french));
        }
    }

    #[test]
    fn english_is_read() {
        for number in (0..NUMBERS).step_by(997).chain(0..300).chain([NUMBERS - 1]) {
            assert_eq!(read_english(&english(number)), Some(number));
        }
        assert_eq!(read_english("two hundred thirty four"), Some(234));
        for text in
            ["", "one one", "thousand", "hundred", "two thousand thousand", "twenty-ten", "un", "one hundred and one", "ten thousand zero"]
        {
            assert_eq!(read_english(text), None, "{text}");
        }
    }

    #[test]
    fn all_words_are_listed_once() {
        let all = (0..NUMBERS).step_by(7).chain(0..1000);
        let used: BTreeSet<String> = all
            .flat_map(|number| [english(number), french(number)])
            .flat_map(|text| text.split([' ', '-']).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(NUMBER_WORDS));
        assert_eq!(used.len(), NUMBER_WORDS.len());
    }

    #[test]
    fn no_number_is_in_both_parts() {
        let [train, test] = number_words([3_000, 500], 1);
        let all: BTreeSet<&TextPair> = train.iter().chain(&test).collect();
        assert_eq!(all.len(), 3_500);
        let words = |text: &str| text.split([' ', '-']).count();
        assert!(train.iter().all(|pair| words(&pair.source) <= 9 && words(&pair.target) <= 13));
        assert_eq!(number_words([30, 5], 2), number_words([30, 5], 2));
    }
}
