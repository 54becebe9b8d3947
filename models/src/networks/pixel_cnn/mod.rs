//! PixelCNNs: autoregressive models that predict each pixel from the pixels above it and to its left.

mod block;
mod gated;
mod plain;

pub use block::GatedPixelCnnBlock;
#[cfg(test)]
pub(super) use block::SmallGatedBlock;
pub use gated::{ClassGatedPixelCnn, GatedPixelCnn};
#[cfg(test)]
pub(super) use gated::{SmallClassGatedPixelCnn, SmallGatedPixelCnn};
pub use plain::PixelCnn;
#[cfg(test)]
pub(super) use plain::SmallPixelCnn;
