//! The structure of a model: its fields and their types.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, ExprLit, GenericArgument, Lit, Member, PathArguments, Type};

use super::attributes::{self, Entry, Site};
use super::typing::Typing;
use crate::report::Report;

/// A struct that derives `Model`.
pub struct Model<'a> {
    pub input: &'a DeriveInput,
    /// `::layercake`, or the path of `crate = ..`.
    pub root: TokenStream,
    pub typing: Typing,
    pub fields: Vec<Field<'a>>,
    /// The word `forward`.
    pub forward: Option<Ident>,
    /// Whether to generate `new` and `try_new`.
    pub new: bool,
}

/// A field.
pub struct Field<'a> {
    pub member: Member,
    /// Its part of parameter paths: the field's name or number.
    pub path: String,
    pub ty: &'a Type,
    /// None for a skipped field: it has no tensors and is built with `Default`.
    pub part: Option<Part>,
}

/// A field with models or tensors.
pub struct Part {
    /// The containers of the field's type.
    pub layers: Vec<Layer>,
    /// The innermost type.
    pub leaf: Type,
    pub kind: Kind,
    /// The lengths of `Vec`s for building, the outer one first.
    pub lengths: Vec<Expr>,
    /// Whether an `Option` is built as `Some`.
    pub some: bool,
}

/// A container in a field's type.
pub enum Layer {
    Vec,
    Option,
    Array(Expr),
}

pub enum Kind {
    Model,
    Tensor { trained: bool, init: Init },
}

/// The initial values of a tensor.
pub enum Init {
    Zeros,
    Ones,
    Number(Expr),
    By(Expr),
}

impl<'a> Model<'a> {
    /// Reads the struct. None if it cannot be a model.
    pub fn read(input: &'a DeriveInput, report: &mut Report) -> Option<Self> {
        let data = match &input.data {
            Data::Struct(data) => data,
            Data::Enum(data) => {
                let text = "a model must be a struct: dfdx visits types, and the tensors of an enum depend on its value\nhelp: make each \
                            variant a struct of its own, or the parts that may be absent `Option` fields";
                report.add(data.enum_token, text);
                return None;
            }
            Data::Union(data) => {
                report.add(data.union_token, "a model must be a struct: the tensors of a union are not known");
                return None;
            }
        };
        let entries = attributes::entries(&input.attrs, Site::Struct, report);
        let root = match attributes::find(&entries, "crate").and_then(|entry| entry.value.as_ref()) {
            Some(path @ Expr::Path(_)) => path.to_token_stream(),
            Some(other) => {
                report.add(other, "`crate` takes the path of layercake: `crate = path::to::layercake`");
                quote!(::layercake)
            }
            None => quote!(::layercake),
        };
        let new = match attributes::find(&entries, "new").and_then(|entry| entry.value.as_ref()) {
            Some(Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })) => value.value,
            Some(other) => {
                report.add(other, "`new` takes `true` or `false`");
                true
            }
            None => true,
        };
        let fields: Vec<Field> = data.fields.members().zip(&data.fields).map(|(member, field)| read_field(member, field, report)).collect();
        let forward = attributes::find(&entries, "forward").map(|entry| entry.name.clone());
        if let Some(word) = &forward
            && !fields.iter().any(|field| field.part.is_some())
        {
            report.add(word, format!("`{}` has no field for `forward` to call", input.ident));
        }
        for part in fields.iter().filter(|_| forward.is_some()).filter_map(|field| field.part.as_ref()) {
            if let Kind::Tensor { .. } = part.kind {
                let text = "`forward` calls models, but this field is a tensor\nhelp: remove `forward`, and implement it by hand";
                report.add(&part.leaf, text);
            }
        }
        let typing = Typing::read(input, &root, &entries, &fields, report)?;
        Some(Self { input, root, typing, fields, forward, new })
    }
}

fn read_field<'a>(member: Member, field: &'a syn::Field, report: &mut Report) -> Field<'a> {
    let path = match &member {
        Member::Named(name) => syn::ext::IdentExt::unraw(name).to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    let entries = attributes::entries(&field.attrs, Site::Field, report);
    let part = part(&path, &field.ty, &entries, report);
    Field { member, path, ty: &field.ty, part }
}

