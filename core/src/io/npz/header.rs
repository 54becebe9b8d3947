//! The header of an array: a Python dict of its number type, order and shape.

use super::MAGIC;
use crate::io::arrays::{MOST_AXES, NumberType};

/// So much is shown of a type that is not read: a record may have many fields.
const LONGEST_TYPE: usize = 100;

/// What a header states.
pub(super) struct Header {
    /// The number type, or its name if it is not read.
    pub(super) kind: Result<NumberType, String>,
    /// Whether the first axis is the innermost one.
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
    /// Where the numbers begin.
    pub(super) begins: usize,
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or("it does not begin as an array of NumPy does")?;
        let cut_off = "its header is cut off";
        let (length, rest) = match rest {
            [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
            [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
            [version @ (1..=3), ..] | [version] => return Err(format!("{cut_off} (version {version})")),
            [version, ..] => return Err(format!("its format has version {version}; versions 1 to 3 are read")),
            [] => return Err(cut_off.to_owned()),
        };
        let text = rest.get(..length).and_then(|text| std::str::from_utf8(text).ok()).ok_or(cut_off)?;
        let begins = bytes.len() - rest.len() + length;
        let mut header = Dict::default();
        Parser(text).dict(&mut header)?;
        let absent = |key: &str| format!("its header has no `{key}`");
        let descr = header.descr.ok_or_else(|| absent("descr"))?;
        Ok(Self {
            kind: number_type(&descr).ok_or_else(|| descr.chars().take(LONGEST_TYPE).collect()),
            fortran_order: header.fortran_order.ok_or_else(|| absent("fortran_order"))?,
            shape: header.shape.ok_or_else(|| absent("shape"))?,
            begins,
        })
    }
}

/// The number type of NumPy's description.
fn number_type(descr: &str) -> Option<NumberType> {
    Some(match descr {
        "|b1" => NumberType::Bool,
        "|u1" => NumberType::U8,
        "|i1" => NumberType::I8,
        "<u2" => NumberType::U16,
        "<i2" => NumberType::I16,
        "<u4" => NumberType::U32,
        "<i4" => NumberType::I32,
        "<u8" => NumberType::U64,
        "<i8" => NumberType::I64,
        "<f2" => NumberType::F16,
        "<f4" => NumberType::F32,
        "<f8" => NumberType::F64,
        _ => return None,
    })
}

/// NumPy's description of a number type. NumPy has no bfloat16.
pub(super) fn description(kind: NumberType) -> &'static str {
    match kind {
        NumberType::Bool => "|b1",
        NumberType::U8 => "|u1",
        NumberType::I8 => "|i1",
        NumberType::U16 => "<u2",
        NumberType::I16 => "<i2",
        NumberType::U32 => "<u4",
        NumberType::I32 => "<i4",
        NumberType::U64 => "<u8",
        NumberType::I64 => "<i8",
        NumberType::F16 => "<f2",
        NumberType::F32 | NumberType::BF16 => "<f4",
        NumberType::F64 => "<f8",
    }
}

#[derive(Default)]
struct Dict {
    descr: Option<String>,
    fortran_order: Option<bool>,
    shape: Option<Vec<usize>>,
}

/// The rest of the text.
struct Parser<'a>(&'a str);

impl<'a> Parser<'a> {
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`
    fn dict(&mut self, into: &mut Dict) -> Result<(), String> {
        self.expect("{")?;
        while !self.take("}") {
            let key = self.text()?;
            self.expect(":")?;
            match key {
                "descr" => into.descr = Some(self.description()?),
                "fortran_order" if self.take("True") => into.fortran_order = Some(true),
                "fortran_order" if self.take("False") => into.fortran_order = Some(false),
                "shape" => into.shape = Some(self.shape()?),
                _ => return Err(self.unexpected()),
            }
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        if self.0.trim().is_empty() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// `'<f4'`; the list of a record's fields is kept as it is, since records are not read.
    fn description(&mut self) -> Result<String, String> {
        self.0 = self.0.trim_start();
        if !self.0.starts_with('[') {
            return self.text().map(str::to_owned);
        }
        let mut depth = 0;
        for (at, c) in self.0.char_indices() {
            depth += i32::from(c == '[') - i32::from(c == ']');
            if depth == 0 {
                let (list, rest) = self.0.split_at(at + 1);
                self.0 = rest;
                return Ok(list.to_owned());
            }
        }
        Err(self.unexpected())
    }

    fn shape(&mut self) -> Result<Vec<usize>, String> {
        self.expect("(")?;
        let mut shape = Vec::new();
        while !self.take(")") {
            self.0 = self.0.trim_start();
            let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = self.0.split_at(digits);
            shape.push(number.parse().map_err(|_| self.unexpected())?);
            if shape.len() > MOST_AXES {
                return Err(format!("it has more than {MOST_AXES} axes"));
            }
            // Python 2 wrote `3L`.
            self.0 = rest.trim_start_matches('L');
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(shape)
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let trimmed = self.0.trim_start();
        let quote = trimmed.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let split = quote.and_then(|quote| trimmed[1..].split_once(quote));
        let (text, rest) = split.ok_or_else(|| self.unexpected())?;
        self.0 = rest;
        Ok(text)
    }

    fn take(&mut self, word: &str) -> bool {
        match self.0.trim_start().strip_prefix(word) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> String {
        let rest: String = self.0.trim_start().chars().take(20).collect();
        format!("its header is not the dict that NumPy writes, at `{rest}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u8, dict: &str) -> Result<Header, String> {
        let length = if version == 1 { (dict.len() as u16).to_le_bytes().to_vec() } else { (dict.len() as u32).to_le_bytes().to_vec() };
        Header::read(&[MAGIC, &[version, 0], &length, dict.as_bytes(), &[7; 9]].concat())
    }

    #[test]
    fn headers_of_all_versions() {
        for version in 1..=3 {
            let read = header(version, "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }   \n").unwrap();
            assert!(read.kind == Ok(NumberType::F32) && read.fortran_order && read.shape == [3, 4]);
        }
        assert_eq!(header(1, "{'descr': '|b1', 'fortran_order': False, 'shape': ()}").unwrap().shape, [0; 0]);
        assert_eq!(header(1, "{\"descr\": '|b1', 'fortran_order': False, 'shape': (3L,)}").unwrap().shape, [3]);
        let record = header(1, "{'descr': [('a', '<f4'), ('b', '<i4', (2,))], 'fortran_order': False, 'shape': (1,)}").unwrap();
        assert_eq!(record.kind.unwrap_err(), "[('a', '<f4'), ('b', '<i4', (2,))]");
        for (version, dict) in [
            (1, "{}"),
            (1, "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}"),
            (1, "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}"),
            (1, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
            (1, "{'descr': [[, 'fortran_order': False, 'shape': (3,)}"),
            (1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} more"),
            (1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 1}"),
            (4, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}"),
        ] {
            assert!(header(version, dict).is_err(), "{dict}");
        }
    }
}
