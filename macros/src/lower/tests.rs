mod joins;
mod templates;

use super::{Peer, Templates, What, plain};
use crate::parse;
use crate::report::Report;
use crate::testing::{mistakes, tokens};

/// The layers of a block's last network, each as `path <- inputs`, with ` = owner` if it shares tensors; then the
/// outputs.
#[track_caller]
fn plan(block: &str) -> Vec<String> {
    let mut report = Report::default();
    let parse::Block { networks, templates, imports } = parse::block(tokens(block), &mut report);
    let peers = Peer::all(networks.iter().map(|(network, _)| network));
    let templates = Templates::new(templates, imports, &peers, &mut report);
    let (network, _) = networks.last().expect("a test's block has a network");
    let plan = super::network(network, &templates, &peers, &mut report);
    assert_eq!(report.texts(), [""; 0]);
    let name = |value: usize| match plan.nodes.iter().find(|node| node.values().contains(&value)) {
        None => plan.inputs[value].clone(),
        Some(node) if node.what.outputs() == 1 => node.path.clone(),
        Some(node) => format!("{}.{}", node.path, value - node.value),
    };
    let mut lines: Vec<String> = plan
        .nodes
        .iter()
        .map(|node| {
            let inputs: Vec<String> = node.inputs.iter().map(|&value| name(value)).collect();
            let shares = node.shares.map_or_else(String::new, |owner| format!(" = {}", plan.nodes[owner].path));
            format!("{} <- {}{shares}", node.path, inputs.join(", "))
        })
        .collect();
    lines.extend(plan.outputs.iter().map(|(output, value)| format!("-> {output}: {}", value.map_or_else(|| "?".to_owned(), name))));
    lines
}

/// The fields of a block's only network.
fn fields(block: &str) -> Vec<String> {
    crate::testing::with_model(block, |model, _| {
        model.nodes.iter().filter_map(|node| node.field.as_ref()).map(ToString::to_string).collect()
    })
}

#[test]
fn one_step_after_the_other() {
    let lines = plan("N: [8] -> [8] { Linear(8), fc: Linear(8), ReLU, Linear(8) }");
    // The third has index 3, although the second is named.
    assert_eq!(lines, ["linear_1 <- input", "fc <- linear_1", "relu_1 <- fc", "linear_3 <- relu_1", "-> output: linear_3"]);
}

#[test]
fn tags_go_back() {
    let lines =
        plan("N: [8] -> [8] { a: Linear(8) as x, b: Linear(8) as y, Add(x) as z, from y, Mul(x) as w, from input, Sub(y), Maximum(z, w) }");
    assert_eq!(
        lines[2..],
        ["add_1 <- b, a", "mul_1 <- b, a", "sub_1 <- input, b", "maximum_1 <- sub_1, add_1, mul_1", "-> output: maximum_1"]
    );
}

#[test]
fn branches_begin_at_the_same_value() {
    let lines = plan(
        "N: [8] -> [8] { ReLU, Add { { a: Linear(8) }, {}, { Tanh, b: Linear(8) } }, cat: Concat { { c: Linear(8) }, { d: Linear(8) } } }",
    );
    assert_eq!(
        lines,
        [
            "relu_1 <- input",
            "a <- relu_1",
            "tanh_1 <- relu_1",
            "b <- tanh_1",
            "add_1 <- a, relu_1, b",
            // The name of a join is a prefix of its branches' names.
            "cat.c <- add_1",
            "cat.d <- add_1",
            "cat <- cat.c, cat.d",
            "-> output: cat"
        ]
    );
}

#[test]
fn residual_connections() {
    let lines = plan("N: [8] -> [8] { Residual { a: Linear(8) }, res: Residual(shortcut = { b: Linear(8) }) { c: Linear(8), Tanh } }");
    assert_eq!(
        lines,
        [
            "a <- input",
            "residual_1 <- a, input",
            "res.c <- residual_1",
            "res.tanh_1 <- res.c",
            "res.b <- residual_1",
            "res <- res.tanh_1, res.b",
            "-> output: res"
        ]
    );
}

