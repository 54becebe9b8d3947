//! What a `network!` block says, in the language's own words. Every node keeps the user's tokens, to be underlined.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Expr, Visibility};

/// `#[attr] pub Name: Shape -> Shape { steps }`
#[derive(Debug)]
pub struct Network {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub name: Ident,
    /// None where it is missing or illegible; that has been reported.
    pub input: Option<ShapeExpr>,
    /// None where it is missing or illegible; that has been reported.
    pub output: Option<ShapeExpr>,
    pub steps: Vec<Step>,
}

/// `[1, 28, 28]`
#[derive(Debug)]
pub struct ShapeExpr {
    /// The brackets and what is in them.
    pub tokens: TokenStream,
    pub dims: Vec<DimExpr>,
}

/// One size of a shape.
#[derive(Debug)]
pub enum DimExpr {
    /// `_`
    Inferred(syn::Token![_]),
    /// An integer or a constant expression.
    Size(Expr),
}

/// `name: Layer -> Shape`
#[derive(Debug)]
pub struct Step {
    /// Documentation of the layer.
    pub docs: Vec<Attribute>,
    pub name: Option<Ident>,
    pub action: Action,
    /// The output that the user states.
    pub output: Option<ShapeExpr>,
}

/// What a step does with the current tensor.
#[derive(Debug)]
pub enum Action {
    /// A built-in layer.
    Layer(Layer),
    /// Something illegible, reported while parsing. What it gives is unknown.
    Illegible,
}

/// `Conv2d(6, kernel = 5)`
#[derive(Debug)]
pub struct Layer {
    pub kind: Ident,
    pub args: Vec<Arg>,
    /// Some arguments were illegible and reported; those in `args` are the others.
    pub illegible_args: bool,
    /// As the user wrote it, for documentation.
    pub tokens: TokenStream,
}

/// One argument of a layer.
#[derive(Debug)]
pub enum Arg {
    /// `400 -> 120`, or `120` alone.
    Position { input: Option<Expr>, size: Expr },
    /// `kernel = 5`
    Option { key: Ident, value: Expr },
}
