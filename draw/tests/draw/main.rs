//! Drawings, read back.

mod drawings;
mod networks;
mod options;
mod picture;
mod repeats;
