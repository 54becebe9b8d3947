//! The syntax tree of a `network!` block. Every node keeps the user's tokens, for error messages.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Expr, LitStr, Visibility};

/// `#[attr] pub Name<const H: usize, T: Dim>: Ports -> Ports { steps }`, or `#[attr] pub Name = onnx("model.onnx")`
#[derive(Debug)]
pub struct Network {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub name: Ident,
    pub generics: Vec<Generic>,
    /// None if they are missing or invalid, which has been reported.
    pub inputs: Option<Ports>,
    /// None if they are missing or invalid, which has been reported.
    pub outputs: Option<Ports>,
    pub steps: Vec<Step>,
    /// The file that has all of this instead.
    pub file: Option<File>,
}

/// `onnx("models/vad.onnx", sequence = 576)`
#[derive(Debug)]
pub struct File {
    /// The word `onnx`.
    pub kind: Ident,
    /// None if it is missing or invalid, which has been reported.
    pub path: Option<LitStr>,
    pub options: Vec<FileOption>,
    /// Some options were invalid and reported; `options` has the others.
    pub illegible: bool,
}

/// `sequence = 576`
#[derive(Debug)]
pub struct FileOption {
    /// A name of the file, or a word of this language.
    pub name: String,
    pub key: TokenStream,
    pub value: FileValue,
}

/// What an option of a file is set to.
#[derive(Debug, PartialEq)]
pub enum FileValue {
    Size(usize),
    /// The sizes of an input; None for `_`.
    Shape(Vec<Option<usize>>),
    Word(String),
}

/// `const H: usize`, `T: Dim`
#[derive(Clone, Debug)]
pub struct Generic {
    pub name: Ident,
    /// A length that is known at run time only.
    pub runtime: bool,
}

/// `pub block name(arg, arg = default) { steps }`
#[derive(Debug)]
pub struct Template {
    pub docs: Vec<Attribute>,
    pub vis: Visibility,
    pub name: Ident,
    pub params: Vec<Param>,
    pub steps: Vec<Step>,
    /// All but the visibility, as written.
    pub tokens: TokenStream,
}

/// A parameter of a template.
#[derive(Debug)]
pub struct Param {
    pub name: Ident,
    pub default: Option<Expr>,
}

/// The inputs or outputs of a network.
#[derive(Debug)]
pub enum Ports {
    One(ShapeExpr),
    /// `{ image: [3, 32, 32], state: [64] }`
    Named(Vec<NamedPort>),
}

/// `image: [3, 32, 32]`
#[derive(Debug)]
pub struct NamedPort {
    pub name: Ident,
    /// None if it is invalid, which has been reported.
    pub shape: Option<ShapeExpr>,
}

impl Ports {
    /// All valid shapes.
    pub fn shapes(&self) -> impl Iterator<Item = &ShapeExpr> {
        let (one, named) = match self {
            Ports::One(shape) => (Some(shape), &[][..]),
            Ports::Named(ports) => (None, &ports[..]),
        };
        one.into_iter().chain(named.iter().filter_map(|port| port.shape.as_ref()))
    }
}

/// `[1, 28, 28]`, `usize[64]`
#[derive(Clone, Debug)]
pub struct ShapeExpr {
    /// Whether it is a shape of token ids.
    pub ids: bool,
    /// The brackets with their content, and the word before them.
    pub tokens: TokenStream,
    pub dims: Vec<DimExpr>,
}

/// One size of a shape.
#[derive(Clone, Debug)]
pub enum DimExpr {
    /// `_`
    Inferred(syn::Token![_]),
    /// An integer or a constant expression.
    Size(Expr),
}

/// `name: Layer -> Shape as tag`
#[derive(Clone, Debug)]
pub struct Step {
    /// Documentation of the layer.
    pub docs: Vec<Attribute>,
    pub name: Option<Ident>,
    pub action: Action,
    /// The stated output shape.
    pub output: Option<ShapeExpr>,
    /// `as tag`, `as (a, b)`
    pub tags: Vec<Ident>,
    /// Some tags were invalid and reported; `tags` has the others.
    pub illegible_tags: bool,
}

