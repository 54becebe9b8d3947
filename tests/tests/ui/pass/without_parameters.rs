//! Networks without parameters.

use layercake::prelude::*;

network! {
    Activation: [3, 4, 4] -> [48] { Flatten, ReLU }
    Nothing: [7] -> [7] {}
    Inferred: [7] -> [_] {}
}

#[test]
fn runs() {
    let device = Cpu::default();
    let x: Tensor<Rank4<2, 3, 4, 4>, f32, _> = device.sample_normal();
    let mut net = Activation::new(&device);
    assert_eq!(net.forward(x.clone()).array()[0].len(), 48);
    let _ = net.forward_mut(x.leaky_trace());
    let y: Tensor<Rank2<2, 7>, f32, _> = device.sample_normal();
    assert_eq!(Nothing::new(&device).forward(y.clone()).array(), y.array());
    assert_eq!((Nothing::PARAMS, Nothing::LAYERS, Inferred::OUTPUT), (0, 0, [7]));
}