#[test]
fn repetitions_are_numbered_from_0() {
    let lines =
        plan("N: [8] -> [8] { layer: Repeat(2) { fc: Linear(8) as r, ReLU, Add(r) }, Repeat(1) { Linear(8) } as end, Tanh, Add(end) }");
    assert_eq!(
        lines,
        [
            "layer.0.fc <- input",
            "layer.0.relu_1 <- layer.0.fc",
            "layer.0.add_1 <- layer.0.relu_1, layer.0.fc",
            "layer.1.fc <- layer.0.add_1",
            "layer.1.relu_1 <- layer.1.fc",
            "layer.1.add_1 <- layer.1.relu_1, layer.1.fc",
            // The second of its kind.
            "repeat_2.0.linear_1 <- layer.1.add_1",
            "tanh_1 <- repeat_2.0.linear_1",
            "add_1 <- tanh_1, repeat_2.0.linear_1",
            "-> output: add_1"
        ]
    );
    assert_eq!(fields("N: [8] -> [8] { layer: Repeat(2) { fc: Linear(8) }, r#type: Linear(8) }"), ["layer_0_fc", "layer_1_fc", "r#type"]);
}

#[test]
fn arguments_stay_operands() {
    let block = "block Wide(size) { Linear(2 * size) } N: [8] -> [_] { Wide(3 + 1) }";
    assert_eq!(crate::testing::outputs(block), ["[8]"]);
    // The names of options and members are not arguments.
    let block = "block Conv(kernel) { Conv2d(kernel, kernel = kernel), ReLU } N: [1, 8, 8] -> [_, _, _] { Conv(3) }";
    assert_eq!(crate::testing::outputs(block), ["[3, 6, 6]", "[3, 6, 6]"]);
}

#[test]
fn what_is_applied_again_shares_tensors() {
    let lines = plan("N: [8] -> [8] { fc: Linear(8), reuse fc, ReLU, last: reuse fc, reuse last }");
    assert_eq!(lines[..5], ["fc <- input", "fc_2 <- fc = fc", "relu_1 <- fc_2", "last <- relu_1 = fc", "last_2 <- last = fc"]);
    let lines = plan(
        "block B { a: Linear(8), ReLU, b: Linear(8) } N: [8] -> [8] { one: B, pair: Repeat(2) { fc: Linear(8) }, two: reuse one, reuse pair }",
    );
    assert_eq!(
        lines[5..],
        [
            "two.a <- pair.1.fc = one.a",
            "two.relu_1 <- two.a = one.relu_1",
            "two.b <- two.relu_1 = one.b",
            "pair_2.0.fc <- two.b = pair.0.fc",
            "pair_2.1.fc <- pair_2.0.fc = pair.1.fc",
            "-> output: pair_2.1.fc"
        ]
    );
    assert_eq!(fields("N: [8] -> [8] { fc: Linear(8), reuse fc, ReLU, last: reuse fc }"), ["fc"]);
    // Inside another `reuse`.
    let lines = plan("block B { a: Linear(8), reuse a } N: [8] -> [8] { one: B, two: reuse one }");
    assert_eq!(lines[1..4], ["one.a_2 <- one.a = one.a", "two.a <- one.a_2 = one.a", "two.a_2 <- two.a = one.a"]);
}

#[test]
fn parts_are_outputs_of_one_node() {
    let lines = plan("N: [9] -> [3] { ReLU, thirds: Chunk(3) as (a, b, c), Tanh, Mul(b), Add(c), Add(a) }");
    assert_eq!(
        lines,
        [
            "relu_1 <- input",
            "thirds <- relu_1",
            "tanh_1 <- thirds.0",
            "mul_1 <- tanh_1, thirds.1",
            "add_1 <- mul_1, thirds.2",
            "add_2 <- add_1, thirds.0",
            "-> output: add_2"
        ]
    );
}

