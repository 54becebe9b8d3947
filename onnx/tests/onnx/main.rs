//! Reading ONNX files, with the engine to run what was read. `mutations.rs` measures its whole process and is a program of its own.

mod external;
mod models;
mod nodes;
mod run;
