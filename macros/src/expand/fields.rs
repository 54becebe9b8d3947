//! The fields of a network, for code that visits all of them.
//!
//! For the compiler, resolving the traits of a type costs far more than another field of the same type: a network is many layers of
//! few types. So fields of one type are a group with one pair of functions that get a field by its number, and a table lists the
//! fields in order. Code for all fields is a loop over that table.

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::Printer;
use crate::flow::number;
use crate::init;
use crate::lower::What;
use crate::shape::Node;

/// The maximum number of groups in one function: the compiler's cost grows faster than linearly with it.
const GROUPS: usize = 16;

/// A run of consecutive fields of at most [`GROUPS`] types.
pub(super) struct Run<'a> {
    groups: Vec<Group<'a>>,
    /// The group of each field, its name and its path.
    order: Vec<(usize, &'a Ident, &'a str)>,
    /// The number of this run.
    number: usize,
}

/// The fields of one type and initialization.
struct Group<'a> {
    ty: TokenStream,
    fields: Vec<&'a Ident>,
    /// The first of them.
    first: &'a Node,
}

impl Group<'_> {
    fn what(&self) -> &What {
        &self.first.what
    }

    /// Whether its type is written out, for functions that get a field. The type of a custom layer may contain the user's code, which is only in the
    /// struct.
    fn is_named(&self) -> bool {
        self.fields.len() > 1 && !matches!(self.first.what, What::Custom(_))
    }

    /// Code that gets the field number `which` of `net`, shared and mutable.
    fn gets(&self) -> [TokenStream; 2] {
        [quote!(&), quote!(&mut)].map(|reference| arms("which", self.fields.iter().map(|field| quote!(#reference net.#field))))
    }

    /// The same for a known number: a call of these functions, or the only field.
    fn got(&self, functions: [Ident; 2]) -> [TokenStream; 2] {
        if self.is_named() { functions.map(|function| quote!(#function(net, which))) } else { self.gets() }
    }
}

impl<'a> Printer<'a> {
    /// All fields.
    pub(super) fn runs(&self) -> Vec<Run<'_>> {
        let mut runs: Vec<Run> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (field, node) in self.fields() {
            let ty = self.field_type(node);
            let rule = node.init.as_ref().map(|stated| format!("{:?}", stated.init));
            let key = format!("{ty} {rule:?}");
            if runs.is_empty() || (!known.contains_key(&key) && known.len() == GROUPS) {
                known.clear();
                runs.push(Run { groups: Vec::new(), order: Vec::new(), number: runs.len() });
            }
            let Some(run) = runs.last_mut() else { continue };
            let group = *known.entry(key).or_insert(run.groups.len());
            if group == run.groups.len() {
                run.groups.push(Group { ty, fields: Vec::new(), first: node });
            }
            run.groups[group].fields.push(field);
            run.order.push((group, field, &node.name));
        }
        runs
    }

    /// The table of a run, and the functions that get a field of each group.
    pub(super) fn getters(&self, run: &Run) -> TokenStream {
        let Self { k, name, e, d, consts, own, .. } = self;
        let mut counts = vec![0; run.groups.len()];
        let rows = run.order.iter().map(|(group, _, path)| {
            let which = number(counts[*group]);
            counts[*group] += 1;
            let group = number(*group);
            quote!((#group, #which, #path))
        });
        let table = run.table();
        let named = run.groups.iter().enumerate().filter(|(_, of)| of.is_named());
        let getters = named.map(|(group, of)| {
            let ty = &of.ty;
            let ([get, get_mut], [shared, mutable]) = (run.get(group), of.gets());
            let head = quote!(<#consts #e: #k::Dtype, #d: #k::Storage<#e>>);
            quote! {
                fn #get #head(net: &#name<#own #e, #d>, which: ::core::primitive::usize) -> &#ty { #shared }
                fn #get_mut #head(net: &mut #name<#own #e, #d>, which: ::core::primitive::usize) -> &mut #ty { #mutable }
            }
        });
        quote! {
            // The group of each field, its number there, and its path.
            const #table: &[(::core::primitive::usize, ::core::primitive::usize, &::core::primitive::str)] = &[#(#rows),*];
            #(#getters)*
        }
    }

    /// Statements that append the tensors of a run's fields to `list`, without those of custom layers.
    pub(super) fn tensors_of(&self, run: &Run) -> TokenStream {
        let k = &self.k;
        run.each(|group, of| {
            let [got, _] = of.got(run.get(group));
            match of.what() {
                What::Custom(_) => None,
                What::Network { .. } => Some(quote!(#k::Network::tensors(#got, list)?)),
                _ => Some(quote!(#k::Layer::tensors(#got, list)?)),
            }
        })
    }

    /// Statements that call `work` with the same tensors, mutable.
    pub(super) fn slots_of(&self, run: &Run) -> TokenStream {
        let k = &self.k;
        run.each(|group, of| {
            let [_, got] = of.got(run.get(group));
            match of.what() {
                What::Custom(_) => None,
                What::Network { .. } => Some(quote!(#k::Network::slots(#got, work))),
                _ => Some(quote!(#k::fields::slots(#got, work))),
            }
        })
    }

    /// Statements that pass a run's fields to `visitor` and collect the results in one list per group.
    pub(super) fn shown(&self, run: &Run) -> TokenStream {
        let Self { k, ir, name, e, d, own, .. } = self;
        let lists: Vec<Ident> = run.lists();
        let rules = run.groups.iter().enumerate().filter_map(|(group, of)| {
            let stated = of.first.init.as_ref()?;
            let (name, rule) = (run.rule(group), init::code(&quote!(#ir::), &stated.init));
            // A type, since dfdx's initialization callback gets only the tensor. Clippy would suggest a constant for a
            // gain of sqrt(2).
            Some(quote! {
                #[allow(non_camel_case_types)]
                struct #name;
                #[allow(clippy::approx_constant)]
                impl #k::InitRule for #name {
                    const INIT: #ir::Init = #rule;
                }
            })
        });
        let shows = run.groups.iter().enumerate().map(|(group, of)| {
            let list = &lists[group];
            let get = if of.is_named() {
                let [get, get_mut] = run.get(group);
                quote!(#get, #get_mut)
            } else {
                let which = if of.fields.len() == 1 { quote!(_) } else { quote!(which) };
                let [shared, mutable] = of.gets();
                quote!(|net, #which| #shared, |net, #which| #mutable)
            };
            let arguments = quote!(visitor, path, which, #get, &mut #list);
            match of.first.init {
                Some(_) => {
                    let rule = run.rule(group);
                    quote!(#k::fields::fill::<#rule, _, #name<#own #e, #d>, #e, #d, _>(#arguments)?)
                }
                None => quote!(#k::fields::show::<_, #name<#own #e, #d>, #e, #d, _>(#arguments)?),
            }
        });
        let [group, _] = run.bound(true);
        let (table, shows) = (run.table(), arms("group", shows));
        quote! {
            #(#rules)*
            #(let mut #lists = ::std::vec::Vec::new();)*
            for &(#group, which, path) in #table {
                #shows
            }
        }
    }
}

impl<'a> Run<'a> {
    pub(super) fn table(&self) -> Ident {
        format_ident!("__FIELDS_{}", self.number)
    }

    /// The name of a run's function.
    pub(super) fn part(&self, word: &str) -> Ident {
        format_ident!("__{word}_{}", self.number)
    }

    /// The functions that get a field of a group, shared and mutable.
    fn get(&self, group: usize) -> [Ident; 2] {
        ["__get", "__get_mut"].map(|word| format_ident!("{word}_{}_{group}", self.number))
    }

    /// The type of a group's initialization.
    fn rule(&self, group: usize) -> Ident {
        format_ident!("__Init_{}_{group}", self.number)
    }

    /// The lists that collect the fields of each group.
    pub(super) fn lists(&self) -> Vec<Ident> {
        (0..self.groups.len()).map(|group| format_ident!("__list_{}_{group}", self.number)).collect()
    }

    /// The types of the groups.
    pub(super) fn types(&self) -> impl Iterator<Item = &TokenStream> {
        self.groups.iter().map(|group| &group.ty)
    }

    /// The number of fields of each group.
    pub(super) fn counts(&self) -> impl Iterator<Item = TokenStream> + '_ {
        self.groups.iter().map(|group| number(group.fields.len()))
    }

    /// The fields in order, each with the list of its group.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&Ident, Ident)> {
        let lists = self.lists();
        self.order.iter().map(move |(group, field, _)| (*field, lists[*group].clone()))
    }

    /// The variables for a field's group and number in a loop, if used.
    fn bound(&self, which: bool) -> [TokenStream; 2] {
        [(self.groups.len() > 1, quote!(group)), (which, quote!(which))].map(|(used, word)| if used { word } else { quote!(_) })
    }

    /// A loop over the fields that runs the code of `work` for each field's group; empty if there is none.
    fn each(&self, work: impl Fn(usize, &Group) -> Option<TokenStream>) -> TokenStream {
        let all: Vec<Option<TokenStream>> = self.groups.iter().enumerate().map(|(group, of)| work(group, of)).collect();
        if all.iter().all(Option::is_none) {
            return TokenStream::new();
        }
        let [group, which] = self.bound(all.iter().zip(&self.groups).any(|(work, of)| work.is_some() && of.is_named()));
        let (table, arms) = (self.table(), self::arms("group", all.into_iter().map(Option::unwrap_or_default)));
        quote! {
            for &(#group, #which, _) in #table {
                #arms
            }
        }
    }
}

/// `match subject { 0 => a, _ => b }`
fn arms(subject: &str, values: impl Iterator<Item = TokenStream>) -> TokenStream {
    let subject = Ident::new(subject, Span::call_site());
    let values: Vec<TokenStream> = values.collect();
    if let [one] = &values[..] {
        return one.clone();
    }
    let last = values.len().saturating_sub(1);
    let arms = values.iter().enumerate().map(|(i, value)| {
        let i = if i == last { quote!(_) } else { number(i) };
        quote!(#i => { #value })
    });
    quote!(match #subject { #(#arms)* })
}
