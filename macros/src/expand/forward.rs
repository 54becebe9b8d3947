//! The methods that run the network.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::Printer;

impl Printer<'_> {
    /// `forward` and its kin. None where a mistake leaves open what they take or give.
    pub(super) fn forward(&self) -> Option<TokenStream> {
        let Self { k, name, e, d, .. } = self;
        let (input, output) = (self.shape_type(&self.model.input)?, self.shape_type(&self.model.output)?);
        let vis = &self.model.network.vis;
        let takes = crate::flow::Flow::text(&self.model.input);
        let gives = crate::flow::Flow::text(&self.model.output);
        let shapes = format!("# Shapes\nInput `{takes}`, output `{gives}`, each behind the batch axis.");
        let plain = quote!(#k::Tensor<#input, #e, #d>);
        let taped = quote!(#k::Tensor<#input, #e, #d, #k::OwnedTape<#e, #d>>);
        let result = quote!(#k::Tensor<#output, #e, #d>);
        let traced = quote!(#k::Tensor<#output, #e, #d, #k::OwnedTape<#e, #d>>);
        let gradients = quote!(#k::Gradients<#e, #d>);
        let methods = [
            Method {
                name: "forward",
                doc: "Inference, without a tape: dropout does nothing, and batch normalisation uses its running statistics.",
                receiver: quote!(&self),
                parameters: vec![("input", plain.clone())],
                result,
                run: "infer",
            },
            Method {
                name: "forward_mut",
                doc: "Training, recorded on the input's tape: dropout is active, and batch normalisation uses the batch and updates its running \
                      statistics.",
                receiver: quote!(&mut self),
                parameters: vec![("input", taped.clone())],
                result: traced.clone(),
                run: "train",
            },
            Method {
                name: "forward_eval",
                doc: "What `forward` works out, recorded on the input's tape: for gradients by the input, or with frozen statistics.",
                receiver: quote!(&self),
                parameters: vec![("input", taped)],
                result: traced.clone(),
                run: "eval",
            },
            Method {
                name: "forward_train",
                doc: "Training on data: as `forward_mut` of the traced input, but without the gradient by the input, which saves time.",
                receiver: quote!(&mut self),
                parameters: vec![("input", plain), ("gradients", gradients)],
                result: traced,
                run: "train_data",
            },
        ];
        let methods = methods.iter().map(|method| method.print(self, vis, &shapes));
        let methods = quote! {
            #[allow(dead_code)]
            impl<#e: #k::Scalar, #d: #k::Backend<#e>> #name<#e, #d> {
                #(#methods)*
            }
        };
        Some(self.here(methods))
    }
}

struct Method {
    name: &'static str,
    doc: &'static str,
    receiver: TokenStream,
    parameters: Vec<(&'static str, TokenStream)>,
    result: TokenStream,
    /// The function in `__private` that does it.
    run: &'static str,
}

impl Method {
    /// The method, and its `try_` version.
    fn print(&self, printer: &Printer, vis: &syn::Visibility, shapes: &str) -> TokenStream {
        let Printer { k, d, b, .. } = printer;
        let Method { doc, receiver, result, .. } = self;
        let (name, attempt, run) = (format_ident!("{}", self.name), format_ident!("try_{}", self.name), format_ident!("{}", self.run));
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| format_ident!("{name}")).collect();
        let types = self.parameters.iter().map(|(_, ty)| ty);
        let parameters = quote!(#receiver, #(#names: #types),*);
        let panics = format!("{doc}\n\n{shapes}\n\n# Panics\nIf the device is out of memory, or the batch is empty.");
        let errors = format!("{doc}\n\n{shapes}\n\n# Errors\nIf the device is out of memory.\n\n# Panics\nIf the batch is empty.");
        quote! {
            #[doc = #panics]
            #vis fn #name<#b: #k::Dim>(#parameters) -> #result {
                ::core::result::Result::unwrap(self.#attempt(#(#names),*))
            }

            #[doc = #errors]
            #vis fn #attempt<#b: #k::Dim>(#parameters) -> ::core::result::Result<#result, #d::Err> {
                #k::#run(self, #(#names),*)
            }
        }
    }
}
