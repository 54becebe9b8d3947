//! Reading ONNX files, with the engine to run what was read.

mod models;
mod mutations;
mod run;
