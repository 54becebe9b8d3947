//! The traits: Layercake's own, and those that make a network a dfdx module.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::{Printer, parameter};
use crate::lower::{RUNTIME, What};
use crate::shape::Node;

/// dfdx visits tuples of at most so many fields.
const TUPLE: usize = 6;

impl Printer<'_> {
    pub(super) fn modules(&self) -> Vec<TokenStream> {
        let mut items = vec![self.network_trait(), self.collection(), self.on_device()];
        items.extend(self.module().into_iter().flatten());
        items.into_iter().map(|item| self.here(item)).collect()
    }

    fn network_trait(&self) -> TokenStream {
        let Self { k, ir, name, e, d, consts, own, .. } = self;
        let fields: Vec<_> = self.fields().collect();
        let tensors = fields.iter().map(|node| self.visit(node, false));
        let slots = fields.iter().map(|node| self.visit(node, true));
        let customs = self.customs();
        let runtime = format_ident!("{RUNTIME}");
        // Without fields, nothing is pushed.
        let mutable = fields.iter().any(|node| !matches!(node.what, What::Custom(_))).then(|| quote!(mut));
        quote! {
            #[automatically_derived]
            impl<#consts #e: #k::Scalar, #d: #k::Backend<#e>> #k::Network<#e, #d> for #name<#own #e, #d> {
                const GRAPH: &'static #ir::Graph = #name::<#own f32, #k::Cpu>::GRAPH;

                fn tensors(&self) -> ::core::result::Result<::std::vec::Vec<#k::Value<#e, #d>>, #d::Err> {
                    let #mutable list = ::std::vec::Vec::new();
                    #(#tensors)*
                    ::core::result::Result::Ok(list)
                }

                fn slots(&mut self) -> ::std::vec::Vec<&mut dyn #k::Slot<#e, #d>> {
                    let #mutable list = ::std::vec::Vec::new();
                    #(#slots)*
                    list
                }

                fn runtime(&self) -> &#k::Runtime {
                    &self.#runtime
                }

                #customs
            }
        }
    }

    /// Appends a field's tensors to `list`, to look at or to change. The tensors of a custom layer are its own affair.
    fn visit(&self, node: &Node, mutable: bool) -> TokenStream {
        let Self { k, .. } = self;
        let field = &node.field;
        match (&node.what, mutable) {
            (What::Custom(_), _) => TokenStream::new(),
            (What::Network { .. }, false) => quote!(list.extend(#k::Network::tensors(&self.#field)?);),
            (What::Network { .. }, true) => quote!(list.extend(#k::Network::slots(&mut self.#field));),
            (_, false) => quote!(#k::Layer::tensors(&self.#field, &mut list)?;),
            (_, true) => quote!(#k::Layer::slots(&mut self.#field, &mut list);),
        }
    }

    fn collection(&self) -> TokenStream {
        let Self { k, name, e, d, consts, own, .. } = self;
        let fields: Vec<_> = self.fields().map(|node| &node.field).collect();
        let visits: Vec<TokenStream> = self
            .fields()
            .map(|node| {
                let (field, path) = (&node.field, &node.name);
                quote!(<Self as #k::TensorCollection<#e, #d>>::module(#path, |s| &s.#field, |s| &mut s.#field))
            })
            .collect();
        let visits = nest(visits);
        // A layer may be called `Some`, which as a pattern would mean something else.
        let variables: Vec<_> = (0..fields.len()).map(|i| format_ident!("f{i}")).collect();
        let pattern = nest(variables.iter().map(ToTokens::to_token_stream).collect());
        let [e2, d2, v] = ["E2", "D2", "V"].map(|word| parameter(word, self.model.network));
        let runtime = format_ident!("{RUNTIME}");
        let types = fields.is_empty().then(|| quote!(__types: ::core::marker::PhantomData,));
        quote! {
            #[automatically_derived]
            impl<#consts #e: #k::Scalar, #d: #k::Device<#e>> #k::TensorCollection<#e, #d> for #name<#own #e, #d> {
                type To<#e2: #k::Dtype, #d2: #k::Device<#e2>> = #name<#own #e2, #d2>;

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
        let Self { k, name, e, d, consts, own, .. } = self;
        quote! {
            #[automatically_derived]
            impl<#consts #e: #k::Scalar, #d: #k::Device<#e>> #k::BuildOnDevice<#d, #e> for #name<#own f32, #k::Cpu> {
                type Built = #name<#own #e, #d>;
            }
        }
    }

    /// Custom layers are modules of their own, which the network only calls. Those of a network in it, that one calls.
    fn customs(&self) -> Option<TokenStream> {
        let Self { k, e, d, .. } = self;
        let (own, mut inner): (Vec<&Node>, Vec<&Node>) = self
            .fields()
            .filter(|node| matches!(node.what, What::Custom(_) | What::Network { .. }))
            .partition(|node| matches!(node.what, What::Custom(_)));
        if own.is_empty() && inner.is_empty() {
            return None;
        }
        // `a.b.` before `a.`, which begins it.
        inner.sort_by_key(|node| std::cmp::Reverse(node.name.len()));
        let body = |mutable: bool| {
            let (method, reference) = if mutable { (quote!(custom_mut), quote!(&mut)) } else { (quote!(custom), quote!(&)) };
            let prefixes = inner.iter().map(|node| {
                let (prefix, field) = (format!("{}.", node.name), &node.field);
                quote! {
                    if let ::core::option::Option::Some(inner) = path.strip_prefix(#prefix) {
                        return #k::Network::#method(#reference self.#field, inner, input, tape);
                    }
                }
            });
            // The tape of what trains is known.
            let tape = (!mutable).then(|| quote!(, _));
            let arms = own.iter().map(|node| {
                let (path, field) = (&node.name, &node.field);
                let types = [self.flow(node.inputs[0]), &node.output].map(|flow| self.shape_type(flow, &quote!(usize)).unwrap_or_default());
                let [input, output] = types;
                quote!(#path => #k::#method::<_, #input, #output, _, _ #tape>(#reference self.#field, input, tape),)
            });
            quote! {
                #(#prefixes)*
                match path {
                    #(#arms)*
                    _ => ::core::unreachable!("`{}` is a custom layer of no network here", path),
                }
            }
        };
        let (shared, mutable) = (body(false), body(true));
        Some(quote! {
            fn custom<__T: #k::Tape<#e, #d>>(
                &self,
                path: &::core::primitive::str,
                input: #k::Value<#e, #d>,
                tape: __T,
            ) -> ::core::result::Result<(#k::Value<#e, #d>, __T), #d::Err> {
                #shared
            }

            fn custom_mut(
                &mut self,
                path: &::core::primitive::str,
                input: #k::Value<#e, #d>,
                tape: #k::OwnedTape<#e, #d>,
            ) -> ::core::result::Result<(#k::Value<#e, #d>, #k::OwnedTape<#e, #d>), #d::Err> {
                #mutable
            }
        })
    }

    /// dfdx's two traits for running. None where a mistake leaves open what they take or give.
    fn module(&self) -> Option<[TokenStream; 2]> {
        let Self { k, name, e, d, b, consts, own, lengths, .. } = self;
        let tape = quote!(#k::OwnedTape<#e, #d>);
        let [input, taped] = [self.tensors(&self.model.inputs, None)?, self.tensors(&self.model.inputs, Some(&tape))?].map(Self::tuple);
        let [output, traced] = [self.tensors(&self.model.outputs, None)?, self.tensors(&self.model.outputs, Some(&tape))?].map(Self::tuple);
        let generics = quote!(<#consts #b: #k::Dim, #lengths #e: #k::Scalar, #d: #k::Backend<#e>>);
        let module = quote! {
            #[automatically_derived]
            impl #generics #k::Module<#input> for #name<#own #e, #d> {
                type Output = #output;
                type Error = #d::Err;

                fn try_forward(&self, input: #input) -> ::core::result::Result<Self::Output, #d::Err> {
                    #k::infer(self, input)
                }
            }
        };
        let module_mut = quote! {
            #[automatically_derived]
            impl #generics #k::ModuleMut<#taped> for #name<#own #e, #d> {
                type Output = #traced;
                type Error = #d::Err;

                fn try_forward_mut(&mut self, input: #taped) -> ::core::result::Result<Self::Output, #d::Err> {
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
