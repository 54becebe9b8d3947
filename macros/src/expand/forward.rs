//! The methods that run the network.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Printer;
use crate::onnx::Fields;
use crate::shape::Port;

impl Printer<'_> {
    /// `forward` and its variants. None if their types are unknown because of a mistake.
    pub(super) fn forward(&self) -> Option<TokenStream> {
        let Self { k, name, e, d, consts, own, .. } = self;
        let vis = &self.model.network.vis;
        let tape = quote!(#k::OwnedTape<#e, #d>);
        let none = self.tensors(&self.model.inputs, None)?;
        let owned = self.tensors(&self.model.inputs, Some(&tape))?;
        let result = Self::tuple(self.tensors(&self.model.outputs, None)?);
        // With several outputs, the first carries the tape.
        let traced = Self::tuple(self.tensors(&self.model.outputs, Some(&tape))?);
        let gradients = quote!(#k::Gradients<#e, #d>);
        let shapes = format!(
            "# Shapes\nThe {}, the {}, each after the batch axis.",
            self.shapes("input", &self.model.inputs),
            self.shapes("output", &self.model.outputs)
        );
        let names: Vec<Ident> = match &self.model.network.file {
            None => self.model.inputs.iter().map(|port| parameter_name(&port.name)).collect(),
            Some(_) => {
                let mut names = Fields::default();
                names.field("gradients", self.name.span());
                self.model.inputs.iter().map(|port| names.field(&port.name, self.name.span())).collect()
            }
        };
        let plain: Vec<(Ident, TokenStream)> = names.iter().cloned().zip(none).collect();
        let taped: Vec<(Ident, TokenStream)> = names.into_iter().zip(owned).collect();
        let several = if self.model.outputs.len() > 1 { " The loss may depend on any of the outputs: call `backward` once." } else { "" };
        let methods = [
            Method {
                name: "forward",
                doc: "Inference, without a tape: dropout does nothing, and batch normalization uses its running statistics.".to_owned(),
                receiver: quote!(&self),
                inputs: plain.clone(),
                gradients: None,
                result,
            },
            Method {
                name: "forward_mut",
                doc: format!(
                    "Training, recorded on the input's tape: dropout is active, and batch normalization uses the batch and updates its running \
                     statistics.{several}"
                ),
                receiver: quote!(&mut self),
                inputs: taped.clone(),
                gradients: None,
                result: traced.clone(),
            },
            Method {
                name: "forward_eval",
                doc: format!(
                    "Like `forward`, but recorded on the input's tape: for gradients with respect to the input, or with frozen statistics.{several}"
                ),
                receiver: quote!(&self),
                inputs: taped,
                gradients: None,
                result: traced.clone(),
            },
            Method {
                name: "forward_train",
                doc: format!(
                    "Training on data: like `forward_mut` of the traced input, but without the gradient of the input, which saves time.{several}"
                ),
                receiver: quote!(&mut self),
                inputs: plain,
                gradients: Some(gradients),
                result: traced,
            },
        ];
        let methods = methods.iter().map(|method| method.print(self, vis, &shapes));
        // Most users call only some of them.
        let methods = quote! {
            #[allow(dead_code)]
            impl<#consts #e: #k::Scalar, #d: #k::Backend<#e>> #name<#own #e, #d> {
                #(#methods)*
            }
        };
        Some(self.here(methods))
    }

    /// "Input `[1, 28, 28]`"
    fn shapes(&self, what: &str, ports: &[Port]) -> String {
        match ports {
            [port] if port.name == what => format!("{what} `{}`", port.flow.text()),
            _ => {
                let named: Vec<String> = ports.iter().map(|port| format!("`{}` `{}`", port.name, port.flow.text())).collect();
                format!("{what}s {}", named.join(", "))
            }
        }
    }
}

/// The name of a method's parameter: the input's name, if it is free.
fn parameter_name(input: &str) -> Ident {
    match input {
        "gradients" => format_ident!("gradients_"),
        name => syn::parse_str(name).unwrap_or_else(|_| format_ident!("r#{name}")),
    }
}

struct Method {
    name: &'static str,
    doc: String,
    receiver: TokenStream,
    inputs: Vec<(Ident, TokenStream)>,
    /// The type of the gradients, if the method takes them.
    gradients: Option<TokenStream>,
    result: TokenStream,
}

impl Method {
    /// The method, and its `try_` version.
    fn print(&self, printer: &Printer, vis: &syn::Visibility, shapes: &str) -> TokenStream {
        let Printer { k, d, b, lengths, .. } = printer;
        let Method { doc, receiver, result, .. } = self;
        // The function in `__private` has the name of the `try_` version.
        let (name, attempt) = (format_ident!("{}", self.name), format_ident!("try_{}", self.name));
        let inputs: Vec<_> = self.inputs.iter().map(|(name, _)| name).collect();
        let types = self.inputs.iter().map(|(_, ty)| ty);
        let gradients = self.gradients.as_ref().map(|ty| quote!(, gradients: #ty));
        let pass = self.gradients.as_ref().map(|_| quote!(, gradients));
        let parameters = quote!(#receiver, #(#inputs: #types),* #gradients);
        let all = Printer::tuple(inputs.iter().map(|name| quote!(#name)).collect());
        let mut panics = "If the device is out of memory, or the batch is empty.".to_owned();
        let mut others = "If the batch is empty.".to_owned();
        for text in [&mut panics, &mut others] {
            if inputs.len() > 1 {
                text.push_str(" If the inputs have batches of different sizes.");
            }
            if !lengths.is_empty() {
                text.push_str(" If a layer does not accept the length of the input.");
            }
        }
        let ids = printer.has_ids();
        if ids {
            panics.push_str(" If a token id is not below the vocabulary.");
        }
        let panics = format!("{doc}\n\n{shapes}\n\n# Panics\n{panics}");
        let refused = if ids { " If a token id is not below the vocabulary." } else { "" };
        let errors = format!("{doc}\n\n{shapes}\n\n# Errors\nIf the device is out of memory.{refused}\n\n# Panics\n{others}");
        quote! {
            #[doc = #panics]
            #vis fn #name<#b: #k::Dim, #lengths>(#parameters) -> #result {
                #k::or_panic(self.#attempt(#(#inputs),* #pass))
            }

            #[doc = #errors]
            #vis fn #attempt<#b: #k::Dim, #lengths>(#parameters) -> ::core::result::Result<#result, #k::ForwardError<#d::Err>> {
                #k::checked::#attempt(self, #all #pass)
            }
        }
    }
}
