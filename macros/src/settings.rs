//! The values of a layer's arguments: numbers, or constants that the compiler evaluates.

use layercake_ir::Op;
use layercake_ir::spec::{self, Sizes};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Expr;

use crate::layers::{Choice, Kind, Row};
use crate::params::Param;

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Num<T> {
    Known(T),
    /// A generic parameter of the network.
    Param(Param),
    /// A constant expression: the name of the constant that holds it.
    Named(Symbol),
}

/// A constant expression of the user, emitted once as a constant of the helper type.
#[derive(Clone, Debug, PartialEq)]
pub struct Symbol {
    pub ident: Ident,
    /// The expression as the user wrote it.
    pub text: String,
}

/// The constant expressions of a network.
#[derive(Debug)]
pub struct Symbols {
    /// The helper type with its associated constants.
    pub owner: Ident,
    pub list: Vec<(Symbol, Kind, Expr)>,
    /// The generic parameters of the network, which are not constants.
    pub params: Vec<Param>,
}

impl Symbols {
    pub fn new(network: &Ident) -> Self {
        Self { owner: format_ident!("__{}Sizes", crate::text::plain(network)), list: Vec::new(), params: Vec::new() }
    }

    /// A new constant with the value of an expression.
    pub fn add(&mut self, kind: Kind, expression: &Expr) -> Symbol {
        let symbol = Symbol { ident: format_ident!("S{}", self.list.len()), text: crate::text::of(expression) };
        self.list.push((symbol.clone(), kind, expression.clone()));
        symbol
    }

    /// The path of a constant in generated code.
    pub fn path(&self, symbol: &Symbol) -> TokenStream {
        let (owner, ident) = (&self.owner, &symbol.ident);
        quote!(#owner::#ident)
    }
}

/// The value of one argument, of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Size(Num<usize>),
    Pair([Num<usize>; 2]),
    Float(Num<f64>),
    Bool(Num<bool>),
    /// One of the words of an option.
    Word(&'static str),
    List(Vec<Num<usize>>),
}

impl<T> Num<T> {
    fn known(&self) -> Option<&T> {
        match self {
            Num::Known(value) => Some(value),
            Num::Param(_) | Num::Named(_) => None,
        }
    }
}

impl Num<usize> {
    /// The value with parameters replaced by their stand-ins of that round.
    fn with_params(&self, round: usize) -> Self {
        match self {
            Num::Param(param) => Num::Known(param.stand_in(round)),
            other => other.clone(),
        }
    }
}

impl Value {
    /// The value in the common form of all operations, if all its numbers are known.
    fn known(&self) -> Option<spec::Value> {
        Some(match self {
            Value::Size(size) => spec::Value::Size(*size.known()?),
            Value::Pair([height, width]) => spec::Value::Pair([*height.known()?, *width.known()?]),
            Value::Float(float) => spec::Value::Float(*float.known()?),
            Value::Bool(bool) => spec::Value::Bool(*bool.known()?),
            Value::Word(word) => spec::Value::Word(word),
            Value::List(list) => {
                let sizes: Option<Vec<usize>> = list.iter().map(|size| size.known().copied()).collect();
                spec::Value::List(Sizes::new(&sizes?))
            }
        })
    }

    /// Whether all its numbers are known.
    pub fn is_known(&self) -> bool {
        match self {
            Value::Size(size) => size.known().is_some(),
            Value::Pair(pair) => pair.iter().all(|size| size.known().is_some()),
            Value::Float(float) => float.known().is_some(),
            Value::Bool(bool) => bool.known().is_some(),
            Value::Word(_) => true,
            Value::List(list) => list.iter().all(|size| size.known().is_some()),
        }
    }
}

impl Value {
    fn with_params(&self, round: usize) -> Self {
        match self {
            Value::Size(size) => Value::Size(size.with_params(round)),
            Value::Pair(pair) => Value::Pair([pair[0].with_params(round), pair[1].with_params(round)]),
            Value::List(list) => Value::List(list.iter().map(|size| size.with_params(round)).collect()),
            other => other.clone(),
        }
    }
}

/// An argument of a layer: given by the user, or its default.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The field of the operation.
    pub name: &'static str,
    /// None if it is missing or wrong, which has been reported.
    pub value: Option<Value>,
    /// The value as the user wrote it; None for a default.
    pub tokens: Option<TokenStream>,
}

/// All arguments of a layer.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub list: Vec<Setting>,
}

impl Settings {
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.list.iter().find(|setting| setting.name == name)
    }

    /// The value of a size; None if there is none, or it is not a size.
    pub fn size(&self, name: &str) -> Option<&Num<usize>> {
        match self.get(name)?.value.as_ref()? {
            Value::Size(size) => Some(size),
            _ => None,
        }
    }

    /// The sizes of a list; empty if there is no such list.
    pub fn list(&self, name: &str) -> &[Num<usize>] {
        match self.get(name).and_then(|setting| setting.value.as_ref()) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// The operation with these arguments, if all are known.
    pub fn operation(&self, row: &Row) -> Option<Op> {
        let all = self.list.iter().all(|setting| setting.value.as_ref().is_some_and(Value::is_known));
        let value = |option: &'static Choice| self.get(option.name)?.value.as_ref()?.known();
        all.then(|| (row.make)(&mut { value }).ok()).flatten()
    }

    /// The arguments with generic parameters replaced by their stand-ins of that round.
    pub fn with_params(&self, round: usize) -> Self {
        let setting =
            |setting: &Setting| Setting { value: setting.value.as_ref().map(|value| value.with_params(round)), ..setting.clone() };
        Self { list: self.list.iter().map(setting).collect() }
    }

    fn nums(&self) -> impl Iterator<Item = &Num<usize>> {
        let values = self.list.iter().filter_map(|setting| setting.value.as_ref());
        values.flat_map(|value| match value {
            Value::Size(size) => std::slice::from_ref(size),
            Value::Pair(pair) => pair,
            Value::List(list) => list,
            Value::Float(_) | Value::Bool(_) | Value::Word(_) => &[],
        })
    }

    /// The generic parameters among them.
    pub fn params(&self) -> Vec<Param> {
        self.nums().filter_map(|num| if let Num::Param(param) = num { Some(param.clone()) } else { None }).collect()
    }

    /// Whether one is a generic parameter.
    pub fn is_generic(&self) -> bool {
        self.nums().any(|num| matches!(num, Num::Param(_)))
    }

    /// The user's name for the first constant expression.
    pub fn named(&self) -> Option<String> {
        let symbol = self.list.iter().find_map(|setting| match setting.value.as_ref()? {
            Value::Float(Num::Named(symbol)) | Value::Bool(Num::Named(symbol)) => Some(symbol),
            _ => None,
        });
        let size = self.nums().find_map(|num| if let Num::Named(symbol) = num { Some(symbol) } else { None });
        symbol.or(size).map(|symbol| format!("`{}`", symbol.text))
    }

    /// Whether one is a constant expression.
    pub fn is_named(&self) -> bool {
        self.named().is_some()
    }

    /// Whether every argument is valid.
    pub fn is_sound(&self) -> bool {
        self.list.iter().all(|setting| setting.value.is_some())
    }
}
