//! For any tokens, the macro does not panic, and reports mistakes or returns items.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::network::network;
use crate::testing::{LENET5, tokens};

/// Valid blocks to mutate.
const BLOCKS: [&str; 11] = [
    LENET5,
    "A: [3, H, 2 * W] -> [_] { #[doc = \"x\"] a: Conv2d(C, kernel = (3, K), groups = 3, bias = B), BatchNorm2d(C, eps = 1e-3), Flatten -> [N],
         Softmax } pub(crate) B: [7, 9] -> [7, 5] { Linear(9 -> 5), Dropout(p = 0.1), LogSoftmax(axis = 1), LeakyReLU(negative_slope = -0.5) }",
    "#[cfg(x)] N: [0x10, 1_000] -> [_, 4] { r#type: Linear(2 * 2), BatchNorm1d(affine = false), Sigmoid, MaxPool2d(2, ceil_mode = true) }",
    "Graph: { image: [3, 8, 8], state: [16] } -> { logits: [_], rest: [2, _, _] } {
         Conv2d(4, kernel = 3, padding = 1) as d1, down: Add { { Conv2d(4, kernel = 1) }, { Conv2d(4, kernel = 3, padding = 1), ReLU } },
         Add(d1), Concat(d1, axis = 0) as wide, Chunk(2) as (a, b), from a, Tanh as t, from b, Sigmoid, Mul(t) -> [4, 8, 8],
         Sub { {}, { ReLU } }, Maximum { {}, { ReLU } }, Flatten, proj: Linear(16), Add(state), output logits,
         from wide, Conv2d(2, kernel = 3), output rest }",
    "block Conv(channels, size = 3) { Conv2d(channels, kernel = size, padding = 1), BatchNorm2d, ReLU }
     block Basic(channels) { Residual(shortcut = { Conv2d(channels, kernel = 1) }) { Conv(channels), again: Conv(channels, size = 3) } }
     ResNet: [3, 16, 16] -> [10] { stem: Conv(4), layer1: Repeat(3) { Basic(4) }, Repeat(2) { Basic(8) as x, ReLU, Add(x) }, GlobalAvgPool2d,
         Linear(10) }",
    "N: [8] -> [8] { fc: Linear(8), reuse fc, ReLU, pair: Repeat(2) { a: Linear(8), b: Linear(8) }, again: reuse pair, Concat { {}, { reuse fc } },
         Linear(8) }",
    "Wide<const H: usize, const K: usize>: [H, 8, 8] -> [K, _, _] { Conv2d(H, kernel = 3), norm: BatchNorm2d, Residual { PReLU(H) }, Conv2d(K, kernel = 1) }
     Mixer<T: Dim, const C: usize>: [T, C] -> [T, C] { Residual { LayerNorm(C), Linear(C), GELU, Linear(C) } }",
    "Vae: [8] -> { mean: [4], var: [4] } { Linear(4) as h, output mean, from h, Linear(4), output var }
     Pair: { left: [4], right: [4] } -> [4] { Add(right) }
     Outer: [8] -> [4] { vae: Vae as (mean, var), from mean, Pair(var), nets::Head<3> -> [4], ::other::Net, Wide<4>, Linear(4) }
     Wide<const H: usize>: [H] -> [H] { Linear(H) }",
    "Custom: [8] -> [4] { layercake::dfdx::nn::modules::Linear(8, 4) -> [4], t: my::Tanh<>() -> [4], reuse t, my::Own<4, E, D>() -> [4] }",
    "[Unit { [Inner { block Other() { Tanh } }] block Conv(size) { Part(size), Inner } block Part(size) { Linear(size) } }]
     pub block Own(size) { Unit(size), ReLU } N: [4] -> [2] { Own(3), Unit(2) }",
    "pub Digits = onnx(\"../tests/onnx/models/digits.onnx\", weights = included); N: [1, 8, 8] -> [2] { Digits, Linear(10 -> 2) }
     Tagger = onnx(\"../tests/onnx/models/tagger.onnx\", sequence = 5, \"words:0\" = [_, 5], batch = first)",
];

