//! Files of text.

use std::path::Path;

use super::gzip::Unpacked;
use crate::data::DataError;

/// With these bytes a text in UTF-8 may begin. They say how it is written and are no part of it.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// How files begin that are written in another way.
const OTHERS: [(&[u8], &str); 4] =
    [(b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")];

/// All of a text file of at most `limit` bytes, gzipped or not, without a byte order mark. That it is in UTF-8 is the caller's to find out, who knows
/// how to name the place where it is not.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, DataError> {
    let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
    let mut bytes = Unpacked::open(path)?.take(limit + 1)?;
    if bytes.len() as u64 > limit {
        return Err(wrong(format!("expected at most {limit} bytes of text"), "more".to_owned()));
    }
    if let Some((_, encoding)) = OTHERS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(wrong("expected text in UTF-8".to_owned(), format!("{encoding} (its byte order mark says so); save it as UTF-8")));
    }
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    // Every other byte of UTF-16 without a mark, where it is English.
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(wrong("expected text in UTF-8".to_owned(), format!("the byte 0 after {at} bytes of it")));
    }
    Ok(bytes)
}
