//! Recording a network on dfdx's tape, shared by its outputs.
//!
//! A tape of dfdx belongs to one tensor. A network with several outputs has one backward pass for all of them. It must run once, whichever output the
//! loss depends on, and after everything that was computed from the outputs. So a pass is recorded separately ([`Recording`]), and the tape of each
//! output gets an operation that plays this recording ([`share`]).

mod recording;
mod reel;
mod share;

pub(crate) use recording::Located;
pub use recording::Recording;
pub(crate) use reel::Reel;
