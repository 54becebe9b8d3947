//! Decimal numbers, compared without rounding.

use std::cmp::Ordering;

/// A decimal number. Unlike floats it distinguishes `9007199254740993` from `9007199254740992`; unlike text, `1` equals `1.0`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal<'a> {
    negative: bool,
    /// The place of the first nonzero digit: 1 for units, 2 for tens, 0 for tenths.
    rank: i64,
    /// The digits from the first to the last nonzero one, possibly with a decimal point. Empty for 0.
    digits: &'a str,
}

impl<'a> Decimal<'a> {
    /// Parses a number such as `-12.50e3`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let point = mantissa.find('.').unwrap_or(mantissa.len());
        let is_digit = |(at, byte): (usize, u8)| byte.is_ascii_digit() || at == point;
        if mantissa.is_empty() || mantissa == "." || !mantissa.bytes().enumerate().all(is_digit) {
            return None;
        }
        let counts = |digit: char| digit != '0' && digit != '.';
        let Some(first) = mantissa.find(counts) else { return Some(Self { negative: false, rank: 0, digits: "" }) };
        let last = mantissa.rfind(counts).unwrap_or(first);
        let rank = if first < point { (point - first) as i64 } else { -((first - point - 1) as i64) };
        Some(Self { negative, rank: rank + i64::from(exponent), digits: &mantissa[first..=last] })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let digits = |number: &Self| number.digits.bytes().filter(|&byte| byte != b'.');
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (false, false) => self.rank.cmp(&other.rank).then_with(|| digits(self).cmp(digits(other))),
            (own, others) => others.cmp(&own),
        }
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (own, others) => others.cmp(&own),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal<'_> {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn ways_to_write_a_number() {
        let same = [
            &["1", "1.0", "01", "+1", "1e0", "10e-1", "0.1E1", "1.", "0.01e+2"][..],
            &["0", "-0", "0.00", ".0", "0e7"],
            &["-2.50", "-02.5"],
        ];
        for ways in same {
            ways.iter().for_each(|way| assert_eq!(number(way), number(ways[0]), "{way}"));
        }
        let rising =
            ["-1e3", "-2.5", "-2.05", "0", "1e-9", "0.9", "1", "1.5", "9", "9.99", "10", "9007199254740992", "9007199254740993", "1e400"];
        for pair in rising.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
        for none in ["", "-", ".", "e5", "1e", "1.2.3", "0x1", "inf", "nan", "1_000", "1,5", "one", "1e99999999999"] {
            assert!(Decimal::parse(none).is_none(), "{none}");
        }
    }
}
