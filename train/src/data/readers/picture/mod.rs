//! PNG and JPEG files.

mod decoded;
mod jpeg_end;
mod orientation;
mod pixels;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use decoded::{Decoded, Format, MEMORY, Refusal};

use crate::data::contained::contained_quietly;
use crate::data::{DataError, Image, Mask};

/// Maximum file size. The JPEG decoder holds the file in memory.
const LARGEST: u64 = MEMORY / 4;
const IMAGE: &str = "expected a PNG or JPEG image";

/// The channels of an image after reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// One channel. Colors are converted to luminance as in PIL: `(19595 R + 38470 G + 7471 B + 32768) / 65536`.
    Gray,
    /// Red, green and blue.
    #[default]
    Rgb,
}

/// Whether the file has an extension that [`read_image`] supports.
pub(crate) fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    ["png", "jpg", "jpeg"].contains(&ending.as_str())
}

/// Reads a PNG or JPEG file; the content decides the format. The EXIF orientation is applied.
///
/// Pixels are converted as by PIL's `convert`: palettes are resolved, alpha is dropped, and 16 bits are reduced to the upper 8. (For 16-bit gray,
/// PIL clamps at 255 instead, which makes most images white.)
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged, has more than 16,384 pixels per side, or needs more than 1 GiB of memory.
pub fn read_image(path: &Path, channels: Channels) -> Result<Image, DataError> {
    let count = match channels {
        Channels::Gray => 1,
        Channels::Rgb => 3,
    };
    let decoded = decode(path, count as u64 * size_of::<f32>() as u64)?;
    let [height, width] = decoded.size;
    let shape = [count, height, width];
    Ok(Image { shape, pixels: pixels::planes(&decoded, channels) })
}

/// Reads a mask: an 8-bit gray PNG file whose pixels are classes. The EXIF orientation is applied, as for images.
///
/// # Errors
/// Returns an error if the file cannot be read, has another format, or contains a class out of range.
pub fn read_mask(path: &Path, classes: usize) -> Result<Mask, DataError> {
    let decoded = decode(path, 1)?;
    let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
    if decoded.format != (Format { samples: 1, bits: 8 }) {
        let Format { samples, bits } = decoded.format;
        return Err(wrong("expected a mask: an 8-bit gray image".to_owned(), format!("{samples} channels of {bits} bits")));
    }
    let mask = Mask { size: decoded.size, classes: decoded.bytes };
    if let Some(index) = mask.classes.iter().position(|&class| usize::from(class) >= classes) {
        let [_, width] = mask.size;
        let place = format!("class {} in row {}, column {}", mask.classes[index], index / width, index % width);
        return Err(wrong(format!("expected classes below {classes}"), place));
    }
    Ok(mask)
}

/// Decodes a file and applies its orientation. The caller needs `more` bytes per pixel.
fn decode(path: &Path, more: u64) -> Result<Decoded, DataError> {
    let io = |source| DataError::Io { path: path.to_owned(), source };
    let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
    let file = File::open(path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    if !about.is_file() {
        return Err(io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file")));
    }
    if about.len() > LARGEST {
        return Err(wrong(format!("expected at most {LARGEST} bytes"), about.len().to_string()));
    }
    let mut file = BufReader::new(file);
    let begin = file.fill_buf().map_err(io)?;
    let is_jpeg = begin.starts_with(b"\xff\xd8\xff");
    if !is_jpeg && !begin.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(wrong(IMAGE.to_owned(), "another format".to_owned()));
    }
    if is_jpeg && !jpeg_end::is_complete(&mut file).map_err(io)? {
        return Err(wrong(IMAGE.to_owned(), "a truncated image".to_owned()));
    }
    // Third-party decoders may panic on invalid files. `png` 0.18.1 panics if the length of a palette (PLTE) is not a multiple of three: the reader of
    // the chunk only checks that it has 3 to 768 bytes, and `create_rgba_palette` reads three bytes at a time.
    match contained_quietly(|| if is_jpeg { decoded::jpeg(file, more) } else { decoded::png(file, more) }) {
        Ok(Ok(decoded)) if decoded.size.contains(&0) => Err(wrong(IMAGE.to_owned(), "an image without pixels".to_owned())),
        Ok(decoded) => decoded.map_err(|refusal: Refusal| wrong(refusal.expected(), refusal.found())),
        Err(panic) => Err(wrong(IMAGE.to_owned(), format!("an image on which the decoder panics: {panic}"))),
    }
}
