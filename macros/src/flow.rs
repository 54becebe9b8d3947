//! The known shapes of values during expansion.

use layercake_ir::{RUNTIME_LENGTH, Shape};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::params::Param;

/// One size.
#[derive(Clone, Debug)]
pub enum Dim {
    Known(usize),
    /// A generic parameter of the network.
    Param(Param),
    /// A constant that the compiler evaluates: its code, and the user's name for it; `_` if it has no short name.
    Named {
        code: TokenStream,
        text: String,
    },
    /// Unknown because of an earlier mistake.
    Unknown,
}

/// The shape of one value.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// None if not even the rank is known: after a mistake or another network.
    pub dims: Option<Vec<Dim>>,
    /// The constant of type `ir::Shape`, if a size is a constant.
    pub constant: Option<TokenStream>,
    /// Whether these are token ids.
    pub ids: bool,
}

impl Flow {
    /// Nothing is known.
    pub const UNKNOWN: Flow = Flow { dims: None, constant: None, ids: false };

    pub fn of(shape: &Shape) -> Self {
        Self { dims: Some(shape.dims().iter().copied().map(Dim::Known).collect()), constant: None, ids: shape.is_ids() }
    }

    /// A shape of numbers with these sizes.
    pub fn numbers(dims: Option<Vec<Dim>>) -> Self {
        Self { dims, ..Self::UNKNOWN }
    }

    /// The shape, if all sizes are numbers.
    pub fn known(&self) -> Option<Shape> {
        let sizes: Option<Vec<usize>> = self.dims.as_ref()?.iter().map(Dim::known).collect();
        sizes.map(|sizes| Shape::new(&sizes).of_ids(self.ids))
    }

    /// The shape, if all sizes are numbers or generic parameters, which are replaced by their stand-ins of that round.
    pub fn with_params(&self, round: usize) -> Option<Shape> {
        let size = |dim: &Dim| match dim {
            Dim::Known(size) => Some(*size),
            Dim::Param(param) => Some(param.stand_in(round)),
            Dim::Named { .. } | Dim::Unknown => None,
        };
        let sizes: Option<Vec<usize>> = self.dims.as_ref()?.iter().map(size).collect();
        sizes.map(|sizes| Shape::new(&sizes).of_ids(self.ids))
    }

    /// Whether a size is unknown because of a mistake.
    pub fn is_lost(&self) -> bool {
        match &self.dims {
            Some(dims) => dims.iter().any(|dim| matches!(dim, Dim::Unknown)),
            None => self.constant.is_none(),
        }
    }

    /// Whether the compiler evaluates a size.
    pub fn is_named(&self) -> bool {
        self.constant.is_some() || self.dims.iter().flatten().any(|dim| matches!(dim, Dim::Named { .. }))
    }

    /// Whether a size is a generic parameter.
    pub fn is_generic(&self) -> bool {
        self.dims.iter().flatten().any(|dim| matches!(dim, Dim::Param(_)))
    }

    /// Code for the `ir::Shape`.
    pub fn code(&self, ir: &TokenStream) -> TokenStream {
        let new = self.maker();
        match (&self.constant, &self.dims) {
            (None, Some(dims)) if !self.is_lost() => {
                let sizes = dims.iter().map(Dim::code);
                quote!(#ir::Shape::#new(&[#(#sizes),*]))
            }
            (_, Some(dims)) if dims.iter().all(|dim| dim.known().is_some()) => {
                let sizes = dims.iter().map(Dim::code);
                quote!(#ir::Shape::#new(&[#(#sizes),*]))
            }
            (Some(constant), _) => constant.clone(),
            (None, _) => quote!(#ir::Shape::UNKNOWN),
        }
    }

    /// The constructor of `ir::Shape`.
    pub fn maker(&self) -> Ident {
        format_ident!("{}", if self.ids { "ids" } else { "new" })
    }

    /// `[HIDDEN, 10]`, `usize[T]`
    pub fn text(&self) -> String {
        let Some(dims) = &self.dims else { return "[?]".to_owned() };
        let dims: Vec<String> = dims.iter().map(Dim::text).collect();
        format!("{}[{}]", if self.ids { "usize" } else { "" }, dims.join(", "))
    }
}

impl Dim {
    /// Whether both are known and equal.
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

    /// Code for the size; 0 if it is unknown.
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