#[test]
fn networks_stand_for_layers() {
    let lines = plan(
        "Vae: [8] -> { mean: [4], var: [4] } { Linear(4), output mean, output var }
         Pair: { left: [4], right: [4] } -> [4] { Add(right) }
         N: [8] -> [4] { vae: Vae as (mean, var), Pair(var), other::Net<3>, out: ::other::Two(mean, var), reuse vae as (a, b), Add(b) }",
    );
    assert_eq!(
        lines,
        [
            "vae <- input",
            "pair_1 <- vae.0, vae.1",
            "net_1 <- pair_1",
            "out <- net_1, vae.0, vae.1",
            "vae_2 <- out = vae",
            "add_1 <- vae_2.0, vae_2.1",
            "-> output: add_1"
        ]
    );
}

#[test]
fn customs_are_told_by_the_shape_behind_them() {
    let block = "N: [8] -> [4] { a: my::Layer(8, 4) -> [4], my::Unit<>() -> [4], my::Net }";
    crate::testing::with_model(block, |model, report| {
        assert_eq!(report.texts(), [""; 0]);
        let kinds: Vec<&str> = model
            .nodes
            .iter()
            .map(|node| match node.what {
                What::Custom(_) => "custom",
                What::Network { .. } => "network",
                What::Layer { .. } | What::Lost(_) => "other",
            })
            .collect();
        assert_eq!(kinds, ["custom", "custom", "network"]);
    });
}

#[test]
fn several_inputs_and_outputs() {
    let lines = plan(
        "N: { image: [8], r#type: [8] } -> { sum: [8], rest: [8] } { a: Linear(8) as h, Add(r#type), output sum, from r#type, Mul(h), output rest }",
    );
    assert_eq!(lines, ["a <- image", "add_1 <- a, type", "mul_1 <- type, a", "-> sum: add_1", "-> rest: mul_1"]);
}

