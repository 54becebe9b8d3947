//! The check that each field of a `#[model(forward)]` struct takes what the one before it gives.
//!
//! What is known of the fields' shapes is known to the compiler alone, so the check is a constant. Where only number type and device
//! are parameters it stands for `f32` on the CPU, as an item that `cargo check` and editors work out. Where there are others, it stands
//! in the functions, and is made when one is compiled for the parameters' values: in `cargo build`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::expand::{Printer, at};
use super::structure::Part;
use super::typing::Kind;

/// The struct as a field of another one.
pub fn ports(printer: &Printer, parameters: &[TokenStream]) -> Option<TokenStream> {
    let Printer { k, e, d, .. } = printer;
    if let Kind::Open = printer.model.typing.kind {
        return None;
    }
    let (own, predicates) = (printer.own(), printer.predicates());
    let all = printer.parts().map(|(_, _, part)| of(printer, part));
    Some(quote! {
        #[automatically_derived]
        impl<#(#parameters),*> #k::ports::HasPorts<#e, #d> for #own where #(#predicates),* {
            const PORTS: #k::junction::Ports = {
                #[allow(unused_imports)]
                use #k::ports::Otherwise as _;
                #k::junction::Ports::chain(&[#(#all),*])
            };
        }
    })
}

/// What is known of a field.
fn of(printer: &Printer, part: &Part) -> TokenStream {
    let Printer { k, e, d, .. } = printer;
    let leaf = &part.leaf;
    let one = quote!(<#k::ports::Net<#leaf, #e, #d>>::PORTS.or(<#k::ports::Stated<#leaf, #e, #d>>::PORTS));
    if part.layers.is_empty() { one } else { quote!(#one.repeated()) }
}

/// Does nothing but number type and device stand open?
fn concrete(printer: &Printer) -> bool {
    let parameters = printer.model.input.generics.params.len();
    match printer.model.typing.kind {
        Kind::Parameters { .. } => parameters == 2,
        Kind::Fixed { .. } => parameters == 0,
        Kind::Open => false,
    }
}

/// The check within a function.
pub fn within(printer: &Printer) -> Option<TokenStream> {
    if concrete(printer) || matches!(printer.model.typing.kind, Kind::Open) {
        return None;
    }
    let k = &printer.k;
    let mut before: Option<&str> = None;
    let checks: Vec<TokenStream> = printer
        .parts()
        .map(|(_, field, part)| {
            let (name, place) = (&field.path, at(field.span()));
            let ports = of(printer, part);
            let entry = before.map(|source| quote_spanned!(place=> flow.enters(&ports, #name, #source);));
            let repeat = (!part.layers.is_empty()).then(|| quote_spanned!(place=> #k::junction::repeats(&ports, #name);));
            before = Some(name);
            quote!(let ports = #ports; #entry #repeat let flow = flow.after(&ports);)
        })
        .collect();
    Some(quote! {
        const {
            #[allow(unused_imports)]
            use #k::ports::Otherwise as _;
            let flow = #k::junction::Flow::Unknown;
            #(#checks)*
            let _ = flow;
        }
    })
}

/// The check as an item.
pub fn items(printer: &Printer) -> Option<TokenStream> {
    if !concrete(printer) {
        return None;
    }
    let Printer { k, e, d, model } = printer;
    let aliases = match &model.typing.kind {
        Kind::Parameters { e, d } => quote!(type #e = ::core::primitive::f32; type #d = #k::Cpu;),
        _ => TokenStream::new(),
    };
    let mut before: Option<&str> = None;
    let fields: Vec<TokenStream> = printer
        .parts()
        .enumerate()
        .map(|(step, (i, field, part))| {
            let (name, place) = (&field.path, at(field.span()));
            let word = |word: &str, step: usize| format_ident!("__{word}{step}");
            let [ports, flow, taken, typed, seen, x, p, y] =
                ["PORTS", "FLOW", "TAKEN", "TYPED", "SEEN", "X", "P", "Y"].map(|name| word(name, step));
            let [next_flow, next_seen, next_y] = ["FLOW", "SEEN", "Y"].map(|name| word(name, step + 1));
            let (known, shape) = (of(printer, part), printer.part(i, field, part));
            let entry = before.map(|source| quote_spanned!(place=> const _: () = #flow.enters(&#ports, #name, #source);));
            let repeat = (!part.layers.is_empty()).then(|| quote_spanned!(place=> const _: () = #k::junction::repeats(&#ports, #name);));
            before = Some(name);
            let sizes = (0..5usize).map(|axis| quote!({ #taken.dim(#axis) }));
            let check = quote_spanned!(place=> const _: () = #k::ports::takes::<#p, #x>(););
            quote! {
                const #ports: #k::junction::Ports = #known;
                #entry
                #repeat
                const #next_flow: #k::junction::Flow = #flow.after(&#ports);
                // What the compiler's own check of the field assumes: what the field states itself, so that one mistake gives one
                // message, or else what the field before it gives.
                const #taken: #k::ir::Shape = #flow.taken_by(&#ports);
                const #typed: ::core::primitive::bool = !#taken.is_unknown();
                const #next_seen: ::core::primitive::bool = #typed || #seen;
                type #x = <#k::ports::Choice<{ #typed }> as #k::ports::Choose<
                    #k::Tensor<<#k::ports::Sizes<{ #taken.rank() }, #(#sizes),*> as #k::ports::Typed>::Shape, #e, #d>,
                    #y,
                >>::Chosen;
                type #p = <#k::ports::Choice<{ #next_seen }> as #k::ports::Choose<#shape, #k::ports::Blank>>::Chosen;
                type #next_y = <#p as #k::forward::Forward<#x>>::Output;
                #check
            }
        })
        .collect();
    Some(quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #k::ports::Otherwise as _;
            #aliases
            const __FLOW0: #k::junction::Flow = #k::junction::Flow::Unknown;
            const __SEEN0: ::core::primitive::bool = false;
            type __Y0 = #k::ports::Anything;
            #(#fields)*
        };
    })
}
