//! What a user sees of `network!` in an editor: rust-analyzer, asked over its protocol about a project that is made for it.
//!
//! Without rust-analyzer (`rustup component add rust-analyzer`) the tests are skipped, which is said.

mod client;
mod project;

use std::sync::{Mutex, MutexGuard, PoisonError};

use client::Client;

/// The block that is asked about. Each test has the text and marks of its own.
const SOURCE: &str = "\
use layercake::prelude::*;

network! {
    /// A convolution with its activation.
    block Conv(channels, act = ReLU) { Conv2d(channels, kernel = 3), act }

    /// A small classifier.
    pub Small: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2) as small,
        Conv(8), Conv(8, act = Tanh), Flatten as wide,
        from small, Flatten, Concat(wide), fc: Linear(10),
    }
}

pub fn bias(net: &Small) -> usize {
    net.fc.bias.iter().len()
}
";

static EDITOR: Mutex<Option<Client>> = Mutex::new(None);

/// The editor, which all tests share; None where rust-analyzer is missing.
fn editor() -> Option<MutexGuard<'static, Option<Client>>> {
    if !project::has_analyzer() {
        println!("SKIPPED: rust-analyzer is not installed (rustup component add rust-analyzer)");
        return None;
    }
    let mut editor = EDITOR.lock().unwrap_or_else(PoisonError::into_inner);
    if editor.is_none() {
        *editor = Some(Client::start(project::create(SOURCE)));
    }
    Some(editor)
}

/// Runs a test with the editor, whose file has the source again.
fn with(test: impl FnOnce(&mut Client)) {
    let Some(mut editor) = editor() else { return };
    let client = editor.as_mut().expect("it was started");
    client.change(SOURCE);
    test(client);
}

#[test]
fn a_word_tells_what_it_is_and_what_it_makes_here() {
    with(|client| {
        let hover = |client: &mut Client, at: &str| client.hover(SOURCE, at);
        for (at, parts) in [
            ("conv1: Con|v2d", &["`[1, 28, 28]` -> `[6, 28, 28]`, 156 parameters, 235,200 FLOPs", "PyTorch's `Conv2d`"][..]),
            ("6, ker|nel", &["Size of the kernel", "Must be given"]),
            ("padd|ing = 2", &["Default: `0`"]),
            ("as sma|ll", &["`[6, 14, 14]`", "from `avg_pool2d_1`, `AvgPool2d(2)`"]),
            ("from sma|ll", &["`[6, 14, 14]`", "from `avg_pool2d_1`"]),
            ("pub Sma|ll", &["A small classifier.", "|layer|operation|output|parameters|", "|`fc`|`Linear(10)`|`[10]`|19,770|"]),
            ("con|v1:", &["`Conv2d(6, kernel = 5, padding = 2)`: `[1, 28, 28]` -> `[6, 28, 28]`, 156 parameters"]),
            ("net.f|c", &["`[1976]` -> `[10]`, 19,770 parameters"]),
            ("block Con|v(", &["A convolution with its activation.", "`block Conv(channels, act)`"]),
            ("{ Con|v2d(channels", &["PyTorch's `Conv2d`"]),
            ("        Con|v(8),", &["A convolution with its activation."]),
        ] {
            let text = hover(client, at);
            for part in parts {
                assert!(text.contains(part), "`{at}` lacks `{part}`: {text}");
            }
        }
    });
}

#[test]
fn what_may_stand_at_the_cursor_is_offered() {
    with(|client| {
        // The word that is typed, in the place of what stands there, and what must be offered for it.
        for (old, new, wanted) in [
            ("from small, Flatten", "from small, Lin|", &["Linear", "LayerNorm", "Residual", "Conv", "MatMul"][..]),
            ("padding = 2", "p|", &["padding", "stride", "kernel", "groups", "bias", "init"]),
            ("kernel = 5, padding = 2", "kernel = 5, |", &["padding", "stride"]),
            ("from small", "from s|", &["small", "wide", "input"]),
            ("Concat(wide)", "Concat(w|", &["wide", "small", "axis"]),
            ("Concat(wide)", "Concat(w|)", &["wide", "small", "axis"]),
            ("Conv(8),", "Conv(8, a|),", &["act", "channels"]),
            // The rest does not parse.
            ("Tanh, AvgPool2d(2)", "Tanh, , AvgPool2d(k|, =", &["kernel", "stride", "padding"]),
            ("fc: Linear(10)", "fc: L|", &["Linear", "LSTM"]),
        ] {
            let offered = client.complete(&SOURCE.replacen(old, new, 1));
            for word in wanted {
                assert!(offered.iter().any(|label| label == word), "`{new}` lacks `{word}`: {offered:?}");
            }
            assert!(offered.len() < 150, "`{new}`: {} words", offered.len());
        }
    });
}

#[test]
fn words_lead_to_where_they_come_from() {
    with(|client| {
        for (at, to) in [
            ("from sma|ll", "|small,\n"),
            ("Concat(wi|de)", "|wide,"),
            ("net.f|c", "|fc: Linear"),
            ("Con|v(8, act", "|Conv(channels"),
            ("net: &Sma|ll", "|Small: ["),
        ] {
            let places = client.definition(SOURCE, at);
            assert!(places.contains(&client::position(SOURCE, to)), "`{at}`: {places:?}");
        }
    });
}

#[test]
fn a_new_name_goes_everywhere() {
    with(|client| {
        for (at, name, places) in [("from sma|ll", "tiny", 2), ("as wi|de", "all", 2), ("net.f|c", "head", 2), ("block Con|v(", "Block", 3)]
        {
            let edits = client.rename(SOURCE, at, name);
            assert_eq!(edits.len(), places, "`{at}`: {edits:?}");
        }
    });
}

#[test]
fn mistakes_are_shown_while_typing() {
    with(|client| {
        assert_eq!(client.mistakes(SOURCE), Vec::<(String, String)>::new());
        for (old, new, place, text) in [
            ("fc: Linear(10)", "fc: Linear(4000 -> 10)", "4000", "expects 4000 input features, but receives 1976"),
            ("from small", "from smal", "smal", "there is no tag `smal`"),
            ("kernel = 5", "kernl = 5", "kernl", "has no option `kernl`"),
            // An unfinished step.
            ("fc: Linear(10)", "fc: ", "fc", "expected a layer after `fc:`"),
        ] {
            let source = SOURCE.replacen(old, new, 1);
            let found = client.mistakes(&source);
            let ours: Vec<_> = found.iter().filter(|(_, said)| said.contains(text)).collect();
            assert_eq!(ours.len(), 1, "`{new}`: {found:?}");
            assert_eq!(ours[0].0, place, "`{new}`: {found:?}");
        }
    });
}

#[test]
fn layers_options_and_tags_have_colors() {
    with(|client| {
        let colors = client.colors(SOURCE);
        let of = |word: &str| colors.iter().find(|(text, _)| text == word).map(|(_, color)| color.as_str());
        assert_eq!((of("Tanh"), of("Conv")), (Some("struct"), Some("struct")), "{colors:?}");
        assert_eq!((of("kernel"), of("wide")), (Some("const"), Some("const")), "{colors:?}");
        assert_eq!(of("conv1"), Some("property"), "{colors:?}");
    });
}
