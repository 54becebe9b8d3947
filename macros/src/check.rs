//! Rules that concern a whole network, one function each. Shape rules are `layercake-ir`'s.

use layercake_ir::MAX_RANK;
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::Attribute;

use crate::ast::{Action, DimExpr, Network, Ports, ShapeExpr, Step};
use crate::params::{self, Param};
use crate::report::Report;
use crate::{ast, layers};

/// No two networks of a block have the same name; the compiler would report it for each generated item.
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
    let inputs: Vec<&ShapeExpr> = network.inputs.iter().flat_map(Ports::shapes).collect();
    for shape in inputs.iter().copied().chain(network.outputs.iter().flat_map(Ports::shapes)) {
        rank(shape, report);
    }
    inputs.into_iter().for_each(|input| stated(input, report));
    // An invalid part may use them.
    if report.len() == 0 {
        generics(network, report);
    }
    steps(&network.steps, report);
}

/// Every size parameter of a network is used. (A length that no input has gets another message.)
fn generics(network: &Network, report: &mut Report) {
    for param in Param::all(&network.generics).iter().filter(|param| !param.runtime) {
        let list = std::slice::from_ref(param);
        let mut shapes = network.inputs.iter().chain(&network.outputs).flat_map(Ports::shapes);
        if !shapes.any(|shape| params::mentions(list, shape.tokens.clone()).is_some()) && !mentioned(list, &network.steps) {
            report.add(&param.name, format_args!("the size `{}` is never used; remove it", param.name));
        }
    }
}

fn mentioned(list: &[Param], steps: &[Step]) -> bool {
    let has = |tokens: &TokenStream| params::mentions(list, tokens.clone()).is_some();
    steps.iter().any(|step| {
        let own = match &step.action {
            Action::Layer(layer) | Action::Branches { layer, .. } => has(&layer.tokens),
            Action::Path(layer) => has(&layer.tokens),
            Action::Residual { drop, .. } => has(&drop.to_token_stream()),
            Action::Repeat { count, .. } => has(&count.to_token_stream()),
            Action::For { list, .. } => has(&list.to_token_stream()),
            Action::If { condition, .. } => has(&condition.to_token_stream()),
            // An invalid part may use it.
            Action::Illegible => true,
            Action::Sequential { .. } | Action::From(_) | Action::Output(_) | Action::Reuse { .. } => false,
        };
        own || step.output.as_ref().is_some_and(|shape| has(&shape.tokens))
            || step.action.bodies().into_iter().any(|steps| mentioned(list, steps))
    })
}

/// All rules for the steps of a network or template.
pub fn steps(steps: &[Step], report: &mut Report) {
    for step in steps {
        if let Some(output) = &step.output {
            rank(output, report);
        }
        documented(step, report);
        step.action.bodies().into_iter().for_each(|body| self::steps(body, report));
    }
}

/// No network contains itself through others of its block: the compiler would report types of infinite size. One message per
/// cycle, at the first network on it.
pub fn cycles(networks: &mut [(Network, Report)]) {
    let uses: Vec<(Ident, Vec<Ident>)> = networks.iter().map(|(network, _)| (network.name.clone(), ast::words(&network.steps))).collect();
    let mut told: Vec<Ident> = Vec::new();
    for (network, report) in networks {
        let name = network.name.clone();
        cut(&mut network.steps, &mut |used| {
            if *used == name || !uses.iter().any(|(other, _)| other == used) {
                return false;
            }
            let Some(way) = way(&uses, used, &name) else { return false };
            if !told.contains(&name) {
                let names: Vec<String> = way.iter().map(|name| format!("`{name}`")).collect();
                report.add(
                    used,
                    format_args!(
                        "`{name}` contains itself: `{name}` -> {}\nhelp: a network cannot contain itself; remove one of them",
                        names.join(" -> ")
                    ),
                );
                told.extend(way);
            }
            true
        });
    }
}

/// The shortest path from one network to another through nested networks, both ends included.
fn way(uses: &[(Ident, Vec<Ident>)], from: &Ident, to: &Ident) -> Option<Vec<Ident>> {
    let mut ways = vec![vec![from.clone()]];
    let mut seen = vec![from.clone()];
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        let end = way.last()?;
        if end == to {
            return Some(way);
        }
        for used in uses.iter().filter(|(name, _)| name == end).flat_map(|(_, used)| used) {
            if uses.iter().any(|(name, _)| name == used) && !seen.contains(used) {
                seen.push(used.clone());
                ways.push(way.iter().chain([used]).cloned().collect());
            }
        }
    }
    None
}

/// Replaces refused layers.
fn cut(steps: &mut [Step], refuse: &mut impl FnMut(&Ident) -> bool) {
    for step in steps {
        if matches!(&step.action, Action::Layer(layer) if refuse(&layer.kind)) {
            step.action = Action::Illegible;
        }
        step.action.bodies_mut().into_iter().for_each(|steps| cut(steps, refuse));
    }
}

/// `Clone` and `Debug` are always derived.
fn derives(attrs: &[Attribute], report: &mut Report) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        // The compiler reports attributes that cannot be parsed here.
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
        report.add(&shape.tokens, "a shape needs at least one size; a single number per sample is `[1]`");
    }
    if let Some(beyond) = shape.dims.get(MAX_RANK) {
        let tokens = match beyond {
            DimExpr::Inferred(token) => token.to_token_stream(),
            DimExpr::Size(size) => size.to_token_stream(),
        };
        report.add(tokens, format_args!("a shape has at most {MAX_RANK} sizes, without the batch"));
    }
}

/// `_` is allowed in outputs only.
fn stated(input: &ShapeExpr, report: &mut Report) {
    for dim in &input.dims {
        if let DimExpr::Inferred(token) = dim {
            report.add(
                token,
                "every size of the input must be stated; `_` is allowed in outputs only\nhelp: leave the axis out if it is the batch, which is not part of a shape",
            );
        }
    }
}

/// Documentation belongs to a field, and only layers with parameters are fields.
fn documented(step: &Step, report: &mut Report) {
    let (kind, field) = match &step.action {
        Action::Layer(layer) => (layer.kind.to_string(), layers::find(&layer.kind.to_string()).is_none_or(|row| row.module.is_some())),
        Action::Path(_) | Action::Illegible => return,
        Action::Branches { layer, .. } => (layer.kind.to_string(), false),
        Action::Residual { kind, .. } | Action::Repeat { kind, .. } | Action::Sequential { kind, .. } => (kind.to_string(), false),
        Action::From(_) => ("from".to_owned(), false),
        Action::Output(_) => ("output".to_owned(), false),
        Action::Reuse { .. } => ("reuse".to_owned(), false),
        Action::For { .. } => ("for".to_owned(), false),
        Action::If { .. } => ("if".to_owned(), false),
    };
    if let (Some(doc), false) = (step.docs.first(), field) {
        report.add(doc, format_args!("`{kind}` has no parameters, so it has no field to document; write a comment with `//`"));
    }
}
