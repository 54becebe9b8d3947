//! Readers of data files. No file content makes a reader panic, hang or allocate excessive memory.
//!
//! Memory bounds while reading a file, including the result (`train/tests/train/files/room.rs` checks them in a process with limited memory):
//!
//! | file | maximum memory | maximum file size |
//! |--|--|--|
//! | CSV ([`Table`]) | 20 times its size | 2 GiB |
//! | text ([`Text`]) | 10 times its size, mostly 8 bytes per character | 1 GiB |
//! | IDX ([`read_idx`]) | 2 times its size, plus 8 bytes per label | 4 GiB |
//! | CIFAR-10 ([`read_cifar10`]) | 4 times its size | a million records |
//! | Pascal VOC's XML ([`read_annotation`]) | 40 times its size | 16 MiB |
//! | PNG, JPEG ([`read_image`]) | 20 bytes per pixel, of which a color [`crate::data::Image`] keeps 12 | 1 GiB of memory, 16,384 pixels per side |
//!
//! For gzipped files the decompressed size counts. It may be at most 100 times the compressed size or 64 MiB, whichever is larger. The time is linear
//! in the size, or `n log n` for tables. The memory of an image is computed from its header before it is decoded.

mod cifar;
mod digits;
mod gzip;
mod hidden;
mod idx;
mod image_folder;
mod picture;
mod table;
mod text;
mod text_file;
mod voc;

pub use cifar::read_cifar10;
pub use digits::{digits, frame};
pub(super) use gzip::find;
pub(super) use hidden::entries;
pub use idx::read_idx;
pub use image_folder::{ImageFiles, ImageFolder, MaskFolder};
#[cfg(feature = "tables")]
pub(crate) use picture::is_picture;
pub use picture::{Channels, read_image, read_mask};
pub use table::{Header, Row, RowBatch, Table, Target};
pub use text::{Streams, Text, Window, WindowBatch, Windows};
#[cfg(feature = "tables")]
pub(crate) use text_file::read as read_text;
pub use voc::{Annotation, NamedObject, VocFolder, read_annotation};
