//! Pickles of tensors and plain values, of protocols 2 to 5.
//!
//! A pickle is a program for a stack machine. This machine knows the instructions that build plain values, and the few classes in `class.rs`, whose
//! results it makes itself. Every other class is refused by name, where it is named. Nothing in a file is ever called.
//!
//! Nothing here recurses, and an instruction takes room and time for what it has of its own: shared containers and texts are named by their number, and
//! what is read of them again and again is short.

mod calls;
mod class;
mod input;
mod machine;
mod stack;
mod value;

pub(super) use machine::Pickle;
pub(super) use value::{Object, Storage, Tensor, Value};
