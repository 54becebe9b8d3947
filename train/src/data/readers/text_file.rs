//! Text files.

use std::path::Path;

use super::gzip::Unpacked;
use crate::data::DataError;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// The byte order marks of other encodings.
const OTHERS: [(&[u8], &str); 4] =
    [(b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")];

/// Reads a text file of at most `limit` bytes, gzipped or not, without its byte order mark. The caller validates UTF-8, since it can name the
/// position of an error.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, DataError> {
    let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
    let mut bytes = Unpacked::open(path)?.take(limit + 1)?;
    if bytes.len() as u64 > limit {
        return Err(wrong(format!("expected at most {limit} bytes of text"), "more".to_owned()));
    }
    if let Some((_, encoding)) = OTHERS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(wrong("expected text in UTF-8".to_owned(), format!("{encoding} (by its byte order mark); convert it to UTF-8")));
    }
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    // A zero byte indicates UTF-16 without a mark.
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(wrong("expected text in UTF-8".to_owned(), format!("a zero byte at byte {at}")));
    }
    Ok(bytes)
}
