//! `network!`, from tokens to tokens.

use proc_macro2::{TokenStream, TokenTree};

use crate::ast::{Step, Template};
use crate::lower::{self, Peer, Templates};
use crate::parse::{conditional, import};
use crate::report::Report;
use crate::{check, editor, expand, host, onnx, parse, shape};

/// Expands `(crate path) given* use* (network | template)*`.
pub fn network(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter();
    let path = match tokens.next() {
        Some(TokenTree::Group(path)) => path.stream(),
        _ => quote::quote!(::layercake),
    };
    let mut report = Report::default();
    let (given, tokens) = import::split(tokens.collect());
    if let Some(conditional) = conditional::first(tokens.clone()) {
        return conditional::calls(&path, &given, &conditional);
    }
    let (uses, tokens) = import::uses(tokens, &mut report);
    if let Some((first, others)) = uses.split_first() {
        let (illegible, call) = (report.to_tokens(), import::call(&path, &given, first, others, &tokens));
        return quote::quote!(#illegible #call);
    }
    let offers = host::is_editor().then(|| editor::offers(&tokens));
    if offers.is_some() && editor::has_cursor(&tokens) {
        return quote::quote!(#offers);
    }
    let imported = import::given(&given);
    let parse::Block { mut networks, templates, imports } = parse::block(quote::quote!(#given #tokens), &mut report);
    let shown = host::is_editor().then(|| {
        let steps: Vec<&[Step]> = networks.iter().map(|(network, _)| network.steps.as_slice()).collect();
        let others =
            imports.iter().filter_map(|import| import.block.templates.first().filter(|(template, _)| template.name == import.name));
        let templates: Vec<&Template> = templates.iter().chain(others).map(|(template, _)| template).collect();
        editor::templates(&templates, &steps)
    });
    check::names(&mut networks);
    check::cycles(&mut networks);
    let peers = Peer::all(networks.iter().map(|(network, _)| network));
    let templates = Templates::new(templates, imports, &peers, &mut report);
    let exports = expand::exports(&templates.own(), &imported);
    let illegible = report.to_tokens();
    let networks: TokenStream = networks
        .iter_mut()
        .map(|(network, report)| {
            check::network(network, report);
            let model = match &network.file {
                Some(file) => onnx::model(network, file, report),
                None => {
                    let plan = lower::network(network, &templates, &peers, report);
                    shape::model(network, plan, report)
                }
            };
            let shown = host::is_editor().then(|| editor::network(&model));
            let items = expand::network(&path, &model, report);
            quote::quote!(#items #shown)
        })
        .collect();
    quote::quote!(#offers #illegible #exports #networks #shown)
}
