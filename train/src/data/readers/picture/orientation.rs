//! EXIF orientation (EXIF 2.32, section 4.6.4, tag 274).

/// Rows from the top, columns from the left.
pub(super) const UPRIGHT: u8 = 1;
const TAG: u16 = 274;
/// The TIFF type of 16-bit unsigned integers.
const SHORT: u16 = 3;

/// The orientation, 1 to 8, of EXIF data, which are a TIFF file. Without a valid orientation: [`UPRIGHT`].
pub(super) fn of_exif(tiff: &[u8]) -> u8 {
    find(tiff).filter(|turn| (1..=8).contains(turn)).unwrap_or(UPRIGHT.into()) as u8
}

fn find(tiff: &[u8]) -> Option<u16> {
    let is_little = match tiff.get(..4)? {
        b"II\x2a\0" => true,
        b"MM\0\x2a" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let (first, second) = (u32::from(short(at)?), u32::from(short(at + 2)?));
        Some(if is_little { second << 16 | first } else { first << 16 | second })
    };
    let directory = usize::try_from(long(4)?).ok().filter(|&at| at < tiff.len())?;
    let entries = short(directory)?;
    // An entry: tag, type, number of values (4 bytes), value (4 bytes).
    let mut entries = (0..usize::from(entries)).map(|entry| directory + 2 + 12 * entry);
    let entry = entries.find(|&at| short(at) == Some(TAG))?;
    (short(entry + 2)? == SHORT && long(entry + 4)? == 1).then(|| short(entry + 8)).flatten()
}

/// Applies an orientation to pixels of `samples` bytes; gives the new height and width with the pixels.
pub(super) fn upright(turn: u8, size: [usize; 2], samples: usize, bytes: Vec<u8>) -> ([usize; 2], Vec<u8>) {
    let [height, width] = size;
    if turn == UPRIGHT {
        return (size, bytes);
    }
    let size = if turn > 4 { [width, height] } else { size };
    let mut turned = Vec::with_capacity(bytes.len());
    for y in 0..size[0] {
        for x in 0..size[1] {
            // The row and the column in the file.
            let (row, column) = match turn {
                2 => (y, width - 1 - x),
                3 => (height - 1 - y, width - 1 - x),
                4 => (height - 1 - y, x),
                5 => (x, y),
                6 => (height - 1 - x, y),
                7 => (height - 1 - x, width - 1 - y),
                _ => (x, width - 1 - y),
            };
            turned.extend_from_slice(&bytes[samples * (row * width + column)..][..samples]);
        }
    }
    (size, turned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory at byte 8 with an entry for the width (256) before the orientation.
    fn tiff(little: bool, kind: u16, turn: u16) -> Vec<u8> {
        let short = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let long = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let begin: &[u8] = if little { b"II" } else { b"MM" };
        let mut tiff = [begin, &short(42), &long(8), &short(2)].concat();
        for (tag, kind, value) in [(256, SHORT, 7), (TAG, kind, turn)] {
            tiff.extend([&short(tag)[..], &short(kind), &long(1), &short(value), &short(0)].concat());
        }
        tiff
    }

    #[test]
    fn orientation_of_both_byte_orders() {
        for little in [true, false] {
            for turn in 1..=8 {
                assert_eq!(of_exif(&tiff(little, SHORT, turn)), turn as u8);
            }
            assert_eq!([0, 9, 256].map(|turn| of_exif(&tiff(little, SHORT, turn))), [UPRIGHT; 3]);
            assert_eq!(of_exif(&tiff(little, 4, 6)), UPRIGHT, "of another type");
            let whole = tiff(little, SHORT, 6);
            assert!((0..whole.len() - 2).all(|length| of_exif(&whole[..length]) == UPRIGHT), "cut off");
        }
        assert_eq!(of_exif(b"II\x2a\0\xff\xff\xff\xff"), UPRIGHT, "a directory beyond the end");
    }
}
