//! `#[model(forward)]`: forward through the fields in order.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::expand::Printer;
use super::typing::{self, Bound, Kind};
use super::{graph, junctions};

/// The traits and methods that run the model, the check that its fields fit together, and its graph.
pub fn items(printer: &Printer) -> TokenStream {
    let ways = [
        Way {
            module: "Module",
            part: "Forward",
            method: "forward",
            doc: "Inference through all fields in order.",
            receiver: quote!(&self),
            borrow: quote!(&),
        },
        Way {
            module: "ModuleMut",
            part: "ForwardMut",
            method: "forward_mut",
            doc: "Training through all fields in order, recorded on the input's tape.",
            receiver: quote!(&mut self),
            borrow: quote!(&mut),
        },
    ];
    let modules = ways.iter().map(|way| way.module(printer));
    let methods = ways.iter().map(|way| way.methods(printer));
    let (own, parameters, predicates) = (printer.own(), parameters(printer), printer.predicates());
    let (ports, checks, graph) = (junctions::ports(printer, &parameters), junctions::items(printer), graph::items(printer));
    quote! {
        #(#modules)*

        #[automatically_derived]
        #[allow(dead_code)]
        impl<#(#parameters),*> #own where #(#predicates),* {
            #(#methods)*
        }

        #ports
        #checks
        #graph
    }
}

/// The parameters of an `impl` with bounds on the fields.
fn parameters(printer: &Printer) -> Vec<TokenStream> {
    let Printer { k, model, .. } = printer;
    typing::parameters(model.input, |name| match &model.typing.kind {
        Kind::Parameters { e, .. } if name == e => Bound::New(quote!(#k::Scalar)),
        Kind::Parameters { e, d } if name == d => Bound::New(quote!(#k::Backend<#e>)),
        _ => Bound::Own,
    })
}

/// Inference, or training.
struct Way {
    /// dfdx's trait.
    module: &'static str,
    /// Layercake's trait for fields.
    part: &'static str,
    method: &'static str,
    doc: &'static str,
    receiver: TokenStream,
    borrow: TokenStream,
}

impl Way {
    fn names(&self) -> [Ident; 4] {
        [self.module.to_owned(), self.part.to_owned(), self.method.to_owned(), format!("try_{}", self.method)]
            .map(|word| format_ident!("{word}"))
    }

    /// dfdx's trait.
    fn module(&self, printer: &Printer) -> TokenStream {
        let (k, own, predicates) = (&printer.k, printer.own(), printer.predicates());
        let [module, forward, method, attempt] = self.names();
        let Self { receiver, borrow, .. } = self;
        let parts: Vec<_> = printer.parts().map(|(i, field, part)| (field, printer.part(i, part))).collect();
        // Field i maps `__X{i}` to `__X{i + 1}`: parameters that the first one determines.
        let values: Vec<Ident> = (0..=parts.len()).map(|i| format_ident!("__X{i}")).collect();
        let (first, last) = (&values[0], &values[parts.len()]);
        let bounds = parts.iter().zip(values.windows(2)).map(|((field, part), ends)| {
            let (ty, from, to) = (field.ty, &ends[0], &ends[1]);
            quote!(#part: #k::forward::#forward<#from, Value = #ty, Output = #to, Error = __Error>)
        });
        let steps = parts.iter().zip(&values).map(|((field, part), from)| {
            let member = &field.member;
            quote!(let input = <#part as #k::forward::#forward<#from>>::#method(#borrow self.#member, input)?;)
        });
        let parameters = parameters(printer);
        let checks = junctions::within(printer);
        quote! {
            #[automatically_derived]
            impl<#(#parameters,)* #(#values,)* __Error> #k::#module<#first> for #own
            where
                __Error: ::core::fmt::Debug,
                #(#bounds,)*
                #(#predicates,)*
            {
                type Output = #last;
                type Error = __Error;

                fn #attempt(#receiver, input: #first) -> ::core::result::Result<#last, __Error> {
                    #checks
                    #(#steps)*
                    ::core::result::Result::Ok(input)
                }
            }
        }
    }

    /// The same as inherent methods, which need no import.
    fn methods(&self, printer: &Printer) -> TokenStream {
        let (k, vis) = (&printer.k, &printer.model.input.vis);
        let [module, _, method, attempt] = self.names();
        let Self { receiver, doc, .. } = self;
        let panics = format!("{doc}\n\n# Panics\nIf a field's forward fails: when the device is out of memory.");
        let errors = format!("{doc}\n\n# Errors\nIf a field's forward fails: when the device is out of memory.");
        let output = quote!(<Self as #k::#module<__X>>::Output);
        quote! {
            #[doc = #panics]
            #vis fn #method<__X>(#receiver, input: __X) -> #output
            where
                Self: #k::#module<__X>,
            {
                ::core::result::Result::unwrap(<Self as #k::#module<__X>>::#attempt(self, input))
            }

            #[doc = #errors]
            #vis fn #attempt<__X>(#receiver, input: __X) -> ::core::result::Result<#output, <Self as #k::#module<__X>>::Error>
            where
                Self: #k::#module<__X>,
            {
                <Self as #k::#module<__X>>::#attempt(self, input)
            }
        }
    }
}
