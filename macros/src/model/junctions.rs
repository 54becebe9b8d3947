//! The check that each field of a `#[model(forward)]` struct takes what the one before it gives.
//!
//! What is known of the fields' shapes is known to the compiler alone, so the check is a constant. Where only number type and device
//! are parameters it stands for `f32` on the CPU, as an item that `cargo check` and editors work out. Where there are others, it stands
//! in the functions, and is made when one is compiled for the parameters' values: in `cargo build`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::expand::{Printer, at};
use super::structure::Part;
use super::typing::Kind;

/// The axes that a shape can have besides the batch.
const AXES: [usize; layercake_ir::MAX_RANK] = [0, 1, 2, 3, 4];

/// The struct as a field of another one.
pub fn ports(printer: &Printer, parameters: &[TokenStream]) -> Option<TokenStream> {
    let Printer { k, e, d, .. } = printer;
    if let Kind::Open = printer.model.typing.kind {
        return None;
    }
    let (own, predicates) = (printer.own(), printer.predicates());
    let all = printer.parts().map(|(_, _, part)| {
        let (ports, repeated) = (of(printer, part), repeated(part));
        quote!(#ports #repeated)
    });
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
    one
}

/// A field that is gone through several times gives what it takes.
fn repeated(part: &Part) -> Option<TokenStream> {
    (!part.layers.is_empty()).then(|| quote!(.repeated()))
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
            let (name, ports, repeated) = (&field.path, of(printer, part), repeated(part));
            // Whether a network takes other lengths cannot be asked here.
            let ports = quote!(#ports.unless_it_may_stretch());
            let entry = before.map(|source| at(quote!(flow.enters(&ports, #name, #source);), field.span()));
            let again = (!part.layers.is_empty()).then(|| at(quote!(#k::junction::again(&ports, #name);), field.span()));
            before = Some(name);
            quote!(let ports = #ports; #entry #again let flow = flow.after(&ports #repeated);)
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
        .map(|(step, (_, field, part))| {
            let name = &field.path;
            let word = |word: &str, step: usize| format_ident!("__{word}{step}");
            let [stated, ports, flow, taken, typed, seen, x, leaf, fits, passed, y] =
                ["STATED", "PORTS", "FLOW", "TAKEN", "TYPED", "SEEN", "X", "LEAF", "FITS", "PASSED", "Y"].map(|name| word(name, step));
            let [next_flow, next_seen, next_y] = ["FLOW", "SEEN", "Y"].map(|name| word(name, step + 1));
            let (known, ty, repeated) = (of(printer, part), &part.leaf, repeated(part));
            let entry = before.map(|source| at(quote!(const _: () = #flow.enters(&#ports, #name, #source);), field.span()));
            let listed = !part.layers.is_empty();
            let again = listed.then(|| at(quote!(const _: () = #k::junction::again(&#ports, #name);), field.span()));
            before = Some(name);
            let tensor = |shape: &TokenStream| {
                let sizes = AXES.map(|axis| quote!({ #shape.dim(#axis) }));
                // Token ids are whole numbers.
                let numbers = quote!(<#k::ports::Choice<{ #shape.is_ids() }> as #k::ports::Choose<::core::primitive::usize, #e>>::Chosen);
                quote!(#k::Tensor<<#k::ports::Sizes<{ #shape.rank() }, #(#sizes),*> as #k::ports::Typed>::Shape, #numbers, #d>)
            };
            let stretched = AXES.map(|axis| {
                let longer = tensor(&quote!(#stated.stretched(#axis)));
                quote!(<#k::ports::Fits<#ty, #longer>>::FITS)
            });
            let typed_input = tensor(&taken.to_token_stream());
            let check = at(quote!(const _: () = #k::ports::receives::<#leaf, #x>();), field.span());
            // What goes through all items of a list stays what it was.
            let given = if listed { quote!(#x) } else { quote!(<#passed as #k::Module<#x>>::Output) };
            quote! {
                const #stated: #k::junction::Ports = #known;
                const #ports: #k::junction::Ports = #stated.unless_it_takes([#(#stretched),*]);
                #entry
                #again
                const #next_flow: #k::junction::Flow = #flow.after(&#ports #repeated);
                // What the compiler's own check of the field assumes: what the field states itself, so that one mistake gives one
                // message, or else what the field before it gives.
                const #taken: #k::ir::Shape = #flow.taken_by(&#ports);
                const #typed: ::core::primitive::bool = !#taken.is_unknown();
                type #x = <#k::ports::Choice<{ #typed }> as #k::ports::Choose<
                    #typed_input,
                    #y,
                >>::Chosen;
                // Of a field that is no model, that is said already.
                type #leaf = <#k::ports::Choice<{ (#typed || #seen) && <#k::ports::Models<#ty, #e, #d>>::MODELS }> as #k::ports::Choose<
                    #ty,
                    #k::ports::Blank,
                >>::Chosen;
                // After a field that cannot take it, nothing is known again.
                const #fits: ::core::primitive::bool = <#k::ports::Fits<#leaf, #x>>::FITS;
                const #next_seen: ::core::primitive::bool = (#typed || #seen) && #fits;
                type #passed = <#k::ports::Choice<{ #fits }> as #k::ports::Choose<#leaf, #k::ports::Blank>>::Chosen;
                type #next_y = #given;
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
