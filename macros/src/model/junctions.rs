//! The check that each field of a `#[model(forward)]` struct accepts the output of the field before it.
//!
//! Only the compiler knows the fields' shapes, so the check is a constant. If only number type and device
//! are parameters, it is an item for `f32` on the CPU, which `cargo check` and editors evaluate. With other parameters, it is
//! inside the functions and is evaluated when they are compiled for the parameters' values, in `cargo build`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::expand::{Printer, at};
use super::structure::Part;
use super::typing::Kind;

/// The maximum number of axes without the batch.
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

/// The known facts about a field.
fn of(printer: &Printer, part: &Part) -> TokenStream {
    let Printer { k, e, d, .. } = printer;
    let leaf = &part.leaf;
    let one = quote!(<#k::ports::Net<#leaf, #e, #d>>::PORTS.or(<#k::ports::Stated<#leaf, #e, #d>>::PORTS));
    one
}

/// A field that is applied several times returns its input's type.
fn repeated(part: &Part) -> Option<TokenStream> {
    (!part.layers.is_empty()).then(|| quote!(.repeated()))
}

/// Whether only number type and device are open.
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
            // Whether a network accepts other lengths is not known here.
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
                // Token ids are integers.
                let numbers = quote!(<#k::ports::Choice<{ #shape.is_ids() }> as #k::ports::Choose<::core::primitive::usize, #e>>::Chosen);
                quote!(#k::Tensor<<#k::ports::Sizes<{ #shape.rank() }, #(#sizes),*> as #k::ports::Typed>::Shape, #numbers, #d>)
            };
            let stretched = AXES.map(|axis| {
                let longer = tensor(&quote!(#stated.stretched(#axis)));
                quote!(<#k::ports::Fits<#ty, #longer>>::FITS)
            });
            let typed_input = tensor(&taken.to_token_stream());
            let check = at(quote!(const _: () = #k::ports::receives::<#leaf, #x>();), field.span());
            // A list keeps its type from item to item.
            let given = if listed { quote!(#x) } else { quote!(<#passed as #k::Module<#x>>::Output) };
            quote! {
                const #stated: #k::junction::Ports = #known;
                const #ports: #k::junction::Ports = #stated.unless_it_takes([#(#stretched),*]);
                #entry
                #again
                const #next_flow: #k::junction::Flow = #flow.after(&#ports #repeated);
                // The input that the compiler's own check assumes: the one that the field states, so that one mistake gives one
                // message, else the output of the field before it.
                const #taken: #k::ir::Shape = #flow.taken_by(&#ports);
                const #typed: ::core::primitive::bool = !#taken.is_unknown();
                type #x = <#k::ports::Choice<{ #typed }> as #k::ports::Choose<
                    #typed_input,
                    #y,
                >>::Chosen;
                // A field that is not a model is reported elsewhere.
                type #leaf = <#k::ports::Choice<{ (#typed || #seen) && <#k::ports::Models<#ty, #e, #d>>::MODELS }> as #k::ports::Choose<
                    #ty,
                    #k::ports::Blank,
                >>::Chosen;
                // After a mismatch, the type is unknown.
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
