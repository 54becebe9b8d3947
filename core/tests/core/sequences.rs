//! Networks that read token ids and carry states.

use layercake::dfdx::tensor::SplitTape;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;

network! {
    /// Predicts the next character, continuing from the state of the previous call.
    pub CharLstm<T: Dim>: { ids: usize[T], h: [2, 12], c: [2, 12] } -> { logits: [T, 7], h_n: [2, 12], c_n: [2, 12] } {
        from ids,
        embedding: Embedding(7 -> 5),
        lstm: LSTM(12, layers = 2, state = (h, c)) as (y, h_new, c_new),
        fc: Linear(7),
        output logits,
        from h_new, output h_n,
        from c_new, output c_n,
    }

    Plain: usize[6] -> [6, 3] { Embedding(4 -> 3) }
}

type Ids<T> = Tensor<(usize, T), usize, Cpu>;
type States = Tensor<(usize, Const<2>, Const<12>), f32, Cpu>;

fn ids(device: &Cpu, batch: usize, length: usize, from: usize) -> Ids<usize> {
    let ids = (0..batch * length).map(|i| (i / length * 3 + i % length + from) * 5 % 7).collect();
    device.tensor_from_vec(ids, (batch, length))
}

#[test]
fn states_are_carried_over() {
    let device = Cpu::seed_from_u64(3);
    let net = CharLstm::new(&device);
    let zeros: States = device.zeros_like(&(2, Const, Const));
    let long = ids(&device, 2, 9, 0);
    let (whole, h_whole, c_whole) = net.forward(long.clone(), zeros.clone(), zeros.clone());
    let all = long.as_vec();
    let part = |from: usize, to: usize| {
        let ids = [&all[from..to], &all[9 + from..9 + to]].concat();
        device.tensor_from_vec(ids, (2, to - from))
    };
    let (first, h, c) = net.forward(part(0, 4), zeros.clone(), zeros);
    let (second, h, c) = net.forward(part(4, 9), h, c);
    assert_eq!(first.shape().concrete(), [2, 4, 7]);
    let (whole, first, second) = (whole.as_vec(), first.as_vec(), second.as_vec());
    for sample in 0..2 {
        let both = [&first[sample * 28..][..28], &second[sample * 35..][..35]].concat();
        for (one, other) in both.iter().zip(&whole[sample * 63..][..63]) {
            assert!((one - other).abs() < 1e-6, "{one} in two parts, {other} in one");
        }
    }
    for (one, other) in h.as_vec().iter().zip(h_whole.as_vec()).chain(c.as_vec().iter().zip(c_whole.as_vec())) {
        assert!((one - other).abs() < 1e-6);
    }
}

#[test]
fn trains_on_characters_chunk_by_chunk() {
    let device = Cpu::seed_from_u64(5);
    let mut net = CharLstm::new(&device);
    let mut adam = Adam::new(&net, AdamConfig { lr: 0.02, ..Default::default() });
    let mut gradients = net.alloc_grads();
    let zeros: States = device.zeros_like(&(4, Const, Const));
    let (mut h, mut c) = (zeros.clone(), zeros);
    let mut losses = Vec::new();
    for step in 0..40 {
        let (x, next) = (ids(&device, 4, 5, 5 * step), ids(&device, 4, 5, 5 * step + 1));
        // The states are passed on, without the history of their gradients.
        let (logits, h_new, c_new) = net.forward_train(x, h, c, gradients);
        let loss = loss::token_cross_entropy(logits, &next);
        losses.push(loss.array());
        gradients = loss.backward();
        (h, c) = (h_new.split_tape().0, c_new.split_tape().0);
        adam.update(&mut net, &gradients).unwrap();
        net.zero_grads(&mut gradients);
    }
    assert!(losses[39] < 0.3 * losses[0], "{losses:?}");
}

#[test]
fn ids_are_checked_on_both_paths() {
    let device = Cpu::seed_from_u64(1);
    let wrong: Tensor<(usize, Const<6>), usize, Cpu> = device.tensor_from_vec(vec![0, 1, 2, 3, 0, 1, 0, 0, 4, 0, 0, 0], (2, Const));
    let text =
        "`embedding_1` has 4 rows, but receives the id 4 at [1, 2] of `input` (ids are counted from 0; the first index is the batch)";
    let net = Plain::new(&device);
    assert_eq!(net.try_forward(wrong.clone()).unwrap_err().to_string(), text);
    let double = device.build_module::<Plain, f64>();
    assert_eq!(double.try_forward(wrong.clone()).unwrap_err().to_string(), text);
    let panicked = std::panic::catch_unwind(|| net.forward(wrong.clone())).unwrap_err();
    assert_eq!(panicked.downcast_ref::<String>().unwrap(), text);
    let model = GraphModel::new(Plain::GRAPH.clone(), &device);
    let outcome: Result<Tensor<(usize, Const<6>, Const<3>), f32, Cpu>, _> = model.try_forward(wrong);
    assert_eq!(outcome.unwrap_err().to_string(), format!("`Plain`: {text}"));
    let numbers: Tensor<(usize, Const<6>), f32, Cpu> = device.zeros_like(&(1, Const));
    let outcome: Result<Tensor<(usize, Const<6>, Const<3>), f32, Cpu>, _> = model.try_forward(numbers);
    assert!(outcome.unwrap_err().to_string().contains("expects `input` of shape usize[batch, 6], but receives numbers"));
}

#[test]
fn a_length_of_0_is_refused() {
    let device = Cpu::seed_from_u64(3);
    let net = CharLstm::new(&device);
    let zeros: States = device.zeros_like(&(2, Const, Const));
    let error = net.try_forward(ids(&device, 2, 0, 0), zeros.clone(), zeros.clone()).unwrap_err();
    assert_eq!(error.to_string(), "the input `ids` has the shape [0]; every size must be at least 1");
    assert!(matches!(error, layercake::ForwardError::Shape(_)));
    // An error on the portable path too; the network can be used after the error.
    let double = device.build_module::<CharLstm, f64>();
    let wide: Tensor<(usize, Const<2>, Const<12>), f64, Cpu> = device.zeros_like(&(2, Const, Const));
    assert!(double.try_forward(ids(&device, 2, 0, 0), wide.clone(), wide).is_err());
    assert!(net.try_forward(ids(&device, 2, 4, 0), zeros.clone(), zeros).is_ok());
}

#[test]
fn a_graph_file_holds_it_all() {
    let text = io::graph_to_json(CharLstm::GRAPH).unwrap();
    assert!(text.contains(r#"{"name": "ids", "shape": [64], "ids": true}"#), "{text}");
    assert!(text.contains(r#""op": "LSTM", "in_features": 5, "hidden": 12, "layers": 2, "bidirectional": false"#), "{text}");
    assert_eq!(&io::graph_from_json(&text).unwrap(), CharLstm::GRAPH);

    // The typed network and the graph model have the same outputs.
    let (first, second) = (Cpu::seed_from_u64(9), Cpu::seed_from_u64(9));
    let (net, model) = (Plain::new(&first), GraphModel::new(Plain::GRAPH.clone(), &second));
    let x: Tensor<(usize, Const<6>), usize, Cpu> = first.tensor_from_vec(vec![0, 1, 2, 3, 3, 1], (1, Const));
    let y: Tensor<(usize, Const<6>, Const<3>), f32, Cpu> = model.forward(x.clone());
    assert_eq!(net.forward(x).as_vec(), y.as_vec());
}
