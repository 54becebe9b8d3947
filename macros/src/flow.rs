//! What is known of the shapes that flow from layer to layer.

use layercake_ir::Shape;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::params::Param;

/// One size.
#[derive(Clone, Debug)]
pub enum Dim {
    Known(usize),
    /// A generic parameter of the network.
    Param(Param),
    /// A constant that the compiler works out: code for it, and what the user called it; `_` where it has no short name.
    Named {
        code: TokenStream,
        text: String,
    },
    /// Lost in an earlier mistake.
    Unknown,
}

/// The shape of one value.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// None where not even the rank is known: after a mistake, or behind another network.
    pub dims: Option<Vec<Dim>>,
    /// The constant of type `ir::Shape`, where a size is one.
    pub constant: Option<TokenStream>,
}

impl Flow {
    /// Nothing is known.
    pub const UNKNOWN: Flow = Flow { dims: None, constant: None };

    pub fn of(shape: &Shape) -> Self {
        Self { dims: Some(shape.dims().iter().copied().map(Dim::Known).collect()), constant: None }
    }

    /// The shape, where all sizes are numbers.
    pub fn known(&self) -> Option<Shape> {
        let sizes: Option<Vec<usize>> = self.dims.as_ref()?.iter().map(Dim::known).collect();
        sizes.map(|sizes| Shape::new(&sizes))
    }

    /// The shape, where all sizes are numbers or generic parameters, for which their numbers of that round stand in.
    pub fn with_params(&self, round: usize) -> Option<Shape> {
        let size = |dim: &Dim| match dim {
            Dim::Known(size) => Some(*size),
            Dim::Param(param) => Some(param.stand_in(round)),
            Dim::Named { .. } | Dim::Unknown => None,
        };
        let sizes: Option<Vec<usize>> = self.dims.as_ref()?.iter().map(size).collect();
        sizes.map(|sizes| Shape::new(&sizes))
    }

    /// Was a size lost in a mistake?
    pub fn is_lost(&self) -> bool {
        match &self.dims {
            Some(dims) => dims.iter().any(|dim| matches!(dim, Dim::Unknown)),
            None => self.constant.is_none(),
        }
    }

    /// Does the compiler work out a size?
    pub fn is_named(&self) -> bool {
        self.constant.is_some() || self.dims.iter().flatten().any(|dim| matches!(dim, Dim::Named { .. }))
    }

    /// Is a size a generic parameter?
    pub fn is_generic(&self) -> bool {
        self.dims.iter().flatten().any(|dim| matches!(dim, Dim::Param(_)))
    }

    /// Code for the `ir::Shape`.
    pub fn code(&self, ir: &TokenStream) -> TokenStream {
        match (&self.constant, &self.dims) {
            (None, Some(dims)) if !self.is_lost() => {
                let sizes = dims.iter().map(Dim::code);
                quote!(#ir::Shape::new(&[#(#sizes),*]))
            }
            (_, Some(dims)) if dims.iter().all(|dim| dim.known().is_some()) => {
                let sizes = dims.iter().map(Dim::code);
                quote!(#ir::Shape::new(&[#(#sizes),*]))
            }
            (Some(constant), _) => constant.clone(),
            (None, _) => quote!(#ir::Shape::UNKNOWN),
        }
    }

    /// `[HIDDEN, 10]`
    pub fn text(&self) -> String {
        let Some(dims) = &self.dims else { return "[?]".to_owned() };
        let dims: Vec<String> = dims.iter().map(Dim::text).collect();
        format!("[{}]", dims.join(", "))
    }
}

impl Dim {
    /// Are both known, and the same?
    pub fn same(&self, other: &Dim) -> bool {
        match (self, other) {
            (Dim::Known(a), Dim::Known(b)) => a == b,
            (Dim::Param(a), Dim::Param(b)) => a == b,
            _ => false,
        }
    }

    pub fn known(&self) -> Option<usize> {
        match self {
            Dim::Known(size) => Some(*size),
            _ => None,
        }
    }

    /// Code for the size; 0 where it was lost.
    pub fn code(&self) -> TokenStream {
        match self {
            Dim::Known(size) => number(*size),
            Dim::Param(param) if param.runtime => number(RUNTIME_LENGTH),
            Dim::Param(param) => param.name.to_token_stream(),
            Dim::Named { code, .. } => code.clone(),
            Dim::Unknown => quote!(0),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Dim::Known(size) => size.to_string(),
            Dim::Param(param) => param.name.to_string(),
            Dim::Named { text, .. } => text.clone(),
            Dim::Unknown => "?".to_owned(),
        }
    }
}

/// A literal without suffix.
pub fn number(size: usize) -> TokenStream {
    let literal = proc_macro2::Literal::usize_unsuffixed(size);
    quote!(#literal)
}

/// The length that stands in the constants of a network for one that is known when it runs.
pub const RUNTIME_LENGTH: usize = 64;
