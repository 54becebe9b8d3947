//! Templates: their arguments, and the names of what they stand for.

use super::plan;
use crate::testing::mistakes;

#[test]
fn arguments_of_templates_may_be_tags() {
    let block = "block Twice(body, memory) { body, Linear(4) as z, from memory, ReLU, Add(z) }
        block Outer(kept) { Twice(Tanh, kept) }
        N: { x: [4], memory: [4] } -> [4] { from memory, Tanh as m, from x, Linear(4) as y, Outer(y), Add(m) }";
    assert_eq!(
        plan(block),
        [
            "tanh_1 <- memory",
            "linear_1 <- x",
            "outer_1.twice_1.tanh_1 <- linear_1",
            "outer_1.twice_1.linear_1 <- outer_1.twice_1.tanh_1",
            "outer_1.twice_1.relu_1 <- linear_1",
            "outer_1.twice_1.add_1 <- outer_1.twice_1.relu_1, outer_1.twice_1.linear_1",
            "add_1 <- outer_1.twice_1.add_1, tanh_1",
            "-> output: add_1",
        ]
    );
    let of_a_size = "block B(size) { ReLU, from size, Tanh } N: [4] -> [4] { B(4) }";
    assert!(mistakes(of_a_size).iter().any(|message| message.starts_with("there is no tag `size`")), "{:?}", mistakes(of_a_size));
}

#[test]
fn arguments_of_templates_may_be_branches() {
    let block = "block Pre(body, last = {}) { Residual { LayerNorm(4), body }, last }
        block Twice(body) { Pre(body), inner: body, Pre(Tanh, last = body) }
        N: [4] -> [4] { Linear(4) as x, Twice({ fc: Linear(4), Add(x) }) }";
    assert_eq!(
        plan(block),
        [
            "linear_1 <- input",
            "twice_1.pre_1.layer_norm_1 <- linear_1",
            "twice_1.pre_1.fc <- twice_1.pre_1.layer_norm_1",
            "twice_1.pre_1.add_1 <- twice_1.pre_1.fc, linear_1",
            "twice_1.pre_1.residual_1 <- twice_1.pre_1.add_1, linear_1",
            "twice_1.inner.fc <- twice_1.pre_1.residual_1",
            "twice_1.inner.1 <- twice_1.inner.fc, linear_1",
            "twice_1.pre_2.layer_norm_1 <- twice_1.inner.1",
            "twice_1.pre_2.tanh_1 <- twice_1.pre_2.layer_norm_1",
            "twice_1.pre_2.residual_1 <- twice_1.pre_2.tanh_1, twice_1.inner.1",
            "twice_1.pre_2.fc <- twice_1.pre_2.residual_1",
            "twice_1.pre_2.add_1 <- twice_1.pre_2.fc, linear_1",
            "-> output: twice_1.pre_2.add_1",
        ]
    );
    let mistakes_of =
        |steps: &str| mistakes(&format!("block Pre(body) {{ ReLU, body }} Inner: [4] -> [4] {{ ReLU }} N: [4] -> [4] {{ {steps} }}"));
    for (steps, message) in [
        ("Pre({ Linear(4), Lineer(4) })", "there is no layer `Lineer`"),
        ("Pre({ ReLU; Tanh })", "layers are separated by `,`, not `;`"),
        ("Pre({ body })", "there is no layer `body`"),
        ("Linear({ 4, 5 })", "expected a size or an option, but found `{`"),
        ("Inner({ ReLU })", "`Inner` takes the tags of its other inputs, but `{ ReLU }` is not a tag"),
    ] {
        let found = mistakes_of(steps);
        assert!(found.len() == 1 && found[0].starts_with(message), "{steps}: {found:?}");
    }
}

#[test]
fn templates_are_opened_up_below_a_name() {
    let lines = plan(
        "block Basic(size, wide = 2 * size) { conv1: Linear(wide) as h, Tanh, Add(h), conv2: Linear(size), Add(input) }
         block Two(size) { Basic(size), again: Basic(size, wide = 3) }
         N: [8] -> [8] { layer1: Repeat(1) { Basic(8) }, Two(8), Basic(8), x: Basic(8) }",
    );
    let paths: Vec<&str> = lines.iter().filter_map(|line| line.split(" <- ").next()).filter(|path| path.ends_with("conv1")).collect();
    assert_eq!(
        paths,
        ["layer1.0.basic_1.conv1", "two_1.basic_1.conv1", "two_1.again.conv1", "basic_1.conv1", "x.conv1"],
        "each tag is a template's own"
    );
    assert_eq!(lines[4], "layer1.0.basic_1.add_2 <- layer1.0.basic_1.conv2, input");
    assert_eq!(lines[9], "two_1.basic_1.add_2 <- two_1.basic_1.conv2, layer1.0.basic_1.add_2");
}
