//! Layercake's side: a training step and an inference of each network, written as in user code.

use std::cell::RefCell;
use std::rc::Rc;

use layercake::dfdx::tensor::{PutTape, SplitTape};
use layercake::loss::{BceWithLogits, bce_with_logits, cross_entropy, gaussian_kl};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_ir::Graph;

use crate::networks::{CharLstm, CharTransformer, Decoder, Encoder, LeNet5, Mlp, PixelCnn, ResNet18, Vae, Vgg11, Vgg16};

/// The timed work.
pub struct Work {
    /// Number of trainable parameters.
    pub params: usize,
    /// A training step: zeroed gradients, forward, loss, backward, Adam. Returns the loss.
    pub train: Box<dyn FnMut() -> f32>,
    /// An inference.
    pub infer: Box<dyn FnMut()>,
}

/// Floating-point operations per sample of an inference and a training step, as declared, independent of the algorithm. Training counts three
/// times the forward pass, without the gradient of the data.
pub fn flops(name: &str) -> Option<[u64; 2]> {
    let graphs: &[&Graph] = match name {
        "mlp" => &[Mlp::GRAPH],
        "lenet_b1" | "lenet_b64" | "lenet_b256" => &[LeNet5::GRAPH],
        "vgg11" => &[Vgg11::GRAPH],
        "vgg16" => &[Vgg16::GRAPH],
        "vae" => &[Encoder::GRAPH, Decoder::GRAPH],
        "pixelcnn" => &[PixelCnn::GRAPH],
        "resnet18" => &[ResNet18::GRAPH],
        "lstm" => &[CharLstm::GRAPH],
        "transformer" => &[CharTransformer::GRAPH],
        _ => return None,
    };
    Some(flops_of(graphs))
}

/// The operations of consecutive networks.
pub fn flops_of(graphs: &[&Graph]) -> [u64; 2] {
    let of_data = |graph: &Graph| -> u64 {
        (0..graph.nodes().len()).filter(|&node| graph.nodes()[node].inputs() == [0]).map(|node| graph.node_flops(node)).sum()
    };
    let forward = graphs.iter().map(|graph| graph.flops()).sum();
    [forward, 3 * forward - of_data(graphs[0])]
}

const ADAM: AdamConfig = AdamConfig { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: None, bias_correction: true };

