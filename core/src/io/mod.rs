//! Parameters on disk.

mod atomic;
mod error;
mod safetensors;

pub use atomic::write_atomically;
pub use error::IoError;
pub(crate) use safetensors::{decode, dtype, encode, read};
pub use safetensors::{load_safetensors, save_safetensors};
