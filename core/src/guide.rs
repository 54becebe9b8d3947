//! The guide: how to declare networks, what the layers are, and how to read what the compiler says.
//!
//! Every example in it is compiled and run by the tests.

#[doc = include_str!("../guide/language.md")]
pub mod language {}

#[doc = include_str!("../guide/layers.md")]
pub mod layers {}

#[doc = include_str!("../guide/errors.md")]
pub mod errors {}
