//! PNG and JPEG files.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits};

use super::{jpeg, pixels};
use crate::data::contained::contained_quietly;
use crate::data::{DataError, Image, Mask, error::text};

/// Maximum length of a side in pixels.
const LONGEST: u32 = 1 << 14;
/// Maximum memory for reading an image, including all copies: 1 GiB. It is computed from the header before anything is allocated.
const MEMORY: u64 = 1 << 30;
/// Maximum memory of a decoder besides the pixels, for compressed profiles and texts in PNG files: 16 MiB.
const ASIDE: u64 = 1 << 24;
/// Maximum file size. The JPEG decoder holds the file in memory.
const LARGEST: u64 = MEMORY / 4;
/// Bytes per pixel in the JPEG decoder: three, plus up to four coefficients of two bytes in progressive images.
const JPEG: u64 = 12;

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
pub(super) fn is_picture(path: &Path) -> bool {
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
    let shape = [count, decoded.height() as usize, decoded.width() as usize];
    Ok(Image { shape, pixels: pixels::planes(&decoded, channels) })
}

/// Reads a mask: an 8-bit gray PNG file whose pixels are classes. The EXIF orientation is applied, as for images.
///
/// # Errors
/// Returns an error if the file cannot be read, has another format, or contains a class out of range.
pub fn read_mask(path: &Path, classes: usize) -> Result<Mask, DataError> {
    let decoded = decode(path, 1)?;
    let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
    if decoded.color() != ColorType::L8 {
        return Err(wrong("expected a mask: an 8-bit gray image".to_owned(), format!("{:?}", decoded.color())));
    }
    let mask = Mask { size: [decoded.height() as usize, decoded.width() as usize], classes: decoded.into_luma8().into_raw() };
    if let Some(index) = mask.classes.iter().position(|&class| usize::from(class) >= classes) {
        let [_, width] = mask.size;
        let place = format!("class {} in row {}, column {}", mask.classes[index], index / width, index % width);
        return Err(wrong(format!("expected classes below {classes}"), place));
    }
    Ok(mask)
}

/// Decodes a file and applies its orientation. The caller needs `more` bytes per pixel.
fn decode(path: &Path, more: u64) -> Result<DynamicImage, DataError> {
    let io = |source| DataError::Io { path: path.to_owned(), source };
    let wrong = |expected: &str, found: String| DataError::Content { path: path.to_owned(), expected: expected.to_owned(), found };
    let file = File::open(path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    if !about.is_file() {
        return Err(io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file")));
    }
    if about.len() > LARGEST {
        return Err(wrong(&format!("expected at most {LARGEST} bytes"), about.len().to_string()));
    }
    let mut file = BufReader::new(file);
    let format =
        image::guess_format(file.fill_buf().map_err(io)?).ok().filter(|format| [ImageFormat::Png, ImageFormat::Jpeg].contains(format));
    let Some(format) = format else { return Err(wrong(IMAGE, "another format".to_owned())) };
    if format == ImageFormat::Jpeg && !jpeg::is_complete(&mut file).map_err(io)? {
        return Err(wrong(IMAGE, "a truncated image".to_owned()));
    }
    let mut reader = ImageReader::with_format(file, format);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(LONGEST), Some(LONGEST), Some(ASIDE));
    reader.limits(limits);
    // Third-party decoders may panic on invalid files. `png` 0.18.1 panics if the length of a palette (PLTE) is not a multiple of three: the reader of
    // the chunk only checks that it has 3 to 768 bytes, and `create_rgba_palette` reads three bytes at a time.
    let decoded = contained_quietly(|| -> ImageResult<Result<DynamicImage, Large>> {
        let mut decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        let pixel = u64::from(decoder.color_type().bytes_per_pixel());
        let decoder_takes = if format == ImageFormat::Jpeg { JPEG } else { pixel };
        // The maximum over decoding, rotation (which copies), and conversion by the caller.
        let bytes = u64::from(width) * u64::from(height) * decoder_takes.max(2 * pixel).max(pixel + more);
        if bytes > MEMORY {
            return Ok(Err(Large { size: [height, width].map(|side| side as usize), bytes }));
        }
        // Ignore damaged metadata.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut decoded = DynamicImage::from_decoder(decoder)?;
        decoded.apply_orientation(orientation);
        Ok(Ok(decoded))
    });
    match decoded {
        Ok(Ok(Ok(decoded))) if decoded.width() == 0 || decoded.height() == 0 => Err(wrong(IMAGE, "an image without pixels".to_owned())),
        Ok(Ok(Ok(decoded))) => Ok(decoded),
        Ok(Ok(Err(Large { size, bytes }))) => {
            let expected = format!("expected an image that needs at most {} MiB of memory", MEMORY >> 20);
            Err(wrong(&expected, format!("{} pixels, which need {} MiB", text(&size), bytes.div_ceil(1 << 20))))
        }
        Ok(Err(error)) => Err(wrong(IMAGE, format!("an image that cannot be decoded: {error}"))),
        Err(panic) => Err(wrong(IMAGE, format!("an image on which the decoder panics: {panic}"))),
    }
}

const IMAGE: &str = "expected a PNG or JPEG image";

/// An image above the memory limit.
struct Large {
    size: [usize; 2],
    bytes: u64,
}
