//! The file with a task's state.

use std::collections::HashMap;
use std::path::Path;

use layercake::io::{IoError, write_atomically};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::TrainError;
use crate::data::Array;

pub(crate) fn save_task_state(path: &Path, state: &[(String, Array<f32>)]) -> Result<(), TrainError> {
    let bytes: Vec<Vec<u8>> =
        state.iter().map(|(_, array)| array.as_slice().iter().flat_map(|number| number.to_le_bytes()).collect()).collect();
    let views = state.iter().zip(&bytes).map(|((name, array), bytes)| {
        (name, TensorView::new(Dtype::F32, array.shape().to_vec(), bytes).expect("the size of an array matches its shape"))
    });
    let bytes = safetensors::serialize(views, None::<HashMap<String, String>>).expect("arrays can be serialized");
    write_atomically(path, &bytes).map_err(|source| IoError::Write { path: path.to_owned(), source }.into())
}

pub(crate) fn load_task_state(path: &Path) -> Result<Vec<(String, Array<f32>)>, TrainError> {
    let bytes = std::fs::read(path).map_err(|source| IoError::Read { path: path.to_owned(), source })?;
    let wrong = |reason: String| IoError::Format { path: path.to_owned(), format: "safetensors", reason };
    let file = SafeTensors::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
    let mut state = Vec::new();
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(IoError::Dtype { path: path.to_owned(), name, found: format!("{:?}", view.dtype()) }.into());
        }
        let numbers = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        state.push((name, Array::new(view.shape().to_vec(), numbers)));
    }
    state.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(state)
}
