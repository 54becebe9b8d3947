//! Methods of tensors: `x.view(-1, 16)`, `x.mean(dim=(2, 3))`. Their sizes and axes include the batch, which is not an axis here.

use syn::{Expr, ExprLit, Lit, UnOp};

use super::{Meaning, Refusal, Result, call};
use crate::{resolve, text};

/// A method on the output of the steps before.
pub fn method(mut before: Meaning, name: &str, args: &[&Expr]) -> Result {
    let step = match name {
        "contiguous" | "to" | "cuda" | "cpu" | "float" | "half" | "double" | "detach" | "clone" | "size" => return Ok(before),
        "flatten" | "ravel" => "Flatten".to_owned(),
        // All axes of size 1, which are those behind a global pool.
        "squeeze" if args.is_empty() => "Flatten".to_owned(),
        "view" | "reshape" => reshape(args),
        "permute" => {
            let axes = list(args);
            let moved: Option<Vec<String>> = axes.iter().skip(1).map(|axis| resolve::axes(axis).map(text::of)).collect();
            match moved {
                Some(moved) if moved.len() > 1 => format!("Permute({})", moved.join(", ")),
                _ => return call::function(before, name, args),
            }
        }
        "split" if args.first().is_some_and(|size| call::items(size).len() == 1 && !matches!(size, Expr::Assign(_))) => {
            let reason = ": `Chunk(2)` makes equal parts, by their number, and `Split([16, 48])` parts of these sizes";
            return Err(Refusal::Absent { layer: name.to_owned(), reason: reason.to_owned() });
        }
        _ if batch(name, args) => return Err(Refusal::Absent { layer: name.to_owned(), reason: BATCH.to_owned() }),
        "transpose" | "swapaxes" | "swapdims" if args.len() == 2 => match counted(args) {
            Some(axes) => format!("Transpose({})", axes.join(", ")),
            None => return call::function(before, name, args),
        },
        "unsqueeze" | "squeeze" if counted(&dims(args)).is_some_and(|axes| axes.len() == 1) => {
            let axes = counted(&dims(args)).unwrap_or_default();
            format!("{}({})", if name == "squeeze" { "Squeeze" } else { "Unsqueeze" }, axes.concat())
        }
        "mean" | "sum" | "amax" | "max" | "amin" | "min" if dims(args).into_iter().any(resolve::are_from_the_end) => {
            format!("{}(dim = {})", reduction(name), resolve::torch_axes(&dims(args)))
        }
        "mean" | "sum" | "amax" | "max" | "amin" | "min" if axis(args).is_some() => {
            let axes: Option<Vec<String>> = dims(args).iter().map(|axis| resolve::axes(axis).map(text::of)).collect();
            match axes {
                Some(axes) => format!("{}({})", reduction(name), axes.join(", ")),
                None => return call::function(before, name, args),
            }
        }
        _ => return call::function(before, name, args),
    };
    before.steps.push(step);
    Ok(before)
}

/// Why an axis is refused.
pub const BATCH: &str = ": `dim = 0` is the batch axis, which layers leave as it is";

/// Whether the axis that is stated is the batch.
fn batch(name: &str, args: &[&Expr]) -> bool {
    let named = args.iter().any(|arg| matches!(arg, Expr::Assign(_)));
    let reduces =
        matches!(name, "mean" | "sum" | "amax" | "max" | "amin" | "min" | "transpose" | "swapaxes" | "swapdims" | "squeeze" | "unsqueeze");
    let axes = if name.starts_with("transpose") || name.starts_with("swap") { args.to_vec() } else { dims(args) };
    (named || reduces) && axes.into_iter().any(resolve::is_batch)
}

/// PyTorch's axes as they are counted here: those from the end stay, the others lack the batch. None if one is the batch, or is not a number.
fn counted(axes: &[&Expr]) -> Option<Vec<String>> {
    let one = |axis: &&Expr| match resolve::are_from_the_end(axis) {
        true => Some(resolve::torch_axes(&[axis])),
        false => resolve::axes(axis).map(text::of),
    };
    axes.iter().map(one).collect()
}

/// The layer that reduces axes.
fn reduction(name: &str) -> &'static str {
    match name {
        "mean" => "Mean",
        "sum" => "Sum",
        "amin" | "min" => "Amin",
        _ => "Amax",
    }
}

/// The items of the only list, or all arguments.
fn list<'a>(args: &[&'a Expr]) -> Vec<&'a Expr> {
    match args {
        [one] => call::items(one),
        _ => args.to_vec(),
    }
}

/// The value of `dim`.
fn dims<'a>(args: &[&'a Expr]) -> Vec<&'a Expr> {
    let named = args.iter().find_map(|arg| match arg {
        Expr::Assign(assign) if matches!(text::of(&assign.left).as_str(), "dim" | "dims" | "axis") => Some(&*assign.right),
        _ => None,
    });
    match (named, args.first()) {
        (Some(dim), _) => call::items(dim),
        (None, Some(first)) if !matches!(first, Expr::Assign(_)) => call::items(first),
        _ => Vec::new(),
    }
}

/// The first axis that is stated, counted without the batch.
pub fn axis(args: &[&Expr]) -> Option<String> {
    resolve::axes(dims(args).first()?).map(text::of)
}

/// The axis of a concatenation as an option, which is empty for the first behind the batch.
pub fn concat_axis(args: &[&Expr]) -> std::result::Result<String, Refusal> {
    match dims(args).first() {
        Some(axis) if resolve::is_batch(axis) => Err(Refusal::Absent { layer: "cat".to_owned(), reason: BATCH.to_owned() }),
        Some(axis) if resolve::are_from_the_end(axis) => Ok(format!(", dim = {}", resolve::torch_axes(&[axis]))),
        _ => Ok(axis(args).map_or_else(String::new, |axis| format!(", axis = {axis}"))),
    }
}

/// The first size is the batch's.
fn reshape(args: &[&Expr]) -> String {
    let sizes = list(args);
    let rest: Vec<String> = sizes
        .iter()
        .skip(1)
        .map(|size| match size {
            Expr::Unary(minus) if matches!((&minus.op, &*minus.expr), (UnOp::Neg(_), Expr::Lit(ExprLit { lit: Lit::Int(_), .. }))) => {
                "_".to_owned()
            }
            other => text::of(other),
        })
        .collect();
    match &rest[..] {
        [] => "Flatten".to_owned(),
        [one] if one == "_" => "Flatten".to_owned(),
        _ => format!("Reshape({})", rest.join(", ")),
    }
}
