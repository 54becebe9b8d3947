//! The meaning of a struct's generic parameters: number type, device, models, and others.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Expr, GenericParam, Token, Type, TypeParam, TypeParamBound, WherePredicate};

use super::attributes::{self, Entry};
use super::structure::Field;
use crate::report::Report;

/// The number types and devices for which a struct is a model.
pub enum Kind {
    /// Those of its parameters: it can be moved to others.
    Parameters { e: Ident, d: Ident },
    /// One of each: `f32` on `Cpu` by default.
    Fixed { e: TokenStream, d: TokenStream },
    /// All for which its model parameters are models, like dfdx's tuples.
    Open,
}

/// The meaning of the parameters.
pub struct Typing {
    pub kind: Kind,
    /// The model parameters.
    pub models: Vec<Ident>,
}

/// The traits of dfdx and Layercake for number types and for devices. The first two of each are allowed on the struct.
const DTYPES: [&str; 3] = ["Dtype", "Unit", "Scalar"];
const DEVICES: [&str; 3] = ["Storage", "Device", "Backend"];

impl Typing {
    /// Reads the parameters. None if the struct cannot be a model with them.
    pub fn read(input: &DeriveInput, root: &TokenStream, entries: &[Entry], fields: &[Field], report: &mut Report) -> Option<Self> {
        let mistakes = report.len();
        for parameter in input.generics.lifetimes() {
            report.add(&parameter.lifetime, "a model owns its parts, which it builds and moves: it cannot borrow");
        }
        let stated = |word: &str| attributes::find(entries, word).and_then(|entry| entry.value.as_ref());
        if let Some(bare) = bare(input, [stated("dtype"), stated("device")]) {
            let text = format!(
                "`{bare}` is not known to be a number type or a device\nhelp: write `struct {}<E: Dtype = f32, D: Storage<E> = Cpu>`, or write `f32` \
                 and `Cpu` in the fields and remove it",
                input.ident
            );
            report.add(bare, text);
            return None;
        }
        let e = Source::find(input, stated("dtype"), &DTYPES);
        let d = Source::find(input, stated("device"), &DEVICES);
        for (found, word) in [(&e, "dtype"), (&d, "device")] {
            if let (Source::Both(parameter), Some(value)) = (found, stated(word)) {
                report.add(value, format!("`{word}` is for a struct without a parameter for it, but this one has `{parameter}`"));
            }
        }
        let (named_e, named_d) = (e.parameter(), d.parameter());
        let models = models(input, [named_e, named_d], fields);
        let kind = match (named_e, named_d) {
            (Some(e), Some(d)) => Kind::Parameters { e: e.clone(), d: d.clone() },
            (Some(e), None) => {
                report.add(
                    e,
                    format!(
                        "a model is generic over its number type `{e}` and its device, or over neither\nhelp: add `D: Storage<{e}> = Cpu`"
                    ),
                );
                return None;
            }
            (None, Some(d)) => {
                report.add(
                    d,
                    format!("a model is generic over its device `{d}` and its number type, or over neither\nhelp: add `E: Dtype = f32`"),
                );
                return None;
            }
            (None, None) if !models.is_empty() && stated("dtype").is_none() && stated("device").is_none() => Kind::Open,
            (None, None) => Kind::Fixed {
                e: stated("dtype").map_or_else(|| quote!(::core::primitive::f32), ToTokens::to_token_stream),
                d: stated("device").map_or_else(|| quote!(#root::__private::Cpu), ToTokens::to_token_stream),
            },
        };
        if let (Kind::Fixed { .. }, Some(model)) = (&kind, models.first()) {
            let text =
                format!("a struct with the model parameter `{model}` takes number type and device from it, or has parameters for both");
            report.add(stated("dtype").or(stated("device")), text);
        }
        check_bounds(input, &kind, &models, report);
        (report.len() == mistakes).then_some(Self { kind, models })
    }

    /// The number type and the device, as code.
    pub fn names(&self) -> (TokenStream, TokenStream) {
        match &self.kind {
            Kind::Parameters { e, d } => (e.to_token_stream(), d.to_token_stream()),
            Kind::Fixed { e, d } => (e.clone(), d.clone()),
            Kind::Open => (format_ident!("__E").to_token_stream(), format_ident!("__D").to_token_stream()),
        }
    }
}

/// The source of the number type or the device.
enum Source<'a> {
    None,
    /// A parameter.
    Parameter(&'a Ident),
    /// A parameter, but the attribute states one too.
    Both(&'a Ident),
}

impl<'a> Source<'a> {
    fn find(input: &'a DeriveInput, stated: Option<&Expr>, traits: &[&str]) -> Self {
        let named = |value: &Expr| {
            input.generics.type_params().find(|parameter| matches!(value, Expr::Path(path) if path.path.is_ident(&parameter.ident)))
        };
        if let Some(parameter) = stated.and_then(named) {
            return Source::Parameter(&parameter.ident);
        }
        let bounded = |parameter: &&TypeParam| {
            bounds(input, parameter).iter().any(|bound| traits.iter().any(|word| last(bound).is_some_and(|last| last == word)))
        };
        match (input.generics.type_params().find(bounded), stated) {
            (None, _) => Source::None,
            (Some(parameter), None) => Source::Parameter(&parameter.ident),
            (Some(parameter), Some(_)) => Source::Both(&parameter.ident),
        }
    }

    fn parameter(&self) -> Option<&'a Ident> {
        match self {
            Source::None => None,
            Source::Parameter(parameter) | Source::Both(parameter) => Some(parameter),
        }
    }
}

/// A parameter without bounds whose default is a number type or a device.
fn bare<'a>(input: &'a DeriveInput, stated: [Option<&Expr>; 2]) -> Option<&'a Ident> {
    const DEFAULTS: [&str; 7] = ["f32", "f64", "f16", "bf16", "Cpu", "Cuda", "AutoDevice"];
    let named = |parameter: &TypeParam| {
        stated.iter().flatten().any(|value| matches!(value, Expr::Path(path) if path.path.is_ident(&parameter.ident)))
    };
    let meant = |parameter: &&TypeParam| match &parameter.default {
        Some(Type::Path(path)) => path.path.segments.last().is_some_and(|last| DEFAULTS.iter().any(|word| last.ident == word)),
        _ => false,
    };
    let bare = input.generics.type_params().filter(|parameter| bounds(input, parameter).is_empty() && !named(parameter));
    bare.filter(meant).map(|parameter| &parameter.ident).next()
}