/// The action of a step.
#[derive(Clone, Debug)]
pub enum Action {
    /// A word and its arguments: a built-in layer, a template, or another network of the block.
    Layer(Layer),
    /// `path::to::Network`, `path::to::Layer(64)`
    Path(PathLayer),
    /// `Add { {..}, {..} }`: joins the outputs of the branches.
    Branches { layer: Layer, branches: Vec<Branch> },
    /// `Residual(shortcut = {..}, drop = 0.2) {..}`
    Residual {
        kind: Ident,
        shortcut: Option<Branch>,
        /// The probability of dropping the body for a sample.
        drop: Option<Expr>,
        body: Branch,
    },
    /// `Repeat(3) {..}`
    Repeat {
        kind: Ident,
        /// None if it is missing or invalid, which has been reported.
        count: Option<Expr>,
        steps: Vec<Step>,
    },
    /// `Sequential {..}`
    Sequential { kind: Ident, steps: Vec<Step> },
    /// `for (channels, stride) in [(64, 1), (128, 2)] {..}`
    For {
        keyword: Ident,
        /// The words that the body's steps contain.
        words: Vec<Ident>,
        list: Expr,
        steps: Vec<Step>,
    },
    /// `if condition {..} else {..}`
    If { keyword: Ident, condition: Expr, then: Vec<Step>, otherwise: Vec<Step> },
    /// `from tag`
    From(Ident),
    /// `output name`
    Output(Ident),
    /// `reuse layer`
    Reuse { keyword: Ident, layer: Ident },
    /// Something invalid, reported while parsing. Its output is unknown.
    Illegible,
}

impl Action {
    /// The tokens to underline for a mistake in the step as a whole.
    pub fn head(&self) -> TokenStream {
        match self {
            Action::Layer(layer) | Action::Branches { layer, .. } => layer.kind.to_token_stream(),
            Action::Path(layer) => layer.kind.to_token_stream(),
            Action::Residual { kind, .. } | Action::Repeat { kind, .. } | Action::Sequential { kind, .. } => kind.to_token_stream(),
            Action::From(word) | Action::Output(word) => word.to_token_stream(),
            Action::Reuse { keyword, .. } | Action::For { keyword, .. } | Action::If { keyword, .. } => keyword.to_token_stream(),
            Action::Illegible => TokenStream::new(),
        }
    }

    /// The lists of steps in it.
    pub fn bodies(&self) -> Vec<&Vec<Step>> {
        match self {
            Action::Branches { branches, .. } => branches.iter().map(|branch| &branch.steps).collect(),
            Action::Residual { shortcut, body, .. } => {
                std::iter::once(&body.steps).chain(shortcut.iter().map(|branch| &branch.steps)).collect()
            }
            Action::Repeat { steps, .. } | Action::Sequential { steps, .. } | Action::For { steps, .. } => vec![steps],
            Action::If { then, otherwise, .. } => vec![then, otherwise],
            Action::Layer(_) | Action::Path(_) | Action::From(_) | Action::Output(_) | Action::Reuse { .. } | Action::Illegible => {
                Vec::new()
            }
        }
    }

    /// The same, mutable.
    pub fn bodies_mut(&mut self) -> Vec<&mut Vec<Step>> {
        match self {
            Action::Branches { branches, .. } => branches.iter_mut().map(|branch| &mut branch.steps).collect(),
            Action::Residual { shortcut, body, .. } => {
                std::iter::once(&mut body.steps).chain(shortcut.iter_mut().map(|branch| &mut branch.steps)).collect()
            }
            Action::Repeat { steps, .. } | Action::Sequential { steps, .. } | Action::For { steps, .. } => vec![steps],
            Action::If { then, otherwise, .. } => vec![then, otherwise],
            Action::Layer(_) | Action::Path(_) | Action::From(_) | Action::Output(_) | Action::Reuse { .. } | Action::Illegible => {
                Vec::new()
            }
        }
    }
}

/// `{ steps }`
#[derive(Clone, Debug)]
pub struct Branch {
    /// The token to underline: the opening brace.
    pub place: TokenStream,
    pub steps: Vec<Step>,
}

/// `Conv2d(6, kernel = 5)`
#[derive(Clone, Debug)]
pub struct Layer {
    pub kind: Ident,
    pub args: Vec<Arg>,
    /// Some arguments were invalid and reported; `args` has the others.
    pub illegible_args: bool,
    /// As the user wrote it, for documentation.
    pub tokens: TokenStream,
}

/// A network or layer of another module, by its path.
#[derive(Clone, Debug)]
pub struct PathLayer {
    /// `super::nets::Encoder`, without generic arguments.
    pub path: TokenStream,
    /// The path's last word.
    pub kind: Ident,
    /// The arguments between `<` and `>`.
    pub generics: Option<TokenStream>,
    /// The arguments in parentheses, which a custom layer has, but not a network with one input.
    pub args: Option<Vec<Expr>>,
    /// Some arguments were invalid and reported.
    pub illegible_args: bool,
    /// As the user wrote it, for documentation.
    pub tokens: TokenStream,
}

/// One argument of a layer.
#[derive(Clone, Debug)]
pub enum Arg {
    /// `400 -> 120`, or `120` alone.
    Position { input: Option<Expr>, size: Expr },
    /// `kernel = 5`
    Option { key: Ident, value: Expr },
}

/// The words that are used as layers.
pub fn words(steps: &[Step]) -> Vec<Ident> {
    let mut words = Vec::new();
    for step in steps {
        if let Action::Layer(layer) = &step.action {
            words.push(layer.kind.clone());
        }
        step.action.bodies().into_iter().for_each(|steps| words.extend(self::words(steps)));
    }
    words
}
