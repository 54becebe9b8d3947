use crate::testing::{mistakes, outputs};

#[test]
fn shapes_flow_from_layer_to_layer() {
    let lenet = crate::testing::LENET5;
    assert_eq!(mistakes(lenet), [""; 0]);
    let expected = ["[6, 28, 28]", "[6, 28, 28]", "[6, 14, 14]", "[16, 10, 10]", "[16, 10, 10]", "[16, 5, 5]", "[400]", "[120]"];
    assert_eq!(outputs(lenet)[..8], expected);
}

#[test]
fn what_a_constant_leaves_open_is_open_and_no_more() {
    let block = "N: [C, 28, 28] -> [_] { Conv2d(W, kernel = 3), ReLU, MaxPool2d(2), Flatten, Linear(9), Linear(2 * W) }";
    assert_eq!(mistakes(block), [""; 0]);
    assert_eq!(outputs(block), ["[W, _, _]", "[W, _, _]", "[W, _, _]", "[_]", "[9]", "[2 * W]"]);
}

/// A mistake, and the inputs of the layers after it.
#[test]
fn after_a_mistake_the_output_is_what_it_would_have_been() {
    let cases = [
        ("Conv2d(3 -> 8, kernel = 5)", "[8, 24, 24]"),
        ("Conv2d(8, kernel = 5, groups = 3)", "[8, 24, 24]"),
        ("Conv2d(3 -> 8, kernel = 50)", "[8, ?, ?]"),
        ("Conv2d(8, kernel = 5, stride = 0)", "[8, ?, ?]"),
        ("Conv2d(0, kernel = 5)", "[?, ?, ?]"),
        ("Conv2d(8, kernl = 5)", "[8, 24, 24]"),
        ("Conv2d(8, kernel = 5.0)", "[8, ?, ?]"),
        ("Conv2d(8)", "[8, ?, ?]"),
        ("MaxPool2d(2, padding = 2)", "[1, ?, ?]"),
        ("BatchNorm2d(3, eps = -1)", "[1, 28, 28]"),
        ("BatchNorm1d", "[1, 28, 28]"),
        ("Softmax(axis = 5)", "[1, 28, 28]"),
        ("Dropout(2)", "[1, 28, 28]"),
        ("Linear(10)", "[10]"),
        ("Relu", "[1, 28, 28]"),
    ];
    for (layer, output) in cases {
        let block = format!("N: [1, 28, 28] -> [_] {{ {layer}, Flatten, Linear(9), Linear(8 -> 9) }}");
        let found = mistakes(&block);
        assert_eq!(outputs(&block)[0], output, "{layer}");
        // The last layer's mistake is found too, and nothing is reported about the layers between.
        assert!(
            found.len() >= 2 && found.iter().filter(|text| text.contains("`linear_")).count() == 1 + usize::from(layer == "Linear(10)"),
            "{found:#?}"
        );
    }
}

#[test]
fn one_mistake_is_one_message() {
    let one = [
        "N: [1, 28, 28] -> [10] { Conv2d(8, kernel = 50), MaxPool2d(2), Conv2d(8, kernel = 9), Flatten, Linear(400 -> 10) }",
        "N: [1, 28, 28] -> [10] { Unknown, Conv2d(8, kernel = 9), BatchNorm1d, Flatten, Linear(400 -> 10) }",
        "N: [1, 28, 28] -> [10] { Flatten, Conv2d(8, kernel = 9), Linear(10) }",
        "N: [1, 28, 28] -> [10] { Conv2d(8, kernel = 9) -> [8, 9, 9], Flatten, Linear(648 -> 10) }",
        "N: [1, 0, 28] -> [10] { Flatten, Linear(784 -> 10) }",
        "N: [1, 28, -28] -> [10] { Flatten, Linear(784 -> 10) }",
        "N: [1, 28 28] -> [10] { Flatten, Linear(784 -> 10) }",
        "N: [784] -> [10] { a: Linear(10), a: Linear(10) }",
        "N: [784] -> [10] { Linear(11) }",
        "N: [784] -> [10] { Linear(10) -> [11] }",
        "N: [784] -> [] { Linear(10) }",
        "N: [784] { Linear(10) }",
    ];
    for block in one {
        assert_eq!(mistakes(block).len(), 1, "{block}: {:#?}", mistakes(block));
    }
}

#[test]
fn stated_outputs() {
    assert_eq!(mistakes("N: [4] -> [_] { Linear(W) -> [5], Linear(6) -> [6] }"), [""; 0]);
    // After a mistake, stated shapes are used.
    let block = "N: [4] -> [6] { Unknown -> [5], Linear(7 -> 6) }";
    assert_eq!(mistakes(block).len(), 2);
}

#[test]
fn sizes_follow_a_generic_parameter() {
    let cases = [
        ("[8]", "Linear(H), ReLU, BatchNorm1d, Linear(4)", vec!["[H]", "[H]", "[H]", "[4]"]),
        (
            "[3, 8, 8]",
            "Conv2d(H, kernel = 3), BatchNorm2d, MaxPool2d(2), GlobalAvgPool2d",
            vec!["[H, 6, 6]", "[H, 6, 6]", "[H, 3, 3]", "[H]"],
        ),
        ("[H, 9, 9]", "Conv2d(H, kernel = 3, groups = H), PReLU(H)", vec!["[H, 7, 7]", "[H, 7, 7]"]),
        ("[5, H]", "LayerNorm(H), Permute(1, 0), Linear(2)", vec!["[5, H]", "[H, 5]", "[H, 2]"]),
        ("[H]", "Add { {}, { Linear(H) } }", vec!["[H]", "[H]"]),
    ];
    for (input, steps, expected) in cases {
        let block = format!("N<const H: usize>: {input} -> {} {{ {steps} }}", expected[expected.len() - 1]);
        assert_eq!(mistakes(&block), [""; 0], "{block}");
        assert_eq!(outputs(&block), expected, "{block}");
    }
}