/// Creates the work of a workload in [`crate::workload::ALL`].
pub fn make(name: &str) -> Option<Work> {
    let device = Cpu::seed_from_u64(0);
    /// A network with one input and one output, and its loss.
    macro_rules! single {
        ($net:ident, $x:expr, $loss:expr) => {{
            let net = $net::new(&device);
            let mut optimizer = Adam::new(&net, ADAM);
            let mut gradients = Some(net.alloc_grads());
            let x = $x;
            let net = Rc::new(RefCell::new(net));
            let (trained, data) = (Rc::clone(&net), x.clone());
            let train = move || {
                let net = &mut *trained.borrow_mut();
                let scores = net.forward_train(data.clone(), gradients.take().expect("put back at the end"));
                let loss = $loss(scores);
                let value = loss.array();
                let mut new = loss.backward();
                optimizer.step(net, &mut new).expect("every parameter has a gradient");
                net.zero_grads(&mut new);
                gradients = Some(new);
                value
            };
            let infer = move || drop(std::hint::black_box(net.borrow().forward(x.clone())));
            Some(Work { params: $net::PARAMS, train: Box::new(train), infer: Box::new(infer) })
        }};
    }
    /// A network that predicts the next character after each of so many.
    macro_rules! text_model {
        ($net:ident, $length:literal) => {{
            let text: Vec<usize> = (0..32 * ($length + 1)).map(|i| i * 7919 % 1009 % 65).collect();
            let part = |first: usize| text.chunks($length + 1).flat_map(|line| line[first..first + $length].to_vec()).collect::<Vec<_>>();
            let x: Tensor<(usize, Const<$length>), usize, Cpu> = device.tensor_from_vec(part(0), (32, Const));
            let next = part(1);
            single!($net, x, |scores: Tensor<(usize, Const<$length>, Const<65>), f32, Cpu, _>| {
                cross_entropy(scores.reshape_like(&(32 * $length, Const::<65>)), &next)
            })
        }};
    }
    let labels = |batch: usize| -> Vec<usize> { (0..batch).map(|i| i * 7919 % 1009 % 10).collect() };
    macro_rules! classifier {
        ($net:ident, $batch:literal, $shape:ty, $sizes:expr) => {{
            let labels = labels($batch);
            let x: Tensor<$shape, f32, Cpu> = device.sample_normal_like(&$sizes);
            single!($net, x, |scores| cross_entropy(scores, &labels))
        }};
    }
    type Flat = (usize, Const<784>);
    type Gray = (usize, Const<1>, Const<28>, Const<28>);
    type Color = (usize, Const<3>, Const<32>, Const<32>);
    match name {
        "mlp" => classifier!(Mlp, 64, Flat, (64, Const)),
        "lenet_b1" => classifier!(LeNet5, 1, Gray, (1, Const, Const, Const)),
        "lenet_b64" => classifier!(LeNet5, 64, Gray, (64, Const, Const, Const)),
        "lenet_b256" => classifier!(LeNet5, 256, Gray, (256, Const, Const, Const)),
        "vgg11" => classifier!(Vgg11, 32, Color, (32, Const, Const, Const)),
        "vgg16" => classifier!(Vgg16, 32, Color, (32, Const, Const, Const)),
        "resnet18" => classifier!(ResNet18, 32, Color, (32, Const, Const, Const)),
        "pixelcnn" => {
            let noise: Tensor<Gray, f32, Cpu> = device.sample_normal_like(&(32, Const, Const, Const));
            let bits = noise.as_vec().into_iter().map(|x| f32::from(u8::from(x > 0.0))).collect::<Vec<_>>();
            let x: Tensor<Gray, f32, Cpu> = device.tensor_from_vec(bits, (32, Const, Const, Const));
            let target = x.clone();
            single!(PixelCnn, x, |logits| bce_with_logits(logits, target.clone()))
        }
        "lstm" => text_model!(CharLstm, 64),
        "transformer" => text_model!(CharTransformer, 128),
        "vae" => Some(vae(&device)),
        _ => None,
    }
}

fn vae(device: &Cpu) -> Work {
    const BATCH: usize = 64;
    let x: Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, Cpu> = device.sample_uniform_like(&(BATCH, Const, Const, Const));
    let draw = {
        let device = device.clone();
        move || -> Tensor<(usize, Const<20>), f32, Cpu> { device.sample_normal_like(&(BATCH, Const)) }
    };
    let vae: Vae = Vae::new(device);
    let mut optimizer = Adam::new(&vae, ADAM);
    let mut gradients = Some(vae.alloc_grads());
    let vae = Rc::new(RefCell::new(vae));
    let (trained, data, noise) = (Rc::clone(&vae), x.clone(), draw.clone());
    let train = move || {
        let vae = &mut *trained.borrow_mut();
        let (mean, logvar) = vae.encoder.forward_train(data.clone(), gradients.take().expect("put back at the end"));
        let ((mean, tape), (logvar, other)) = (mean.split_tape(), logvar.split_tape());
        let point = (logvar.clone().put_tape(tape) * 0.5).exp() * noise() + mean.clone();
        let logits = vae.decoder.forward_mut(point);
        let (apart, tape) = (BceWithLogits::default().sum(logits, data.clone()) / BATCH as f32).split_tape();
        let loss = gaussian_kl(mean.put_tape(tape), logvar.put_tape(other)).mean::<Rank0, _>() + apart;
        let value = loss.array();
        let mut new = loss.backward();
        optimizer.step(vae, &mut new).expect("every parameter has a gradient");
        vae.zero_grads(&mut new);
        gradients = Some(new);
        value
    };
    let infer = move || {
        let vae = vae.borrow();
        let (mean, logvar) = vae.encoder.forward(x.clone());
        let point = (logvar * 0.5).exp() * draw() + mean;
        drop(std::hint::black_box(vae.decoder.forward(point)));
    };
    Work { params: Encoder::PARAMS + Decoder::PARAMS, train: Box::new(train), infer: Box::new(infer) }
}
