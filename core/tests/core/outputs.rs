//! All outputs of a network are equivalent: a loss of any of them trains the network, in every form of the forward pass.

use layercake::dfdx::tensor::{PutTape, SplitTape};
use layercake::optim::{Sgd, SgdConfig};
use layercake::prelude::*;

network! {
    pub Heads: [3] -> { first: [2], second: [2], third: [1] } {
        body: Linear(4), Tanh as shared,
        one: Linear(2), output first,
        from shared, two: Linear(2), output second,
        from shared, three: Linear(1), output third,
    }

    pub Body: [3] -> [3] { before: Linear(3), Tanh }
}

#[derive(Clone, Debug, Model)]
struct Holder {
    heads: Heads,
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Chain {
    heads: Heads,
}

type In = Tensor<(usize, Const<3>), f32, Cpu>;

fn data(device: &Cpu) -> In {
    device.tensor_from_vec((0..12).map(|i| (i * 5 % 11) as f32 / 5.0 - 1.0).collect(), (4, Const))
}

/// Checks the gradients of the mean square of each output alone, for all parameters in order.
fn one_by_one(gradients: impl Fn(&mut Heads, usize, In) -> Gradients<f32, Cpu>) {
    let device = Cpu::seed_from_u64(3);
    let net = Heads::new(&device);
    for output in 0..3 {
        // By finite differences of the forward pass.
        let mean_square = |net: &Heads| {
            let (first, second, third) = net.forward(data(&device));
            let numbers = [first.as_vec(), second.as_vec(), third.as_vec()][output].clone();
            numbers.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / numbers.len() as f64
        };
        let mut trained = net.clone();
        let mut found = gradients(&mut trained, output, data(&device));
        let unused = ["one", "two", "three"].into_iter().enumerate().filter(|(head, _)| *head != output);
        for parameter in trained.named_parameters() {
            found.try_alloc_for(&parameter.flat()).unwrap();
            let slopes = found.get(&parameter.flat()).as_vec();
            if unused.clone().any(|(_, head)| parameter.path().starts_with(head)) {
                assert!(slopes.iter().all(|slope| *slope == 0.0), "`{}` is another output's", parameter.path());
                continue;
            }
            for (i, slope) in slopes.iter().enumerate() {
                let at = |step: f32| {
                    let mut moved = net.clone();
                    moved.for_each_tensor_mut(|mut tensor| {
                        if tensor.path() == parameter.path() {
                            let mut numbers = tensor.to_vec();
                            numbers[i] += step;
                            tensor.copy_from(&numbers);
                        }
                    });
                    mean_square(&moved)
                };
                let wanted = (at(1e-2) - at(-1e-2)) / 2e-2;
                let error = (f64::from(*slope) - wanted).abs();
                assert!(error < 1e-3, "output {output}, `{}` {i}: {slope} instead of {wanted}", parameter.path());
            }
        }
    }
}

fn backward<S: Shape>(output: Tensor<S, f32, Cpu, OwnedTape<f32, Cpu>>) -> Gradients<f32, Cpu> {
    output.square().mean::<Rank0, _>().backward()
}

/// The loss of one of three outputs; the others are dropped.
macro_rules! of_one {
    ($outputs:expr, $output:expr) => {{
        let (first, second, third) = $outputs;
        match $output {
            0 => backward(first),
            1 => backward(second),
            _ => backward(third),
        }
    }};
}

#[test]
fn in_training_of_data() {
    one_by_one(|net, output, x| {
        let gradients = net.alloc_grads();
        of_one!(net.forward_train(x, gradients), output)
    });
}

#[test]
fn in_training_recorded_on_the_inputs_tape() {
    one_by_one(|net, output, x| of_one!(net.forward_mut(x.traced(net.alloc_grads())), output));
    one_by_one(|net, output, x| of_one!(net.forward_mut(x.leaky_trace()), output));
}

#[test]
fn with_frozen_statistics() {
    one_by_one(|net, output, x| of_one!(net.forward_eval(x.traced(net.alloc_grads())), output));
}

#[test]
fn in_a_struct() {
    one_by_one(|net, output, x| {
        let mut holder = Holder { heads: net.clone() };
        let gradients = holder.alloc_grads();
        let found = of_one!(holder.heads.forward_train(x, gradients), output);
        *net = holder.heads;
        found
    });
    one_by_one(|net, output, x| {
        let mut chain = Chain { heads: net.clone() };
        let gradients = chain.alloc_grads();
        let found = of_one!(chain.forward_mut(x.traced(gradients)), output);
        *net = chain.heads;
        found
    });
}

#[test]
fn in_float64_operation_by_operation() {
    let device = Cpu::seed_from_u64(3);
    let mut net = device.build_module::<Heads, f64>();
    let x: Tensor<(usize, Const<3>), f64, Cpu> = device.tensor_from_vec((0..12).map(f64::from).collect(), (4, Const));
    let gradients = net.alloc_grads();
    let (_, second, _) = net.forward_train(x, gradients);
    let gradients = second.square().mean::<Rank0, _>().backward();
    assert!(gradients.get(&net.body.weight).as_vec().iter().any(|slope| *slope != 0.0));
    assert!(gradients.get(&net.two.weight).as_vec().iter().all(|slope| *slope != 0.0));
    assert!(gradients.get(&net.one.weight).as_vec().iter().all(|slope| *slope == 0.0));
}

#[test]
fn in_a_graph_model() {
    let device = Cpu::seed_from_u64(3);
    for output in 1..3 {
        let mut net = GraphModel::<f32, Cpu>::new(Heads::<f32, Cpu>::GRAPH.clone(), &device);
        let gradients = net.alloc_grads();
        let x = DynTensor::try_from_tensor(data(&device)).unwrap();
        let mut outputs: Vec<DynTensor<f32, Cpu, OwnedTape<f32, Cpu>>> = net.forward_train(vec![x], gradients);
        let loss = outputs.swap_remove(output);
        let mut gradients = match output {
            1 => backward(loss.try_into_tensor::<(usize, Const<2>)>().unwrap().unwrap()),
            _ => backward(loss.try_into_tensor::<(usize, Const<1>)>().unwrap().unwrap()),
        };
        drop(outputs);
        let before = net.clone();
        Sgd::new(&net, SgdConfig::default()).step(&mut net, &mut gradients).unwrap();
        for (old, new) in before.named_parameters().iter().zip(net.named_parameters()) {
            let moved = old.to_vec() != new.to_vec();
            let head = ["one", "two", "three"][output];
            assert_eq!(moved, ["body", head].iter().any(|path| old.path().starts_with(path)), "`{}`", old.path());
        }
    }
}

/// The gradient of a sum of losses is the sum of their gradients, with each parameter counted once.
#[test]
fn several_outputs_at_once() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Heads::new(&device);
    let all = {
        let gradients = net.alloc_grads();
        let (first, second, third) = net.forward_train(data(&device), gradients);
        let sum = second.square().mean::<Rank0, _>() + first.square().mean::<Rank0, _>();
        (third.square().mean::<Rank0, _>() + sum).backward()
    };
    let mut parts = vec![0.0; 16];
    for output in 0..3 {
        let gradients = net.alloc_grads();
        let found = of_one!(net.forward_train(data(&device), gradients), output);
        parts.iter_mut().zip(found.get(net.body.bias.as_ref().unwrap()).as_vec()).for_each(|(sum, slope)| *sum += slope);
    }
    for (found, wanted) in all.get(net.body.bias.as_ref().unwrap()).as_vec().into_iter().zip(parts) {
        assert!((found - wanted).abs() < 1e-6, "{found} instead of {wanted}");
    }
}

