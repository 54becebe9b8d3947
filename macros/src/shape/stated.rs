//! Stated shapes, compared with inferred ones.

use layercake_ir::{INFER, MAX_RANK, Site, check_output};
use quote::{format_ident, quote};
use syn::{Expr, UnOp};

use super::{OutputRule, Pass};
use crate::ast::{DimExpr, ShapeExpr};
use crate::flow::{Dim, Flow};
use crate::{params, text, value};

/// The help about a batch in a shape.
const BATCH: &str = "help: leave the axis out if it is the batch, which is not part of a shape";

/// Python's spellings for the batch size.
fn is_batch(size: &Expr) -> bool {
    match size {
        Expr::Path(path) => ["None", "batch", "batch_size", "bs"].iter().any(|word| path.path.is_ident(word)),
        _ => false,
    }
}

impl Pass<'_> {
    /// The stated sizes, with [`Dim::Unknown`] for `_`.
    pub(super) fn sizes(&mut self, declared: &ShapeExpr, output: bool) -> (Flow, Vec<bool>) {
        let what = if output { "a size of the output" } else { "a size of the input" };
        let mut inferred = Vec::new();
        let mut dims = Vec::new();
        for dim in declared.dims.iter().take(MAX_RANK) {
            inferred.push(matches!(dim, DimExpr::Inferred(_)));
            dims.push(match dim {
                DimExpr::Inferred(_) => Dim::Unknown,
                // A batch that is refused in the input is not reported again here.
                DimExpr::Size(size) if is_batch(size) => {
                    if !self.batch_told {
                        self.report.add(size, format_args!("{what} must be a number or a constant, but is `{}`\n{BATCH}", text::of(size)));
                    }
                    self.batch_told = true;
                    self.rank_lost = true;
                    Dim::Unknown
                }
                // PyTorch's `-1`.
                DimExpr::Size(Expr::Unary(minus))
                    if matches!((&minus.op, &*minus.expr), (UnOp::Neg(_), Expr::Lit(_))) && (!output || self.batch_told) =>
                {
                    if !self.batch_told {
                        let text = text::of(minus);
                        self.report.add(minus, format_args!("{what} must not be negative, but is `{text}`\n{BATCH}"));
                    }
                    self.batch_told = true;
                    self.rank_lost = true;
                    Dim::Unknown
                }
                DimExpr::Size(Expr::Unary(minus)) if output && matches!((&minus.op, &*minus.expr), (UnOp::Neg(_), Expr::Lit(_))) => {
                    let text = text::of(minus);
                    self.report
                        .add(minus, format_args!("{what} must not be negative, but is `{text}`\nhelp: write `_` for a size to infer"));
                    Dim::Unknown
                }
                DimExpr::Size(expression) => match value::size(expression, what, &mut self.symbols, self.report) {
                    Some(size) => self.dim(&size),
                    None => Dim::Unknown,
                },
            });
        }
        // A shape without sizes, or with too many, is a mistake of its own.
        let legible = !dims.is_empty() && declared.dims.len() <= MAX_RANK;
        (Flow { ids: declared.ids, ..Flow::numbers(legible.then_some(dims)) }, inferred)
    }

    /// Compares a layer's output with its stated shape. A size that differs is unknown from there on.
    pub(super) fn step_output(&mut self, declared: &ShapeExpr, found: Flow, layer: &str, note: &str) -> Flow {
        let (stated, inferred) = self.sizes(declared, true);
        match self.compare(declared, &stated, &inferred, &found, (layer, note)) {
            Compared::Same => found,
            Compared::Different => Flow::numbers(different(&stated, &inferred, &found)),
            Compared::Lost => merge(&stated, &found),
            Compared::Postponed => {
                let (owner, constant) = (&self.symbols.owner, format_ident!("D{}", self.stated.len() - 1));
                let mut found = found;
                found.constant = Some(quote!(#owner::#constant));
                // After another network, the rank is known from here on.
                if let (None, Some(dims)) = (&found.dims, &stated.dims) {
                    let axis = |axis: usize| quote!(#owner::#constant.dim(#axis));
                    let dim = |(i, dim): (usize, &Dim)| match dim {
                        Dim::Unknown => Dim::Named { code: axis(i), text: "_".to_owned() },
                        stated => stated.clone(),
                    };
                    found.dims = Some(dims.iter().enumerate().map(dim).collect());
                }
                found
            }
        }
    }

    /// Compares the network's output with the declared shape and returns the latter, which the types of its methods use.
    pub(super) fn network_output(&mut self, declared: &ShapeExpr, found: &Flow, layer: &str) -> Flow {
        let (stated, inferred) = self.sizes(declared, true);
        let compared = self.compare(declared, &stated, &inferred, found, (layer, ""));
        let mut merged = merge(&stated, found);
        // After another network, the compiler infers `_`.
        if let (Compared::Postponed, None, Some(dims)) = (compared, &found.dims, &mut merged.dims) {
            let (owner, constant) = (&self.symbols.owner, format_ident!("D{}", self.stated.len() - 1));
            for (axis, dim) in dims.iter_mut().enumerate() {
                if matches!(dim, Dim::Unknown) {
                    *dim = Dim::Named { code: quote!(#owner::#constant.dim(#axis)), text: "_".to_owned() };
                }
            }
            merged.constant = Some(quote!(#owner::#constant));
        }
        merged
    }

    fn compare(&mut self, declared: &ShapeExpr, stated: &Flow, inferred: &[bool], found: &Flow, (layer, note): (&str, &str)) -> Compared {
        let dims = stated.dims.iter().flatten();
        if found.is_lost() || stated.dims.is_none() || dims.zip(inferred).any(|(dim, inferred)| matches!(dim, Dim::Unknown) && !inferred) {
            return Compared::Lost;
        }
        // After a layer that does not accept its input, the number of axes is a guess.
        let ranks = |flow: &Flow| flow.dims.as_ref().map(Vec::len);
        if self.rank_lost && ranks(stated) != ranks(found) {
            return Compared::Lost;
        }
        let filled: Vec<Dim> = stated
            .dims
            .iter()
            .flatten()
            .zip(inferred)
            .map(|(dim, inferred)| if *inferred { Dim::Known(INFER) } else { dim.clone() })
            .collect();
        let filled = Flow::numbers(Some(filled));
        let (Some(sizes), Some(shape)) = (filled.with_params(0), found.with_params(0)) else {
            let both = Flow {
                dims: Some([stated, found].iter().flat_map(|flow| flow.dims.iter().flatten()).cloned().collect()),
                constant: found.constant.clone(),
                ids: false,
            };
            if self.mixes(&both, declared) {
                return Compared::Lost;
            }
            self.stated.push(OutputRule {
                declared: stated.clone(),
                found: found.clone(),
                layer: layer.to_owned(),
                tokens: declared.tokens.clone(),
                note: note.to_owned(),
            });
            return Compared::Postponed;
        };
        let site = Site { layer, source: "", flattened: None, others: &[], exact: false };
        match check_output(&sizes, &shape, &site) {
            Ok(()) => Compared::Same,
            Err(mistake) => {
                self.report.add(&declared.tokens, params::text(&self.symbols.params, &mistake.to_string()));
                Compared::Different
            }
        }
    }
}

enum Compared {
    Same,
    Different,
    /// A needed size is unknown because of an earlier mistake.
    Lost,
    /// Left to the compiler.
    Postponed,
}

/// The inferred sizes, if both agree.
fn different(stated: &Flow, inferred: &[bool], found: &Flow) -> Option<Vec<Dim>> {
    let (stated, found) = (stated.dims.as_ref()?, found.dims.as_ref()?);
    let same = |(i, dim): (usize, &Dim)| if inferred[i] || dim.same(&stated[i]) { dim.clone() } else { Dim::Unknown };
    (stated.len() == found.len()).then(|| found.iter().enumerate().map(same).collect())
}

/// The stated sizes, with the inferred ones for `_`.
fn merge(stated: &Flow, found: &Flow) -> Flow {
    let mut merged = stated.clone();
    if let (Some(dims), Some(found)) = (&mut merged.dims, &found.dims)
        && dims.len() == found.len()
    {
        for (dim, found) in dims.iter_mut().zip(found) {
            if matches!(dim, Dim::Unknown) {
                *dim = found.clone();
            }
        }
    }
    merged
}
