//! PNG and JPEG files.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::{ColorType, DynamicImage, ImageFormat, ImageReader, Limits};

use crate::data::{DataError, Image, Mask};

/// The longest side of an image that is read.
const LONGEST: u32 = 1 << 14;
/// The most memory that a decoder may take: 256 MiB.
const MEMORY: u64 = 1 << 28;

/// How many channels an image is read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// One.
    Grey,
    /// Red, green and blue.
    #[default]
    Rgb,
}

/// Is this the name of a file that [`read_image`] reads?
pub(super) fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    ["png", "jpg", "jpeg"].contains(&ending.as_str())
}

/// Reads a PNG or JPEG file; the content decides which it is.
///
/// # Errors
/// If it cannot be read, is damaged, or has more than 16,384 pixels a side.
pub fn read_image(path: &Path, channels: Channels) -> Result<Image, DataError> {
    let decoded = decode(path)?;
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    Ok(match channels {
        Channels::Grey => Image::from_bytes([1, height, width], decoded.to_luma8().as_raw()),
        Channels::Rgb => {
            let interleaved = decoded.to_rgb8();
            let plane = |channel: usize| interleaved.as_raw().iter().skip(channel).step_by(3).copied();
            let planes: Vec<u8> = plane(0).chain(plane(1)).chain(plane(2)).collect();
            Image::from_bytes([3, height, width], &planes)
        }
    })
}

/// Reads a mask: a grey PNG file of 8 bits whose pixels are classes.
///
/// # Errors
/// If it cannot be read, is no such file, or holds a class of `classes` or more.
pub fn read_mask(path: &Path, classes: usize) -> Result<Mask, DataError> {
    let decoded = decode(path)?;
    let wrong = |expected: String, found: String| DataError::Content { path: path.to_owned(), expected, found };
    if decoded.color() != ColorType::L8 {
        return Err(wrong("expected a mask: a grey image of 8 bits".to_owned(), format!("{:?}", decoded.color())));
    }
    let mask = Mask { size: [decoded.height() as usize, decoded.width() as usize], classes: decoded.into_luma8().into_raw() };
    if let Some(index) = mask.classes.iter().position(|&class| usize::from(class) >= classes) {
        let [_, width] = mask.size;
        let place = format!("class {} in row {}, column {}", mask.classes[index], index / width, index % width);
        return Err(wrong(format!("expected classes below {classes}"), place));
    }
    Ok(mask)
}

fn decode(path: &Path) -> Result<DynamicImage, DataError> {
    let io = |source| DataError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(io(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no file")));
    }
    let wrong = |found: String| DataError::Content { path: path.to_owned(), expected: "expected a PNG or JPEG image".to_owned(), found };
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(io)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return Err(wrong("something else".to_owned()));
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(LONGEST), Some(LONGEST), Some(MEMORY));
    reader.limits(limits);
    let decoded = reader.decode().map_err(|error| wrong(format!("one that cannot be decoded: {error}")))?;
    if decoded.width() == 0 || decoded.height() == 0 { Err(wrong("one without pixels".to_owned())) } else { Ok(decoded) }
}
