//! Networks of the small files in `tests/onnx/models`.

use crate::testing::{expanded, mistakes};

fn block(head: &str, file: &str, options: &str) -> String {
    format!("{head} = onnx(\"../tests/onnx/models/{file}.onnx\"{options})")
}

/// The names of the items and methods.
fn names(expansion: &str) -> Vec<String> {
    let file = syn::parse_str::<syn::File>(expansion).expect("an expansion is items");
    let items = file.items.iter().flat_map(|item| match item {
        syn::Item::Impl(item) => {
            let method = |item: &syn::ImplItem| match item {
                syn::ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                syn::ImplItem::Const(constant) => Some(constant.ident.to_string()),
                _ => None,
            };
            item.items.iter().filter_map(method).collect()
        }
        syn::Item::Struct(item) => vec![item.ident.to_string()],
        _ => Vec::new(),
    });
    items.collect()
}

#[test]
fn the_struct_is_that_of_a_declared_network() {
    let expansion = expanded(&block("/// Reads digits.\n pub Digits", "digits", ""));
    for part in [
        "Reads digits.",
        "| `layer1.0` | `Conv2d(4, kernel = 3, padding = 1, bias = false)` | `[4, 8, 8]` | 144 |",
        "842 parameters; for one sample",
        "pub layer1_0 : :: layercake :: __private :: layers :: Conv2d < 4 , 4 , 3 , 3 , E , D , false >",
        "pub fn forward < Batch",
        "include_bytes ! (:: core :: concat ! (:: core :: env ! (\"CARGO_MANIFEST_DIR\") , \"/../tests/onnx/models/digits.onnx\"))",
        "bytes : :: core :: option :: Option :: None",
    ] {
        assert!(expansion.contains(part), "no {part} in {expansion}");
    }
    // The weights are in the program on request only.
    assert_eq!(expansion.matches("include_bytes").count(), 1);
    assert_eq!(expanded(&block("Digits", "digits", ", weights = included")).matches("include_bytes").count(), 3);
}

#[test]
fn cargo_watches_every_file() {
    let expansion = expanded(&block("#[cfg(test)] Beside", "beside", ""));
    assert_eq!(expansion.matches("include_bytes").count(), 2);
    let file = syn::parse_str::<syn::File>(&expansion).expect("an expansion is items");
    assert_eq!(expansion.matches("# [cfg (test)]").count(), file.items.len());
}

#[test]
fn a_mistake_leaves_the_same_constructors() {
    let (right, wrong) = (expanded(&block("pub N", "digits", "")), expanded(&block("pub N", "unread", "")));
    assert_eq!(wrong.matches("compile_error").count(), 1);
    for name in ["N", "GRAPH", "PARAMS", "summary", "draw", "new", "try_new", "pretrained", "pretrained_from"] {
        assert!(names(&right).iter().any(|other| other == name) && names(&wrong).iter().any(|other| other == name), "{name}");
    }
}

#[test]
fn names_of_the_file_become_names_of_rust() {
    let expansion = expanded(&block("N", "tagger", ", sequence = 5"));
    assert!(expansion.contains("words_0 : :: layercake :: __private :: Tensor"), "{expansion}");
    assert!(expansion.contains("type_ : :: layercake"), "{expansion}");
}

#[test]
fn one_mistake_gives_one_message() {
    for (file, options, says) in [
        ("absent", "", "cannot read"),
        ("damaged", "", "not a valid ONNX file"),
        ("unread", "", "`head/unique` (Unique)"),
        ("tagger", "", "leaves sizes open"),
        ("tagger", ", sequence = 5, length = 3", "has no size `length`"),
        ("tagger", ", sequence = WIDTH", "must be an integer"),
    ] {
        let texts = mistakes(&block("N", file, options));
        assert!(texts.len() == 1 && texts[0].contains(says), "{texts:?}");
    }
}
