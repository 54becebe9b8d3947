//! The constructors of a network that is read from a file.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;

use super::Printer;
use crate::ast::{File, FileValue};
use crate::flow::number;

impl Printer<'_> {
    /// The constants that make cargo compile again when a file has changed, and `pretrained`. None for a declared network.
    pub(super) fn pretrained(&self) -> Vec<TokenStream> {
        let Self { k, name, d, .. } = self;
        let Some(file) = &self.model.network.file else { return Vec::new() };
        let vis = &self.model.network.vis;
        let written = file.path.as_ref().map_or_else(String::new, syn::LitStr::value);
        let place = place(&written);
        let sound = self.mistakes.is_empty();
        let included = included(file);
        // Cargo knows the files that a crate includes. The compiler drops a constant that nothing uses.
        let beside: Vec<(&String, TokenStream)> =
            self.model.files.iter().map(|name| (name, self::place(&sibling(&written, name)))).collect();
        let places = std::iter::once(&place).chain(beside.iter().map(|(_, place)| place));
        let watched = places.filter(|_| sound).map(|place| {
            quote!(
                const _: &[::core::primitive::u8] = ::core::include_bytes!(#place);
            )
        });
        let bytes = match included {
            true => quote!(::core::option::Option::Some(::core::include_bytes!(#place))),
            false => quote!(::core::option::Option::None),
        };
        let others = beside.iter().filter(|_| included).map(|(name, place)| quote!((#name, ::core::include_bytes!(#place))));
        let source = source(k, file, &place, quote!(bytes: #bytes, beside: &[#(#others),*]));
        // Without the reader there is no such error, and the program does not compile in any case.
        let error = if cfg!(feature = "onnx") { quote!(#k::onnx::OnnxError) } else { quote!(::core::convert::Infallible) };
        let [own, other] = match sound {
            true => [quote!(#k::onnx::pretrained(&#source, device)), quote!(#k::onnx::pretrained_from(&#source, path.as_ref(), device))],
            false => [
                quote!({
                    let _ = device;
                    ::core::panic!()
                }),
                quote!({
                    let _ = (path, device);
                    ::core::panic!()
                }),
            ],
        };
        let about = match included {
            true => format!("Builds the network on a device with the tensors of `{written}`, which are in the program."),
            false => format!(
                "Builds the network on a device with the tensors of `{written}`, which is read from the folder where the program was \
                 compiled; [`pretrained_from`](Self::pretrained_from) reads it from elsewhere."
            ),
        };
        let methods = quote! {
            #[allow(dead_code)]
            impl<#d: #k::Backend<f32>> #name<f32, #d> {
                #[doc = #about]
                ///
                /// # Errors
                /// Returns an error if the file cannot be read or describes another network than when the program was compiled, or if the device is
                /// out of memory.
                #vis fn pretrained(device: &#d) -> ::core::result::Result<Self, #error> {
                    #own
                }

                /// Builds the network on a device with the tensors of a file that describes the same network.
                ///
                /// # Errors
                /// The same as for [`pretrained`](Self::pretrained).
                #vis fn pretrained_from(
                    path: impl ::core::convert::AsRef<::std::path::Path>,
                    device: &#d,
                ) -> ::core::result::Result<Self, #error> {
                    #other
                }
            }
        };
        watched.chain([methods]).map(|item| self.here(item)).collect()
    }
}

/// The path for the compiler, which knows where the crate's folder is.
fn place(path: &str) -> TokenStream {
    if Path::new(path).is_absolute() {
        return quote!(#path);
    }
    let path = format!("/{path}");
    quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path))
}

/// The path of a file that lies beside another.
fn sibling(path: &str, name: &str) -> String {
    Path::new(path).with_file_name(name).to_string_lossy().into_owned()
}

/// Whether the weights are in the program.
fn included(file: &File) -> bool {
    file.options.iter().any(|option| option.value == FileValue::Word("included".to_owned()))
}

/// The file and its options, for the reader at run time.
fn source(k: &TokenStream, file: &File, place: &TokenStream, content: TokenStream) -> TokenStream {
    let (mut sizes, mut shapes, mut batch) = (Vec::new(), Vec::new(), quote!(Agreed));
    for option in &file.options {
        let name = &option.name;
        match &option.value {
            FileValue::Size(size) => {
                let size = number(*size);
                sizes.push(quote!((#name, #size)));
            }
            FileValue::Shape(list) => {
                let list = list.iter().map(|size| match size {
                    Some(size) => {
                        let size = number(*size);
                        quote!(::core::option::Option::Some(#size))
                    }
                    None => quote!(::core::option::Option::None),
                });
                shapes.push(quote!((#name, &[#(#list),*])));
            }
            FileValue::Word(word) if word == "first" => batch = quote!(First),
            FileValue::Word(word) if word == "absent" => batch = quote!(Absent),
            FileValue::Word(_) => {}
        }
    }
    quote! {
        #k::onnx::Source {
            path: #place,
            #content,
            sizes: &[#(#sizes),*],
            shapes: &[#(#shapes),*],
            batch: #k::onnx::BatchAxis::#batch,
        }
    }
}
