//! The struct and its constructors.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{Printer, docs};
use crate::ast::PathLayer;
use crate::flow::number;
use crate::layers::Axes;
use crate::lower::{RUNTIME, What};
use crate::params;
use crate::settings::{Num, Value};
use crate::shape::{Node, State};

impl Printer<'_> {
    /// The layers that own tensors and are fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&Ident, &Node)> {
        self.model.nodes.iter().filter_map(|node| Some((node.field.as_ref()?, node)))
    }

    pub(super) fn structure(&self) -> TokenStream {
        let Self { k, name, e, d, consts, .. } = self;
        let network = self.model.network;
        // After a mistake, a derived trait could cause further messages.
        let sound = self.mistakes.is_empty();
        let attrs = network.attrs.iter().filter(|attr| !attr.path().is_ident("cfg") && (sound || !attr.path().is_ident("derive")));
        let docs = docs::network(self.model);
        let vis = &network.vis;
        let fields = self.fields().map(|(field, node)| {
            let ty = self.field_type(node);
            let user = &node.docs;
            let inputs: Vec<_> = node.inputs.iter().map(|&value| self.model.flow(value)).collect();
            let docs = docs::field(node, &inputs);
            quote!(#(#user)* #docs #vis #field: #ty)
        });
        let runtime = format_ident!("{RUNTIME}");
        // Without layers, nothing else uses the parameters.
        let types = self.lacks_types().then(|| quote!(__types: ::core::marker::PhantomData<(#e, #d)>,));
        quote! {
            #(#attrs)*
            #docs
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #vis struct #name<#consts #e: #k::Dtype = f32, #d: #k::Storage<#e> = #k::Cpu> {
                #(#fields,)*
                #types
                #runtime: #k::Runtime,
            }
        }
    }

    /// Whether no field uses the parameters for dtype and device.
    pub(super) fn lacks_types(&self) -> bool {
        fn names(tokens: TokenStream, word: &Ident) -> bool {
            tokens.into_iter().any(|token| match token {
                proc_macro2::TokenTree::Ident(other) => other == *word,
                proc_macro2::TokenTree::Group(group) => names(group.stream(), word),
                _ => false,
            })
        }
        let named = |word: &Ident| self.fields().any(|(_, node)| names(self.field_type(node), word));
        [&self.e, &self.d].into_iter().any(|word| !named(word))
    }

    /// The type of a field.
    pub(super) fn field_type(&self, node: &Node) -> TokenStream {
        let Self { e, d, .. } = self;
        match &node.what {
            What::Network { network: PathLayer { path, generics, .. }, .. } => {
                let own = generics.as_ref().filter(|generics| !generics.is_empty()).map(|generics| quote!(#generics,));
                quote!(#path<#own #e, #d>)
            }
            What::Custom(PathLayer { path, generics: Some(generics), .. }) if generics.is_empty() => path.clone(),
            What::Custom(PathLayer { path, generics: Some(generics), .. }) => quote!(#path<#generics>),
            What::Custom(PathLayer { path, args, .. }) => {
                let sizes = args.iter().flatten().map(|arg| match arg {
                    syn::Expr::Lit(_) | syn::Expr::Path(_) => quote!(#arg),
                    arg => quote!({ #arg }),
                });
                quote!(#path<#(#sizes,)* #e, #d>)
            }
            _ => self.layer_type(node),
        }
    }

    /// `layers::Conv2d<1, 6, 5, 5, E, D>`
    fn layer_type(&self, node: &Node) -> TokenStream {
        let Self { k, e, d, .. } = self;
        let Some(field) = node.row().and_then(|row| row.module) else { return TokenStream::new() };
        let layer = format_ident!("{}", field.layer);
        let given = field.given.iter().map(|name| self.given(node, name));
        let axes: Vec<(usize, usize)> = match field.axes {
            Axes::Of(axes) => axes.to_vec(),
            Axes::Named(axes) => {
                let sizes = axes.iter().map(|(tensor, axis)| match &node.state {
                    State::Decided(op) => number(op.params().dim_of(tensor, *axis)),
                    State::Generic(op) => params::code(&self.model.params, number(op.params().dim_of(tensor, *axis))),
                    State::Rule(rule) => {
                        let (owner, attempt, axis) = (&self.model.symbols.owner, &rule.attempt, number(*axis));
                        self.argument(false, quote!(#owner::#attempt.decided.0.params().dim_of(#tensor, #axis)))
                    }
                    State::Custom | State::Lost => number(0),
                });
                let switch = self.switch(node, field.switch);
                return quote!(#k::layers::#layer<#(#sizes,)* #(#given,)* #e, #d #switch>);
            }
            Axes::Shape(list) => (0..node.settings.list(list).len().max(1)).map(|axis| (0, axis)).collect(),
        };
        let sizes = axes.into_iter().map(|(tensor, axis)| match &node.state {
            State::Decided(op) => number(op.params().dim(tensor, axis)),
            State::Generic(op) => params::code(&self.model.params, number(op.params().dim(tensor, axis))),
            State::Rule(rule) => {
                let (owner, attempt, tensor, axis) = (&self.model.symbols.owner, &rule.attempt, number(tensor), number(axis));
                self.argument(false, quote!(#owner::#attempt.decided.0.params().dim(#tensor, #axis)))
            }
            State::Custom | State::Lost => number(0),
        });
        let switch = self.switch(node, field.switch);
        match field.axes {
            Axes::Of(_) | Axes::Named(_) => quote!(#k::layers::#layer<#(#sizes,)* #(#given,)* #e, #d #switch>),
            Axes::Shape(_) => quote!(#k::layers::#layer<(#(#k::Const<#sizes>,)*), #e, #d #switch>),
        }
    }

    /// A setting as a const argument.
    fn given(&self, node: &Node, name: &str) -> TokenStream {
        let ir = &self.ir;
        match node.settings.get(name).and_then(|setting| setting.value.as_ref()) {
            Some(Value::Size(Num::Known(layercake_ir::INFER))) => self.argument(false, quote!(#ir::INFER)),
            Some(Value::Size(Num::Known(size))) => number(*size),
            Some(Value::Size(Num::Param(param))) => param.name.to_token_stream(),
            Some(Value::Bool(Num::Known(value))) => quote!(#value),
            Some(Value::Size(Num::Named(symbol)) | Value::Bool(Num::Named(symbol))) => {
                self.argument(false, self.model.symbols.path(symbol))
            }
            Some(Value::Bool(_)) => quote!(false),
            _ => number(0),
        }
    }

    /// A layer's last parameter, if it is not the type's default.
    fn switch(&self, node: &Node, switch: Option<&str>) -> Option<TokenStream> {
        match switch.and_then(|switch| node.settings.get(switch)).and_then(|setting| setting.value.as_ref()) {
            Some(Value::Bool(Num::Known(false))) => Some(quote!(, false)),
            Some(Value::Bool(Num::Named(symbol))) => {
                let code = self.argument(false, self.model.symbols.path(symbol));
                Some(quote!(, #code))
            }
            _ => None,
        }
    }

    pub(super) fn build(&self) -> TokenStream {
        let Self { k, name, d, consts, own, .. } = self;
        let vis = &self.model.network.vis;
        // Only one of them may be used, or dfdx's constructor.
        let methods = quote! {
            #[allow(dead_code)]
            impl<#consts #d: #k::Device<f32>> #name<#own f32, #d> {
                /// Builds the network on a device, with PyTorch's default initialization drawn from the device's random numbers.
                ///
                /// # Panics
                /// If the device is out of memory.
                #[must_use]
                #vis fn new(device: &#d) -> Self {
                    <Self as #k::BuildModule<#d, f32>>::build(device)
                }

                /// Builds the network on a device, with PyTorch's default initialization drawn from the device's random numbers.
                ///
                /// # Errors
                /// If the device is out of memory.
                #vis fn try_new(device: &#d) -> ::core::result::Result<Self, #d::Err> {
                    <Self as #k::BuildModule<#d, f32>>::try_build(device)
                }
            }
        };
        self.here(methods)
    }
}