/// The bounds of a parameter, between the brackets and in the `where` clause.
fn bounds<'a>(input: &'a DeriveInput, parameter: &'a TypeParam) -> Vec<&'a TypeParamBound> {
    let clause = input.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let stated = clause.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) if is(&predicate.bounded_ty, &parameter.ident) => Some(&predicate.bounds),
        _ => None,
    });
    parameter.bounds.iter().chain(stated.flatten()).collect()
}

/// The last word of a bound's path.
fn last(bound: &TypeParamBound) -> Option<&Ident> {
    match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// Whether the type is exactly this parameter.
fn is(ty: &Type, parameter: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.is_ident(parameter))
}

/// The model parameters: those that are the type of a field or of the items of its `Vec`, and those without bounds
/// among a model field's arguments, such as `M` in `Residual<M>`.
fn models(input: &DeriveInput, others: [Option<&Ident>; 2], fields: &[Field]) -> Vec<Ident> {
    let leaves: Vec<&Type> = fields
        .iter()
        .filter_map(|field| field.part.as_ref())
        .filter(|part| matches!(part.kind, super::structure::Kind::Model))
        .map(|part| &part.leaf)
        .collect();
    let parameters = input.generics.type_params().filter(|parameter| !others.contains(&Some(&parameter.ident)));
    parameters
        .filter(|parameter| {
            let free = bounds(input, parameter).is_empty();
            leaves.iter().any(|leaf| is(leaf, &parameter.ident) || (free && mentions(leaf.to_token_stream(), &parameter.ident)))
        })
        .map(|parameter| parameter.ident.clone())
        .collect()
}

