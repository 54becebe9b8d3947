//! Templates for other blocks: `pub block`.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::Visibility;

use crate::ast::Template;

/// The macros through which `use path::Name;` gives templates to other blocks, as `parse/import.rs` describes. `given` are those that this block imported.
pub fn exports(templates: &[&Template], given: &[(Ident, TokenStream)]) -> TokenStream {
    let shared = templates.iter().filter(|template| !matches!(template.vis, Visibility::Inherited));
    shared.map(|template| export(template, templates, given)).collect()
}

fn export(template: &Template, templates: &[&Template], given: &[(Ident, TokenStream)]) -> TokenStream {
    let Template { vis, name, tokens, .. } = template;
    let content = content(template, templates, given);
    // A macro that other crates see lies at the root of its crate, where its name must be unique.
    let of_crate = format_ident!("__layercake_block_{}_{:016x}", name, digest(name.span(), tokens));
    let export = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    quote! {
        #[doc(hidden)]
        #export
        #[allow(unused_macros, reason = "other blocks use it")]
        macro_rules! #of_crate {
            (($($path:tt)*) ($($given:tt)*) $name:ident { $($rest:tt)* }) => {
                $($path)*::__private::network_impl! { ($($path)*) $($given)* [$name { #content }] $($rest)* }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports, reason = "other blocks use it")]
        #vis use #of_crate as #name;
    }
}

/// A template behind what it uses, and what that uses.
fn content(template: &Template, templates: &[&Template], given: &[(Ident, TokenStream)]) -> TokenStream {
    let mut used = vec![template];
    let (mut imports, mut at) = (Vec::new(), 0);
    while let Some(template) = used.get(at) {
        let mut words = Vec::new();
        self::words(&template.tokens, &mut words);
        for other in templates {
            if words.contains(&other.name.to_string()) && !used.iter().any(|known| known.name == other.name) {
                used.push(other);
            }
        }
        for (i, (name, _)) in given.iter().enumerate() {
            if words.contains(&name.to_string()) && !imports.contains(&i) {
                imports.push(i);
            }
        }
        at += 1;
    }
    let imports = imports.into_iter().map(|i| &given[i].1);
    let used = used.into_iter().map(|template| &template.tokens);
    quote!(#(#imports)* #(#used)*)
}

fn words(tokens: &TokenStream, words: &mut Vec<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Group(group) => self::words(&group.stream(), words),
            _ => {}
        }
    }
}

/// A number that no other template of the crate has: of its place and its text.
fn digest(place: Span, tokens: &TokenStream) -> u64 {
    let mut hasher = DefaultHasher::new();
    if proc_macro::is_available() {
        let place = place.unwrap();
        (place.file(), place.line(), place.column()).hash(&mut hasher);
    }
    tokens.to_string().hash(&mut hasher);
    hasher.finish()
}
