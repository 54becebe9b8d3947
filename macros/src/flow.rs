//! What is known of the shapes that flow from layer to layer.

use layercake_ir::Shape;
use proc_macro2::TokenStream;
use quote::quote;

/// One size.
#[derive(Clone, Debug)]
pub enum Dim {
    Known(usize),
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
    /// None where not even the rank is known, after a mistake.
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

    /// Was a size lost in a mistake?
    pub fn is_lost(&self) -> bool {
        self.dims.as_ref().is_none_or(|dims| dims.iter().any(|dim| matches!(dim, Dim::Unknown)))
    }

    /// Code for the `ir::Shape`.
    pub fn code(&self, ir: &TokenStream) -> TokenStream {
        match (&self.constant, self.known()) {
            (_, Some(shape)) => shape_code(ir, &shape),
            (Some(constant), None) => constant.clone(),
            (None, None) => quote!(#ir::Shape::UNKNOWN),
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
            Dim::Named { code, .. } => code.clone(),
            Dim::Unknown => quote!(0),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Dim::Known(size) => size.to_string(),
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

/// `Shape::new(&[6, 28, 28])`
pub fn shape_code(ir: &TokenStream, shape: &Shape) -> TokenStream {
    let sizes = shape.dims().iter().map(|&size| number(size));
    quote!(#ir::Shape::new(&[#(#sizes),*]))
}