fn part(path: &str, ty: &Type, entries: &[Entry], report: &mut Report) -> Option<Part> {
    let mut kinds = entries.iter().filter(|entry| ["param", "buffer", "skip"].iter().any(|word| entry.name == word));
    let kind = kinds.next().map(|entry| entry.name.to_string());
    if let (Some(kind), Some(second)) = (&kind, kinds.next()) {
        report.add(&second.name, format!("`{kind}` and `{}` exclude each other", second.name));
    }
    if kind.as_deref() == Some("skip") {
        for entry in entries.iter().filter(|entry| ["init", "len", "some"].iter().any(|word| entry.name == word)) {
            report.add(&entry.name, format!("`{}` has no meaning for a field that is skipped", entry.name));
        }
        return None;
    }
    let (mut layers, mut leaf) = (Vec::new(), ty);
    while let Some((layer, inner)) = peel(leaf) {
        layers.push(layer);
        leaf = inner;
    }
    let kind = match kind.as_deref() {
        Some(word) => Kind::Tensor { trained: word == "param", init: init(entries) },
        None => {
            if let Some(entry) = attributes::find(entries, "init") {
                report.add(&entry.name, "`init` sets the initial values of a tensor: it needs `param` or `buffer`");
            } else if is_tensor(leaf) {
                let text = format!(
                    "`{path}` is a tensor, but neither a parameter nor a buffer\nhelp: mark it `#[model(param)]` for optimizers to train it, or \
                     `#[model(buffer)]`"
                );
                report.add(leaf, text);
            }
            Kind::Model
        }
    };
    if let Type::Reference(_) | Type::Ptr(_) = leaf {
        report.add(
            leaf,
            format!("`{path}` is borrowed: a model owns its parts, which it builds and moves\nhelp: `#[model(skip)]` leaves it out"),
        );
    }
    let lengths = lengths(path, entries, &layers, report);
    let some = attributes::find(entries, "some");
    if let Some(entry) = some
        && !layers.iter().any(|layer| matches!(layer, Layer::Option))
    {
        report.add(&entry.name, format!("`some` is for an `Option`, but `{path}` holds none"));
    }
    Some(Part { layers, leaf: leaf.clone(), kind, lengths, some: some.is_some() })
}

/// `len = 3`, `len = [3, 2]`
fn lengths(path: &str, entries: &[Entry], layers: &[Layer], report: &mut Report) -> Vec<Expr> {
    let Some(Entry { name, value: Some(value) }) = attributes::find(entries, "len") else { return Vec::new() };
    let lengths: Vec<Expr> = match value {
        Expr::Array(array) => array.elems.iter().cloned().collect(),
        one => vec![one.clone()],
    };
    let lists = layers.iter().filter(|layer| matches!(layer, Layer::Vec)).count();
    if lists == 0 {
        report.add(name, format!("`len` is for a `Vec`, but `{path}` holds none"));
    } else if lengths.len() != lists {
        let (lists, given) = (count(lists, "`Vec`"), count(lengths.len(), "length"));
        report.add(value, format!("`len` gives {given} for {lists}"));
    }
    lengths
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn init(entries: &[Entry]) -> Init {
    let Some(value) = attributes::find(entries, "init").and_then(|entry| entry.value.as_ref()) else { return Init::Zeros };
    match value {
        Expr::Path(path) if path.path.is_ident("zeros") => Init::Zeros,
        Expr::Path(path) if path.path.is_ident("ones") => Init::Ones,
        number if is_number(number) => Init::Number(number.clone()),
        other => Init::By(other.clone()),
    }
}

fn is_number(value: &Expr) -> bool {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) => true,
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Neg(_)) && is_number(&unary.expr),
        _ => false,
    }
}

/// The outermost container of a type and its content.
fn peel(ty: &Type) -> Option<(Layer, &Type)> {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        Type::Array(array) => Some((Layer::Array(array.len.clone()), &array.elem)),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
            let layer = match last.ident.to_string().as_str() {
                "Vec" => Layer::Vec,
                "Option" => Layer::Option,
                _ => return None,
            };
            match arguments.args.first()? {
                GenericArgument::Type(inner) => Some((layer, inner)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `Tensor<..>`, `Tensor1D<..>`
fn is_tensor(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| {
        let name = last.ident.to_string();
        name == "Tensor" || (name.len() == 8 && name.starts_with("Tensor") && name.ends_with('D'))
    })
}

impl Field<'_> {
    pub fn span(&self) -> proc_macro2::Span {
        self.ty.span()
    }
}
