//! What the crate gives to its users. One program: each would be linked with everything, and compile what they share again.

mod api;
mod atomic;
mod catalogue;
mod crates;
mod dfdx_module;
mod explain;
#[cfg(feature = "zip")]
mod files;
mod finite;
mod graph_file;
mod graph_model;
mod hooks;
mod initial;
mod joins;
mod language;
mod layouts;
mod links;
mod model;
mod model_forward;
#[path = "../../../draw/tests/draw/networks.rs"]
mod networks;
mod outputs;
mod parameter_paths;
mod paths;
mod safetensors;
mod sequences;
mod shares;
mod steps;
mod summary;
