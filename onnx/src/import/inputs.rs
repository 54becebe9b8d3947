//! The inputs of a file: their sizes, and whether their first axis is the batch.

use std::collections::HashMap;

use layercake_ir::{MAX_RANK, Shape};

use super::value::Kind;
use super::{ImportError, Unfit, cast, integers};
use crate::proto::data_type::{BFLOAT16, DOUBLE, name};
use crate::proto::{self, Dimension};

/// What a file leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Sizes that the file has names for, such as `sequence_length`.
    pub sizes: HashMap<String, usize>,
    /// Whole shapes of inputs by name, with all axes of the file; None for a size that the file states. The first size is ignored if it is the batch.
    pub shapes: HashMap<String, Vec<Option<usize>>>,
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
    /// Name, shape of a sample, and what its numbers are.
    pub ports: Vec<(String, Shape, Kind)>,
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
    let mut shapes: Vec<(&str, &[Dimension], Kind)> = Vec::new();
    for info in infos {
        match typed(info) {
            Ok((dims, kind)) => shapes.push((&info.name, dims, kind)),
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
    let (mut ports, mut open, mut unfit) = (Vec::new(), Vec::new(), unknown(&shapes, options));
    for (name, dims, kind) in shapes {
        let given = options.shapes.get(name);
        if let Some(given) = given.filter(|given| given.len() != dims.len()) {
            let reason = format!("the input `{name}` has {} axes in the file, but {} are given", dims.len(), given.len());
            unfit.push(Unfit { option: name.to_owned(), reason });
            continue;
        }
        let mut sample = Vec::new();
        for (axis, dim) in dims.iter().enumerate().skip(usize::from(batched)) {
            let whole = given.and_then(|given| given[axis]).map(|size| (name, size));
            let wish = whole.or_else(|| options.sizes.get_key_value(dim.dim_param.as_deref()?).map(|(name, &size)| (name.as_str(), size)));
            match (known(dim), wish) {
                (_, Some((option, 0))) => {
                    unfit.push(Unfit { option: option.to_owned(), reason: format!("axis {axis} of the input `{name}` cannot be 0") });
                }
                (Some(size), Some((option, wish))) if size != wish => {
                    let reason = format!("axis {axis} of the input `{name}` is {size} in the file, but {wish} is given");
                    unfit.push(Unfit { option: option.to_owned(), reason });
                }
                (Some(size), _) | (None, Some((_, size))) => sample.push(size),
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
        let ids = kind == Kind::Integer && integers::are_indices(graph, name);
        ports.push((name.to_owned(), Shape::new(&sample).of_ids(ids), if ids { Kind::Float } else { kind }));
    }
    if !wrong.is_empty() {
        return Err(ImportError::Values(wrong));
    }
    if !unfit.is_empty() {
        return Err(ImportError::Options(unfit));
    }
    if !open.is_empty() {
        return Err(ImportError::Open(open));
    }
    Ok(Inputs { ports, batched, fixed })
}

/// The options whose names the file does not have.
fn unknown(inputs: &[(&str, &[Dimension], Kind)], options: &LoadOptions) -> Vec<Unfit> {
    let names: Vec<&str> = inputs.iter().map(|(name, ..)| *name).collect();
    let mut sizes: Vec<&str> = inputs.iter().flat_map(|(_, dims, _)| dims.iter().filter_map(|dim| dim.dim_param.as_deref())).collect();
    sizes.retain(|size| !size.is_empty());
    sizes.sort_unstable();
    sizes.dedup();
    let list = |names: &[&str]| format!("`{}`", names.join("`, `"));
    let mut unfit = Vec::new();
    for option in options.sizes.keys().filter(|option| !sizes.contains(&option.as_str())) {
        let known = if sizes.is_empty() { "its sizes have no names".to_owned() } else { format!("it has {}", list(&sizes)) };
        unfit.push(Unfit { option: option.clone(), reason: format!("the file has no size `{option}`; {known}") });
    }
    for option in options.shapes.keys().filter(|option| !names.contains(&option.as_str())) {
        unfit.push(Unfit { option: option.clone(), reason: format!("the file has no input `{option}`; it has {}", list(&names)) });
    }
    unfit.sort_by(|one, other| one.option.cmp(&other.option));
    unfit
}

/// The size of an axis, if the file states it.
fn known(dim: &Dimension) -> Option<usize> {
    dim.dim_value.and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0)
}

/// The axes of an input, and what its numbers are.
fn typed(info: &proto::ValueInfo) -> Result<(&[Dimension], Kind), String> {
    let tensor = info.r#type.as_ref().and_then(|found| found.tensor_type.as_ref()).ok_or("it is not a tensor")?;
    let kind = cast::kind(tensor.elem_type).filter(|_| !matches!(tensor.elem_type, BFLOAT16 | DOUBLE));
    let kind = kind.ok_or_else(|| format!("it has {} numbers", name(tensor.elem_type)))?;
    let dims = tensor.shape.as_ref().map(|shape| shape.dim.as_slice()).ok_or("the file does not state its axes")?;
    if dims.is_empty() { Err("it has no axes".to_owned()) } else { Ok((dims, kind)) }
}
