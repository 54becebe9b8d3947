//! Layers that meet generic parameters.

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
    /// Asks a layer's rule twice, and puts together what it says.
    pub(super) fn generic(&mut self, subject: &Subject, settings: &Settings, values: &[usize], inputs: &[Flow]) -> (State, Flow) {
        let ask = |round: usize| -> Option<Result<(Op, Shape), Mistake>> {
            let settings = settings.with_params(round);
            let op = settings.operation(subject.row)?;
            let inputs = inputs.iter().map(|flow| flow.with_params(round)).collect::<Option<Vec<Shape>>>()?;
            Some(self.at_site(subject.name, values, Some(round), |site| op.infer(&inputs, site)))
        };
        let (first, second) = match (ask(0), ask(1)) {
            (Some(Ok(first)), Some(Ok(second))) => (first, second),
            (Some(Err(mistake)), _) | (_, Some(Err(mistake))) => {
                let tokens = parts::tokens(subject.row, subject.layer, subject.operands, settings, mistake.part);
                self.report.add(tokens, params::text(&self.symbols.params, &mistake.to_string()));
                return (State::Lost, self.outline(subject.row, settings, &inputs[0]));
            }
            _ => return (State::Lost, self.outline(subject.row, settings, &inputs[0])),
        };
        let all = &self.symbols.params;
        let mut dims: Vec<Option<Dim>> = sizes(all, &first.1, &second.1);
        // A packed value is taken apart right behind the layer, and is no type anywhere.
        if first.0.recurrent().is_some_and(|op| op.packed) {
            for (axis, dim) in dims.iter_mut().enumerate() {
                dim.get_or_insert(Dim::Worked { rounds: [first.1.dim(axis), second.1.dim(axis)] });
            }
        }
        if dims.iter().any(Option::is_none) {
            let shape = Flow::numbers(Some(dims.into_iter().map(|dim| dim.unwrap_or(Dim::Unknown)).collect()));
            let text = format!(
                "`{}` gives {}, where `?` is worked out from {}; stable Rust has no arithmetic on generic parameters in types\nhelp: leave the \
                 parameter an axis of its own up to here, or write a number or a named constant in its place",
                subject.name,
                shape.text(),
                self.involved(settings, inputs)
            );
            self.report.add(&subject.layer.kind, text);
            return (State::Lost, shape);
        }
        let output = Flow::numbers(dims.into_iter().collect());
        // Its tensors are types.
        let tensors =
            first.0.params().as_slice().iter().zip(second.0.params().as_slice()).map(|(a, b)| sizes(all, &a.shape, &b.shape)).collect();
        if let Some(text) = self.refuse_tensors(subject, settings, inputs, tensors, &first.0) {
            self.report.add(&subject.layer.kind, text);
            return (State::Lost, output);
        }
        (State::Generic(first.0), output)
    }

    /// Why tensors of such sizes cannot be.
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
                "a weight of `{}` has a size that is worked out from {}; stable Rust has no arithmetic on generic parameters in types\nhelp: write a \
                 number or a named constant in the parameter's place",
                subject.name,
                self.involved(settings, inputs)
            ));
        }
        let debug: proc_macro2::TokenStream = format!("{op:?}").parse().unwrap_or_default();
        let runtime: Vec<Param> = self.symbols.params.iter().filter(|param| param.runtime).cloned().collect();
        let named = params::mentions(&runtime, params::code(&runtime, debug))?;
        Some(format!(
            "`{}` would depend on `{1}`, which is known when the network runs and not when it is built\nhelp: work along the other axes, or make \
             `{1}` a number or a constant",
            subject.name, named.name
        ))
    }

    /// A generic parameter and a constant meet in one layer: the one is asked for twice, and the other is not known.
    pub(super) fn mixture(&mut self, subject: &Subject, settings: &Settings, inputs: &[Flow]) {
        let constant = settings.named().or_else(|| inputs.iter().find_map(named)).unwrap_or_else(|| "a constant".to_owned());
        let text = format!(
            "`{}` mixes {} with {constant}, whose value the macro does not know\nhelp: write the number, or make it a parameter of the network too",
            subject.name,
            self.involved(settings, inputs)
        );
        self.report.add(&subject.layer.kind, text);
    }

    /// Does a shape mix the two? It is reported.
    pub(super) fn mixes(&mut self, flow: &Flow, declared: &ShapeExpr) -> bool {
        let mixes = flow.is_generic() && flow.is_named();
        if mixes {
            let text = format!(
                "this shape mixes {} with {}, whose value the macro does not know\nhelp: write the number, or make it a parameter of the network too",
                self.involved(&Settings::default(), std::slice::from_ref(flow)),
                named(flow).unwrap_or_default()
            );
            self.report.add(&declared.tokens, text);
        }
        mixes
    }

    /// A custom layer's types are written out, so that what it takes and gives must be known. False after a mistake.
    pub(super) fn custom(&mut self, name: &str, what: &What, inputs: &[Flow], stated: Option<&ShapeExpr>) -> bool {
        let inferred = stated.iter().flat_map(|shape| &shape.dims).find_map(|dim| match dim {
            DimExpr::Inferred(token) => Some(token),
            DimExpr::Size(_) => None,
        });
        if let Some(token) = inferred {
            let text = format!("`{name}` is a layer of your own, and what it gives cannot be worked out here; state each size: `-> [64]`");
            self.report.add(token, text);
            return false;
        }
        if inputs[0].ids {
            let text = format!(
                "`{name}` is a layer of your own, and receives token ids: {}\nhelp: put `Embedding(65 -> 64)` before it, for ids below 65 and 64 features of each",
                inputs[0].text()
            );
            self.report.add(what.head(), text);
            return false;
        }
        if inputs[0].dims.is_none() && inputs[0].constant.is_some() {
            let text = format!(
                "`{name}` is a layer of your own, and the macro does not know how many axes it receives from a network\nhelp: state \
                 behind the network what it gives"
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

/// The sizes of a shape that was the one in the first round and the other in the second; None for arithmetic.
fn sizes(params: &[Param], first: &Shape, second: &Shape) -> Vec<Option<Dim>> {
    let size = |(first, second): (&usize, &usize)| match params::size(params, *first, *second) {
        Size::Known(size) => Some(Dim::Known(size)),
        Size::Param(param) => Some(Dim::Param(param)),
        Size::Arithmetic => None,
    };
    first.dims().iter().zip(second.dims()).map(size).collect()
}

/// What the user called a constant of a shape.
fn named(flow: &Flow) -> Option<String> {
    let dims = flow.dims.iter().flatten();
    dims.filter_map(|dim| if let Dim::Named { text, .. } = dim { Some(format!("`{text}`")) } else { None }).next()
}
