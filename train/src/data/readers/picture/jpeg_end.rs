//! Detection of truncated JPEG files.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

const END: u8 = 0xd9;

/// Whether the end-of-image marker exists. The decoder silently fills truncated images with gray; PIL rejects them.
///
/// Segments are skipped by their lengths, so that the end marker of a thumbnail does not count. Data after the end are ignored. The reader is
/// rewound.
pub(super) fn is_complete(file: &mut (impl BufRead + Seek)) -> io::Result<bool> {
    let mut complete = false;
    while let Some(marker) = next_marker(file)? {
        match marker {
            END => {
                complete = true;
                break;
            }
            // Escaped bytes and markers without a segment, such as start and restart markers.
            0 | 1 | 0xd0..=0xd8 => {}
            _ => {
                let mut length = [0; 2];
                if file.read_exact(&mut length).is_err() {
                    break;
                }
                file.seek_relative(i64::from(u16::from_be_bytes(length).saturating_sub(2)))?;
            }
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(complete)
}

/// The byte after the next sequence of 0xff.
fn next_marker(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    file.skip_until(0xff)?;
    for byte in file.bytes() {
        let byte = byte?;
        if byte != 0xff {
            return Ok(Some(byte));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_by_hand() {
        let is_complete = |parts: &[&[u8]]| is_complete(&mut io::Cursor::new(parts.concat())).unwrap();
        let (begin, end, pixels) = (&[0xff, 0xd8][..], &[0xff, END][..], &[0xff, 0xda, 0, 3, 9, 1, 0xff, 0, 2, 0xff, 0xd3, 4][..]);
        let thumbnail = &[0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, END][..];
        assert!(is_complete(&[begin, pixels, end]) && is_complete(&[begin, thumbnail, pixels, pixels, &[0xff], end, &[0xff, 0xda]]));
        assert!(
            !is_complete(&[begin, thumbnail, pixels])
                && !is_complete(&[begin, thumbnail, pixels, &[0xff]])
                && !is_complete(&[begin, &[0xff, 0xe0]])
        );
        assert!(!is_complete(&[]) && !is_complete(&[begin, &[0xff, 0xda, 0xff, 0xff], end]));
    }
}
