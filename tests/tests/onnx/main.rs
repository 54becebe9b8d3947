//! ONNX files: that every network of the catalogue is written, and as what.
//!
//! `tests/onnx/check.py` compares the same files with ONNX's own checker and ONNX Runtime.

mod cases;
mod export;