/// Whether a word occurs in the tokens.
pub fn mentions(tokens: TokenStream, word: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}

/// Refuses bounds that may not hold for another number type or device: dfdx's `TensorCollection::To` requires that
/// every model can be moved, which a bound on the struct restricts.
fn check_bounds(input: &DeriveInput, kind: &Kind, models: &[Ident], report: &mut Report) {
    let (e, d) = match kind {
        Kind::Parameters { e, d } => (Some(e), Some(d)),
        _ => (None, None),
    };
    for parameter in input.generics.type_params() {
        let name = &parameter.ident;
        let (allowed, advice): (&[&str], String) = if Some(name) == e {
            (&DTYPES[..2], format!("write `{name}: Dtype` here, and the bound on the functions that need it"))
        } else if Some(name) == d {
            (&DEVICES[..2], format!("write `{name}: Storage<..>` here, and the bound on the functions that need it"))
        } else if models.contains(name) {
            (&[], format!("write `{name}` alone here, and the bound on the functions that need it"))
        } else {
            continue;
        };
        for bound in bounds(input, parameter) {
            if !last(bound).is_some_and(|last| allowed.iter().any(|word| last == word)) {
                let text = format!("this bound on `{name}` may not hold after a move to another number type or device\nhelp: {advice}");
                report.add(bound, text);
            }
        }
    }
    let moved: Vec<&Ident> = e.into_iter().chain(d).chain(models).collect();
    for predicate in input.generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
        let simple = matches!(predicate, WherePredicate::Type(predicate) if moved.iter().any(|name| is(&predicate.bounded_ty, name)));
        if !simple && let Some(name) = moved.iter().find(|name| mentions(predicate.to_token_stream(), name)) {
            let text = format!(
                "this bound on `{name}` may not hold after a move to another number type or device\nhelp: write it on the functions that need it"
            );
            report.add(predicate, text);
        }
    }
}

/// The parameters of an `impl`: `bound` gives new bounds for some, the others keep theirs; None leaves a parameter out.
pub fn parameters(input: &DeriveInput, bound: impl Fn(&Ident) -> Bound) -> Vec<TokenStream> {
    let mut list = Vec::new();
    for parameter in &input.generics.params {
        match parameter {
            GenericParam::Type(TypeParam { ident, bounds, .. }) => match bound(ident) {
                Bound::Own => list.push(quote!(#ident: #bounds)),
                Bound::New(bound) => list.push(quote!(#ident: #bound)),
                Bound::Gone => {}
            },
            GenericParam::Const(parameter) => {
                let (ident, ty) = (&parameter.ident, &parameter.ty);
                list.push(quote!(const #ident: #ty));
            }
            GenericParam::Lifetime(parameter) => list.push(parameter.to_token_stream()),
        }
    }
    list
}

/// The new bounds of a parameter.
pub enum Bound {
    Own,
    New(TokenStream),
    Gone,
}

/// The struct's arguments: `argument` replaces some of its parameters.
pub fn arguments(input: &DeriveInput, argument: impl Fn(&Ident) -> Option<TokenStream>) -> TokenStream {
    let list: Punctuated<TokenStream, Token![,]> = input
        .generics
        .params
        .iter()
        .map(|parameter| match parameter {
            GenericParam::Type(parameter) => argument(&parameter.ident).unwrap_or_else(|| parameter.ident.to_token_stream()),
            GenericParam::Const(parameter) => parameter.ident.to_token_stream(),
            GenericParam::Lifetime(parameter) => parameter.lifetime.to_token_stream(),
        })
        .collect();
    if list.is_empty() { TokenStream::new() } else { quote!(<#list>) }
}

/// The predicates of the `where` clause that do not mention parameters with new bounds.
pub fn predicates(input: &DeriveInput, replaced: &[&Ident]) -> Vec<TokenStream> {
    let all = input.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    all.map(ToTokens::to_token_stream).filter(|tokens| !replaced.iter().any(|name| mentions(tokens.clone(), name))).collect()
}
