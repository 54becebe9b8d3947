//! The inputs of a file: their sizes, and which axis is the batch.

use std::collections::HashMap;

use layercake_ir::{MAX_RANK, Shape};

use super::value::{Const, Int, Kind};
use super::{ImportError, Unfit, cast, integers};
use crate::proto::data_type::{BFLOAT16, DOUBLE, name};
use crate::proto::{self, Dimension};

/// What a file leaves open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadOptions {
    /// Sizes that the file has names for, such as `sequence_length`.
    pub sizes: HashMap<String, usize>,
    /// Whole shapes of inputs by name, with all axes of the file; None for a size that the file states. The first size is ignored if it is the batch.
    pub shapes: HashMap<String, Vec<Option<usize>>>,
    /// Inputs that are one number by name, such as the rate of a sound: the number, which is then known while the file is read. It counts for inputs without
    /// axes, and for those whose shape is not given.
    pub numbers: HashMap<String, f64>,
    /// Where the batch is.
    pub batch: BatchAxis,
}

/// Which axis of each input is the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchAxis {
    /// The axis whose size has a name with `batch` in it, if each input has one of that name. Otherwise the first, if all inputs agree on its size: one name,
    /// or one number. Otherwise there is no batch.
    #[default]
    Agreed,
    /// The first.
    First,
    /// None: the tensors of the file are one sample, and the graph's batch is in addition.
    Absent,
}

/// The inputs of a graph.
pub(super) struct Inputs {
    /// Those that are computed with.
    pub ports: Vec<Input>,
    /// Those that are known, by name.
    pub known: Vec<(String, Const)>,
    /// Whether there is a batch.
    pub batched: bool,
    /// The batch's size, if the file fixes one.
    pub fixed: Option<usize>,
}

pub(super) struct Input {
    pub name: String,
    /// The shape of a sample.
    pub shape: Shape,
    pub kind: Kind,
    /// The position of the batch among the file's axes.
    pub batch: Option<usize>,
    /// Whether it is one number for each sample: its only axis is that of the batch.
    pub single: bool,
}

