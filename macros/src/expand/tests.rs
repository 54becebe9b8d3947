use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::testing::{LENET5, expanded, tokens};

/// Text without white space, which varies between tokens.
fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

#[track_caller]
fn has(expansion: &str, text: &str) {
    assert!(dense(expansion).contains(&dense(text)), "`{text}` is missing in:\n{}", pretty(expansion));
}

#[track_caller]
fn lacks(expansion: &str, text: &str) {
    assert!(!dense(expansion).contains(&dense(text)), "`{text}` must not be in:\n{}", pretty(expansion));
}

/// How often a word occurs in code, without string literals.
fn occurrences(tokens: TokenStream, word: &str) -> usize {
    let count = |token| match token {
        TokenTree::Group(group) => occurrences(group.stream(), word),
        TokenTree::Ident(ident) => usize::from(ident == word),
        _ => 0,
    };
    tokens.into_iter().map(count).sum()
}

fn pretty(expansion: &str) -> String {
    syn::parse_str(expansion).map_or_else(|error| format!("{error}: {expansion}"), |file| prettyplease::unparse(&file))
}

const VGG16: &str = "VGG16: [3, 224, 224] -> [1000] {
    Conv2d(64, kernel = 3, padding = 1), ReLU, Conv2d(64, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
    Conv2d(128, kernel = 3, padding = 1), ReLU, Conv2d(128, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
    Conv2d(256, kernel = 3, padding = 1), ReLU, Conv2d(256, kernel = 3, padding = 1), ReLU, Conv2d(256, kernel = 3, padding = 1), ReLU,
    MaxPool2d(2),
    Conv2d(512, kernel = 3, padding = 1), ReLU, Conv2d(512, kernel = 3, padding = 1), ReLU, Conv2d(512, kernel = 3, padding = 1), ReLU,
    MaxPool2d(2),
    Conv2d(512, kernel = 3, padding = 1), ReLU, Conv2d(512, kernel = 3, padding = 1), ReLU, Conv2d(512, kernel = 3, padding = 1), ReLU,
    MaxPool2d(2),
    Flatten, Linear(25088 -> 4096), ReLU, Dropout, Linear(4096), ReLU, Dropout, Linear(1000),
}";

#[test]
fn a_known_network_is_all_literals() {
    let expansion = expanded(LENET5);
    has(&expansion, "pub conv1: ::layercake::__private::layers::Conv2d<1, 6, 5, 5, E, D>");
    has(&expansion, "pub fc1: ::layercake::__private::layers::Linear<400, 120, E, D>");
    has(&expansion, "pub fc3: ::layercake::__private::layers::Linear<84, 10, E, D, false>");
    has(&expansion, "(Batch, ::layercake::__private::Const<1>, ::layercake::__private::Const<28>, ::layercake::__private::Const<28>)");
    has(&expansion, "pub const OUTPUT: [usize; 1] = [10];");
    has(
        &expansion,
        "const __C5: Op = Op::Conv2d(ops::Conv2d { in_channels: 6, out_channels: 16, kernel: [5, 5], stride: [1, 1], padding: [0, 0], \
         dilation: [1, 1], groups: 1, bias: true }); const __C6: Shape = Shape::new(&[16, 10, 10]);",
    );
    has(&expansion, "Node::of_one(\"conv2\", __C5, 3, 4, __C6)");
    // No helper type, no rules left to the compiler, nothing for layers without tensors.
    for text in ["struct __LeNet5Sizes", "blame", "attempt", "tanh_1:", "PhantomData", "compile_error"] {
        lacks(&expansion, text);
    }
}

#[test]
fn documentation_is_a_table() {
    let expansion = expanded(LENET5);
    for text in [
        " LeNet-5 (LeCun et al., 1998).",
        "| `conv1` | `Conv2d(6, kernel = 5, padding = 2)` | `[6, 28, 28]` | 156 |",
        "| `tanh_1` | `Tanh` | `[6, 28, 28]` | 0 |",
        // fc3 has no bias: 10 fewer than LeNet-5's 61,706.
        "61,696 parameters; for one sample, 833,040 floating-point operations and 15,002 activations; receptive field 16 x 16.",
        "`Linear(400 -> 120)`: `[400]` -> `[120]`, 48,120 parameters",
        " The classifier.",
    ] {
        assert!(expansion.contains(text), "`{text}` is missing in:\n{}", pretty(&expansion));
    }
}

#[test]
fn paths_are_absolute_and_the_crate_is_the_callers() {
    let block = tokens(&format!("{LENET5} Named: [A, 3] -> [B_] {{ Linear(B_ -> A, bias = C), Dropout(P), Flatten -> [_] }}"));
    let expansion = crate::network::network(quote!(($crate::inner) #block)).to_string();
    has(&expansion, "$crate::inner::__private::Runtime");
    lacks(&expansion, "layercake");
    for word in ["Option", "Result", "Vec", "Clone", "Debug", "Default", "PhantomData", "std", "core", "compile_error"] {
        for (at, _) in expansion.match_indices(&format!(" {word} ")) {
            let before = &expansion[..at];
            assert!(before.ends_with("::"), "`{word}` after `{}`", &before[before.len().saturating_sub(60)..]);
        }
    }
    for word in ["Some (", "None ,", "Ok (", "Err (", "String", "vec !", "panic !", "unwrap ()"] {
        for (at, _) in expansion.match_indices(word) {
            assert!(expansion[..at].ends_with(":: "), "`{word}` is not absolute");
        }
    }
}

#[test]
fn emitted_code_stays_small() {
    fn count(tokens: TokenStream) -> usize {
        tokens.into_iter().map(|token| 1 + if let TokenTree::Group(group) = token { count(group.stream()) } else { 0 }).sum()
    }
    let of = |block: &str| count(tokens(&expanded(block)));
    let (none, vgg) = (of("N: [1] -> [1] {}"), of(VGG16));
    assert!(none < 2860, "{none} tokens around the layers");
    // 39 layers, 16 of them with tensors.
    assert!((vgg - none) / 39 < 140, "{} tokens a layer", (vgg - none) / 39);
}

#[test]
fn constants_are_evaluated_once_and_blamed_by_part() {
    let expansion = expanded(
        "N: [super::WIDTH, 9, 9] -> [CLASSES, _, _] { conv: Conv2d(CHANNELS, kernel = (HEIGHT, 3), padding = 1) -> [_, 7, 7], ReLU }",
    );
    for constant in ["WIDTH", "CLASSES", "CHANNELS", "HEIGHT"] {
        assert_eq!(occurrences(tokens(&expansion), constant), 1, "{constant}");
    }
    has(&expansion, "const S1: usize = CHANNELS;");
    has(&expansion, "kernel: [::layercake::__private::ir::stated(__NSizes::S2), 3]");
    has(&expansion, "in_channels: ::layercake::__private::ir::INFER");
    for part in ["Out", r#"Option("kernel")"#, r#"Option("padding")"#] {
        has(&expansion, &format!("blame(&__NSizes::N0.outcome, Part::{part}, &[]);"));
    }
    let rest = r#"Part::In, Part::Option("stride"), Part::Option("dilation"), Part::Option("groups")"#;
    has(&expansion, &format!("blame(&__NSizes::N0.outcome, Part::Layer, &[{rest}]);"));
    has(&expansion, "blame(&__NSizes::N1.outcome, Part::Layer, &[]);");
    has(&expansion, "blame(&__NSizes::INPUT_0_RESULT, Part::In, &[]);");
    has(&expansion, "blame(&__NSizes::D0_RESULT, Part::Out, &[]);");
    has(&expansion, "blame(&__NSizes::D1_RESULT, Part::Out, &[]);");
    has(&expansion, "Conv2d<{ __NSizes::N0.decided.0.params().dim(0, 1) }");
}

#[test]
fn what_is_known_stays_literal_among_constants() {
    let expansion = expanded("N: [784] -> [10] { a: Linear(300), b: Linear(HIDDEN), c: Linear(100), d: Linear(10) }");
    has(&expansion, "a: ::layercake::__private::layers::Linear<784, 300, E, D>");
    has(&expansion, "d: ::layercake::__private::layers::Linear<100, 10, E, D>");
    has(&expansion, "pub const OUTPUT: [usize; 1] = [10];".trim_start_matches("pub "));
    assert_eq!(expansion.matches("blame (").count(), 2 * 2, "two layers, each for its size and the rest");
}

#[test]
fn after_a_mistake_the_same_items_stand() {
    let wrong = LENET5.replace("400 ->", "410 ->");
    let (right, stub) = (expanded(LENET5), expanded(&wrong));
    let items = |expansion: &str| -> Vec<String> {
        let file = syn::parse_str::<syn::File>(expansion).unwrap();
        let signature = |item: &syn::ImplItem| match item {
            syn::ImplItem::Fn(method) => {
                let signature = &method.sig;
                quote!(#signature).to_string()
            }
            syn::ImplItem::Const(constant) => constant.ident.to_string(),
            other => quote!(#other).to_string(),
        };
        let items = file.items.iter().map(|item| match item {
            syn::Item::Impl(item) => item.items.iter().map(signature).collect::<Vec<_>>().join("; "),
            syn::Item::Struct(item) => item.fields.iter().map(|field| quote!(#field.ident).to_string().len().to_string()).collect(),
            other => quote!(#other).to_string(),
        });
        items.collect()
    };
    assert_eq!(items(&right)[1..], items(&stub)[1..]);
    assert_eq!(stub.matches("compile_error").count(), 1);
    has(&stub, "pub fc3: ::layercake::__private::layers::Linear<84, 10, E, D, false>");
    // The mistake is in the graph constant, so that nothing else is computed from it.
    let graph = stub.split("const GRAPH").nth(1).unwrap();
    assert!(graph.split("const INPUT").next().unwrap().contains("compile_error"));
}

#[test]
fn a_network_without_layers_still_names_its_parameters() {
    let expansion = expanded("pub N: [3] -> [3] { ReLU }");
    has(&expansion, "__types: ::core::marker::PhantomData<(E, D)>");
    lacks(&expansion, "__FIELDS");
}

#[test]
fn cfg_is_on_every_item_and_other_attributes_on_the_struct() {
    for block in ["N: [A] -> [_] { Linear(A), ReLU -> [A] }", "N: [4] -> [4] { Linear(5) }"] {
        let expansion = expanded(&format!("#[cfg(feature = \"x\")] #[derive(Mine)] #[repr(C)] {block}"));
        let file = syn::parse_str::<syn::File>(&expansion).unwrap();
        let cfgs = expansion.matches("# [cfg (feature = \"x\")]").count();
        assert_eq!(cfgs, file.items.len(), "{}", pretty(&expansion));
        assert_eq!(expansion.matches("repr (C)").count(), 1);
    }
}

#[test]
fn a_network_called_like_a_parameter_gives_way() {
    for name in ["E", "D", "Batch", "V", "E2", "D2"] {
        let expansion = expanded(&format!("{name}: [3] -> [3] {{ Linear(3) }}"));
        has(&expansion, &format!("{name}_: "));
    }
}

#[test]
fn several_ports_are_parameters_and_a_tuple() {
    let expansion = expanded(
        "pub N: { left: [4], right: [2, 3] } -> { sum: [4], rest: [_, 3] } { a: Linear(4), output sum, from right, ReLU, output rest }",
    );
    has(&expansion, "left: ::layercake::__private::Tensor<(Batch, ::layercake::__private::Const<4>), E, D>, right:");
    has(&expansion, "::layercake::__private::checked::try_forward(self, (left, right))");
    has(&expansion, "pub const INPUT: ([usize; 1], [usize; 2]) = ([4], [2, 3]);");
    has(&expansion, "pub const OUTPUT: ([usize; 1], [usize; 2]) = ([4], [2, 3]);");
    has(&expansion, "Port { name: Borrowed(\"right\"), shape: Shape::new(&[2, 3]), value: 1 }");
    has(&expansion, "Port { name: Borrowed(\"rest\"), shape: Shape::new(&[2, 3]), value: 3 }");
}

#[test]
fn what_is_applied_again_is_no_field() {
    let expansion = expanded("N: [4] -> [4] { fc: Linear(4), reuse fc }");
    has(&expansion, "&[(0, 0, \"fc\")]");
    assert_eq!(expansion.matches("\"fc").count(), 3, "one field and two nodes");
    has(&expansion, "shares: ::core::option::Option::Some(0)");
    lacks(&expansion, "fc_2:");
    lacks(&expansion, "check_shared");
    // Tensors of named sizes are compared by the compiler, in one check.
    let expansion = expanded("N: [W] -> [_] { a: Repeat(2) { Linear(V) }, reuse a }");
    assert_eq!(expansion.matches("check_shared").count(), 2);
    has(
        &expansion,
        "const _: () = { #[allow(unused_imports)] use ::layercake::__private::ir::{Part, blame, blame_in}; \
                     blame(&__NSizes::SHARED_2, Part::Layer, &[]); blame(&__NSizes::SHARED_3, Part::Layer, &[]); };",
    );
}

#[test]
fn networks_are_fields_and_their_graphs_constants() {
    let expansion = expanded("N: [4] -> [_] { a: nets::Encoder<3> as (x, y), Add(y), from x, Add(y) }");
    has(&expansion, "a: nets::Encoder<3, E, D>");
    has(&expansion, "Subgraph { graph: <nets::Encoder<3, f32, ::layercake::__private::Cpu>>::GRAPH, outputs: 2 }");
    has(
        &expansion,
        "const N0_1: ::layercake::__private::ir::Shape = Self::N0.decided.0.output(1, &[::layercake::__private::ir::Shape::new(&[4])], &Self::N0.decided.1);",
    );
    has(&expansion, "::layercake::__private::Network::tensors(&net.a, list)?");
    has(&expansion, "path.strip_prefix(\"a.\")");
    assert_eq!(expansion.matches("Some (inner)").count(), 2, "one field in each of two methods");
}

/// Fields of one type are asked for once: the code of a deep network is that of its types, and a line for each field.
#[test]
fn what_is_said_of_a_type_is_said_once() {
    let expansion = expanded("N: [4] -> [3] { Repeat(5) { Linear(4), PReLU }, Linear(3), last: Linear(3, init = ones) }");
    for (text, count) in [("fields :: show", 3), ("fields :: fill", 1), ("Op :: Linear", 3), ("fields :: next", 12)] {
        assert_eq!(expansion.matches(text).count(), count, "{text}");
    }
    has(&expansion, "(0, 4, \"repeat_1.4.linear_1\"), (1, 4, \"repeat_1.4.prelu_1\"), (2, 0, \"linear_1\"), (3, 0, \"last\")");
    // Many types are spread over several functions.
    let layers: String = (1..40).map(|size| format!("Linear({size}), ")).collect();
    let expansion = expanded(&format!("N: [4] -> [39] {{ {layers} }}"));
    for (text, count) in [("fields :: show", 39), ("fn __show_2", 1), ("fn __tensors_0", 1), ("fn __slots_3", 0)] {
        assert_eq!(expansion.matches(text).count(), count, "{text}");
    }
}

/// The code of a network twice as deep is at most twice as long.
#[test]
fn code_grows_with_the_layers() {
    fn count(tokens: TokenStream) -> usize {
        tokens.into_iter().map(|token| 1 + if let TokenTree::Group(group) = token { count(group.stream()) } else { 0 }).sum()
    }
    let of = |times: usize| count(tokens(&expanded(&format!("N: [8] -> [8] {{ Repeat({times}) {{ Linear(8) }} }}"))));
    let [few, some, many] = [100, 200, 400].map(of);
    assert_eq!(many - some, 2 * (some - few));
    assert!((some - few) / 100 < 95, "{} tokens a layer", (some - few) / 100);
}

/// Too many layers are refused before any shape is computed.
#[test]
fn a_network_that_is_too_deep_is_no_work() {
    for block in
        ["N: [8] -> [8] { Repeat(20000) { Linear(8) } }", "N: [8] -> { a: [8] } { Repeat(99999999) { Repeat(9) { PReLU } }, output a }"]
    {
        let expansion = expanded(block);
        assert_eq!(expansion.matches("compile_error").count(), 1);
        assert!(expansion.len() < 60_000, "{}", expansion.len());
        has(&expansion, "fn forward");
    }
}

#[test]
fn custom_layers_are_called_by_their_path() {
    let expansion = expanded("N: [4] -> [2] { a: my::Layer(4, 1 + 1) -> [2], Repeat(1) { my::Tanh<>() -> [2] }, ReLU }");
    has(&expansion, "a: my::Layer<4, { 1 + 1 }, E, D>");
    has(&expansion, "repeat_1_0_tanh_1: my::Tanh");
    has(&expansion, "\"repeat_1.0.tanh_1\" => { use ::layercake::__private::custom_mut;");
    has(&expansion, "Op::Custom(ops::Custom { output: ::layercake::__private::ir::Shape::new(&[2]) })");
    lacks(&expansion, "__types");
    lacks(&expanded(LENET5), "fn custom");
    // The parameters are used even if no field names them.
    has(&expanded("N: [4] -> [4] { my::Tanh<>() -> [4] }"), "__types: ::core::marker::PhantomData<(E, D)>");
}

#[test]
fn generic_parameters_stand_where_they_belong() {
    let expansion = expanded("pub N<T: Dim, const H: usize>: [T, 8] -> [T, H] { fc: Linear(H) }");
    has(&expansion, "pub struct N<const H: usize, E: ::layercake::__private::Dtype = f32");
    has(&expansion, "pub fc: ::layercake::__private::layers::Linear<8, H, E, D>");
    has(&expansion, "pub fn forward<Batch: ::layercake::__private::Dim, T: ::layercake::__private::Dim,>");
    has(&expansion, "Tensor<(Batch, T, ::layercake::__private::Const<H>), E, D>");
    has(&expansion, "pub const OUTPUT: [usize; 2] = [64, H];");
    has(&expansion, "Self::__UNVERIFIED.verified()");
    has(&expansion, "out_features: H");
    // No stand-in remains.
    lacks(&expansion, "5040");
    for number in ["509040", "544320", "3180240", "3215520"] {
        lacks(&expansion, number);
    }
    lacks(&expanded(LENET5), "__UNVERIFIED");
}

/// `docs/expansion.md` shows the macro's actual output.
#[test]
fn the_documented_expansion_is_the_real_one() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expansion.md");
    let text = std::fs::read_to_string(&file).expect("the file is there");
    let fence = |marker: &str| {
        let start = text.find(marker).expect("the marker is there") + marker.len();
        // A drawing in the documentation has fences of the other kind.
        let start = start + text[start..].find("~~~rust\n").expect("code follows") + "~~~rust\n".len();
        start..start + text[start..].find("~~~").expect("the code ends")
    };
    let (block, shown) = (fence("<!-- block -->"), fence("<!-- expansion -->"));
    let real = pretty(&expanded(&text[block]));
    if std::env::var_os("EXPANSION").is_some() {
        std::fs::write(&file, format!("{}{real}{}", &text[..shown.start], &text[shown.end..])).expect("the file can be written");
        return;
    }
    assert!(text[shown] == real, "docs/expansion.md is not what the macro prints; see there how to update it");
}
