//! Lines of a CSV file: RFC 4180, but fields cannot contain line breaks.
//!
//! Line breaks make no sense in numbers and class names, and an unclosed quote would silently swallow rows. So each line is a row, and row numbers
//! are line numbers.

use std::borrow::Cow;

/// The non-empty lines with their numbers, counted from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // Classic Mac OS files have only carriage returns.
    let end = if text.contains('\n') { '\n' } else { '\r' };
    text.split(end).enumerate().map(|(i, line)| (i + 1, line.trim())).filter(|(_, line)| !line.is_empty())
}

/// An invalid field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column, counted from 0.
    pub column: usize,
    pub expected: &'static str,
    pub found: &'static str,
}

/// Splits a line into trimmed fields.
pub(super) fn split<'a>(line: &'a str, fields: &mut Vec<Cow<'a, str>>) -> Result<(), Fault> {
    fields.clear();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let fault = |expected, found| Fault { column: fields.len(), expected, found };
        match text.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (field, behind) = unquote(quoted).ok_or_else(|| fault("a closing quote", "the end of the line"))?;
                let behind = behind.trim_start();
                rest = match behind.strip_prefix(',') {
                    None if !behind.is_empty() => return Err(fault("a comma after the closing quote", "text")),
                    next => next,
                };
                fields.push(field);
            }
            None => {
                let (field, next) = text.split_once(',').map_or((text, None), |(field, next)| (field, Some(next)));
                fields.push(Cow::Borrowed(field.trim()));
                rest = next;
            }
        }
    }
    Ok(())
}

/// Splits at the closing quote; doubled quotes are unescaped.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('"')?;
        if !text[at + 1..].starts_with('"') {
            let (field, behind) = (text[..at].trim(), &text[at + 1..]);
            let field = if field.contains('"') { Cow::Owned(field.replace("\"\"", "\"")) } else { Cow::Borrowed(field) };
            return Some((field, behind));
        }
        from = at + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Result<Vec<String>, Fault> {
        let mut fields = Vec::new();
        split(line, &mut fields)?;
        Ok(fields.into_iter().map(Cow::into_owned).collect())
    }

    #[test]
    fn by_hand() {
        assert_eq!(fields("1, 2,x").unwrap(), ["1", "2", "x"]);
        assert_eq!(fields(r#""a, b" , "say ""no""",5" pipe"#).unwrap(), ["a, b", "say \"no\"", "5\" pipe"]);
        assert_eq!(fields(r#""",,"#).unwrap(), ["", "", ""]);
        assert_eq!(fields("a").unwrap(), ["a"]);
        assert_eq!(fields(r#"1,"a,2"#).unwrap_err(), Fault { column: 1, expected: "a closing quote", found: "the end of the line" });
        assert_eq!(fields(r#"1,2,"a"""#).unwrap_err().column, 2);
        assert_eq!(fields(r#""a"b,2"#).unwrap_err(), Fault { column: 0, expected: "a comma after the closing quote", found: "text" });
    }

    #[test]
    fn rows_are_lines() {
        let all = |text| lines(text).collect::<Vec<_>>();
        assert_eq!(all("a\r\n\r\n b \nc"), [(1, "a"), (3, "b"), (4, "c")]);
        assert_eq!(all("a\rb\r"), [(1, "a"), (2, "b")]);
        assert_eq!(all("\n \n"), []);
    }
}
