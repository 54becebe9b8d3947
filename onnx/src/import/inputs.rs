//! The inputs of a file: their sizes, and whether their first axis is the batch.

use std::collections::HashMap;

use layercake_ir::{MAX_RANK, Shape};

use super::ImportError;
use crate::proto::data_type::{FLOAT, FLOAT16, INT32, INT64, name};
use crate::proto::{self, Dimension};

/// What a file leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Sizes that the file has names for, such as `sequence_length`.
    pub sizes: HashMap<String, usize>,
    /// Whole shapes of inputs by name, with all axes of the file. The first size is ignored if it is the batch.
    pub shapes: HashMap<String, Vec<usize>>,
    /// Where the batch is.
    pub batch: BatchAxis,
}

/// Whether the first axis of each input is the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchAxis {
    /// It is if all inputs agree on its size: one name, or one number. Otherwise there is no batch.
    #[default]
    Agreed,
    /// It is.
    First,
    /// It is not: the tensors of the file are one sample, and the graph's batch is in addition.
    Absent,
}

/// The inputs of a graph.
pub(super) struct Inputs {
    /// Name and shape of each sample.
    pub ports: Vec<(String, Shape)>,
    /// Whether the first axis is the batch.
    pub batched: bool,
    /// The batch's size, if the file fixes one.
    pub fixed: Option<usize>,
}

pub(super) fn read(graph: &proto::Graph, options: &LoadOptions) -> Result<Inputs, ImportError> {
    // Files of old versions list their tensors as inputs too.
    let named: std::collections::HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let infos: Vec<&proto::ValueInfo> = graph.input.iter().filter(|info| !named.contains(info.name.as_str())).collect();
    let mut wrong = Vec::new();
    let mut shapes: Vec<(&str, &[Dimension], bool)> = Vec::new();
    for info in infos {
        match typed(info) {
            Ok((dims, ids)) => shapes.push((&info.name, dims, ids)),
            Err(reason) => wrong.push(format!("the input `{}`: {reason}", info.name)),
        }
    }
    if !wrong.is_empty() {
        return Err(ImportError::Values(wrong));
    }
    if shapes.is_empty() {
        return Err(ImportError::Values(vec!["the file has no inputs".to_owned()]));
    }
    let firsts: Vec<&Dimension> = shapes.iter().map(|(_, dims, _)| &dims[0]).collect();
    let agreed = firsts.iter().all(|first| *first == firsts[0]);
    let batched = match options.batch {
        BatchAxis::Agreed => agreed,
        BatchAxis::First => true,
        BatchAxis::Absent => false,
    };
    let fixed = if batched { firsts.iter().find_map(|first| known(first)) } else { None };
    let (mut ports, mut open) = (Vec::new(), Vec::new());
    for (name, dims, ids) in shapes {
        let given = options.shapes.get(name);
        if let Some(given) = given.filter(|given| given.len() != dims.len()) {
            wrong.push(format!("the input `{name}` has {} axes, but the options give {given:?}", dims.len()));
            continue;
        }
        let mut sample = Vec::new();
        for (axis, dim) in dims.iter().enumerate().skip(usize::from(batched)) {
            let wish = given.map(|given| given[axis]).or_else(|| options.sizes.get(dim.dim_param.as_deref()?).copied());
            match (known(dim), wish) {
                (Some(size), Some(wish)) if size != wish => {
                    wrong.push(format!("axis {axis} of the input `{name}` is {size} in the file, but {wish} in the options"));
                }
                (Some(size), _) | (None, Some(size)) => sample.push(size),
                (None, None) => open.push(match dim.dim_param.as_deref() {
                    Some(size) if !size.is_empty() => format!("`{size}`, axis {axis} of the input `{name}`"),
                    _ => format!("axis {axis} of the input `{name}`"),
                }),
            }
        }
        if sample.len() > MAX_RANK {
            wrong.push(format!("the input `{name}` has {} axes; at most {MAX_RANK} besides the batch are read", sample.len()));
            continue;
        }
        ports.push((name.to_owned(), Shape::new(&sample).of_ids(ids)));
    }
    if !wrong.is_empty() {
        return Err(ImportError::Values(wrong));
    }
    if !open.is_empty() {
        return Err(ImportError::Open(open));
    }
    Ok(Inputs { ports, batched, fixed })
}

/// The size of an axis, if the file states it.
fn known(dim: &Dimension) -> Option<usize> {
    dim.dim_value.and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0)
}

/// The axes of an input, and whether it has token ids.
fn typed(info: &proto::ValueInfo) -> Result<(&[Dimension], bool), String> {
    let tensor = info.r#type.as_ref().and_then(|found| found.tensor_type.as_ref()).ok_or("it is not a tensor")?;
    let ids = match tensor.elem_type {
        FLOAT | FLOAT16 => false,
        INT32 | INT64 => true,
        other => return Err(format!("it has {} numbers", name(other))),
    };
    let dims = tensor.shape.as_ref().map(|shape| shape.dim.as_slice()).ok_or("the file does not state its axes")?;
    if dims.is_empty() { Err("it has no axes".to_owned()) } else { Ok((dims, ids)) }
}
