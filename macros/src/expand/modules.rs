//! The traits: Layercake's own, and those that make a network a dfdx module.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{Printer, at, parameter};
use crate::init;
use crate::lower::{RUNTIME, What};
use crate::shape::{Node, State};

/// dfdx visits tuples of at most so many fields.
const TUPLE: usize = 6;

impl Printer<'_> {
    pub(super) fn modules(&self) -> Vec<TokenStream> {
        let mut items = vec![self.collection(), self.on_device()];
        items.extend(self.module().into_iter().flatten());
        std::iter::once(self.network_trait()).chain(items.into_iter().map(|item| self.here(item))).collect()
    }

    fn network_trait(&self) -> TokenStream {
        let Self { k, ir, name, e, d, consts, own, .. } = self;
        let fields: Vec<_> = self.fields().collect();
        let tensors = fields.iter().map(|node| self.visit(node, false));
        let slots = fields.iter().map(|node| self.visit(node, true));
        let customs = self.customs();
        let runtime = format_ident!("{RUNTIME}");
        // Without fields, nothing is appended.
        let mutable = fields.iter().any(|node| !matches!(node.what, What::Custom(_))).then(|| quote!(mut));
        let list = if mutable.is_some() { format_ident!("list") } else { format_ident!("_list") };
        let head = self.here(quote! {
            #[automatically_derived]
            impl<#consts #e: #k::Scalar, #d: #k::Backend<#e>> #k::Network<#e, #d> for #name<#own #e, #d>
        });
        let mut items = self.here(quote! {
            const GRAPH: &'static #ir::Graph = #name::<#own f32, #k::Cpu>::GRAPH;

            fn tensors(&self, #list: &mut #k::Tensors<#e, #d>) -> ::core::result::Result<(), #d::Err> {
                #(#tensors)*
                ::core::result::Result::Ok(())
            }

            fn slots(&mut self) -> ::std::vec::Vec<&mut dyn #k::Slot<#e, #d>> {
                let #mutable list = ::std::vec::Vec::new();
                #(#slots)*
                list
            }

            fn runtime(&self) -> &#k::Runtime {
                &self.#runtime
            }
        });
        // Their arms have places of their own.
        items.extend(customs);
        let mut body = Group::new(Delimiter::Brace, items);
        body.set_span(Span::call_site().located_at(self.name.span()));
        quote!(#head #body)
    }

    /// Appends a field's tensors to `list`, to look at or to change. The tensors of a custom layer are its own affair.
    fn visit(&self, node: &Node, mutable: bool) -> TokenStream {
        let Self { k, .. } = self;
        let field = &node.field;
        match (&node.what, mutable) {
            (What::Custom(_), _) => TokenStream::new(),
            (What::Network { .. }, false) => quote!(#k::Network::tensors(&self.#field, list)?;),
            (What::Network { .. }, true) => quote!(::core::iter::Extend::extend(&mut list, #k::Network::slots(&mut self.#field));),
            (_, false) => quote!(#k::Layer::tensors(&self.#field, list)?;),
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
                if let Some(rule) = self.rule_type(node) {
                    return quote!(#k::filled::<#rule, Self, #e, #d, _, _, _>(#path, |s| &s.#field, |s| &mut s.#field));
                }
                quote!(<Self as #k::TensorCollection<#e, #d>>::module(#path, |s| &s.#field, |s| &mut s.#field))
            })
            .collect();
        let rules = self.fields().filter_map(|node| {
            let (name, stated) = (self.rule_type(node)?, node.init.as_ref()?);
            let ir = &self.ir;
            let rule = init::code(&quote!(#ir::), &stated.init);
            // A type, since what dfdx calls to fill a tensor sees nothing but the tensor. It is called as the layer is; and of the gain, the root of 2,
            // clippy would say that there is a constant for it.
            Some(quote! {
                #[allow(non_camel_case_types)]
                struct #name;
                #[allow(clippy::approx_constant)]
                impl #k::InitRule for #name {
                    const INIT: #ir::Init = #rule;
                }
            })
        });
        let visits = nest(visits);
        // A layer may be called `Some`, which as a pattern would mean something else.
        let variables: Vec<_> = (0..fields.len()).map(|i| format_ident!("f{i}")).collect();
        let pattern = nest(variables.iter().map(ToTokens::to_token_stream).collect());
        let [e2, d2, v] = ["E2", "D2", "V"].map(|word| parameter(word, self.model.network));
        let runtime = format_ident!("{RUNTIME}");
        let types = self.lacks_types().then(|| quote!(__types: ::core::marker::PhantomData,));
        quote! {
            #[automatically_derived]
            impl<#consts #e: #k::Scalar, #d: #k::Device<#e>> #k::TensorCollection<#e, #d> for #name<#own #e, #d> {
                type To<#e2: #k::Dtype, #d2: #k::Device<#e2>> = #name<#own #e2, #d2>;

                fn iter_tensors<#v: #k::ModuleVisitor<Self, #e, #d>>(
                    visitor: &mut #v,
                ) -> ::core::result::Result<::core::option::Option<Self::To<#v::E2, #v::D2>>, #v::Err> {
                    #(#rules)*
                    #k::ModuleVisitor::visit_fields(visitor, #visits, |#pattern| #name {
                        #(#fields: #variables,)*
                        #types
                        #runtime: ::core::default::Default::default(),
                    })
                }
            }
        }
    }

    /// The type that says how the weights of a field begin.
    fn rule_type(&self, node: &Node) -> Option<proc_macro2::Ident> {
        node.init.as_ref().map(|_| format_ident!("__Init_{}", crate::lower::plain(&node.field)))
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
        let body = |mutable: bool| -> TokenStream {
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
            let arms = own.iter().filter(|node| matches!(node.state, State::Custom)).filter_map(|node| {
                let (path, field) = (&node.name, &node.field);
                let input = self.shape_type(self.flow(node.inputs[0]), &quote!(usize))?;
                let output = self.shape_type(&node.output, &quote!(usize))?;
                let arm = quote! {
                    #path => {
                        use #k::#method;
                        let layer = #reference self.#field;
                        #method::<_, #input, #output, _, _ #tape>(layer, input, tape)
                    }
                };
                // The compiler speaks of a layer that takes or gives something else: there it stands.
                let place = node.what.head().into_iter().next().map_or_else(|| self.name.span(), |token| token.span());
                Some(at(self.here(arm), place))
            });
            let prefixes = self.here(quote!(#(#prefixes)*));
            let rest = self.here(quote!(_ => ::core::unreachable!("`{}` is a custom layer of no network here", path),));
            let mut all = self.here(quote!(match path));
            let mut arms = Group::new(Delimiter::Brace, arms.chain([rest]).collect());
            arms.set_span(Span::call_site().located_at(self.name.span()));
            arms.to_tokens(&mut all);
            let mut body = Group::new(Delimiter::Brace, quote!(#prefixes #all));
            body.set_span(Span::call_site().located_at(self.name.span()));
            body.into_token_stream()
        };
        let (shared, mutable) = (body(false), body(true));
        let [head, head_mut] = [
            quote! {
                fn custom<__T: #k::Tape<#e, #d>>(
                    &self,
                    path: &::core::primitive::str,
                    input: #k::Value<#e, #d>,
                    tape: __T,
                ) -> ::core::result::Result<(#k::Value<#e, #d>, __T), #d::Err>
            },
            quote! {
                fn custom_mut(
                    &mut self,
                    path: &::core::primitive::str,
                    input: #k::Value<#e, #d>,
                    tape: #k::OwnedTape<#e, #d>,
                ) -> ::core::result::Result<(#k::Value<#e, #d>, #k::OwnedTape<#e, #d>), #d::Err>
            },
        ]
        .map(|head| self.here(head));
        Some(quote!(#head #shared #head_mut #mutable))
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
