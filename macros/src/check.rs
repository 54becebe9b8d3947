//! Rules that concern a whole network, one function each. Shape rules are `layercake-ir`'s.

use layercake_ir::MAX_RANK;
use quote::ToTokens;
use syn::Attribute;

use crate::ast::{Action, DimExpr, Network, ShapeExpr, Step};
use crate::layers;
use crate::report::Report;

/// No two networks of a block have the same name; the compiler would say it of each item that they expand to.
pub fn names(networks: &mut Vec<(Network, Report)>) {
    let mut seen = std::collections::HashSet::new();
    let mut repeated = Report::default();
    networks.retain(|(network, _)| {
        let first = seen.insert(network.name.to_string()) || network.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
        if !first {
            repeated.add(&network.name, format_args!("two networks are named `{}`; give this one another name", network.name));
        }
        first
    });
    if let Some((_, report)) = networks.first_mut() {
        report.append(&mut repeated);
    }
}

/// All rules for one network.
pub fn network(network: &Network, report: &mut Report) {
    derives(&network.attrs, report);
    for shape in network.input.iter().chain(&network.output).chain(network.steps.iter().filter_map(|step| step.output.as_ref())) {
        rank(shape, report);
    }
    if let Some(input) = &network.input {
        stated(input, report);
    }
    for step in &network.steps {
        documented(step, report);
    }
}

/// `Clone` and `Debug` are there already.
fn derives(attrs: &[Attribute], report: &mut Report) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        // What cannot be read here, the compiler complains about.
        let _ = attr.parse_nested_meta(|meta| {
            let last = meta.path.segments.last().map(|segment| segment.ident.to_string());
            if let Some(name @ ("Clone" | "Debug")) = last.as_deref() {
                report.add(&meta.path, format_args!("every network has `{name}` already; remove it from this list"));
            }
            Ok(())
        });
    }
}

/// A shape has between 1 and 5 sizes.
fn rank(shape: &ShapeExpr, report: &mut Report) {
    if shape.dims.is_empty() {
        report.add(&shape.tokens, "a shape needs at least one size: a single number for each sample is `[1]`");
    }
    if let Some(beyond) = shape.dims.get(MAX_RANK) {
        let tokens = match beyond {
            DimExpr::Inferred(token) => token.to_token_stream(),
            DimExpr::Size(size) => size.to_token_stream(),
        };
        report.add(tokens, format_args!("a shape has at most {MAX_RANK} sizes, the batch not counted"));
    }
}

/// `_` stands in outputs only.
fn stated(input: &ShapeExpr, report: &mut Report) {
    for dim in &input.dims {
        if let DimExpr::Inferred(token) = dim {
            report.add(
                token,
                "every size of the input must be stated; `_` is for outputs\nhelp: the batch is no part of a shape: leave its axis out",
            );
        }
    }
}

/// Documentation belongs to a field, and only layers with parameters are fields.
fn documented(step: &Step, report: &mut Report) {
    let Action::Layer(layer) = &step.action else { return };
    let field = layers::find(&layer.kind.to_string()).is_none_or(|row| row.field.is_some());
    if let (Some(doc), false) = (step.docs.first(), field) {
        report.add(doc, format_args!("`{}` has no parameters, so there is no field to document; write a comment with `//`", layer.kind));
    }
}
