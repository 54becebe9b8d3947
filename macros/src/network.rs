//! `network!`, from tokens to tokens.

use proc_macro2::{TokenStream, TokenTree};

use crate::lower::{self, Peer, Templates};
use crate::report::Report;
use crate::{check, expand, parse, shape};

/// Expands `(crate path) (network | template)*`.
pub fn network(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter();
    let path = match tokens.next() {
        Some(TokenTree::Group(path)) => path.stream(),
        _ => quote::quote!(::layercake),
    };
    let mut report = Report::default();
    let parse::Block { mut networks, templates } = parse::block(tokens.collect(), &mut report);
    check::names(&mut networks);
    check::cycles(&mut networks);
    let peers = Peer::all(networks.iter().map(|(network, _)| network));
    let templates = Templates::new(templates, &peers, &mut report);
    let illegible = report.to_tokens();
    let networks: TokenStream = networks
        .iter_mut()
        .map(|(network, report)| {
            check::network(network, report);
            let plan = lower::network(network, &templates, &peers, report);
            let model = shape::model(network, plan, report);
            expand::network(&path, &model, report)
        })
        .collect();
    quote::quote!(#illegible #networks)
}
