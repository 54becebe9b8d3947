//! dfdx's modules inside a network, and networks inside dfdx's.

use layercake::dfdx::nn::{self, modules};
use layercake::prelude::*;

network! {
    /// Seven layers with tensors: more than dfdx visits in one tuple.
    pub Body: [4] -> [6] {
        a: Linear(5), b: BatchNorm1d, c: Linear(5), ReLU, d: Linear(5), e: Linear(5), f: Linear(5), g: Linear(6),
    }
}

type Whole = (Body, modules::ReLU, modules::Linear<6, 2, f32, Cpu>);

fn train<M>(net: &mut M, x: Tensor<Rank2<3, 4>, f64, Cpu>)
where
    M: ModuleMut<Tensor<Rank2<3, 4>, f64, Cpu, OwnedTape<f64, Cpu>>, Output = Tensor<Rank2<3, 6>, f64, Cpu, OwnedTape<f64, Cpu>>>,
    M: ZeroGrads<f64, Cpu>,
{
    let grads = net.alloc_grads();
    let loss = net.forward_mut(x.traced(grads)).square().mean();
    let mut sgd = layercake::dfdx::optim::Sgd::new(net, Default::default());
    sgd.update(net, &loss.backward()).unwrap();
}

#[test]
fn runs() {
    let device = Cpu::seed_from_u64(0);
    let mut net = device.build_module::<Body, f64>();
    train(&mut net, device.sample_normal());
    let net: Body = net.to_dtype::<f32>();
    let copy = net.clone();
    let x: Tensor<Rank2<3, 4>, f32, _> = device.sample_normal();
    assert_eq!(net.forward(x.clone()).array(), Module::forward(&copy, x.clone()).array());
    let whole: Whole = (net, modules::ReLU, nn::BuildModule::build(&device));
    assert_eq!(whole.forward(x).array()[2].len(), 2);
}
