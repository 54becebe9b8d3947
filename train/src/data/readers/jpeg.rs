//! Where a JPEG file ends.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

const END: u8 = 0xd9;

/// Is the end of the image marked? The decoder fills up with gray what a file lacks that was cut off, without a word; PIL refuses it.
///
/// Segments are passed over by their lengths, so that the end of a thumbnail within one does not count; what cameras put behind the end does not
/// either. The reader is left at its beginning.
pub(super) fn is_whole(file: &mut (impl BufRead + Seek)) -> io::Result<bool> {
    let mut whole = false;
    while let Some(marker) = next_marker(file)? {
        match marker {
            END => {
                whole = true;
                break;
            }
            // An escaped byte of pixels; the beginning, restarts and others that nothing belongs to.
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
    Ok(whole)
}

/// What stands behind the next bytes 0xff.
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
        let is_whole = |parts: &[&[u8]]| is_whole(&mut io::Cursor::new(parts.concat())).unwrap();
        let (begin, end, pixels) = (&[0xff, 0xd8][..], &[0xff, END][..], &[0xff, 0xda, 0, 3, 9, 1, 0xff, 0, 2, 0xff, 0xd3, 4][..]);
        let thumbnail = &[0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, END][..];
        assert!(is_whole(&[begin, pixels, end]) && is_whole(&[begin, thumbnail, pixels, pixels, &[0xff], end, &[0xff, 0xda]]));
        assert!(
            !is_whole(&[begin, thumbnail, pixels]) && !is_whole(&[begin, thumbnail, pixels, &[0xff]]) && !is_whole(&[begin, &[0xff, 0xe0]])
        );
        assert!(!is_whole(&[]) && !is_whole(&[begin, &[0xff, 0xda, 0xff, 0xff], end]));
    }
}
