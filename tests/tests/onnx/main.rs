//! ONNX files: that every network of the catalogue is written, as what, and that it is read again.
//!
//! `tests/onnx/check.py` compares the same files with ONNX's own checker and ONNX Runtime.

mod cases;
mod declared;
mod dynamic;
mod export;
mod import;
mod structs;
