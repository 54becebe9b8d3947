//! Tensors that enter a join twice, and products of tensors.

use crate::testing::mistakes;

/// Blocks in which a tensor enters a join twice by mistake, each with a part of its message.
#[test]
fn what_enters_a_join_twice() {
    let cases = [
        // The current tensor has a tag.
        ("N: [2] -> [2] { ReLU as x, Tanh as y, Add(x, y) }", "`y` is the current tensor, which `Add` already includes"),
        ("N: [2] -> [2] { ReLU as x, Mul(x) }", "`Mul { { from x }, { from x } }`"),
        ("N: [2] -> [2] { Maximum(input) }", "`input` is the current tensor"),
        ("N: { a: [2], b: [2] } -> [2] { from b, Add(a, b) }", "`Add(a)`, or `Add { { from b }, { from a }, { from b } }`"),
        ("N: [4] -> [2] { Chunk(2) as (a, b), Add(a, b) }", "`a` is the current tensor"),
        ("N: [4] -> [4] { Chunk(2) as (a, b), Concat(a, b, axis = 0) }", "`Concat(b, axis = 0)`"),
        ("N: [2] -> [2] { ReLU as x, Tanh as y, Sub(x, y) }", "help: write `from x, Sub(y)`"),
        ("N: [2] -> [2] { ReLU as x, Tanh as y, Sub(y, x) }", "help: write `Sub(x)`"),
        ("N: [2] -> [6] { ReLU as x, Tanh as y, GELU as z, Concat(x, y, z) }", "`from x, Concat(y, z)`"),
        ("N: [2] -> [2] { Linear(2) as mean, Linear(2) as v, from mean, Reparameterize(mean), Add(v) }", "`mean` is the current tensor"),
        ("N: [2] -> [2] { Vae as (mean, v), Add(mean, v) } Vae: [2] -> { a: [2], b: [2] } { ReLU, output a, Tanh, output b }", "`mean` is"),
        ("N: [3, 2] -> [3, 2] { GRU(2) as (y, h), Add(y) }", "`y` is the current tensor"),
        // A tag twice, or two of one tensor.
        ("N: [2] -> [2] { ReLU as x, Tanh, Add(x, x) }", "`Add(x)`, or `Add { {}, { from x }, { from x } }`"),
        ("N: [2] -> [2] { ReLU as x, from x as z, Tanh, Add(x, z) }", "`z` and `x` are the same tensor"),
        ("N: [2] -> [2] { ReLU as x, Repeat(2) { from x } as z, Tanh, Concat(x, z), Linear(2) }", "`z` and `x` are the same tensor"),
        ("block Same { from input } N: [2] -> [2] { ReLU as x, Same as z, Tanh, Mul(z, x) }", "`x` and `z` are the same tensor"),
        ("N: [2] -> [2] { ReLU, Concat(input, input), Linear(2) }", "`input` appears in `Concat` twice"),
        // Branches.
        ("N: [2] -> [2] { Add { {}, {} } }", "two branches of `Add` leave the tensor unchanged"),
        ("N: [2] -> [2] { Add { {}, { from input } } }", "`Add { { from input }, { from input } }`"),
        (
            "N: [2] -> [6] { ReLU as x, Tanh, Concat(axis = 0) { { Sequential { from x } }, { from x }, {} } }",
            "two branches of `Concat` give the same tensor",
        ),
        (
            "N: [2] -> [2] { ReLU as x, from x as z, Tanh, Maximum { { from x }, { from z }, {} } }",
            "two branches of `Maximum` give the same tensor",
        ),
        ("N: [2] -> [2] { Mul { { ReLU as x }, { from x } } }", "two branches of `Mul` give the same tensor"),
        (
            "block Same { Sequential { from input } } N: [2] -> [2] { Sub { { Same }, { Repeat(3) { from input } } } }",
            "two branches of `Sub`",
        ),
        ("block Twice { ReLU, Add { {}, {} } } N: [2] -> [2] { Twice, Twice }", "two branches of `Add`"),
        ("N: [2] -> [2] { Repeat(3) { Linear(2) as x, Add(x) } }", "`x` is the current tensor"),
        // A residual connection.
        ("N: [2] -> [2] { Residual { from input } }", "`Residual` would add its input to itself"),
        ("N: [2] -> [2] { Residual(drop = 0.5) { from input } }", "`Residual` would add its input to itself"),
        ("N: [2] -> [2] { Residual(shortcut = {}) { from input } }", "`Residual` would add a tensor to itself"),
        (
            "N: [2] -> [2] { ReLU as x, Tanh as t, Residual(shortcut = { from x }) { from x }, Add(t) }",
            "`Residual` would add a tensor to itself",
        ),
    ];
    for (block, part) in cases {
        let mut found = mistakes(block);
        // One message per occurrence, and one for a repetition.
        found.dedup();
        assert!(found.len() == 1 && found[0].contains(part), "{block}: {found:#?}");
    }
}

/// On purpose, or another tensor.
#[test]
fn what_does_not_enter_a_join_twice() {
    for block in [
        "N: [2] -> [2] { ReLU as x, Add { { from x }, { from x } } }",
        "N: [2] -> [6] { ReLU, Concat(axis = 0) { { from input }, {}, { from input } } }",
        "N: [2] -> [2] { Mul { { from input }, { from input } } }",
        "block Square { Mul { { from input }, { from input } } } N: [2] -> [2] { Square }",
        "N: [2] -> [2] { ReLU as x, ReLU, Add(x) }",
        "N: [2] -> [2] { fc: Linear(2) as x, from input, reuse fc, Add(x) }",
        "N: [2] -> [2] { Add { { Dropout(0.5) }, {} } }",
        "N: [4] -> [2] { Chunk(2) as (a, b), from b, Add(a) }",
        "N: [2] -> [2] { Pair(input) } Pair: { a: [2], b: [2] } -> [2] { Add(b) }",
    ] {
        assert_eq!(mistakes(block), [""; 0], "{block}");
    }
    // Unknown values after a mistake do not count as equal.
    for block in ["N: [2] -> [2] { ReLU as (a, b), Tanh, Add(a, b) }", "N: [2] -> [2] { Foo(2) as (a, b), from a, Add(b) }"] {
        assert_eq!(mistakes(block).len(), 1, "{block}: {:#?}", mistakes(block));
    }
}

#[test]
fn what_multiplies_is_bounded() {
    let nested = "N: [8] -> [8] { Repeat(1000000) { Repeat(1000000) { Linear(8) } } }";
    assert_eq!(mistakes(nested).len(), 1, "{:#?}", mistakes(nested));
    // Without a single value.
    let empty = "N: [8] -> [8] { Repeat(18446744073709551615) { from input }, Linear(8) }";
    assert_eq!(mistakes(empty).len(), 1, "{:#?}", mistakes(empty));
    let mut doubling: String = (0..30).map(|i| format!("block T{i} {{ T{0}, T{0} }} ", i + 1)).collect();
    doubling.push_str("block T30 {} N: [8] -> [8] { T0, Linear(8) }");
    let found = mistakes(&doubling);
    assert!(found.len() == 1 && found[0].contains("steps"), "{found:#?}");
    let mut deep: String = (0..200).map(|i| format!("block T{i} {{ T{} }} ", i + 1)).collect();
    deep.push_str("block T200 { Linear(8) } N: [8] -> [8] { T0 }");
    let found = mistakes(&deep);
    assert!(found.len() == 1 && found[0].contains("deep"), "{found:#?}");
}
