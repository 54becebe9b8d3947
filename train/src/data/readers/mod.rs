//! Data sets out of files. Nothing that a file holds makes a reader panic, hang or take more memory than the file is worth.
//!
//! What a file may cost while it is read, with what is made of it (`train/tests/files/room.rs` reads each kind in a process that gets no more):
//!
//! | file | memory at most | and no file of more than |
//! |--|--|--|
//! | CSV ([`Table`]) | 20 times its size | 2 GiB |
//! | text ([`Text`]) | 10 times its size, most of it 8 bytes a letter | 1 GiB |
//! | IDX ([`read_idx`]) | 2 times its size; 8 bytes more a label | 4 GiB |
//! | CIFAR-10 ([`read_cifar10`]) | 4 times its size | a million records each |
//! | PNG, JPEG ([`read_image`]) | 20 bytes a pixel, of which a [`crate::data::Image`] in color keeps 12 | 1 GiB of memory, 16,384 pixels a side |
//!
//! The size of a gzipped file is that of what it unpacks to: 100 times its own or 64 MiB, whichever is more; what unpacks to more is refused. Time
//! grows with the size, times its logarithm where there is a class for each row. An image's cost is worked out from its header, before
//! anything of it is unpacked.

mod cifar;
mod digits;
mod gzip;
mod hidden;
mod idx;
mod image_folder;
mod jpeg;
mod picture_file;
mod pixels;
mod table;
mod text;
mod text_file;

pub use cifar::read_cifar10;
pub use digits::{digits, frame};
pub(super) use gzip::find;
pub(super) use hidden::entries;
pub use idx::read_idx;
pub use image_folder::{ImageFiles, ImageFolder, MaskFolder};
pub use picture_file::{Channels, read_image, read_mask};
pub use table::{Header, Row, RowBatch, Table, Target};
pub use text::{Streams, Text, Window, WindowBatch};
