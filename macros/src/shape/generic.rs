//! Shape rules of layers with generic parameters.

use layercake_ir::{Mistake, Op, Shape};

use super::rule::Subject;
use super::{Pass, State};
use crate::ast::{DimExpr, ShapeExpr};
use crate::flow::{Dim, Flow};
use crate::lower::What;
use crate::params::{self, Param, Size};
use crate::parts;
use crate::settings::Settings;

impl Pass<'_> {
    /// Evaluates a layer's rule twice and combines the results.
    pub(super) fn generic(&mut self, subject: &Subject, settings: &Settings, values: &[usize], inputs: &[Flow]) -> (State, Vec<Flow>) {
        let ask = |round: usize| -> Option<Result<(Op, Vec<Shape>), Mistake>> {
            let settings = settings.with_params(round);
            let op = settings.operation(subject.row)?;
            let inputs = inputs.iter().map(|flow| flow.with_params(round)).collect::<Option<Vec<Shape>>>()?;
            let shapes = |(op, first): (Op, Shape)| (op, (0..subject.outputs).map(|index| op.output(index, &inputs, &first)).collect());
            Some(self.at_site(subject, values, Some(round), |site| op.infer(&inputs, site)).map(shapes))
        };
        let (first, second) = match (ask(0), ask(1)) {
            (Some(Ok(first)), Some(Ok(second))) => (first, second),
            (Some(Err(mistake)), other) | (other, Some(Err(mistake))) => {
                let tokens = parts::tokens(subject.row, subject.layer, subject.operands, settings, mistake.part);
                let text = match other {
                    Some(Err(other)) => params::message(&self.symbols.params, [&mistake.to_string(), &other.to_string()]),
                    _ => params::text(&self.symbols.params, &mistake.to_string()),
                };
                self.report.add(tokens, text);
                return (State::Lost, self.outlines(subject, settings, &inputs[0]));
            }
            _ => return (State::Lost, self.outlines(subject, settings, &inputs[0])),
        };
        let all = &self.symbols.params;
        let dims: Vec<Vec<Option<Dim>>> = first.1.iter().zip(&second.1).map(|(first, second)| sizes(all, first, second)).collect();
        let worked = dims.iter().position(|dims| dims.iter().any(Option::is_none));
        let outputs: Vec<Flow> =
            dims.into_iter().map(|dims| Flow::numbers(Some(dims.into_iter().map(|dim| dim.unwrap_or(Dim::Unknown)).collect()))).collect();
        if let Some(shape) = worked.map(|index| &outputs[index]) {
            let text = format!(
                "`{}` gives {}, where `?` is computed from {}; stable Rust has no arithmetic on generic parameters in types\nhelp: keep the \
                 parameter on an axis of its own up to here, or replace it by a number or a named constant",
                subject.name,
                shape.text(),
                self.involved(settings, inputs)
            );
            self.report.add(&subject.layer.kind, text);
            return (State::Lost, outputs);
        }
        // Its tensors are types.
        let tensors =
            first.0.params().as_slice().iter().zip(second.0.params().as_slice()).map(|(a, b)| sizes(all, &a.shape, &b.shape)).collect();
        if let Some(text) = self.refuse_tensors(subject, settings, inputs, tensors, &first.0) {
            self.report.add(&subject.layer.kind, text);
            return (State::Lost, outputs);
        }
        (State::Generic(first.0), outputs)
    }

    /// The message about tensors of such sizes, if they are not allowed.
    fn refuse_tensors(
        &self,
        subject: &Subject,
        settings: &Settings,
        inputs: &[Flow],
        tensors: Vec<Vec<Option<Dim>>>,
        op: &Op,
    ) -> Option<String> {
        let mut sizes = tensors.into_iter().flatten();
        if sizes.any(|size| size.is_none()) {
            return Some(format!(
                "a weight of `{}` has a size that is computed from {}; stable Rust has no arithmetic on generic parameters in types\nhelp: \
                 replace the parameter by a number or a named constant",
                subject.name,
                self.involved(settings, inputs)
            ));
        }
        let debug: proc_macro2::TokenStream = format!("{op:?}").parse().unwrap_or_default();
        let runtime: Vec<Param> = self.symbols.params.iter().filter(|param| param.runtime).cloned().collect();
        let named = params::mentions(&runtime, params::code(&runtime, debug))?;
        Some(format!(
            "the parameters of `{}` would depend on `{1}`, which is known only at run time\nhelp: use the other axes, or make \
             `{1}` a number or a constant",
            subject.name, named.name
        ))
    }

    /// Reports a generic parameter and a constant in one layer: rules with the former are evaluated twice, and the latter is unknown here.
    pub(super) fn mixture(&mut self, subject: &Subject, settings: &Settings, inputs: &[Flow]) {
        let constant = settings.named().or_else(|| inputs.iter().find_map(named)).unwrap_or_else(|| "a constant".to_owned());
        let text = format!(
            "`{}` mixes {} with {constant}, whose value is unknown during macro expansion\nhelp: write the number, or make it a generic parameter too",
            subject.name,
            self.involved(settings, inputs)
        );
        self.report.add(&subject.layer.kind, text);
    }

    /// Whether a shape mixes the two, which is reported.
    pub(super) fn mixes(&mut self, flow: &Flow, declared: &ShapeExpr) -> bool {
        let mixes = flow.is_generic() && flow.is_named();
        if mixes {
            let text = format!(
                "this shape mixes {} with {}, whose value is unknown during macro expansion\nhelp: write the number, or make it a generic parameter too",
                self.involved(&Settings::default(), std::slice::from_ref(flow)),
                named(flow).unwrap_or_default()
            );
            self.report.add(&declared.tokens, text);
        }
        mixes
    }

    /// The types of a custom layer are written out, so its input and output shape must be known. False after a mistake.
    pub(super) fn custom(&mut self, name: &str, what: &What, inputs: &[Flow], stated: Option<&ShapeExpr>) -> bool {
        let inferred = stated.iter().flat_map(|shape| &shape.dims).find_map(|dim| match dim {
            DimExpr::Inferred(token) => Some(token),
            DimExpr::Size(_) => None,
        });
        if let Some(token) = inferred {
            let text = format!("the output shape of the custom layer `{name}` cannot be inferred; state each size: `-> [64]`");
            self.report.add(token, text);
            return false;
        }
        if inputs[0].ids {
            let text = format!(
                "the custom layer `{name}` expects numbers, but receives token ids: {}\nhelp: put `Embedding(65 -> 64)` before it, for ids below 65 and 64 features of each",
                inputs[0].text()
            );
            self.report.add(what.head(), text);
            return false;
        }
        if inputs[0].dims.is_none() && inputs[0].constant.is_some() {
            let text = format!(
                "the custom layer `{name}` receives an unknown number of axes from a network\nhelp: state \
                 the network's output shape after it"
            );
            self.report.add(what.head(), text);
            return false;
        }
        true
    }

    /// The generic parameters in a layer's options and inputs.
    fn involved(&self, settings: &Settings, inputs: &[Flow]) -> String {
        let mut names: Vec<String> = Vec::new();
        let shapes = inputs.iter().flat_map(|flow| flow.dims.iter().flatten());
        let of_shapes = shapes.filter_map(|dim| if let Dim::Param(param) = dim { Some(param.clone()) } else { None });
        for param in of_shapes.chain(settings.params()) {
            let name = format!("`{}`", param.name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(" and ")
    }
}

/// The sizes of a shape from its values in the two rounds; None for arithmetic.
fn sizes(params: &[Param], first: &Shape, second: &Shape) -> Vec<Option<Dim>> {
    let size = |(first, second): (&usize, &usize)| match params::size(params, *first, *second) {
        Size::Known(size) => Some(Dim::Known(size)),
        Size::Param(param) => Some(Dim::Param(param)),
        Size::Arithmetic => None,
    };
    first.dims().iter().zip(second.dims()).map(size).collect()
}

/// The user's name for a constant in a shape.
fn named(flow: &Flow) -> Option<String> {
    let dims = flow.dims.iter().flatten();
    dims.filter_map(|dim| if let Dim::Named { text, .. } = dim { Some(format!("`{text}`")) } else { None }).next()
}
