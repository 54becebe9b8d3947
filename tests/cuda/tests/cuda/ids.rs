//! Token ids on the device: what is remembered of them, and those that are out of range.

use layercake::dfdx::shapes::Axes2;
use layercake::dfdx::tensor::Cuda;
use layercake::dfdx::tensor_ops::RealizeTo;
use layercake::prelude::*;
use layercake::{ForwardError, upload};
use layercake_cuda_tests::device;

network! { Net: usize[3] -> [3, 1] { table: Embedding(16, 1) } }

type Ids = Tensor<(usize, Const<3>), usize, Cuda>;

/// The rows that a network whose table counts finds for these ids: the ids themselves.
fn found(net: &Net<f32, Cuda>, ids: &Ids) -> Vec<usize> {
    net.forward(ids.clone()).as_vec().into_iter().map(|x| x as usize).collect()
}

fn counting(device: &Cuda) -> Net<f32, Cuda> {
    let mut net = device.build_module::<Net, f32>();
    net.table.weight.copy_from(&(0..16).map(|i| i as f32).collect::<Vec<_>>());
    net
}

#[test]
fn are_those_of_the_tensor() {
    let device = device(0);
    let net = counting(&device);
    let numbers: Vec<usize> = (0..9).collect();
    let turned = [0, 3, 6, 1, 4, 7, 2, 5, 8];
    let uploaded: Ids = upload(&device, numbers.clone(), (3, Const)).expect("there is memory");
    let own: Ids = device.tensor_from_vec(numbers.clone(), (3, Const));
    for ids in [uploaded, own] {
        assert_eq!(found(&net, &ids), numbers);
        // The same memory in another order.
        let square: Tensor<Rank2<3, 3>, usize, Cuda> = ids.clone().realize();
        let view: Ids = square.permute::<Rank2<3, 3>, Axes2<1, 0>>().realize();
        assert_eq!(found(&net, &view), turned);
        assert_eq!(found(&net, &ids), numbers);
        // Written to in place.
        let mut changed = ids.clone();
        changed.copy_from(&[15; 9]);
        assert_eq!(found(&net, &changed), [15; 9]);
        changed.copy_from(&[14; 9]);
        assert_eq!(found(&net, &changed), [14; 9]);
        assert_eq!(found(&net, &ids), numbers);
    }
    // More tensors than are remembered, each freed after its use.
    for number in 0..16 {
        let ids: Ids = device.tensor_from_vec(vec![number; 3], (1, Const));
        assert_eq!(found(&net, &ids), [number; 3]);
    }
}

#[test]
fn out_of_range_are_refused() {
    let device = device(0);
    let net = counting(&device);
    let numbers = vec![1, 2, 3, 4, 16, 6];
    let uploaded: Ids = upload(&device, numbers.clone(), (2, Const)).expect("there is memory");
    for ids in [uploaded, device.tensor_from_vec(numbers, (2, Const))] {
        let Err(ForwardError::Id(error)) = net.try_forward(ids) else { panic!("16 is out of range") };
        assert_eq!((error.id, error.rows, error.position), (16, 16, vec![1, 1]));
    }
}