/// Blocks with one mistake each, and a part of the message.
#[test]
fn one_mistake_is_one_message() {
    let cases = [
        ("N: [8] -> [8] { Linear(8) as h, ReLU }", "the tag `h` is never used"),
        ("N: [8] -> [8] { Linear(8) as h, Add(x), Add(h) }", "no tag `x`"),
        ("N: [8] -> [8] { Linear(8) as hidden, Add(hiden) }", "write `hidden`"),
        ("N: [8] -> [8] { Add(h), Linear(8) as h }", "comes later"),
        ("N: [8] -> [8] { Repeat(2) { ReLU as h, Tanh, Add(h) }, Add(h) }", "visible only inside the `Repeat`"),
        ("N: [8] -> [8] { Linear(8) as h, Linear(9), from h }", "the output of `linear_2` is never used"),
        ("N: { a: [8], b: [8] } -> [8] { Linear(8) }", "the input `b` is never used"),
        ("N: [8] -> [4] { Chunk(2) as a, ReLU }", "1 tag follows it"),
        ("N: [8] -> [2] { Chunk(4), ReLU }", "as (a, b, c, d)"),
        ("N: [8] -> [4] { Chunk(2) as (a, b), from a }", "the tag `b` is never used"),
        ("N: [8] -> [8] { Chunk(X) as (a, b), Linear(8) }", "integer literal"),
        ("N: [8] -> [8] { Chunk(0) as (a, b), Linear(8) }", "at least one part"),
        ("N: [8] -> [8] { Split(2) as (a, b), Linear(8) }", "for 2 equal parts write `Chunk(2)`"),
        ("N: [8] -> [8] { Split(4), Linear(8) }", "for two equal parts write `Chunk(2) as (a, b)`"),
        ("N: [8] -> [8] { Split(), Linear(8) }", "takes the size of each part"),
        ("N: [8] -> [8] { Chunk([3, 5]) as (a, b), Linear(8) }", "for parts of these sizes write `Split([3, 5])`"),
        ("N: [8] -> [8] { Chunk(3, 5) as (a, b), Linear(8) }", "for parts of these sizes write `Split([3, 5])`"),
        ("N: [2, 4] -> [1, 4] { LSTM(4) as (y, (h_n, c_n)), from h_n }", "write `h_n, c_n`"),
        ("N: [8, 4] -> [_, _] { Chunk(2, dim = 0) as (a, b), Add(b) }", "the next axis is `dim = 1`"),
        ("N: [8] -> [8] { Split(2, 6) as (a, b, c), Linear(8) }", "3 tags follow it"),
        ("N: [8] -> [8] { Split(sizes = (2, 6)) as (a, b), Linear(8) }", "the tag `b` is never used"),
        ("N: [2, 4] -> [2, 4] { LSTM(4) as (y, h, c), from input }", "the output of `lstm_1` is never used"),
        ("N: [8] -> [8] { Add { { Linear(8) } } }", "one branch to join"),
        ("N: [8] -> [8] { Add { Linear(8), ReLU } }", "its own braces"),
        ("N: [8] -> [8] { Repeat(0) { Linear(8) } }", "at least once"),
        ("N: [8] -> [8] { Repeat(9) {} }", "`Repeat` has no layers"),
        ("N: [8] -> [8] { Residual {} }", "`Residual` has no layers"),
        ("N: [8] -> [8] { Residual(Linear(8)) }", "the options"),
        ("N: [8] -> [8] { reuse fc, fc: Linear(8) }", "is declared further down"),
        ("N: [8] -> [8] { a: Repeat(1) { fc: Linear(8) }, reuse fc }", "write `a` to reuse all of `a`"),
        ("N: [8] -> { a: [8] } { Linear(8) }", "never produced"),
        ("N: [8] -> { a: [8] } { Linear(8), output a, ReLU, output a }", "produced twice"),
        ("N: [8] -> { a: [8] } { Linear(8), output b }", "no output `b`"),
        ("A: [8] -> [8] { B } B: [8] -> [8] { C } C: [8] -> [8] { A }", "`A` -> `B` -> `C` -> `A`"),
        ("A: [8] -> [8] { A }", "cannot contain itself"),
        ("block T { T } N: [8] -> [8] { T, Linear(8) }", "contains itself: `T` -> `T`"),
        ("block T(a, b) { Linear(a) } N: [8] -> [8] { T(8, 1) }", "the argument `b` of `T` is never used"),
        ("block T(a) { Linear(a) } N: [8] -> [8] { T }", "lacks `a`"),
        ("block T(a) { Linear(a), output x } N: [8] -> { x: [8] } { T(8) }", "cannot have an output"),
        ("N<const H: usize>: [8] -> [8] { Linear(8) }", "the size `H` is never used"),
        ("W<const H: usize>: [H] -> [H] { ReLU } N: [8] -> [_] { W }", "write `W<H>`"),
        ("N: [8] -> [_] { Linear(7) as h, reuse x }", "no layer `x`"),
        ("N: [8] -> [_] { fc: Linear(7), reuse fc }", "reuses `fc`"),
        ("N: [8] -> [8] { my::Layer(8) -> [_], Linear(8) }", "state each size"),
        ("N: [8] -> [8] { my::Layer(8 -> 8) -> [8] }", "by `,`, not `->`"),
        ("N: [8] -> [8] { fc: Linear(9 -> 8), reuse fc }", "expects 9 input features"),
        ("N: [8] -> [8] { x: Encodr, reuse x }", "no layer `Encodr`"),
        ("N: [8] -> [8] { from (h) }", "`from` is followed by"),
        ("N: [8] -> [8] { block T(a) { Linear(a) } }", "next to the networks"),
    ];
    for (block, part) in cases {
        let found = mistakes(block);
        assert!(found.len() == 1 && found[0].contains(part), "{block}: {found:#?}");
    }
}

