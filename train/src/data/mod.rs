//! Data sets: where they come from, and in which form a network gets them.

mod digits;
mod error;
mod gzip;
mod idx;
mod images;
mod loader;
mod normalise;
mod resize;
mod sets;
mod shuffle;

pub use digits::{digits, frame};
pub use error::DataError;
pub use idx::read_idx;
pub use images::Images;
pub use loader::{Batch, Loader};
pub use normalise::Normalise;
pub use resize::{centre, resize};
pub use sets::{DataSet, Split};
pub use shuffle::Shuffle;

use sets::numerals;
