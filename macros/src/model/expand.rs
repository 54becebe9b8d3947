//! Generates the items of a model. Nothing here checks the input.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};

use super::forward;
use super::structure::{Field, Init, Kind as FieldKind, Layer, Model, Part};
use super::typing::{self, Bound, Kind};

/// All items of a model; after a mistake, only those that other code may use.
pub fn model(model: &Model, sound: bool) -> TokenStream {
    let printer = Printer::new(model);
    let mut items = vec![printer.collection(sound), printer.on_device()];
    if model.new {
        items.push(printer.build());
    }
    if sound {
        items.extend(printer.inits());
    }
    items.extend(model.forward.as_ref().filter(|_| sound).map(|_| forward::items(&printer)));
    items.into_iter().collect()
}

/// The names that all items use.
pub struct Printer<'a> {
    pub model: &'a Model<'a>,
    /// `::layercake::__private`
    pub k: TokenStream,
    /// The number type and the device.
    pub e: TokenStream,
    pub d: TokenStream,
}

impl<'a> Printer<'a> {
    fn new(model: &'a Model) -> Self {
        let root = &model.root;
        let (e, d) = model.typing.names();
        Self { model, k: quote!(#root::__private), e, d }
    }

    /// The fields that are visited, with their numbers.
    pub fn parts(&self) -> impl Iterator<Item = (usize, &Field<'a>, &Part)> {
        self.model.fields.iter().enumerate().filter_map(|(i, field)| Some((i, field, field.part.as_ref()?)))
    }

    /// `Name<..>` with its own parameters.
    pub fn own(&self) -> TokenStream {
        let (name, arguments) = (&self.model.input.ident, typing::arguments(self.model.input, |_| None));
        quote!(#name #arguments)
    }

    /// The parameters of an `impl` for all number types and devices; a model parameter gets a bound.
    pub fn parameters(&self, model_bound: impl Fn(&Ident) -> TokenStream) -> Vec<TokenStream> {
        let Self { k, e, d, model } = self;
        let typing = &model.typing;
        let mut list = typing::parameters(model.input, |name| match &typing.kind {
            Kind::Parameters { e, .. } if name == e => Bound::New(quote!(#k::Scalar)),
            Kind::Parameters { d, .. } if name == d => Bound::New(quote!(#k::Device<#e>)),
            _ if typing.models.contains(name) => Bound::New(model_bound(name)),
            _ => Bound::Own,
        });
        if let Kind::Open = typing.kind {
            list.extend([quote!(#e: #k::Scalar), quote!(#d: #k::Device<#e>)]);
        }
        list
    }

    /// The predicates of the `where` clause that still apply.
    pub fn predicates(&self) -> Vec<TokenStream> {
        let mut replaced: Vec<&Ident> = self.model.typing.models.iter().collect();
        if let Kind::Parameters { e, d } = &self.model.typing.kind {
            replaced.extend([e, d]);
        }
        typing::predicates(self.model.input, &replaced)
    }

    /// The struct with another number type and device.
    pub fn moved(&self, e2: &TokenStream, d2: &TokenStream, model: impl Fn(&Ident) -> TokenStream) -> TokenStream {
        let (name, typing) = (&self.model.input.ident, &self.model.typing);
        let arguments = typing::arguments(self.model.input, |parameter| match &typing.kind {
            Kind::Parameters { e, .. } if parameter == e => Some(e2.clone()),
            Kind::Parameters { d, .. } if parameter == d => Some(d2.clone()),
            _ if typing.models.contains(parameter) => Some(model(parameter)),
            _ => None,
        });
        quote!(#name #arguments)
    }

    fn collection(&self, sound: bool) -> TokenStream {
        let Self { k, e, d, .. } = self;
        let (own, predicates) = (self.own(), self.predicates());
        let parameters = self.parameters(|_| quote!(#k::TensorCollection<#e, #d>));
        let fixed = matches!(self.model.typing.kind, Kind::Fixed { .. });
        let to = if fixed {
            own.clone()
        } else {
            self.moved(&quote!(__E2), &quote!(__D2), |model| quote!(<#model as #k::TensorCollection<#e, #d>>::To<__E2, __D2>))
        };
        let body = if sound { self.visit(fixed) } else { quote!(::core::unreachable!()) };
        let visitor = if sound { quote!(visitor) } else { quote!(_) };
        quote! {
            #[automatically_derived]
            impl<#(#parameters),*> #k::TensorCollection<#e, #d> for #own where #(#predicates),* {
                type To<__E2: #k::Dtype, __D2: #k::Device<__E2>> = #to;

                fn iter_tensors<__V: #k::ModuleVisitor<Self, #e, #d>>(
                    #visitor: &mut __V,
                ) -> ::core::result::Result<::core::option::Option<Self::To<__V::E2, __V::D2>>, __V::Err> {
                    #body
                }
            }
        }
    }

    fn visit(&self, fixed: bool) -> TokenStream {
        let Self { k, e, d, model } = self;
        let name = &model.input.ident;
        let visits = self.parts().map(|(i, field, part)| {
            let (variable, member, path, some, lengths) = (variable(i), &field.member, &field.path, part.some, &part.lengths);
            let part = self.part(i, part);
            let visit = quote! {
                let #variable = #k::part::show::<#part, Self, #e, #d, __V>(visitor, #path, &[#(#lengths),*], #some, &|s| &s.#member, &|s| &mut s.#member)?.0;
            };
            at(visit, field.span())
        });
        let variables: Vec<Ident> = self.parts().map(|(i, ..)| variable(i)).collect();
        let values = model.fields.iter().enumerate().map(|(i, field)| {
            let (member, variable) = (&field.member, variable(i));
            match &field.part {
                None => quote!(#member: ::core::default::Default::default()),
                Some(_) if fixed => quote!(#member: #k::part::same(#variable)),
                Some(_) => quote!(#member: #variable),
            }
        });
        // Without fields, none can be missing.
        let rest = (!variables.is_empty()).then(|| quote!(_ => ::core::option::Option::None,));
        let check = fixed.then(|| {
            let text = format!(
                "`{name}` is declared for one number type and one device, and cannot be moved to others: declare it as `struct {name}<E: Dtype = \
                 f32, D: Storage<E> = Cpu>`"
            );
            quote! {
                const {
                    ::core::assert!(
                        ::core::mem::size_of::<__V::E2>() == ::core::mem::size_of::<#e>()
                            && ::core::mem::size_of::<__V::D2>() == ::core::mem::size_of::<#d>(),
                        #text
                    );
                }
            }
        });
        quote! {
            #check
            #(#visits)*
            ::core::result::Result::Ok(match (#(#variables,)*) {
                (#(::core::option::Option::Some(#variables),)*) => ::core::option::Option::Some(#name { #(#values),* }),
                #rest
            })
        }
    }

    /// The field's description: `part::Many<part::One<..>>`.
    pub fn part(&self, i: usize, part: &Part) -> TokenStream {
        let (k, leaf, own) = (&self.k, &part.leaf, self.own());
        let mut code = match &part.kind {
            FieldKind::Model => quote!(#k::part::One<#leaf>),
            FieldKind::Tensor { trained, init } => {
                let init = match init {
                    Init::Zeros => quote!(#k::init::Zeros),
                    Init::Ones => quote!(#k::init::Ones),
                    Init::Number(_) | Init::By(_) => quote!(#k::init::By<#own, #i>),
                };
                quote!(#k::part::Own<#leaf, #init, #trained>)
            }
        };
        for layer in part.layers.iter().rev() {
            code = match layer {
                Layer::Vec => quote!(#k::part::Many<#code>),
                Layer::Option => quote!(#k::part::Maybe<#code>),
                Layer::Array(length) => quote!(#k::part::Array<#code, { #length }>),
            };
        }
        code
    }

    /// The initialization expressions of tensors.
    fn inits(&self) -> Vec<TokenStream> {
        let Self { k, e, d, .. } = self;
        let own = self.own();
        let item = |(i, _, part): (usize, &Field<'a>, &Part)| {
            let FieldKind::Tensor { init, .. } = &part.kind else { return None };
            let call = match init {
                Init::Zeros | Init::Ones => return None,
                Init::Number(number) => quote!(#k::init::constant(tensor, (#number) as ::core::primitive::f64)),
                Init::By(fill) => quote!(#k::init::fill_by(tensor, #fill)),
            };
            let (tensor, predicates) = (&part.leaf, self.predicates());
            let parameters = self.parameters(|_| quote!(#k::TensorCollection<#e, #d>));
            Some(quote! {
                #[automatically_derived]
                impl<#(#parameters),*> #k::init::FieldInit<#i, #tensor, #e, #d> for #own where #(#predicates),* {
                    fn fill(tensor: &mut #tensor) -> ::core::result::Result<(), <#d as #k::HasErr>::Err> {
                        #call
                    }
                }
            })
        };
        self.parts().filter_map(item).collect()
    }

    fn on_device(&self) -> TokenStream {
        let Self { k, e, d, model } = self;
        let (typing, predicates) = (&model.typing, self.predicates());
        if let Kind::Fixed { .. } = typing.kind {
            let (own, parameters) = (self.own(), self.parameters(|_| TokenStream::new()));
            return quote! {
                #[automatically_derived]
                impl<#(#parameters),*> #k::BuildOnDevice<#d, #e> for #own where #(#predicates),* {
                    type Built = Self;
                }
            };
        }
        let mut parameters = typing::parameters(model.input, |name| match &typing.kind {
            Kind::Parameters { e, d } if name == e || name == d => Bound::Gone,
            _ if typing.models.contains(name) => Bound::New(quote!(#k::BuildOnDevice<__D, __E>)),
            _ => Bound::Own,
        });
        parameters.extend([quote!(__E: #k::Scalar), quote!(__D: #k::Device<__E>)]);
        let from = self.moved(&quote!(::core::primitive::f32), &quote!(#k::Cpu), |model| model.to_token_stream());
        let to = self.moved(&quote!(__E), &quote!(__D), |model| quote!(<#model as #k::BuildOnDevice<__D, __E>>::Built));
        quote! {
            #[automatically_derived]
            impl<#(#parameters),*> #k::BuildOnDevice<__D, __E> for #from where #(#predicates),* {
                type Built = #to;
            }
        }
    }

    /// `new` and `try_new`.
    fn build(&self) -> TokenStream {
        let Self { k, e, d, model } = self;
        let (typing, vis, predicates) = (&model.typing, &model.input.vis, self.predicates());
        let f32 = quote!(::core::primitive::f32);
        // If the number type is open, `new` builds with `f32`, as networks do.
        let e = if let Kind::Parameters { .. } = typing.kind { &f32 } else { e };
        let model_bound = quote!(#k::TensorCollection<#e, #d>);
        let parameters = typing::parameters(model.input, |name| match &typing.kind {
            Kind::Parameters { e, .. } if name == e => Bound::Gone,
            Kind::Parameters { d, .. } if name == d => Bound::New(quote!(#k::Device<#e>)),
            Kind::Parameters { .. } if typing.models.contains(name) => {
                let bound = &model_bound;
                Bound::New(quote!(#bound))
            }
            _ if typing.models.contains(name) => Bound::New(TokenStream::new()),
            _ => Bound::Own,
        });
        let own = self.moved(e, d, |model| model.to_token_stream());
        let (method_parameters, bound) = match typing.kind {
            Kind::Open => (quote!(<#e: #k::Scalar, #d: #k::Device<#e>>), quote!(where Self: #k::BuildModule<#d, #e>)),
            Kind::Parameters { .. } if !typing.models.is_empty() => (TokenStream::new(), quote!(where Self: #k::BuildModule<#d, #e>)),
            _ => (TokenStream::new(), TokenStream::new()),
        };
        quote! {
            #[automatically_derived]
            #[allow(dead_code)]
            impl<#(#parameters),*> #own where #(#predicates),* {
                /// Builds the model on a device, each part with its own initialization, drawn from the device's random numbers.
                ///
                /// # Panics
                /// If the device is out of memory.
                #[must_use]
                #vis fn new #method_parameters (device: &#d) -> Self #bound {
                    <Self as #k::BuildModule<#d, #e>>::build(device)
                }

                /// Builds the model on a device, each part with its own initialization, drawn from the device's random numbers.
                ///
                /// # Errors
                /// If the device is out of memory.
                #vis fn try_new #method_parameters (device: &#d) -> ::core::result::Result<Self, <#d as #k::HasErr>::Err> #bound {
                    <Self as #k::BuildModule<#d, #e>>::try_build(device)
                }
            }
        }
    }
}

/// Moves code to a span of the user's, without changing its name resolution: compiler messages about it then point to that
/// place.
pub fn at(tokens: TokenStream, place: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = TokenTree::Group(Group::new(group.delimiter(), at(group.stream(), place)));
            }
            token.set_span(token.span().located_at(place));
            token
        })
        .collect()
}

/// The variable for field number `i`.
fn variable(i: usize) -> Ident {
    format_ident!("f{i}")
}
