//! `#[model(..)]`, on the struct and on its fields.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Token};

use crate::report::Report;
use crate::spelling;

/// An entry of `#[model(..)]`: `param`, `len = 3`.
pub struct Entry {
    pub name: Ident,
    pub value: Option<Expr>,
}

impl Parse for Entry {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, value })
    }
}

/// Whether a word needs a value.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    Value(&'static str),
}

/// The words, their sites, and their values.
const ON_STRUCT: [(&str, Takes); 5] = [
    ("forward", Takes::Nothing),
    ("crate", Takes::Value("crate = path::to::layercake")),
    ("dtype", Takes::Value("dtype = f64")),
    ("device", Takes::Value("device = Cpu")),
    ("new", Takes::Value("new = false")),
];
const ON_FIELDS: [(&str, Takes); 6] = [
    ("param", Takes::Nothing),
    ("buffer", Takes::Nothing),
    ("skip", Takes::Nothing),
    ("init", Takes::Value("init = ones")),
    ("len", Takes::Value("len = 3")),
    ("some", Takes::Nothing),
];

/// The site of an attribute.
#[derive(Clone, Copy, PartialEq)]
pub enum Site {
    Struct,
    Field,
}

/// The valid entries of all `#[model(..)]` attributes of a struct or field, each once.
pub fn entries(attributes: &[Attribute], site: Site, report: &mut Report) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("model")) {
        let list = match attribute.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated) {
            Ok(list) => list,
            Err(_) if !matches!(attribute.meta, syn::Meta::List(_)) => {
                report.add(attribute, format!("`#[model]` needs words in parentheses: {}", known(site)));
                continue;
            }
            Err(error) => {
                report.push(error);
                continue;
            }
        };
        for entry in list {
            if check(&entry, site, &entries, report) {
                entries.push(entry);
            }
        }
    }
    entries
}

fn words(site: Site) -> &'static [(&'static str, Takes)] {
    match site {
        Site::Struct => &ON_STRUCT,
        Site::Field => &ON_FIELDS,
    }
}

fn known(site: Site) -> String {
    let names: Vec<String> = words(site).iter().map(|(name, _)| format!("`{name}`")).collect();
    names.join(", ")
}

fn check(entry: &Entry, site: Site, before: &[Entry], report: &mut Report) -> bool {
    let name = entry.name.to_string();
    let find = |site: Site| words(site).iter().find(|(word, _)| *word == name);
    let other = if site == Site::Struct { Site::Field } else { Site::Struct };
    let Some(&(_, takes)) = find(site) else {
        if find(other).is_some() {
            let place = if other == Site::Struct { "the struct" } else { "a field" };
            report.add(&entry.name, format!("`{name}` belongs on {place}"));
            return false;
        }
        let names: Vec<&str> = words(site).iter().map(|(word, _)| *word).collect();
        let help = match spelling::nearest(&name, &names) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("there are {}", known(site)),
        };
        report.add(&entry.name, format!("`#[model]` has no `{name}` here\nhelp: {help}"));
        return false;
    };
    if before.iter().any(|earlier| earlier.name == entry.name) {
        report.add(&entry.name, format!("`{name}` is given twice"));
        return false;
    }
    match (takes, &entry.value) {
        (Takes::Nothing, Some(value)) => {
            report.add(value, format!("`{name}` takes no value"));
            true
        }
        (Takes::Value(example), None) => {
            report.add(&entry.name, format!("`{name}` needs a value: `{example}`"));
            false
        }
        _ => true,
    }
}

/// The entry of this name.
pub fn find<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.name == name)
}
