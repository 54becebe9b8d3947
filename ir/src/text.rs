//! Text that can be built during constant evaluation.

use crate::Shape;

const CAPACITY: usize = 640;

/// A short text of bounded length, built by chained `const fn`s. Text beyond the capacity is cut off.
#[derive(Clone, Copy)]
pub struct Text {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Text {
    /// The empty text.
    pub const fn new() -> Self {
        Self { bytes: [0; CAPACITY], len: 0 }
    }

    /// Appends `text`, whole characters only.
    pub const fn str(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut take = if self.len + bytes.len() <= CAPACITY { bytes.len() } else { CAPACITY - self.len };
        // A byte of the form 10xxxxxx continues a character: never cut before one.
        while take < bytes.len() && take > 0 && bytes[take] & 0xC0 == 0x80 {
            take -= 1;
        }
        let mut i = 0;
        while i < take {
            self.bytes[self.len] = bytes[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    /// Appends a name in backticks.
    pub const fn name(self, name: &str) -> Self {
        self.str("`").str(name).str("`")
    }

    /// Appends `number` in decimals.
    pub const fn num(self, number: usize) -> Self {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        match core::str::from_utf8(digits.split_at(at).1) {
            Ok(text) => self.str(text),
            Err(_) => self,
        }
    }

    /// Appends `number` with up to six decimals, and an exponent if it is very large or small.
    pub const fn float(self, number: f64) -> Self {
        if number.is_nan() {
            return self.str("NaN");
        }
        if number < 0.0 {
            return self.str("-").float(-number);
        }
        if number.is_infinite() {
            return self.str("inf");
        }
        let (mut scaled, mut exponent, mut negative) = (number, 0, false);
        while scaled >= 1e15 {
            scaled /= 10.0;
            exponent += 1;
        }
        while scaled > 0.0 && scaled < 1e-4 {
            scaled *= 10.0;
            exponent += 1;
            negative = true;
        }
        // With an exponent, one digit before the point.
        while exponent > 0 && scaled >= 10.0 {
            scaled /= 10.0;
            exponent += 1;
        }
        while negative && scaled < 1.0 {
            scaled *= 10.0;
            exponent += 1;
        }
        let millionths = (scaled * 1e6 + 0.5) as u64;
        let mut text = self.num((millionths / 1_000_000) as usize);
        let mut rest = millionths % 1_000_000;
        let mut place = 100_000;
        if rest > 0 || exponent == 0 {
            text = text.str(".");
            loop {
                text = text.num((rest / place) as usize);
                rest %= place;
                place /= 10;
                if rest == 0 {
                    break;
                }
            }
        }
        if exponent > 0 { text.str(if negative { "e-" } else { "e" }).num(exponent) } else { text }
    }

    /// Appends `1 channel` or `3 channels`.
    pub const fn count(self, number: usize, what: &str) -> Self {
        let text = self.num(number).str(" ").str(what);
        if number == 1 { text } else { text.str("s") }
    }

    /// Appends `(height, width)`, or one number if both are equal.
    pub const fn pair(self, pair: [usize; 2]) -> Self {
        if pair[0] == pair[1] { self.num(pair[0]) } else { self.str("(").num(pair[0]).str(", ").num(pair[1]).str(")") }
    }

    /// Appends `[6, 28, 28]`, or `usize[64]` for token ids.
    pub const fn shape(self, shape: &Shape) -> Self {
        self.str(if shape.is_ids() { "usize[" } else { "[" }).list(shape.dims()).str("]")
    }

    /// Appends `6, 28, 28`.
    pub const fn list(mut self, numbers: &[usize]) -> Self {
        let mut i = 0;
        while i < numbers.len() {
            if i > 0 {
                self = self.str(", ");
            }
            self = self.num(numbers[i]);
            i += 1;
        }
        self
    }

    /// Appends another text.
    pub const fn text(self, other: &Text) -> Self {
        self.str(other.as_str())
    }

    /// Whether the text is empty.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The text so far.
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // Only whole characters are ever appended.
            Err(_) => "",
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Display for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::fmt::Debug for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// Formats a number with its digits in groups of three: `61,706`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_shapes_and_names() {
        let text = Text::new().name("fc1").str(" gets ").shape(&Shape::new(&[16, 5, 5])).str(" = ").num(400);
        assert_eq!(text.as_str(), "`fc1` gets [16, 5, 5] = 400");
        assert_eq!(Text::new().num(0).as_str(), "0");
        assert_eq!(Text::new().count(1, "channel").str(", ").count(0, "channel").as_str(), "1 channel, 0 channels");
        assert_eq!(Text::new().num(usize::MAX).as_str(), usize::MAX.to_string());
        assert_eq!(Text::new().pair([3, 3]).str(" ").pair([3, 5]).as_str(), "3 (3, 5)");
    }

    #[test]
    fn floats() {
        let cases = [
            (0.0, "0.0"),
            (1.5, "1.5"),
            (-0.25, "-0.25"),
            (3.0, "3.0"),
            (1e-5, "1e-5"),
            (2.5e-7, "2.5e-7"),
            (0.001, "0.001"),
            (0.123_456_7, "0.123457"),
            (1e300, "1e300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
        ];
        for (number, text) in cases {
            assert_eq!(Text::new().float(number).as_str(), text);
        }
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 999, 1000, 61_706, 138_357_544].map(grouped), ["0", "999", "1,000", "61,706", "138,357,544"]);
    }

    #[test]
    fn too_long_is_cut_between_characters() {
        let mut text = Text::new().str("x");
        for _ in 0..CAPACITY {
            text = text.str("é");
        }
        assert_eq!(text.as_str().len(), CAPACITY - 1);
        assert!(text.as_str().ends_with('é'));
    }
}
