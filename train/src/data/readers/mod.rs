//! Data sets out of files. Nothing that a file holds makes a reader panic, hang or take more memory than the file is worth.

mod cifar;
mod digits;
mod gzip;
mod idx;
mod image_folder;
mod letters;
mod picture_file;
mod table;

pub use cifar::read_cifar10;
pub use digits::{digits, frame};
pub(super) use gzip::find;
pub use idx::read_idx;
pub use image_folder::{ImageFiles, ImageFolder, MaskFolder};
pub use letters::{Streams, Text, Window, WindowBatch};
pub use picture_file::{Channels, read_image, read_mask};
pub use table::{Row, RowBatch, Table, Target};
