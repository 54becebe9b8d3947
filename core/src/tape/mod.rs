//! What a network puts onto dfdx's tape, and how its outputs share it.
//!
//! dfdx's tape belongs to one tensor. A network of several outputs has one backward pass for all of them, which has to run whichever output the
//! loss is made of, once, and after all that the loss made of the outputs. So a pass is recorded by itself ([`Recording`]), and each
//! output's tape gets an operation that plays the one recording ([`share`]).

mod recording;
mod reel;
mod share;

pub use recording::Recording;
pub(crate) use reel::Reel;
