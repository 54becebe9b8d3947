//! The graph of a `#[model(forward)]` struct, in `f32` on the CPU.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::expand::Printer;
use super::typing::{self, Bound, Kind};

/// `HasGraph`: the graphs of the fields in order. None for a struct that is declared for another number type or device.
pub fn items(printer: &Printer) -> Option<TokenStream> {
    let Printer { k, model, .. } = printer;
    let (f32, cpu) = (quote!(::core::primitive::f32), quote!(#k::Cpu));
    // Inside, the parameters for number type and device are these types.
    let aliases = match &model.typing.kind {
        Kind::Parameters { e, d } => quote!(
            #[allow(dead_code)]
            type #e = #f32;
            #[allow(dead_code)]
            type #d = #cpu;
        ),
        Kind::Fixed { e, d } if last_word(e) == "f32" && last_word(d) == "Cpu" => TokenStream::new(),
        Kind::Fixed { .. } => return None,
        Kind::Open => TokenStream::new(),
    };
    let parameters = typing::parameters(model.input, |name| match &model.typing.kind {
        Kind::Parameters { e, d } if name == e || name == d => Bound::Gone,
        _ if model.typing.models.contains(name) => Bound::New(quote!(#k::chain::Stage + #k::TensorCollection<#f32, #cpu>)),
        _ => Bound::Own,
    });
    let own = printer.moved(&f32, &cpu, |model| model.to_token_stream());
    let (name, predicates) = (model.input.ident.to_string(), printer.predicates());
    let fields = printer.parts().map(|(i, field, part)| {
        let (member, path, leaf, part) = (&field.member, &field.path, &part.leaf, printer.part(i, part));
        quote! {
            <#part as #k::chain::Leaves>::each(&self.#member, &#k::chain::join(path, #path), &mut |model, path| {
                <#k::chain::Known<#leaf>>::append(model, chain, path);
            });
        }
    });
    Some(quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #k::chain::Otherwise as _;
            #aliases

            #[automatically_derived]
            impl<#(#parameters),*> #k::chain::Stage for #own where #(#predicates),* {
                fn append(&self, chain: &mut #k::chain::Chain, path: &::core::primitive::str) {
                    #(#fields)*
                }
            }

            #[automatically_derived]
            impl<#(#parameters),*> #k::HasGraph for #own where #(#predicates),* {
                fn graph(&self) -> ::core::result::Result<#k::chain::Graph<'_>, #k::NoGraph> {
                    #k::chain::chain(self, #name)
                }
            }
        };
    })
}

/// The last word of a type's path.
fn last_word(ty: &TokenStream) -> String {
    ty.clone().into_iter().last().map_or_else(String::new, |token| token.to_string())
}