pub(super) fn read(graph: &proto::Graph, options: &LoadOptions) -> Result<Inputs, ImportError> {
    // Files of old versions list their tensors as inputs too.
    let named: std::collections::HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    let infos: Vec<&proto::ValueInfo> = graph.input.iter().filter(|info| !named.contains(info.name.as_str())).collect();
    let (mut wrong, mut unfit, mut open) = (Vec::new(), Vec::new(), Vec::new());
    let mut shapes: Vec<(&str, &[Dimension], Kind)> = Vec::new();
    let mut constants = Vec::new();
    let mut single = Vec::new();
    for info in infos {
        match typed(info) {
            Ok((dims, kind)) if dims.is_empty() || options.numbers.contains_key(&info.name) && !options.shapes.contains_key(&info.name) => {
                single.push(info.name.as_str());
                match number(&info.name, dims, kind, options) {
                    Ok(Some(found)) => constants.push((info.name.clone(), found)),
                    Ok(None) => open.push(format!("`{}`, an input that is one number", info.name)),
                    Err(reason) => unfit.push(Unfit { option: info.name.clone(), reason }),
                }
            }
            Ok((dims, kind)) => shapes.push((&info.name, dims, kind)),
            Err(reason) => wrong.push(format!("the input `{}`: {reason}", info.name)),
        }
    }
    if !wrong.is_empty() {
        return Err(ImportError::Values(wrong));
    }
    if shapes.is_empty() && !open.is_empty() {
        return Err(ImportError::Open(open));
    }
    if shapes.is_empty() {
        return Err(ImportError::Values(vec!["the file has no inputs".to_owned()]));
    }
    let batches = batches(&shapes, options.batch);
    let fixed = shapes.iter().zip(&batches).find_map(|((_, dims, _), &at)| known(&dims[at?]));
    unfit.extend(unknown(&shapes, &single, options));
    let mut ports = Vec::new();
    for ((name, dims, kind), &batch) in shapes.into_iter().zip(&batches) {
        let given = options.shapes.get(name);
        if let Some(given) = given.filter(|given| given.len() != dims.len()) {
            let reason = format!("the input `{name}` has {} axes in the file, but {} are given", dims.len(), given.len());
            unfit.push(Unfit { option: name.to_owned(), reason });
            continue;
        }
        let mut sample = Vec::new();
        for (axis, dim) in dims.iter().enumerate().filter(|&(axis, _)| Some(axis) != batch) {
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
        let kind = if ids { Kind::Float } else { kind };
        let single = sample.is_empty();
        if single {
            sample.push(1);
        }
        ports.push(Input { name: name.to_owned(), shape: Shape::new(&sample).of_ids(ids), kind, batch, single });
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
    Ok(Inputs { ports, known: constants, batched: batches.iter().any(Option::is_some), fixed })
}

/// The axis of each input that is the batch.
fn batches(shapes: &[(&str, &[Dimension], Kind)], wish: BatchAxis) -> Vec<Option<usize>> {
    let everywhere = |at: Option<usize>| vec![at; shapes.len()];
    let agreed = || shapes.iter().all(|(_, dims, _)| dims[0] == shapes[0].1[0]);
    match wish {
        BatchAxis::Agreed => match named(shapes) {
            Some(batches) => batches,
            None => everywhere(agreed().then_some(0)),
        },
        BatchAxis::First => everywhere(Some(0)),
        BatchAxis::Absent => everywhere(None),
    }
}

/// The axes whose sizes have one name that says `batch`, if each input has exactly one.
fn named(shapes: &[(&str, &[Dimension], Kind)]) -> Option<Vec<Option<usize>>> {
    let name = |dim: &Dimension| dim.dim_param.clone().filter(|name| name.to_ascii_lowercase().contains("batch"));
    let batch = shapes[0].1.iter().find_map(name)?;
    let at = |dims: &[Dimension]| {
        let mut axes = (0..dims.len()).filter(|&axis| dims[axis].dim_param.as_ref() == Some(&batch));
        axes.next().filter(|_| axes.next().is_none())
    };
    shapes.iter().map(|(_, dims, _)| at(dims).map(Some)).collect()
}

/// The input that is one number, if the number is given.
fn number(name: &str, dims: &[Dimension], kind: Kind, options: &LoadOptions) -> Result<Option<Const>, String> {
    // A size that is given for it is meant as the number.
    let whole = |size: &usize| u32::try_from(*size).ok().map(f64::from);
    let Some(number) = options.numbers.get(name).copied().or_else(|| options.sizes.get(name).and_then(whole)) else { return Ok(None) };
    if dims.iter().any(|dim| known(dim).is_some_and(|size| size != 1)) {
        return Err(format!("the input `{name}` is more than one number"));
    }
    let dims = vec![1; dims.len()];
    if kind == Kind::Float {
        return Ok(Some(Const::floats(dims, vec![number as f32])));
    }
    if number.fract() != 0.0 || number.abs() > 9e15 {
        return Err(format!("the input `{name}` is an integer, but {number} is given"));
    }
    Ok(Some(Const::ints(dims, vec![Int::from(number as i64)])))
}

/// The options whose names the file does not have.
fn unknown(inputs: &[(&str, &[Dimension], Kind)], single: &[&str], options: &LoadOptions) -> Vec<Unfit> {
    let names: Vec<&str> = inputs.iter().map(|(name, ..)| *name).chain(single.iter().copied()).collect();
    let mut sizes: Vec<&str> = inputs.iter().flat_map(|(_, dims, _)| dims.iter().filter_map(|dim| dim.dim_param.as_deref())).collect();
    sizes.retain(|size| !size.is_empty());
    sizes.extend(single);
    sizes.sort_unstable();
    sizes.dedup();
    let list = |names: &[&str]| format!("`{}`", names.join("`, `"));
    let mut unfit = Vec::new();
    for option in options.sizes.keys().filter(|option| !sizes.contains(&option.as_str()) && !single.contains(&option.as_str())) {
        let known = if sizes.is_empty() { "its sizes have no names".to_owned() } else { format!("it has {}", list(&sizes)) };
        unfit.push(Unfit { option: option.clone(), reason: format!("the file has no size `{option}`; {known}") });
    }
    for option in options.shapes.keys().chain(options.numbers.keys()).filter(|option| !names.contains(&option.as_str())) {
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
    Ok((dims, kind))
}
