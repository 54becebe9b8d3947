//! `network!`, from tokens to tokens.

use proc_macro2::{TokenStream, TokenTree};

use crate::report::Report;
use crate::{check, expand, parse, shape};

/// Expands `(crate path) network*`.
pub fn network(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter();
    let path = match tokens.next() {
        Some(TokenTree::Group(path)) => path.stream(),
        _ => quote::quote!(::layercake),
    };
    let mut report = Report::default();
    let mut networks = parse::block(tokens.collect(), &mut report);
    check::names(&mut networks);
    let illegible = report.to_tokens();
    let networks: TokenStream = networks
        .iter_mut()
        .map(|(network, report)| {
            check::network(network, report);
            let model = shape::model(network, report);
            expand::network(&path, &model, report)
        })
        .collect();
    quote::quote!(#illegible #networks)
}
