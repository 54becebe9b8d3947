//! Templates of other modules and crates.

use layercake::prelude::*;

mod blocks {
    use layercake::network;

    network! {
        // Used below by this name, which another template has where it is imported.
        block Unit(width) { Linear(width), Tanh }
        pub(super) block Tower(width, depth, unit = ReLU) { in_layer: Unit(width), layers: Repeat(depth) { Linear(width), unit } }
    }

    pub mod outer {
        layercake::network! {
            use super::Tower as Body;
            pub(in super::super) block TwoTowers(width) { first: Body(width, 2), second: Body(2 * width, 1, unit = Sigmoid) }
        }
    }
}

network! {
    use blocks::outer::TwoTowers;
    use {blocks::Tower, layercake_models::networks::blocks::{BasicBlock, SqueezeExcitation as Excitation}};

    block Unit(slope) { LeakyReLU(negative_slope = slope), Linear(5) }

    pub Both: [4] -> [5] { TwoTowers(3), towers: Tower(4, 1, unit = ELU), Unit(0.5) }

    block PreNorm(width, body, last = {}) { Residual { norm: LayerNorm(width), body }, last }

    pub Given: [4] -> [2] { Linear(4) as x, PreNorm(4, { fc: Linear(4), GELU, Mul(x) }), PreNorm(4, Tanh, last = { Linear(2), ReLU }) }

    pub Images: [3, 8, 8] -> [3, 8, 8] { layer1: BasicBlock(3), se: Excitation(1, 3) }
}

#[test]
fn templates_of_other_blocks_expand_as_their_own_block_says() {
    let dev = Cpu::seed_from_u64(0);
    let net = Both::new(&dev);
    let names: Vec<_> = net.named_parameters().iter().map(|param| param.path().to_owned()).collect();
    let linear = |layer: String| [format!("{layer}.weight"), format!("{layer}.bias")];
    let layers = ["first.in_layer", "first.layers.0", "first.layers.1", "second.in_layer", "second.layers.0"];
    let layers = layers.map(|layer| format!("two_towers_1.{layer}.linear_1"));
    let own = ["towers.in_layer.linear_1", "towers.layers.0.linear_1", "unit_1.linear_1"].map(str::to_owned);
    assert_eq!(names, layers.into_iter().chain(own).flat_map(linear).collect::<Vec<_>>());
    let kinds: Vec<_> = Both::GRAPH.nodes.iter().map(|node| node.op.kind()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "Tanh").count(), 3);
    assert_eq!(kinds.iter().filter(|kind| **kind == "Sigmoid").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "ELU").count(), 1);
    assert_eq!(Given::GRAPH.params(), (16 + 4) + 8 + (16 + 4) + 8 + (8 + 2));
    assert_eq!(Images::GRAPH.params(), 2 * (3 * 3 * 9 + 6) + (3 + 1) + (3 + 3));
    assert!(net.forward(dev.sample_normal::<Rank2<2, 4>>()).array().iter().flatten().all(|x| x.is_finite()));
}
