//! PNG files written chunk by chunk, including invalid ones.

use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};

pub const GRAY: u8 = 0;
pub const RGB: u8 = 2;
pub const PALETTE: u8 = 3;
pub const GRAY_ALPHA: u8 = 4;
pub const RGBA: u8 = 6;

pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = Crc::new();
    checksum.update(kind);
    checksum.update(data);
    [&(data.len() as u32).to_be_bytes(), &kind[..], data, &checksum.sum().to_be_bytes()].concat()
}

/// An image of rows of bytes, with additional chunks before the pixels.
pub fn png([height, width]: [u32; 2], depth: u8, color: u8, rows: &[&[u8]], more: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in rows {
        packer.write_all(&[0]).unwrap();
        packer.write_all(row).unwrap();
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat();
    let pixels = chunk(b"IDAT", &packer.finish().unwrap());
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), more.to_vec(), pixels, chunk(b"IEND", b"")].concat()
}

/// EXIF data with an orientation.
pub fn exif(orientation: u8) -> Vec<u8> {
    let entry = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    [&b"II*\0\x08\0\0\0\x01\0"[..], &entry, &[0; 4]].concat()
}

/// Repairs the checksums of a PNG file's chunks.
pub fn mended(file: &[u8]) -> Vec<u8> {
    let mut mended = file.get(..8).unwrap_or(file).to_vec();
    let mut rest = file.get(8..).unwrap_or_default();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (Some((kind, _)), Some(data)) = (behind.split_first_chunk::<4>(), behind.get(4..4usize.saturating_add(length))) else { break };
        mended.extend(chunk(kind, data));
        rest = behind.get(8 + length..).unwrap_or_default();
    }
    mended.extend(rest);
    mended
}
