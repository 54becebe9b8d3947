//! Trait implementations: Layercake's own traits, and dfdx's module traits.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::fields::Run;
use super::{Printer, at, parameter};
use crate::lower::{RUNTIME, What};
use crate::shape::{Node, State};

impl Printer<'_> {
    pub(super) fn modules(&self) -> Vec<TokenStream> {
        let mut items = vec![self.on_device()];
        items.extend(self.module().into_iter().flatten());
        std::iter::once(self.walks()).chain(items.into_iter().map(|item| self.here(item))).collect()
    }

    /// The traits that visit all fields, in a block with the functions that they use.
    fn walks(&self) -> TokenStream {
        let runs = self.runs();
        let getters = runs.iter().map(|run| self.getters(run));
        let getters = self.here(quote!(#(#getters)*));
        let (network, collection) = (self.network_trait(&runs), self.here(self.collection(&runs)));
        quote! {
            const _: () = {
                #getters
                #network
                #collection
            };
        }
    }

    fn network_trait(&self, runs: &[Run]) -> TokenStream {
        let Self { k, ir, name, e, d, consts, own, .. } = self;
        let customs = self.customs();
        let runtime = format_ident!("{RUNTIME}");
        let head = self.here(quote! {
            #[automatically_derived]
            impl<#consts #e: #k::Scalar, #d: #k::Backend<#e>> #k::Network<#e, #d> for #name<#own #e, #d>
        });
        // Each run has its own function if there are several.
        let (parts, tensors, slots): (Vec<_>, Vec<_>, Vec<_>) = match runs {
            [] => Default::default(),
            [run] => (Vec::new(), vec![self.tensors_of(run)], vec![self.slots_of(run)]),
            runs => {
                let part = |run: &Run| {
                    let [tensors, slots] = ["tensors", "slots"].map(|word| run.part(word));
                    let (fill, work) = (self.tensors_of(run), self.slots_of(run));
                    let generics = quote!(<#consts #e: #k::Scalar, #d: #k::Backend<#e>>);
                    let items = quote! {
                        fn #tensors #generics(
                            net: &#name<#own #e, #d>,
                            list: &mut #k::Tensors<#e, #d>,
                        ) -> ::core::result::Result<(), #d::Err> {
                            #fill
                            ::core::result::Result::Ok(())
                        }

                        fn #slots #generics(net: &mut #name<#own #e, #d>, work: &mut dyn ::core::ops::FnMut(&mut dyn #k::Slot<#e, #d>)) {
                            #work
                        }
                    };
                    (items, quote!(#tensors(net, list)?;), quote!(#slots(net, work);))
                };
                let mut all = (Vec::new(), Vec::new(), Vec::new());
                for (items, tensors, slots) in runs.iter().map(part) {
                    all.0.push(items);
                    all.1.push(tensors);
                    all.2.push(slots);
                }
                all
            }
        };
        let parts = self.here(quote!(#(#parts)*));
        let mut items = self.here(quote! {
            const GRAPH: &'static #ir::Graph = #name::<#own f32, #k::Cpu>::GRAPH;

            fn tensors(&self, list: &mut #k::Tensors<#e, #d>) -> ::core::result::Result<(), #d::Err> {
                let net = self;
                #(#tensors)*
                let _ = (net, list);
                ::core::result::Result::Ok(())
            }

            fn slots(&mut self, work: &mut dyn ::core::ops::FnMut(&mut dyn #k::Slot<#e, #d>)) {
                let net = self;
                #(#slots)*
                let _ = (net, work);
            }

            fn runtime(&self) -> &#k::Runtime {
                &self.#runtime
            }
        });
        // Their arms have their own spans.
        items.extend(customs);
        let mut body = Group::new(Delimiter::Brace, items);
        body.set_span(Span::call_site().located_at(self.name.span()));
        quote!(#parts #head #body)
    }

    fn collection(&self, runs: &[Run]) -> TokenStream {
        let Self { k, name, e, d, consts, own, .. } = self;
        let [e2, d2, v] = ["E2", "D2", "V"].map(|word| parameter(word, self.model.network));
        let runtime = format_ident!("{RUNTIME}");
        let types = self.lacks_types().then(|| quote!(__types: ::core::marker::PhantomData,));
        // Each run has its own function if there are several.
        let (parts, shown): (Vec<_>, Vec<_>) = match runs {
            [run] => {
                let (show, lists, complete) = (self.shown(run), run.lists(), complete(run));
                let none = quote!(return ::core::result::Result::Ok(::core::option::Option::None));
                (
                    Vec::new(),
                    vec![quote!(#show if !(#complete) { #none; } #(let mut #lists = ::core::iter::IntoIterator::into_iter(#lists);)*)],
                )
            }
            runs => {
                let part = |run: &Run| {
                    let (part, show, lists, complete) = (run.part("show"), self.shown(run), run.lists(), complete(run));
                    let lists = run
                        .types()
                        .map(|ty| quote!(::std::vec::Vec<<#ty as #k::part::ModelField<#e, #d>>::Moved<#v::E2, #v::D2>>))
                        .zip(lists);
                    let (types, lists): (Vec<_>, Vec<_>) = lists.unzip();
                    let items = quote! {
                        // The type has a list per group, so it is long with many groups; clippy would report it in the user's code.
                        #[allow(clippy::type_complexity)]
                        fn #part<#consts #e: #k::Scalar, #d: #k::Device<#e>, #v: #k::ModuleVisitor<#name<#own #e, #d>, #e, #d>>(
                            visitor: &mut #v,
                        ) -> ::core::result::Result<::core::option::Option<(#(#types,)*)>, #v::Err> {
                            #show
                            ::core::result::Result::Ok(if #complete {
                                ::core::option::Option::Some((#(#lists,)*))
                            } else {
                                ::core::option::Option::None
                            })
                        }
                    };
                    (items, quote!(let #part = #part(visitor)?;))
                };
                let (parts, mut shown): (Vec<_>, Vec<_>) = runs.iter().map(part).unzip();
                // A visit without construction goes through all runs too.
                shown.extend(runs.iter().map(|run| {
                    let (part, lists) = (run.part("show"), run.lists());
                    quote! {
                        let ::core::option::Option::Some((#(#lists,)*)) = #part else {
                            return ::core::result::Result::Ok(::core::option::Option::None);
                        };
                        #(let mut #lists = ::core::iter::IntoIterator::into_iter(#lists);)*
                    }
                }));
                (parts, shown)
            }
        };
        let fields = runs.iter().flat_map(Run::fields).map(|(field, list)| quote!(#field: #k::fields::next(&mut #list)));
        quote! {
            #(#parts)*

            #[automatically_derived]
            impl<#consts #e: #k::Scalar, #d: #k::Device<#e>> #k::TensorCollection<#e, #d> for #name<#own #e, #d> {
                type To<#e2: #k::Dtype, #d2: #k::Device<#e2>> = #name<#own #e2, #d2>;

                fn iter_tensors<#v: #k::ModuleVisitor<Self, #e, #d>>(
                    visitor: &mut #v,
                ) -> ::core::result::Result<::core::option::Option<Self::To<#v::E2, #v::D2>>, #v::Err> {
                    #(#shown)*
                    let _ = visitor;
                    ::core::result::Result::Ok(::core::option::Option::Some(#name {
                        #(#fields,)*
                        #types
                        #runtime: ::core::default::Default::default(),
                    }))
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

    /// Custom layers are separate modules that the network calls. Those of a nested network are called by that network.
    fn customs(&self) -> Option<TokenStream> {
        let Self { k, e, d, .. } = self;
        type Fields<'a> = Vec<(&'a Ident, &'a Node)>;
        let (own, mut inner): (Fields, Fields) = self
            .fields()
            .filter(|(_, node)| matches!(node.what, What::Custom(_) | What::Network { .. }))
            .partition(|(_, node)| matches!(node.what, What::Custom(_)));
        if own.is_empty() && inner.is_empty() {
            return None;
        }
        // `a.b.` before `a.`, its prefix.
        inner.sort_by_key(|(_, node)| std::cmp::Reverse(node.name.len()));
        let body = |mutable: bool| -> TokenStream {
            let (method, reference) = if mutable { (quote!(custom_mut), quote!(&mut)) } else { (quote!(custom), quote!(&)) };
            let prefixes = inner.iter().map(|(field, node)| {
                let prefix = format!("{}.", node.name);
                quote! {
                    if let ::core::option::Option::Some(inner) = path.strip_prefix(#prefix) {
                        return #k::Network::#method(#reference self.#field, inner, input, tape);
                    }
                }
            });
            // In training the tape's type is known.
            let tape = (!mutable).then(|| quote!(, _));
            let arms = own.iter().filter(|(_, node)| matches!(node.state, State::Custom)).filter_map(|(field, node)| {
                let path = &node.name;
                let input = self.shape_type(self.model.flow(node.inputs[0]), &quote!(usize))?;
                let output = self.shape_type(node.output(), &quote!(usize))?;
                let arm = quote! {
                    #path => {
                        use #k::#method;
                        let layer = #reference self.#field;
                        #method::<_, #input, #output, _, _ #tape>(layer, input, tape)
                    }
                };
                // The compiler reports a layer with other input or output types at this span.
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
        let parts = self.here(self.custom_parts(&own, &inner));
        Some(quote!(#head #shared #head_mut #mutable #parts))
    }

    /// The tensors of custom layers, including those of nested networks.
    fn custom_parts(&self, own: &[(&Ident, &Node)], inner: &[(&Ident, &Node)]) -> TokenStream {
        let Self { k, e, d, .. } = self;
        // The type is inferred from the field: written again, a mistake in it would be reported twice.
        let own = own.iter().map(|(field, node)| {
            let path = &node.name;
            quote!(list.push(#k::custom_part::<Self, _, #e, #d>(prefix, #path, |network| &network.#field));)
        });
        let inner = inner.iter().map(|(field, node)| {
            let path = &node.name;
            quote!(#k::custom_parts_within::<Self, _, #e, #d>(prefix, #path, |network| &network.#field, list);)
        });
        quote! {
            fn custom_parts(prefix: &::core::primitive::str, list: &mut ::std::vec::Vec<#k::CustomPart>) {
                #(#own)*
                #(#inner)*
            }
        }
    }

    /// dfdx's `Module` and `ModuleMut`. None if their types are unknown because of a mistake.
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
                    #k::try_forward(self, input)
                }
            }
        };
        let module_mut = quote! {
            #[automatically_derived]
            impl #generics #k::ModuleMut<#taped> for #name<#own #e, #d> {
                type Output = #traced;
                type Error = #d::Err;

                fn try_forward_mut(&mut self, input: #taped) -> ::core::result::Result<Self::Output, #d::Err> {
                    #k::try_forward_mut(self, input)
                }
            }
        };
        Some([module, module_mut])
    }
}

/// Whether the visitor has built every field of a run.
fn complete(run: &Run) -> TokenStream {
    let (lists, counts) = (run.lists(), run.counts());
    quote!(#(#lists.len() == #counts)&&*)
}
