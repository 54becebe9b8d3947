//! Templates of other modules and crates.
//!
//! A `pub block` expands to a macro of its name, which carries its tokens (`expand/exports.rs`). A `use` of it calls this macro with the block's
//! other tokens, and the macro calls `network!` again, with the template in front:
//!
//! ```text
//! given = '[' name '{' given* template+ '}' ']'
//! ```
//!
//! The first template of the braces is the one that was imported, the others are those that it uses, and so is what is given inside.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{Attribute, ItemUse, Token, UseTree, Visibility};

use super::{Block, group, inside, next, rest, token};
use crate::report::Report;

/// A template of another block, and what it uses.
#[derive(Debug)]
pub struct Import {
    /// Its name here.
    pub name: Ident,
    /// Its first template is the imported one.
    pub block: Block,
}

/// One name of a `use`.
pub struct Use {
    path: TokenStream,
    name: Ident,
}

/// Whether a `use` begins here.
pub fn begins(input: ParseStream) -> bool {
    let input = &input.fork();
    input.call(Attribute::parse_outer).is_ok() && input.parse::<Visibility>().is_ok() && input.peek(Token![use])
}

/// The names that a block's first items import, and the tokens after them.
pub fn uses(tokens: TokenStream, report: &mut Report) -> (Vec<Use>, TokenStream) {
    let (mut uses, mut after) = (Vec::new(), TokenStream::new());
    inside(tokens, report, |input, report| {
        while begins(input) {
            uses.extend(one(input, report));
        }
        after = rest(input);
    });
    (uses, after)
}

/// The names of one `use`.
fn one(input: ParseStream, report: &mut Report) -> Vec<Use> {
    let mut uses = Vec::new();
    match input.parse::<ItemUse>() {
        Ok(item) => {
            if let Some(attr) = item.attrs.first() {
                report.add(attr, "a `use` in `network!` takes no attributes");
            }
            if !matches!(item.vis, Visibility::Inherited) {
                report
                    .add(&item.vis, "a `use` in `network!` is for this block; export the template with a `pub use` outside of `network!`");
            }
            leaves(&item.leading_colon.to_token_stream(), &item.tree, &mut uses, report);
        }
        Err(error) => {
            report.push(error);
            while !input.is_empty() && !input.peek(Token![;]) {
                token(input);
            }
            token(input);
        }
    }
    uses
}

fn leaves(before: &TokenStream, tree: &UseTree, uses: &mut Vec<Use>, report: &mut Report) {
    match tree {
        UseTree::Path(path) => {
            let (name, colons) = (&path.ident, &path.colon2_token);
            leaves(&quote!(#before #name #colons), &path.tree, uses, report);
        }
        UseTree::Name(name) => {
            let name = &name.ident;
            uses.push(Use { path: quote!(#before #name), name: name.clone() });
        }
        UseTree::Rename(rename) if rename.rename == "_" => report.add(&rename.rename, "an imported template needs a name"),
        UseTree::Rename(rename) => {
            let name = &rename.ident;
            uses.push(Use { path: quote!(#before #name), name: rename.rename.clone() });
        }
        UseTree::Glob(star) => {
            report.add(star, "`network!` imports templates by name\nhelp: write `use blocks::{ConvUnit, Bottleneck};`");
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(before, tree, uses, report)),
    }
}

/// The call of the first name's macro, which continues with the other names. `path` is the crate's, `given` is what was imported before.
pub fn call(path: &TokenStream, given: &TokenStream, first: &Use, others: &[Use], after: &TokenStream) -> TokenStream {
    let Use { path: template, name } = first;
    let others = others.iter().map(|Use { path, name }| quote!(use #path as #name;));
    quote!(#template! { (#path) (#given) #name { #(#others)* #after } })
}

/// Splits a block into what was imported for it and its own tokens.
pub fn split(tokens: TokenStream) -> (TokenStream, TokenStream) {
    let mut tokens = tokens.into_iter().peekable();
    let mut given = TokenStream::new();
    while let Some(TokenTree::Group(group)) = tokens.peek() {
        if import(group).is_none() {
            break;
        }
        given.extend(tokens.next());
    }
    (given, tokens.collect())
}

/// The name and the content of a `given`.
fn import(group: &Group) -> Option<(Ident, Group)> {
    let mut inner = group.stream().into_iter();
    match (group.delimiter(), inner.next(), inner.next(), inner.next()) {
        (Delimiter::Bracket, Some(TokenTree::Ident(name)), Some(TokenTree::Group(block)), None)
            if block.delimiter() == Delimiter::Brace =>
        {
            Some((name, block))
        }
        _ => None,
    }
}

/// What was imported, each with its name and tokens.
pub fn given(tokens: &TokenStream) -> Vec<(Ident, TokenStream)> {
    let named = |token: TokenTree| match &token {
        TokenTree::Group(group) => Some((import(group)?.0, token.to_token_stream())),
        _ => None,
    };
    tokens.clone().into_iter().filter_map(named).collect()
}

/// Parses what was imported for a block.
pub fn imports(input: ParseStream) -> Vec<Import> {
    let mut imports = Vec::new();
    while let Some(TokenTree::Group(next)) = next(input)
        && let Some((name, content)) = import(&next)
    {
        group(input, Delimiter::Bracket);
        // Its mistakes are reported where it is declared.
        imports.push(Import { name, block: super::block(content.stream(), &mut Report::default()) });
    }
    imports
}

/// Reports a `use` after a network or template.
pub fn late(input: ParseStream, report: &mut Report) {
    let first = next(input);
    report.add(&first, "a `use` comes before the networks and templates of its block; move it to the block's beginning");
    one(input, &mut Report::default());
}
