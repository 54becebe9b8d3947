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

/// A mistake, and what the layers behind it receive.
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
        // The last layer's mistake is found as well, and nothing is said of the layers between.
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
    // Behind a mistake, what is stated counts.
    let block = "N: [4] -> [6] { Unknown -> [5], Linear(7 -> 6) }";
    assert_eq!(mistakes(block).len(), 2);
}
