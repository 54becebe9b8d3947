use quote::ToTokens;

use super::{has_cursor, network, offers, templates};
use crate::testing::{tokens, with_model};

/// The words that are offered at the cursor, which is `|`.
fn offered(block: &str) -> Vec<String> {
    let marked = tokens(&block.replace('|', "raCompletionMarker"));
    assert!(has_cursor(&marked));
    let text = offers(&marked).to_string();
    let (modules, cursor) = text.split_once("fn cursor ()").unwrap();
    let mark = text.find("raCompletionMarker").unwrap();
    let before = &text[..=text[..mark].rfind(' ').unwrap()];
    // Without the mark, the expansion is the same up to the word.
    assert!(offers(&tokens(&block.replace('|', "x"))).to_string().starts_with(before), "{block}");
    let module = cursor.split(" :: ").collect::<Vec<_>>();
    let module = module[module.iter().position(|part| part.contains("raCompletionMarker")).unwrap() - 1];
    let items = modules.split(&format!("pub mod {module} {{")).nth(1).unwrap_or_else(|| panic!("{module}: {modules}"));
    let items = items.split("pub mod").next().unwrap();
    let word = |item: &str| item.split_whitespace().next().map(|word| word.trim_end_matches([';', ':']).to_owned());
    items.split("pub struct ").skip(1).chain(items.split("pub const ").skip(1)).filter_map(word).collect()
}

#[test]
fn layers_and_what_the_block_declares_begin_a_step() {
    let words = offered("block Conv(channels) { ReLU } pub N: [4] -> [4] { fc: Linear(4), L| } M: [4] -> [4] { ReLU }");
    for word in ["Linear", "LayerNorm", "MatMul", "Residual", "Repeat", "Conv", "M"] {
        assert!(words.iter().any(|found| found == word), "{word}: {words:?}");
    }
}

#[test]
fn a_layer_has_its_options() {
    for cursor in ["Conv2d(6, |)", "Conv2d(6, k|)", "Conv2d(6, kernel = 3, |", "Conv2d(6, kernel = 3, p|)"] {
        // The editor closes what is open.
        let close = if cursor.ends_with('|') { ")" } else { "" };
        let words = offered(&format!("N: [1, 8, 8] -> [_] {{ {cursor}{close} }}"));
        assert!(["kernel", "stride", "padding", "init"].iter().all(|word| words.iter().any(|found| found == word)), "{cursor}: {words:?}");
    }
    assert_eq!(offered("N: [4, 4] -> [_] { RNN(8, nonlinearity = |) }"), ["tanh", "relu"]);
    assert_eq!(offered("block Conv(channels, act = ReLU) { act } N: [4] -> [_] { Conv(|) }")[..2], ["channels", "act"]);
}

#[test]
fn tags_and_names_where_they_belong() {
    let block = |step: &str| format!("N: {{ left: [4], right: [4] }} -> [4] {{ fc: Linear(4) as skip, Chunk(2) as (a, b), {step} }}");
    for step in ["from |", "Add(|)", "MultiheadAttention(2, key = |)"] {
        let words = offered(&block(step));
        for word in ["skip", "a", "b", "left", "right", "input"] {
            assert!(words.iter().any(|found| found == word), "{step}, {word}: {words:?}");
        }
    }
    assert!(offered(&block("reuse |")).contains(&"fc".to_owned()));
    assert!(!has_cursor(&tokens(&block("ReLU"))));
}

#[test]
fn words_have_documentation_and_shapes() {
    let text = with_model(
        "N: [1, 28, 28] -> [10] { Conv2d(6, kernel = 5) as maps, MaxPool2d(2), Flatten, Linear(10), from maps, Flatten, Linear(10) }",
        |model, _| network(model).to_string(),
    );
    for part in [
        "struct Conv2d",
        "`[1, 28, 28]` -> `[6, 24, 24]`, 156 parameters, 172,800 FLOPs",
        "const kernel",
        "const maps",
        "let _ = maps",
        "`[6, 24, 24]`, from `conv2d_1`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn templates_are_linked_to_their_uses() {
    let mut report = crate::report::Report::default();
    let block =
        crate::parse::block(tokens("/// A layer. \n block Fc(width) { Linear(width), ReLU } N: [4] -> [4] { Fc(4), Fc(4) }"), &mut report);
    let list: Vec<_> = block.templates.iter().map(|(template, _)| template).collect();
    let text = templates(&list, &[&block.networks[0].0.steps]).into_token_stream().to_string();
    for part in ["struct Fc", "`block Fc(width)`", "A layer.", "let _ = Fc ; let _ = Fc", "struct Linear"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
