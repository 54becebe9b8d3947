//! Parameters whose elements are not in memory in the order of their indices, as after a permutation.

use layercake::average::{AveragedModel, Averaging};
use layercake::dfdx::shapes::Axes2;
use layercake::dfdx::tensor_ops::BroadcastTo;
use layercake::optim::{Adam, AdamConfig, Clip, Sgd, SgdConfig};
use layercake::prelude::*;

network! { pub Net: [3] -> [2] { fc: Linear(2) } }

type Weight = Tensor<Rank2<2, 3>, f32, Cpu>;
type Batch = Tensor<(usize, Const<3>), f32, Cpu>;

/// Two networks with equal parameters; the weight of the second is a permuted tensor.
fn both(device: &Cpu) -> [Net; 2] {
    let straight = Net::new(device);
    let mut permuted = straight.clone();
    let columns: Tensor<Rank2<3, 2>, f32, Cpu> = straight.fc.weight.clone().permute::<_, Axes2<1, 0>>().contiguous();
    let weight: Weight = columns.permute::<_, Axes2<1, 0>>();
    permuted.fc.weight = weight;
    assert_eq!(permuted.fc.weight.array(), straight.fc.weight.array());
    [straight, permuted]
}

fn data(device: &Cpu) -> Batch {
    device.tensor_from_vec(vec![0.5, -1.0, 2.0, 1.5, 0.25, -0.75], (2, Const))
}

#[test]
fn they_train_alike() {
    let device = Cpu::seed_from_u64(0);
    for clip in [None, Some(Clip::Norm(0.5)), Some(Clip::Value(0.3))] {
        let [mut one, mut other] = both(&device);
        let mut optimizers = [(); 2].map(|()| {
            let mut adam = Adam::new(&one, AdamConfig { lr: 0.1, ..Default::default() });
            adam.clip = clip;
            adam
        });
        let mut gradients = [one.alloc_grads(), other.alloc_grads()];
        for step in 0..4 {
            let nets = [&mut one, &mut other];
            for ((net, optimizer), gradients) in nets.into_iter().zip(&mut optimizers).zip(&mut gradients) {
                let begin = std::mem::replace(gradients, Gradients::leaky());
                // Both ways to record the tape.
                let y = if step % 2 == 0 { net.forward_train(data(&device), begin) } else { net.forward_eval(data(&device).traced(begin)) };
                *gradients = y.square().mean::<Rank0, _>().backward();
                optimizer.step(net, gradients).unwrap();
                net.zero_grads(gradients);
            }
            assert_eq!(one.fc.weight.array(), other.fc.weight.array(), "after step {step}");
        }
    }
}

#[test]
fn a_graph_model_trains_them_too() {
    let device = Cpu::seed_from_u64(0);
    let [net, _] = both(&device);
    let mut model: GraphModel = GraphModel::new(Net::<f32, Cpu>::GRAPH.clone(), &device);
    let gradients = model.alloc_grads();
    let y: Tensor<(usize, Const<2>), f32, Cpu, OwnedTape<f32, Cpu>> = model.forward_train(data(&device), gradients);
    let mut gradients = y.square().mean::<Rank0, _>().backward();
    Sgd::new(&model, SgdConfig::default()).step(&mut model, &mut gradients).unwrap();
    drop(net);
}

#[test]
fn they_are_loaded_and_written_in_the_order_of_their_indices() {
    let device = Cpu::seed_from_u64(0);
    let [one, mut other] = both(&device);
    let path = std::env::temp_dir().join(format!("layercake-layouts-{}.safetensors", std::process::id()));
    io::save_safetensors(&other, &path).unwrap();
    let mut loaded = Net::new(&device);
    io::load_safetensors(&mut loaded, &path).unwrap();
    assert_eq!(loaded.fc.weight.array(), one.fc.weight.array());

    let source = Net::new(&device);
    io::save_safetensors(&source, &path).unwrap();
    io::load_safetensors(&mut other, &path).unwrap();
    assert_eq!(other.fc.weight.array(), source.fc.weight.array());
    let [_, mut matching] = both(&device);
    io::load_matching(&mut matching, &path).unwrap();
    assert_eq!(matching.fc.weight.array(), source.fc.weight.array());
    std::fs::remove_file(path).unwrap();

    other.for_each_tensor_mut(|mut tensor| {
        if tensor.path() == "fc.weight" {
            tensor.copy_from(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        }
    });
    assert_eq!(other.fc.weight.array(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    assert_eq!(other.named_parameters()[0].to_vec(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn averages_go_on_with_them() {
    let device = Cpu::seed_from_u64(0);
    let [one, other] = both(&device);
    let mut average = AveragedModel::new(&one, Averaging::Swa);
    average.update(&one);
    average.update(&other);
    average.update(&one);
    for (found, wanted) in average.model.fc.weight.as_vec().into_iter().zip(one.fc.weight.as_vec()) {
        assert!((found - wanted).abs() < 1e-6);
    }
}

#[test]
fn inference_reads_them_in_order() {
    let device = Cpu::seed_from_u64(0);
    let [one, mut other] = both(&device);
    assert_eq!(one.forward(data(&device)).as_vec(), other.forward(data(&device)).as_vec());
    // A broadcast row: several elements share one memory location.
    let row: Tensor<Rank1<3>, f32, Cpu> = device.tensor([1.0, 2.0, 3.0]);
    other.fc.weight = row.broadcast();
    let bias = other.fc.bias.clone().unwrap().array();
    for (found, wanted) in other.forward(data(&device)).as_vec().into_iter().zip([4.5 + bias[0], 4.5 + bias[1]]) {
        assert!((found - wanted).abs() < 1e-5, "{found} instead of {wanted}");
    }
    let gradients = other.alloc_grads();
    let mut gradients = other.forward_train(data(&device), gradients).square().mean::<Rank0, _>().backward();
    Sgd::new(&other, SgdConfig::default()).step(&mut other, &mut gradients).unwrap();
}
