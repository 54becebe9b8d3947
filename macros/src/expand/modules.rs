//! The traits: Layercake's own, and those that make a network a dfdx module.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::{Printer, parameter};
use crate::names::{self, RUNTIME};

/// dfdx visits tuples of at most so many fields.
const TUPLE: usize = 6;

impl Printer<'_> {
    pub(super) fn modules(&self) -> Vec<TokenStream> {
        let mut items = vec![self.network_trait(), self.collection(), self.on_device()];
        items.extend(self.module().into_iter().flatten());
        items.into_iter().map(|item| self.here(item)).collect()
    }

    fn network_trait(&self) -> TokenStream {
        let Self { k, ir, name, e, d, .. } = self;
        let fields: Vec<_> = self.fields().map(|node| &node.name).collect();
        let runtime = format_ident!("{RUNTIME}");
        // Without fields, nothing is pushed.
        let mutable = (!fields.is_empty()).then(|| quote!(mut));
        quote! {
            #[automatically_derived]
            impl<#e: #k::Scalar, #d: #k::Backend<#e>> #k::Network<#e, #d> for #name<#e, #d> {
                const GRAPH: &'static #ir::Graph = #name::<f32, #k::Cpu>::GRAPH;

                fn tensors(&self) -> ::core::result::Result<::std::vec::Vec<#k::Value<#e, #d>>, #d::Err> {
                    let #mutable list = ::std::vec::Vec::new();
                    #(#k::Layer::tensors(&self.#fields, &mut list)?;)*
                    ::core::result::Result::Ok(list)
                }

                fn slots(&mut self) -> ::std::vec::Vec<&mut dyn #k::Slot<#e, #d>> {
                    let #mutable list = ::std::vec::Vec::new();
                    #(#k::Layer::slots(&mut self.#fields, &mut list);)*
                    list
                }

                fn runtime(&self) -> &#k::Runtime {
                    &self.#runtime
                }
            }
        }
    }

    fn collection(&self) -> TokenStream {
        let Self { k, name, e, d, .. } = self;
        let fields: Vec<_> = self.fields().map(|node| &node.name).collect();
        let visits: Vec<TokenStream> = self
            .fields()
            .map(|node| {
                let (field, path) = (&node.name, names::plain(&node.name));
                quote!(<Self as #k::TensorCollection<#e, #d>>::module(#path, |s| &s.#field, |s| &mut s.#field))
            })
            .collect();
        let visits = nest(visits);
        // A layer may be called `Some`, which as a pattern would mean something else.
        let variables: Vec<_> = (0..fields.len()).map(|i| format_ident!("f{i}")).collect();
        let pattern = nest(variables.iter().map(ToTokens::to_token_stream).collect());
        let [e2, d2, v] = ["E2", "D2", "V"].map(|word| parameter(word, name));
        let runtime = format_ident!("{RUNTIME}");
        let types = fields.is_empty().then(|| quote!(__types: ::core::marker::PhantomData,));
        quote! {
            #[automatically_derived]
            impl<#e: #k::Scalar, #d: #k::Device<#e>> #k::TensorCollection<#e, #d> for #name<#e, #d> {
                type To<#e2: #k::Dtype, #d2: #k::Device<#e2>> = #name<#e2, #d2>;

                fn iter_tensors<#v: #k::ModuleVisitor<Self, #e, #d>>(
                    visitor: &mut #v,
                ) -> ::core::result::Result<::core::option::Option<Self::To<#v::E2, #v::D2>>, #v::Err> {
                    #k::ModuleVisitor::visit_fields(visitor, #visits, |#pattern| #name {
                        #(#fields: #variables,)*
                        #types
                        #runtime: ::core::default::Default::default(),
                    })
                }
            }
        }
    }

    fn on_device(&self) -> TokenStream {
        let Self { k, name, e, d, .. } = self;
        quote! {
            #[automatically_derived]
            impl<#e: #k::Scalar, #d: #k::Device<#e>> #k::BuildOnDevice<#d, #e> for #name<f32, #k::Cpu> {
                type Built = #name<#e, #d>;
            }
        }
    }

    /// dfdx's two traits for running. None where a mistake leaves open what they take or give.
    fn module(&self) -> Option<[TokenStream; 2]> {
        let Self { k, name, e, d, b, .. } = self;
        let (input, output) = (self.shape_type(&self.model.input)?, self.shape_type(&self.model.output)?);
        let module = quote! {
            #[automatically_derived]
            impl<#b: #k::Dim, #e: #k::Scalar, #d: #k::Backend<#e>> #k::Module<#k::Tensor<#input, #e, #d>> for #name<#e, #d> {
                type Output = #k::Tensor<#output, #e, #d>;
                type Error = #d::Err;

                fn try_forward(&self, input: #k::Tensor<#input, #e, #d>) -> ::core::result::Result<Self::Output, #d::Err> {
                    #k::infer(self, input)
                }
            }
        };
        let module_mut = quote! {
            #[automatically_derived]
            impl<#b: #k::Dim, #e: #k::Scalar, #d: #k::Backend<#e>> #k::ModuleMut<#k::Tensor<#input, #e, #d, #k::OwnedTape<#e, #d>>>
                for #name<#e, #d>
            {
                type Output = #k::Tensor<#output, #e, #d, #k::OwnedTape<#e, #d>>;
                type Error = #d::Err;

                fn try_forward_mut(
                    &mut self,
                    input: #k::Tensor<#input, #e, #d, #k::OwnedTape<#e, #d>>,
                ) -> ::core::result::Result<Self::Output, #d::Err> {
                    #k::train(self, input)
                }
            }
        };
        Some([module, module_mut])
    }
}

/// A tuple of all items, in tuples of tuples where there are more than dfdx takes.
fn nest(mut items: Vec<TokenStream>) -> TokenStream {
    while items.len() > TUPLE {
        items = items.chunks(TUPLE).map(|chunk| quote!((#(#chunk,)*))).collect();
    }
    quote!((#(#items,)*))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_hold_at_most_six() {
        let items = |count: usize| (0..count).map(|i| quote!(#i)).collect::<Vec<_>>();
        assert_eq!(nest(items(0)).to_string(), quote!(()).to_string());
        assert_eq!(nest(vec![quote!(a)]).to_string(), quote!((a,)).to_string());
        let seven = ["a", "b", "c", "d", "e", "f", "g"].map(|word| format_ident!("{word}").to_token_stream());
        assert_eq!(nest(seven.to_vec()).to_string(), quote!(((a, b, c, d, e, f,), (g,),)).to_string());
    }
}
