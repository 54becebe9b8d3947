use crate::testing::{mistakes, with_model};

/// The layers of a block's network: path, and output shape.
#[track_caller]
fn layers(block: &str) -> Vec<String> {
    with_model(block, |model, report| {
        assert_eq!(report.len(), 0, "{:?}", report.texts());
        model.nodes.iter().map(|node| format!("{} {}", node.name, node.output().text())).collect()
    })
}

#[test]
fn rounds_of_a_list() {
    let lines = layers(
        "N: [4] -> [2] { for width in [8, 6] { fc: Linear(width), ReLU } head: for (a, b) in [(5, 3), (4, 2)] { Linear(a), Linear(b) } }",
    );
    let first = ["for_1.0.fc [8]", "for_1.0.relu_1 [8]", "for_1.1.fc [6]", "for_1.1.relu_1 [6]"];
    assert_eq!(lines[..4], first);
    assert_eq!(lines[4..], ["head.0.linear_1 [5]", "head.0.linear_2 [3]", "head.1.linear_1 [4]", "head.1.linear_2 [2]"]);
}

#[test]
fn ranges_lists_in_lists_and_arithmetic() {
    let block = "
        block Stage(widths) { for w in widths { Linear(2 * w) } }
        N: [4] -> [4] { for i in 0..2 { Linear(i + 3) } for ws in [[1], [3, 2]] { Stage(ws) } }";
    let shapes: Vec<String> = layers(block).iter().map(|line| line.rsplit_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(shapes, ["[3]", "[4]", "[2]", "[6]", "[4]"]);
}

#[test]
fn a_sequence_goes_on_counting() {
    let lines = layers("N: [4] -> [3] { features: Sequential { Linear(4), for w in [5, 3] { Linear(w), ReLU } } }");
    assert_eq!(lines, ["features.0 [4]", "features.1 [5]", "features.2 [5]", "features.3 [3]", "features.4 [3]"]);
}

#[test]
fn one_branch_of_an_if() {
    let block = |argument: &str| {
        format!(
            "block Cell(width, norm = true, act = ReLU) {{
                fc: Linear(width),
                if norm && width > 4 {{ norm: LayerNorm }} else if width == 4 {{ Tanh }} else {{ Sigmoid }}
                if act != ReLU {{ Softplus }}
                act,
            }}
            N: [4] -> [_] {{ Cell({argument}) }}"
        )
    };
    let names = |argument: &str| -> Vec<String> {
        layers(&block(argument)).iter().map(|line| line.split(' ').next().unwrap().trim_start_matches("cell_1.").to_owned()).collect()
    };
    assert_eq!(names("8"), ["fc", "norm", "relu_1"]);
    assert_eq!(names("8, norm = false"), ["fc", "sigmoid_1", "relu_1"]);
    assert_eq!(names("4, act = LeakyReLU(negative_slope = 0.2)"), ["fc", "tanh_1", "softplus_1", "leaky_relu_1"]);
}

#[test]
fn tags_of_a_branch_stay() {
    let block = "
        block Body(skip) { if skip { ReLU as x, Linear(4), Add(x) } else { Linear(4) } if skip { Tanh } }
        N: [4] -> [4] { Body(true), Body(false), if true { ReLU as y } Linear(4), Add(y) }";
    assert_eq!(layers(block).len(), 4 + 1 + 3);
}

#[test]
fn a_network_that_is_a_sequence() {
    assert_eq!(layers("N: [4] -> [3] { Sequential { Linear(4), ReLU, Sequential { Linear(3) } } }"), ["0 [4]", "1 [4]", "2.0 [3]"]);
    // With a name, or beside others, it is a part.
    assert_eq!(layers("N: [4] -> [4] { net: Sequential { Linear(4) } }"), ["net.0 [4]"]);
    assert_eq!(layers("N: [4] -> [4] { Sequential { Linear(4) }, ReLU }"), ["sequential_1.0 [4]", "relu_1 [4]"]);
}

#[test]
fn what_is_wrong_is_said_once() {
    let said = |steps: &str| mistakes(&format!("block B(n) {{ for w in n {{ Linear(w) }} }} N: [4] -> [_] {{ {steps} }}"));
    let one = |steps: &str, wanted: &str| {
        let said = said(steps);
        assert!(said.len() == 1 && said[0].contains(wanted), "{steps}: {said:?}");
    };
    one("for w in WIDTHS { Linear(w) }", "`for` takes a list, such as `[64, 128]` or `0..3`, but found `WIDTHS`");
    one("B(WIDTHS)", "but found `WIDTHS`");
    one("for w in [] { Linear(w) }", "the list of this `for` is empty");
    one("for (a, b) in [(1, 2), 3] { Linear(a), Linear(b) }", "needs 2 values for each round, `(a, b)`, but found `3`");
    one("for w in [8, 0, 8] { Linear(w) }", "0 output features");
    one("for w in [8, 6] { Conv2d(w, kernel = 3) }", "in the round with `w = 8`");
    one("if DEEP { Linear(8) } else { Linear(4) }", "`if` depends on `DEEP`, whose value is not known while the macro expands");
    one("if 3 { Linear(8) }", "which is neither `true` nor `false`");
    one("Linear(8), name: if true { Linear(8) }", "`if` has no name of its own");
    one("for w [8] { Linear(w) }", "`for` is followed by a word, `in` and a list");
    one("if { Linear(8) }", "`if` lacks a condition before its layers");
    one("for w in [8] Linear(w)", "the layers of `for` go in braces");
    one("for w in [8] { }", "`for` has no layers");
}
