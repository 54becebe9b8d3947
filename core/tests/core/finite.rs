//! Finding the layer that produces the first non-finite number.

use layercake::dfdx::nn::modules;
use layercake::gradient::{NonFiniteOutput, first_non_finite_output};
use layercake::prelude::*;

network! {
    Cell: { x: [4], state: [4] } -> [4] { from x, wx: Linear(4) as wx, from state, ws: Linear(4), Add(wx), Tanh }

    Net: { x: [4], state: [4] } -> [3] {
        from x, cell: Cell(state), norm: BatchNorm1d, ReLU, fc: Linear(3), Dropout(0.5),
    }

    Read: usize[3] -> [3, 2] { table: Embedding(4 -> 2), Tanh }

    Custom: [4] -> [4] {
        fc1: Linear(4), own: modules::LayerNorm1D(4) -> [4], fc2: Linear(4), again: modules::LayerNorm1D(4) -> [4], fc3: Linear(4), ReLU,
    }
}

type Batch = Tensor<Rank2<6, 4>, f32, Cpu>;

fn inputs(device: &Cpu) -> (Batch, Batch) {
    (device.sample_normal(), device.sample_normal())
}

#[test]
fn all_is_well() {
    let device = Cpu::seed_from_u64(1);
    let net = Net::new(&device);
    for training in [false, true] {
        assert_eq!(first_non_finite_output(&net, inputs(&device), training).unwrap(), None);
        let model = GraphModel::new(Net::GRAPH.clone(), &device);
        assert_eq!(model.try_first_non_finite_output(inputs(&device), training).unwrap(), None);
    }
}

#[test]
fn names_the_layer_in_a_network_in_a_network() {
    let device = Cpu::seed_from_u64(2);
    let mut net = Net::new(&device);
    let mut weight = net.cell.ws.weight.as_vec();
    weight[5] = f32::NAN;
    net.cell.ws.weight.copy_from(&weight);
    let expected = NonFiniteOutput { layer: "cell.ws".into(), is_input: false, index: 1, value: f64::NAN, count: 6, len: 24 };
    for training in [false, true] {
        let found = first_non_finite_output(&net, inputs(&device), training).unwrap().unwrap();
        assert!(found.value.is_nan());
        assert_eq!(NonFiniteOutput { value: 0.0, ..found.clone() }, NonFiniteOutput { value: 0.0, ..expected.clone() });
        assert_eq!(found.to_string(), "the output of `cell.ws` holds NaN at element 1; 6 of its 24 numbers are not finite");
    }
    let mut model = GraphModel::new(Net::GRAPH.clone(), &device);
    model.for_each_tensor_mut(|mut tensor| {
        if tensor.path() == "fc.bias" {
            tensor.copy_from(&[0.0, f32::NEG_INFINITY, 0.0]);
        }
    });
    let found = model.try_first_non_finite_output(inputs(&device), false).unwrap().unwrap();
    assert_eq!((found.layer.as_str(), found.index, found.value, found.count), ("fc", 1, f64::NEG_INFINITY, 6));
}

#[test]
fn statistics_of_the_batch_and_of_training_differ() {
    let device = Cpu::seed_from_u64(3);
    let mut net = Net::new(&device);
    net.norm.running_var.copy_from(&[f32::NAN; 4]);
    assert_eq!(first_non_finite_output(&net, inputs(&device), true).unwrap(), None);
    assert_eq!(first_non_finite_output(&net, inputs(&device), false).unwrap().unwrap().layer, "norm");
}

#[test]
fn an_input_is_to_blame() {
    let device = Cpu::seed_from_u64(4);
    let (x, mut state) = inputs(&device);
    let mut numbers = state.as_vec();
    numbers[23] = f32::INFINITY;
    state.copy_from(&numbers);
    let found = first_non_finite_output(&Net::new(&device), (x, state), false).unwrap().unwrap();
    assert_eq!(found.to_string(), "the input `state` holds inf at element 23; 1 of its 24 numbers are not finite");
}

#[test]
fn behind_and_in_layers_of_the_users_own() {
    let device = Cpu::seed_from_u64(5);
    let x = || inputs(&device).0;
    let mut net = Custom::new(&device);
    assert_eq!(first_non_finite_output(&net, x(), true).unwrap(), None);
    net.fc3.weight.copy_from(&[f32::INFINITY; 16]);
    assert_eq!(first_non_finite_output(&net, x(), false).unwrap().unwrap().layer, "fc3");
    net.again.gamma.copy_from(&[f32::NAN; 4]);
    assert_eq!(first_non_finite_output(&net, x(), false).unwrap().unwrap().layer, "again");
    net.fc1.weight.copy_from(&[f32::NAN; 16]);
    assert_eq!(first_non_finite_output(&net, x(), false).unwrap().unwrap().layer, "fc1");
}

#[test]
fn token_ids_are_passed_over() {
    let device = Cpu::seed_from_u64(7);
    let ids: Tensor<Rank2<2, 3>, usize, _> = device.tensor([[0, 1, 2], [3, 3, 0]]);
    let mut net = Read::new(&device);
    assert_eq!(first_non_finite_output(&net, ids.clone(), true).unwrap(), None);
    net.table.weight.copy_from(&[f32::NAN; 8]);
    assert_eq!(first_non_finite_output(&net, ids, false).unwrap().unwrap().layer, "table");
}

#[test]
fn what_does_not_fit_is_an_error() {
    let device = Cpu::seed_from_u64(6);
    let model = GraphModel::new(Net::GRAPH.clone(), &device);
    let (x, _) = inputs(&device);
    assert_eq!(model.try_first_non_finite_output(x, false).unwrap_err().to_string(), "`Net` takes 2 inputs, but receives 1");
}