/// Existing gradients are kept and the loss adds to them, whichever output it depends on.
#[test]
fn gradients_of_several_passes_add_up() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Heads::new(&device);
    let mut gradients = net.alloc_grads();
    for _ in 0..3 {
        let (_, second, _) = net.forward_train(data(&device), gradients);
        gradients = backward(second);
    }
    let one = {
        let gradients = net.alloc_grads();
        backward(net.forward_train(data(&device), gradients).1)
    };
    for (three, one) in gradients.get(&net.body.weight).as_vec().into_iter().zip(one.get(&net.body.weight).as_vec()) {
        assert!((three - 3.0 * one).abs() < 1e-5, "{three} instead of three times {one}");
    }
}

/// Earlier operations are recorded on the tape of the first output; a loss of only the other outputs must not lose them silently.
#[test]
#[should_panic(expected = "the loss depends on output 1 of `Heads` (counted from 0) and not on output 0")]
fn what_came_before_is_not_lost_silently() {
    let device = Cpu::seed_from_u64(3);
    let (mut body, mut net) = (Body::new(&device), Heads::new(&device));
    let hidden = body.forward_mut(data(&device).leaky_trace());
    let (_first, second, _) = net.forward_mut(hidden);
    backward(second);
}

#[test]
fn what_came_before_is_reached_through_the_first_output() {
    let device = Cpu::seed_from_u64(3);
    let (mut body, mut net) = (Body::new(&device), Heads::new(&device));
    let hidden = body.forward_mut(data(&device).leaky_trace());
    let (first, second, _) = net.forward_mut(hidden);
    let gradients = (second.square().mean::<Rank0, _>() + first.sum::<Rank0, _>() * 0.0).backward();
    assert!(gradients.get(&body.before.weight).as_vec().iter().all(|slope| *slope != 0.0));
}

#[test]
#[should_panic(expected = "`backward` was called a second time for one forward pass of `Heads`")]
fn two_backward_passes_of_one_forward_pass() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Heads::new(&device);
    let gradients = net.alloc_grads();
    let (first, second, _) = net.forward_train(data(&device), gradients);
    backward(first);
    backward(second);
}

/// A tape that is moved by hand still contains the recorded pass.
#[test]
fn a_tape_may_be_moved() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Heads::new(&device);
    let gradients = net.alloc_grads();
    let (_, second, _) = net.forward_train(data(&device), gradients);
    let (values, tape) = second.square().split_tape();
    let gradients = values.put_tape(tape).mean::<Rank0, _>().backward();
    assert!(gradients.get(&net.two.weight).as_vec().iter().all(|slope| *slope != 0.0));
}