#[test]
fn what_does_not_meet_a_parameter_is_decided() {
    let block = "N<const H: usize>: [8] -> [2] { Linear(4), Linear(H), Linear(4), Linear(2) }";
    let decided = crate::testing::with_model(block, |model, _| {
        model.nodes.iter().map(|node| matches!(node.state, super::State::Decided(_))).collect::<Vec<_>>()
    });
    assert_eq!(decided, [true, false, false, true]);
}

#[test]
fn arithmetic_on_parameters_is_refused_and_its_numbers_are_not_seen() {
    let cases = [
        ("<const H: usize>: [H, 4, 4]", "Flatten", "`flatten_1` gives [?]"),
        ("<const H: usize>: [3, H, H]", "MaxPool2d(2)", "gives [3, ?, ?]"),
        ("<const H: usize, const K: usize>: [H]", "Concat { {}, { Linear(K) } }", "computed from `H` and `K`"),
        ("<const H: usize>: [8]", "Linear(2 * H)", "no arithmetic"),
        ("<const H: usize>: [8]", "Linear(H -> 4)", "expects H input features"),
        ("<const H: usize>: [H, 8]", "Add { {}, { Linear(H) } }", "[H, 8]"),
        ("<const H: usize>: [4]", "Maxout(4, pieces = H)", "a weight of `maxout_1`"),
        ("<const H: usize>: [H]", "Linear(WIDTH)", "mixes `H` with `WIDTH`"),
        ("<const H: usize>: [H, WIDTH]", "ReLU", "this shape mixes"),
        ("<T: Dim>: [T, 8]", "Linear(T)", "known only at run time"),
        ("<T: Dim>: [8, T]", "Linear(4)", "known only at run time"),
        ("<T: Dim>: [8, T]", "Conv1d(8, kernel = 3)", "gives [8, ?]"),
        ("<T: Dim>: [8]", "Linear(8)", "no input has the length `T`"),
        ("<const H: usize>: [8]", "other::Net<H>", "depends on `H`, whose value is unknown"),
        ("<const H: usize>: [8]", "Linear(H), other::Net", "which contains a generic parameter"),
    ];
    for (header, steps, part) in cases {
        let block =
            format!("N{header} -> [_] {{ {steps} }}").replace("-> [_]", if part == "this shape mixes" { "-> [_, _]" } else { "-> [_]" });
        let found = mistakes(&block);
        assert!(found.iter().any(|text| text.contains(part)), "{block}: {found:#?}");
        assert!(!found.iter().any(|text| text.contains("509040") || text.contains("5040")), "{block}: {found:#?}");
    }
}

#[test]
fn parts_of_a_split() {
    let found = mistakes("N: [7] -> [_] { Chunk(2) as (a, b), from a, Add(b) }");
    assert!(found.len() == 1 && found[0].starts_with("`chunk_1` cannot split axis 0"), "{found:#?}");
    assert_eq!(outputs("N: [6, 4] -> [_, _] { Chunk(3, axis = 0) as (a, b, c), Add(b, c) }")[..3], ["[2, 4]", "[2, 4]", "[2, 4]"]);
    assert_eq!(outputs("N: [6, 4] -> [_, _] { Split([1, 3], axis = 1) as (a, b), Concat(b, axis = 1) }"), ["[6, 1]", "[6, 3]", "[6, 4]"]);
    assert_eq!(outputs("N: [6, 4] -> [_, _] { Split(2, 4, dim = 1) as (a, b), Concat(b) }")[..2], ["[2, 4]", "[4, 4]"]);
    let found = mistakes("N<const H: usize>: [64] -> [_] { Split([H, 48]) as (a, b), Concat(b, axis = 0) }");
    assert!(
        found.len() == 1 && found[0].contains("into H, 48") && found[0].contains("add up to ?") && !found[0].contains("50"),
        "{found:#?}"
    );
    let found = mistakes("N: [7] -> [_] { Split([2, 4]) as (a, b), Concat(b, axis = 0), Linear(3) }");
    assert!(found.len() == 1 && found[0].ends_with("help: for example `Split([2, 5])`"), "{found:#?}");
    assert_eq!(outputs("N: [6, 4] -> [_, _] { Chunk(2, axis = 1) as (a, b), Add(b) }")[..2], ["[6, 2]", "[6, 2]"]);
}

#[test]
fn joins() {
    let block = "N: [3, 8, 8] -> [_, _, _] { Concat { {}, { Conv2d(5, kernel = 1) } }, Concat(input) as wide, Concat(axis = 2) { { from wide }, { from wide } } }";
    assert_eq!(mistakes(block), [""; 0]);
    assert_eq!(outputs(block)[1..], ["[8, 8, 8]", "[11, 8, 8]", "[11, 8, 16]"]);
}

#[test]
fn behind_a_network_the_stated_shape_counts() {
    let block = "N: [8] -> [4] { other::Net -> [6, _], Flatten, Linear(4) }";
    assert_eq!(mistakes(block), [""; 0]);
    assert_eq!(outputs(block), ["[6, _]", "[_]", "[4]"]);
}
