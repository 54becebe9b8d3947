//! The guide by the user's own problem. Every example is compiled and run by the tests.

#[cfg(feature = "cli")]
#[doc = include_str!("../guide/shortest.md")]
pub mod shortest {}

#[cfg(feature = "cli")]
#[doc = include_str!("../guide/photos.md")]
pub mod photos {}

#[cfg(feature = "tables")]
#[doc = include_str!("../guide/columns.md")]
pub mod columns {}

#[cfg(feature = "cli")]
#[doc = include_str!("../guide/arrays.md")]
pub mod arrays {}

#[doc = include_str!("../guide/series.md")]
pub mod series {}

#[doc = include_str!("../guide/texts.md")]
pub mod texts {}

#[doc = include_str!("../guide/own_loop.md")]
pub mod own_loop {}

#[doc = include_str!("../guide/ranks.md")]
pub mod ranks {}

#[doc = include_str!("../guide/detection.md")]
pub mod detection {}

#[doc = include_str!("../guide/sequences.md")]
pub mod sequences {}

#[doc = include_str!("../guide/two_networks.md")]
pub mod two_networks {}