/// Keywords, names and numbers with a meaning in some place.
#[rustfmt::skip]
const WORDS: [&str; 48] = [
    "Conv2d", "Linear", "kernel", "stride", "Flatten", "as", "from", "fn", "self", "crate", "_", "true", "x", "type", "pub", "Relu", "padding",
    "r#type", "groups", "Dense", "super", "BatchNorm2d", "p", "axis", "block", "reuse", "output", "input", "Residual", "Repeat", "Add", "Sub",
    "Mul", "Concat", "Chunk", "shortcut", "const", "usize", "Dim", "H", "T", "h", "fc", "a", "Basic", "Conv", "Vae", "logits",
];
const NUMBERS: [&str; 11] =
    ["0", "1", "2", "5", "18446744073709551615", "99999999999999999999", "0x7fff_ffff_ffff_ffff", "1.5", "1e999", "3u8", "\"same\""];

/// The xorshift generator: the same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn token(&mut self) -> TokenTree {
        match self.below(4) {
            0 => match WORDS[self.below(WORDS.len())] {
                raw if raw.starts_with("r#") => Ident::new_raw(&raw[2..], Span::call_site()).into(),
                word => Ident::new(word, Span::call_site()).into(),
            },
            1 => NUMBERS[self.below(NUMBERS.len())].parse::<Literal>().unwrap().into(),
            2 => {
                let signs = [',', ':', '=', '-', '>', ';', '#', '!', '.', '<', '?', '*', '&', '\''];
                let sign = signs[self.below(signs.len())];
                Punct::new(sign, if self.below(2) == 0 { Spacing::Joint } else { Spacing::Alone }).into()
            }
            _ => {
                let count = self.below(3);
                let tokens: TokenStream = (0..count).map(|_| self.token()).collect();
                Group::new(self.delimiter(), tokens).into()
            }
        }
    }

    fn delimiter(&mut self) -> Delimiter {
        [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None][self.below(4)]
    }

    /// One change somewhere in the tokens.
    fn mutate(&mut self, tokens: TokenStream) -> TokenStream {
        let mut list: Vec<TokenTree> = tokens.into_iter().collect();
        if list.is_empty() {
            return self.token().into();
        }
        let i = self.below(list.len());
        if let TokenTree::Group(group) = &list[i]
            && self.below(10) < 8
        {
            list[i] = Group::new(group.delimiter(), self.mutate(group.stream())).into();
            return list.into_iter().collect();
        }
        let j = self.below(list.len());
        match self.below(6) {
            0 => drop(list.remove(i)),
            1 => list.insert(i, list[j].clone()),
            2 => list.swap(i, j),
            3 => list[i] = self.token(),
            4 => {
                let token = self.token();
                list.insert(i, token);
            }
            _ => {
                let delimiter = self.delimiter();
                list[i] = match &list[i] {
                    TokenTree::Group(group) => Group::new(delimiter, group.stream()).into(),
                    other => Group::new(delimiter, other.clone().into()).into(),
                };
            }
        }
        list.into_iter().collect()
    }
}

fn check(block: &TokenStream) -> bool {
    let expansion = network(quote::quote!((::layercake) #block));
    if let Err(error) = syn::parse2::<syn::File>(expansion.clone()) {
        let expansion = expansion.to_string();
        panic!("{error}: {block} gives {}", &expansion[..expansion.len().min(2000)]);
    }
    !expansion.to_string().contains("compile_error")
}

/// The number of mutations in each of four tests, which run in parallel; override with `LAYERCAKE_MUTATIONS=2500`.
const TIMES: usize = 500;

fn mutations(seed: u64) {
    let times = std::env::var("LAYERCAKE_MUTATIONS").map_or(TIMES, |times| times.parse().unwrap());
    let mut random = Random(seed);
    let (mut fine, mut refused) = (0, 0);
    for i in 0..times {
        let mut block = tokens(BLOCKS[i % BLOCKS.len()]);
        for _ in 0..=random.below(3) {
            block = random.mutate(block);
        }
        if check(&block) { fine += 1 } else { refused += 1 }
    }
    // Most changes are mistakes; some, such as another size, are not.
    assert!(fine > times / 50 && refused > times / 3, "{fine} fine, {refused} refused");
}

#[test]
fn mutations_1() {
    mutations(0x5eed);
}

#[test]
fn mutations_2() {
    mutations(0xbeef);
}

#[test]
fn mutations_3() {
    mutations(0xf00d);
}

#[test]
fn mutations_4() {
    mutations(0xcab1e);
}

#[test]
fn random_tokens() {
    let mut random = Random(0xcafe);
    for _ in 0..2000 {
        let count = random.below(12);
        let block: TokenStream = (0..count).map(|_| random.token()).collect();
        check(&block);
    }
}
