//! JPEG files.

use jpeg_encoder::{ColorType, Encoder};

use super::png::exif;

/// A photo from its pixels, row by row.
pub fn jpeg([height, width]: [u16; 2], color: ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    Encoder::new(&mut file, 75).encode(pixels, width, height, color).unwrap();
    file
}

/// A JPEG file with EXIF data.
pub fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let data = [b"Exif\0\0".to_vec(), exif(orientation)].concat();
    let length = (data.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &data, &jpeg[2..]].concat()
}
