//! PNG and JPEG files.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits};

use super::{jpeg, pixels};
use crate::data::contained::contained_quietly;
use crate::data::{DataError, Image, Mask, error::text};

/// The longest side of an image that is read.
const LONGEST: u32 = 1 << 14;
/// The most memory that an image may take while it is read, all its copies together: 1 GiB. It is worked out from the sizes in the file's header,
/// before anything of them is allocated.
const MEMORY: u64 = 1 << 30;
/// What a decoder may take beside the pixels, for the profiles and texts that a PNG file can hold compressed: 16 MiB.
const ASIDE: u64 = 1 << 24;
/// A file of more than this holds no image of [`MEMORY`]. The JPEG decoder has all of it in memory.
const LARGEST: u64 = MEMORY / 4;
/// What the JPEG decoder takes for a pixel: three bytes, and four coefficients of two bytes where the image comes in several scans.
const JPEG: u64 = 12;

/// How many channels an image is read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// One. Of a color it is its luminance as PIL works it out, `(19595 R + 38470 G + 7471 B + 32768) / 65536`.
    Gray,
    /// Red, green and blue.
    #[default]
    Rgb,
}

/// Is this the name of a file that [`read_image`] reads?
pub(super) fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    ["png", "jpg", "jpeg"].contains(&ending.as_str())
}

/// Reads a PNG or JPEG file; the content decides which it is. The image is turned as its EXIF orientation says.
///
/// It is converted as PIL's `convert` does it: palettes are looked up, transparency is left out, of 16 bits the upper 8 count. (Gray of 16 bits is
/// where PIL differs: there it cuts off at 255, so that most images become white.)
///
/// # Errors
/// If it cannot be read, is damaged, has more than 16,384 pixels a side, or would take more than 1 GiB.
pub fn read_image(path: &Path, channels: Channels) -> Result<Image, DataError> {
    let count = match channels {
        Channels::Gray => 1,
        Channels::Rgb => 3,
    };
    let decoded = decode(path, count as u64 * size_of::<f32>() as u64)?;
    let shape = [count, decoded.height() as usize, decoded.width() as usize];
    Ok(Image { shape, pixels: pixels::planes(&decoded, channels) })
}

/// Reads a mask: a gray PNG file of 8 bits whose pixels are classes. It is turned as its EXIF orientation says, as its image is.
///
/// # Errors
/// If it cannot be read, is no such file, or holds a class of `classes` or more.
pub fn read_mask(path: &Path, classes: usize) -> Result<Mask, DataError> {
    let decoded = decode(path, 1)?;
    let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
    if decoded.color() != ColorType::L8 {
        return Err(wrong("expected a mask: a gray image of 8 bits".to_owned(), format!("{:?}", decoded.color())));
    }
    let mask = Mask { size: [decoded.height() as usize, decoded.width() as usize], classes: decoded.into_luma8().into_raw() };
    if let Some(index) = mask.classes.iter().position(|&class| usize::from(class) >= classes) {
        let [_, width] = mask.size;
        let place = format!("class {} in row {}, column {}", mask.classes[index], index / width, index % width);
        return Err(wrong(format!("expected classes below {classes}"), place));
    }
    Ok(mask)
}

/// The pixels of a file, the right way up. Whoever asks makes `more` bytes of each.
fn decode(path: &Path, more: u64) -> Result<DynamicImage, DataError> {
    let io = |source| DataError::Io { path: path.to_owned(), source };
    let wrong = |expected: &str, found: String| DataError::Content { path: path.to_owned(), expected: expected.to_owned(), found };
    let file = File::open(path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    if !about.is_file() {
        return Err(io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no file")));
    }
    if about.len() > LARGEST {
        return Err(wrong(&format!("expected at most {LARGEST} bytes"), about.len().to_string()));
    }
    let mut file = BufReader::new(file);
    let format =
        image::guess_format(file.fill_buf().map_err(io)?).ok().filter(|format| [ImageFormat::Png, ImageFormat::Jpeg].contains(format));
    let Some(format) = format else { return Err(wrong(IMAGE, "something else".to_owned())) };
    if format == ImageFormat::Jpeg && !jpeg::is_whole(&mut file).map_err(io)? {
        return Err(wrong(IMAGE, "one that cannot be decoded: it is cut off".to_owned()));
    }
    let mut reader = ImageReader::with_format(file, format);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(LONGEST), Some(LONGEST), Some(ASIDE));
    reader.limits(limits);
    // The decoders are others' and read what nobody has looked at. `png` 0.18.1 panics at a palette (PLTE) whose length is no multiple of three, such as
    // 4 bytes: `create_rgba_palette` takes three bytes where one is left, and the chunk's reader checks no more than that there are 3 to 768.
    let decoded = contained_quietly(|| -> ImageResult<Result<DynamicImage, Large>> {
        let mut decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        let pixel = u64::from(decoder.color_type().bytes_per_pixel());
        let decoder_takes = if format == ImageFormat::Jpeg { JPEG } else { pixel };
        // While it is decoded; then while it is turned, which takes a copy; then while the caller's numbers are made.
        let bytes = u64::from(width) * u64::from(height) * decoder_takes.max(2 * pixel).max(pixel + more);
        if bytes > MEMORY {
            return Ok(Err(Large { size: [height, width].map(|side| side as usize), bytes }));
        }
        // Damage to what is told about an image is none to the image.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut decoded = DynamicImage::from_decoder(decoder)?;
        decoded.apply_orientation(orientation);
        Ok(Ok(decoded))
    });
    match decoded {
        Ok(Ok(Ok(decoded))) if decoded.width() == 0 || decoded.height() == 0 => Err(wrong(IMAGE, "one without pixels".to_owned())),
        Ok(Ok(Ok(decoded))) => Ok(decoded),
        Ok(Ok(Err(Large { size, bytes }))) => {
            let expected = format!("expected an image that takes at most {} MiB while it is read", MEMORY >> 20);
            Err(wrong(&expected, format!("{} pixels, which take {} MiB", text(&size), bytes.div_ceil(1 << 20))))
        }
        Ok(Err(error)) => Err(wrong(IMAGE, format!("one that cannot be decoded: {error}"))),
        Err(panic) => Err(wrong(IMAGE, format!("one that its decoder panics at: {panic}"))),
    }
}

const IMAGE: &str = "expected a PNG or JPEG image";

/// An image that is not read.
struct Large {
    size: [usize; 2],
    bytes: u64,
}
