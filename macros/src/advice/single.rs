//! Tests that one mistake gives one message: valid blocks, each with a single change that makes it wrong.

use super::flat::{self, Flat};
use super::said;
use crate::testing::LENET5;

/// Valid blocks with the features that the guide and the gallery show.
const SOUND: [&str; 8] = [
    LENET5,
    "Mlp: [784] -> [10] { fc1: Linear(784 -> 128), ReLU, Dropout(0.5), fc2: Linear(64), BatchNorm1d, LeakyReLU(negative_slope = 0.1), fc3: Linear(64 -> 10),
         LogSoftmax(axis = 0) }",
    "Vgg: [3, 32, 32] -> [10] { Repeat(2) { Conv2d(16, kernel = 3, padding = 1), BatchNorm2d, ReLU, MaxPool2d(2, stride = 2) }, GlobalAvgPool2d,
         Linear(16 -> 10, bias = false) }",
    "block Conv(channels, size = 3) { Conv2d(channels, kernel = size, padding = 1), BatchNorm2d, ReLU }
     block Basic(channels) { Residual(shortcut = { Conv2d(channels, kernel = 1) }) { Conv(channels), again: Conv(channels, size = 3) } }
     ResNet: [3, 16, 16] -> [10] { stem: Conv(4), layer1: Repeat(3) { Basic(4) }, Basic(8), GlobalAvgPool2d, Linear(10) }",
    "Rnn1: usize[64] -> [64, 65] { Embedding(65 -> 32), LSTM(32 -> 48, layers = 2, dropout = 0.2), Linear(65) }",
    "Gpt: [12, 32] -> [12, 32] { Residual { LayerNorm(32), MultiheadAttention(4, causal = true) }, Residual { LayerNorm, Linear(64), GELU, Linear(32) } }",
    "Graph: { image: [3, 8, 8], state: [16] } -> { logits: [10], rest: [2, 6, 6] } {
         Conv2d(4, kernel = 3, padding = 1) as d1, Add { { Conv2d(4, kernel = 1) }, { Conv2d(4, kernel = 3, padding = 1), ReLU } },
         Concat(d1, axis = 0) as wide, Chunk(2) as (a, b), Mul(b), Flatten, Linear(16), Add(state), fc: Linear(10), output logits,
         from wide, Conv2d(2, kernel = 3), output rest }",
    "Unet: [1, 16, 16] -> [1, 16, 16] { Conv2d(8, kernel = 3, padding = 1) as skip, pool1: MaxPool2d(2), ReLU, MaxUnpool2d(pool1), Concat(skip),
         Pad(1, mode = reflect), Conv2d(16 -> 8, kernel = 3), Upsample(2, mode = bilinear), AvgPool2d(2), Conv2d(1, kernel = 1) }",
];

/// The xorshift generator: the same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// A change of one token and its name; None if it is not possible there.
fn change(block: &Flat, at: usize, kind: usize) -> Option<(Flat, String)> {
    let token = block[at].as_str();
    let number = token.parse::<usize>().is_ok();
    let inside = (0..at).filter(|&i| block[i] == "{").count() > (0..at).filter(|&i| block[i] == "}").count();
    // A wrong size in a template is reported for each use.
    let network = block.iter().rposition(|token| token == "ResNet").unwrap_or_default();
    if at < network && kind < 2 {
        return None;
    }
    // The start of a doc comment, and an input's size, which contradicts every layer that states it.
    if token == "doc" || (!inside && kind == 0) {
        return None;
    }
    let option = block.get(at + 1).is_some_and(|next| next == "=");
    let put = |with: &[&str]| {
        let with: Flat = with.iter().map(|text| (*text).to_owned()).collect();
        Some((flat::replaced(block, at..at + 1, &with), format!("`{token}` at {at} as `{}`", with.join(" "))))
    };
    let misspelt = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        let middle = letters.len() / 2;
        letters.swap(middle, middle - 1);
        letters.into_iter().collect::<String>()
    };
    match kind {
        // Another number.
        0 if number => put(&[&(token.parse::<usize>().ok()? * 2 + 1).to_string()]),
        1 if number => put(&["0"]),
        2 if number => put(&["-", token]),
        3 if number => put(&[&format!("\"{token}\"")]),
        4 if number => put(&["True"]),
        5 if number => put(&["None"]),
        6 if number => put(&[&format!("{token}.5")]),
        // A word with two letters swapped.
        // (If a template's name changes, each use is wrong.)
        7 if flat::is_word(token) && token.len() > 4 && (at == 0 || block[at - 1] != "block") => put(&[&misspelt(token)]),
        // A removed option: its name and its sign, or all of it.
        8 if option => Some((flat::replaced(block, at..at + 2, &[]), format!("without `{token} =` at {at}"))),
        9 if option => {
            let item = flat::item(block, at);
            Some((
                flat::replaced(block, item, &["bogus".to_owned(), "=".to_owned(), "1".to_owned()]),
                format!("`bogus` for `{token}` at {at}"),
            ))
        }
        10 if token == "," => Some((flat::replaced(block, at..at + 1, &[]), format!("without the comma at {at}"))),
        11 if token == "," => put(&[";"]),
        12 if token == "=" => put(&[":"]),
        13 if token == "->" => put(&["=>"]),
        14 if inside && crate::layers::find(token).is_some() => put(&["nn", ".", token]),
        15 if inside && flat::is_layer(token) && block[at + 1] == "(" => {
            let close = flat::closing(block, at + 1);
            Some((flat::replaced(block, at + 1..close + 1, &[]), format!("`{token}` at {at} without arguments")))
        }
        _ => None,
    }
}

const KINDS: usize = 16;

#[test]
fn one_mistake_is_one_message() {
    let mut random = Random(0x0011_e550);
    let (mut wrong, mut made) = (Vec::new(), [0; KINDS]);
    for block in SOUND {
        let sound = flat::parsed(block).expect("tokens");
        assert!(said(&flat::text(&sound)).is_empty(), "{block}: {:#?}", said(block));
        for at in 0..sound.len() {
            for (kind, made) in made.iter_mut().enumerate() {
                // A third of them, the same in each run.
                if random.below(3) > 0 && std::env::var_os("ALL").is_none() {
                    continue;
                }
                let Some((changed, what)) = change(&sound, at, kind) else { continue };
                let text = flat::text(&changed);
                if flat::parsed(&text).is_none() {
                    continue;
                }
                let all = said(&text);
                *made += 1;
                if all.len() > 1 {
                    wrong.push(format!(
                        "{what} in {}:\n    {}",
                        &block[..block.len().min(40)],
                        all.iter().map(|said| said.text.clone()).collect::<Vec<_>>().join("\n    ")
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), made.iter().sum::<usize>(), wrong.join("\n"));
    assert!(made.iter().all(|count| *count >= 3), "{made:?}");
}
