//! Decoding of PNG and JPEG files to 8-bit samples.

use std::io::{BufRead, Seek};

use ::png::{BitDepth, ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

use super::orientation;

/// Maximum length of a side in pixels.
const LONGEST: usize = 1 << 14;
/// Maximum memory for reading an image, including all copies: 1 GiB. It is computed from the header before anything is allocated.
pub(super) const MEMORY: u64 = 1 << 30;
/// Maximum memory of a decoder besides the pixels, for compressed profiles in PNG files: 16 MiB.
const ASIDE: usize = 1 << 24;
/// Bytes per pixel in the JPEG decoder: three, plus up to four coefficients of two bytes in progressive images.
const JPEG: u64 = 12;

/// The pixels of a file, upright, row by row.
pub(super) struct Decoded {
    pub(super) format: Format,
    /// Height and width.
    pub(super) size: [usize; 2],
    pub(super) bytes: Vec<u8>,
}

/// The samples of a pixel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    /// Gray, gray and alpha, color, or color and alpha: 1 to 4.
    pub(super) samples: usize,
    /// Bits per sample in the file, at least 8. What is decoded are the upper 8.
    pub(super) bits: usize,
}

impl Format {
    fn of(color: ColorType, depth: BitDepth) -> Self {
        Self { samples: color.samples(), bits: (depth as usize).max(8) }
    }
}

/// Why a file is not decoded.
pub(super) enum Refusal {
    /// Longer sides than supported.
    Sides([usize; 2]),
    /// More bytes than supported.
    Large { size: [usize; 2], bytes: u64 },
    /// The decoder's message.
    Invalid(String),
}

impl Refusal {
    fn invalid(error: impl ToString) -> Self {
        Self::Invalid(error.to_string())
    }

    pub(super) fn expected(&self) -> String {
        match self {
            Self::Sides(_) => format!("expected at most {LONGEST} pixels per side"),
            Self::Large { .. } => format!("expected an image that needs at most {} MiB of memory", MEMORY >> 20),
            Self::Invalid(_) => super::IMAGE.to_owned(),
        }
    }

    pub(super) fn found(&self) -> String {
        match self {
            Self::Sides([height, width]) => format!("{height}x{width} pixels"),
            Self::Large { size: [height, width], bytes } => {
                format!("{height}x{width} pixels, which need {} MiB", bytes.div_ceil(1 << 20))
            }
            Self::Invalid(message) => format!("an image that cannot be decoded: {message}"),
        }
    }
}

/// Rejects an image whose decoding, rotation (which copies) or conversion with `more` bytes per pixel needs too much memory.
fn check_size(size: [usize; 2], decoder_takes: u64, samples: u64, more: u64) -> Result<(), Refusal> {
    if size.iter().any(|&side| side > LONGEST) {
        return Err(Refusal::Sides(size));
    }
    let bytes = size.iter().map(|&side| side as u64).product::<u64>() * decoder_takes.max(2 * samples).max(samples + more);
    if bytes > MEMORY { Err(Refusal::Large { size, bytes }) } else { Ok(()) }
}

/// Decodes a PNG file. Palettes are resolved; transparent colors become alpha.
pub(super) fn png(file: impl BufRead + Seek, more: u64) -> Result<Decoded, Refusal> {
    let mut decoder = ::png::Decoder::new_with_limits(file, ::png::Limits { bytes: ASIDE });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(Refusal::invalid)?;
    let size = [header.height, header.width].map(|side| side as usize);
    // Before other chunks are read, which may be long.
    check_size(size, 1, 1, 0)?;
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(Refusal::invalid)?;
    let (color, _) = reader.output_color_type();
    let format = Format::of(color, reader.info().bit_depth);
    check_size(size, format.samples as u64, format.samples as u64, more)?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or_else(|| Refusal::invalid("its size overflows"))?];
    reader.next_frame(&mut bytes).map_err(Refusal::invalid)?;
    let turn = reader.info().exif_metadata.as_deref().map_or(orientation::UPRIGHT, orientation::of_exif);
    let (size, bytes) = orientation::upright(turn, size, format.samples, bytes);
    Ok(Decoded { format, size, bytes })
}

/// Decodes a JPEG file. Grayscale stays gray; all other color spaces become RGB.
pub(super) fn jpeg(mut file: impl BufRead + Seek, more: u64) -> Result<Decoded, Refusal> {
    let mut input = Vec::new();
    file.read_to_end(&mut input).map_err(Refusal::invalid)?;
    let options = DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(input.as_slice()), options);
    decoder.decode_headers().map_err(Refusal::invalid)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| Refusal::invalid("it has no size"))?;
    let is_gray = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (samples, colors) = if is_gray { (1, ColorSpace::Luma) } else { (3, ColorSpace::RGB) };
    check_size([height, width], JPEG, samples as u64, more)?;
    // Damaged metadata are ignored.
    let turn = decoder.exif().map_or(orientation::UPRIGHT, |exif| orientation::of_exif(exif));
    decoder.set_options(options.jpeg_set_out_colorspace(colors));
    let mut bytes = vec![0; height * width * samples];
    decoder.decode_into(&mut bytes).map_err(Refusal::invalid)?;
    let (size, bytes) = orientation::upright(turn, [height, width], samples, bytes);
    Ok(Decoded { format: Format { samples, bits: 8 }, size, bytes })
}
