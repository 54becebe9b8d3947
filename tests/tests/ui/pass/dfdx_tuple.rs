//! Networks with several inputs, custom layers and parameters inside dfdx tuples, trained by dfdx's own loop.

use layercake::dfdx::nn::modules;
use layercake::prelude::*;

network! {
    Embed<const H: usize>: [4] -> [H] { Residual(shortcut = { Linear(H) }) { a: Linear(H), ReLU, b: Linear(H) } }
    Tail: [5] -> [2] { modules::Linear(5, 5) -> [5], fc: Linear(5), reuse fc, Linear(2) }
}

type Whole = (Embed<5>, modules::Tanh, Tail);

#[test]
fn runs() {
    let device = Cpu::seed_from_u64(0);
    let mut net: Whole = layercake::dfdx::nn::BuildModule::build(&device);
    let mut grads = net.alloc_grads();
    let mut sgd = layercake::dfdx::optim::Sgd::new(&net, Default::default());
    let x: Tensor<Rank2<8, 4>, f32, _> = device.sample_normal();
    let mut losses = Vec::new();
    for _ in 0..50 {
        let loss = net.forward_mut(x.clone().traced(grads)).square().mean();
        losses.push(loss.array());
        grads = loss.backward();
        sgd.update(&mut net, &grads).unwrap();
        net.zero_grads(&mut grads);
    }
    assert!(losses[49] < 0.5 * losses[0], "{losses:?}");
}
