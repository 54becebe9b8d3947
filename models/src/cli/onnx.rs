//! The commands about ONNX files.

use std::path::Path;

use layercake::dfdx::tensor::Cpu;
use layercake::ir::Graph;
use layercake::{GraphModel, io};

use crate::error::CommandError;

/// Writes a network as an ONNX file. `checkpoint` is a parameter file or the folder of a run.
pub(crate) fn export(graph: Graph, checkpoint: Option<&Path>, path: &Path) -> Result<(), CommandError> {
    let model = GraphModel::try_new(graph, &Cpu::seed_from_u64(0));
    let mut model = model.map_err(|error| CommandError::Network(error.to_string()))?;
    if let Some(checkpoint) = checkpoint {
        let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
        io::load_safetensors(&mut model, file)?;
    }
    Ok(io::onnx::save(&model, path)?)
}