#[test]
fn raw_words_are_words() {
    assert_eq!(plain(&syn::parse_str("r#type").unwrap()), "type");
}

/// A name is a prefix of the names below it and is used once, so the tensor paths of two layers never clash.
#[test]
fn paths_of_tensors_meet_nowhere() {
    for block in [
        "N: [3, 4] -> [3, 4] { a: MultiheadAttention(heads = 2), a: Residual { out_proj: Linear(4) } }",
        "N: [3, 4] -> [3, 4] { a: Residual { out_proj: Linear(4) }, a: MultiheadAttention(heads = 2) }",
        "block a { out_proj: Linear(4) } N: [3, 4] -> [3, 4] { a: MultiheadAttention(heads = 2), a: a }",
        "N: [3, 4] -> [3, 4] { a: MultiheadAttention(heads = 2), a_out_proj: Linear(4), a: Sequential { out_proj: Linear(4) } }",
    ] {
        let found = mistakes(block);
        assert!(found[0].contains("two layers are named `a`"), "{block}: {found:#?}");
    }
    // Paths that differ only by a dot would have the same field.
    for block in [
        "N: [4] -> [4] { layer1_0: Linear(4), layer1: Sequential { Linear(4) } }",
        "N: [4] -> [4] { layer1: Repeat(2) { fc: Linear(4) }, layer1_1_fc: Linear(4) }",
        "Inner: [4] -> [4] { Linear(4) } N: [4] -> [4] { a_b: Inner, a: Sequential { b: Inner } }",
        "N: [4] -> [4] { a_b: my::Layer(4) -> [4], a: Residual { b: Linear(4) } }",
    ] {
        let found = mistakes(block);
        assert!(found.len() == 1 && found[0].contains("would both be the field"), "{block}: {found:#?}");
    }
}

/// Networks whose `weight = layer` is refused, each with its message.
#[test]
fn a_weight_of_another_layer() {
    let cases = [
        (
            "N: usize[3] -> [3, 7] { e: Embedding(7, 4), Linear(7, bias = false, weight = f) }",
            "there is no layer `f` to reuse\nhelp: name the layer `f` where it is declared",
        ),
        (
            "N: usize[3] -> [3, 7] { e: Embedding(7, 4), Linear(7, bias = false, weight = e.weight) }",
            "`weight` of `Linear` must be the name of an earlier layer, but is `e.weight`",
        ),
        ("N: [7] -> [7] { t: Tanh, Linear(7, bias = false, weight = t) }", "`t` is not a layer with a weight of its own"),
        (
            "N: [7] -> [7] { t: Repeat(2) { Linear(7) }, Linear(7, bias = false, weight = t) }",
            "`t` is not a layer with a weight of its own",
        ),
        (
            "N: usize[3] -> [3, 7] { e: Embedding(7, 4), h: Linear(7, weight = e) }",
            "`h` reuses `e`, which has no bias\nhelp: write `bias = false`",
        ),
        (
            "N: usize[3] -> [3, 7] { e: Embedding(7, 4), Linear(5), h: Linear(7, bias = false, weight = e) }",
            "`h` reuses `e`, whose weight is [7, 4], but its input from `linear_1` needs [7, 5]",
        ),
        (
            "N: usize[3] -> [3, 7] { e: Embedding(7, 4), Linear(7, bias = false, weight = e, init = zeros) }",
            "`weight` is initialized where it is declared; remove `init` here",
        ),
        (
            "N: [4] -> [7] { e: Linear(7) as y, from input, h: Linear(7, bias = false, weight = e), Add(y) }",
            "`h` reuses `e`, whose bias it has no use for",
        ),
    ];
    let wrong: Vec<String> = cases
        .into_iter()
        .map(|(block, message)| (block, message, mistakes(block)))
        .filter(|(_, message, found)| found != &[*message])
        .map(|(block, _, found)| format!("{block}\n{found:#?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
