//! `#[model(forward)]`: the forward pass through the fields in order.

use layercake::dfdx::nn::{builders, modules};
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;

network! {
    Encoder: [4] -> [3] { fc: Linear(5), BatchNorm1d, Tanh, Dropout(0.5), out: Linear(3) }
    Block: [3] -> [3] { fc: Linear(3), Tanh }
    Image: [1, 4, 4] -> [2, 4, 4] { conv: Conv2d(2, kernel = 3, padding = 1) }
    Flat: [2, 4, 4] -> [5] { Flatten, fc: Linear(5) }
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Mixed<E: Dtype = f32, D: Storage<E> = Cpu> {
    encoder: Encoder<E, D>,
    #[model(len = 2)]
    blocks: Vec<Block<E, D>>,
    #[model(skip)]
    steps: usize,
    absent: Option<Block<E, D>>,
    pair: [Block<E, D>; 2],
    act: modules::Sigmoid,
    head: modules::Linear<3, 2, E, D>,
}

/// A nested model, and a dfdx tuple whose shapes are unknown.
#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Outer(Mixed, (modules::Linear<2, 2, f32, Cpu>, modules::ReLU), modules::Linear<2, 1, f32, Cpu>);

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Images {
    image: Image,
    flat: Flat,
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Deep<M, const N: usize, E: Dtype = f32, D: Storage<E> = Cpu> {
    body: [Block<E, D>; N],
    inner: M,
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Both<A, B>(A, B);

#[test]
fn forward_is_field_by_field() {
    let device = Cpu::seed_from_u64(1);
    let mut model = Mixed::new(&device);
    assert_eq!(model.steps, 0);
    let x: Tensor<Rank2<6, 4>, f32, _> = device.sample_normal();
    let by_hand = |model: &Mixed| {
        let mut y = model.encoder.forward(x.clone());
        for block in model.blocks.iter().chain(&model.absent).chain(&model.pair) {
            y = block.forward(y);
        }
        Module::forward(&model.head, y.sigmoid())
    };
    assert_eq!(model.forward(x.clone()).array(), by_hand(&model).array());
    model.absent = Some(Block::new(&device));
    model.blocks.clear();
    assert_eq!(model.try_forward(x.clone()).unwrap().array(), by_hand(&model).array());
    assert_eq!(Module::forward(&model, x.clone()).array(), by_hand(&model).array());
    // Training differs from inference: batch statistics for normalization, and dropout.
    let trained = model.forward_mut(x.clone().leaky_trace());
    assert_ne!(trained.as_vec(), by_hand(&model).as_vec());
    assert_ne!(model.encoder.batch_norm1d_1.running_mean.as_vec(), [0.0; 5]);
}

#[test]
fn it_trains_in_single_and_double_precision() {
    fn losses<E: Scalar, D: Backend<E>, M>(mut model: M, x: &Tensor<Rank2<6, 4>, E, D>) -> Vec<f64>
    where
        M: ModuleMut<
                Tensor<Rank2<6, 4>, E, D, OwnedTape<E, D>>,
                Output = Tensor<Rank2<6, 2>, E, D, OwnedTape<E, D>>,
                Error = <D as layercake::dfdx::tensor::HasErr>::Err,
            > + Model<E, D>,
    {
        let mut gradients = model.alloc_grads();
        let mut optimizer = Adam::new(&model, AdamConfig { lr: 0.02, ..Default::default() });
        let mut losses = Vec::new();
        for _ in 0..60 {
            let loss = model.forward_mut(x.clone().traced(gradients)).square().mean::<Rank0, _>();
            losses.push(loss.as_vec()[0].to_f64().unwrap());
            gradients = loss.backward();
            optimizer.update(&mut model, &gradients).unwrap();
            model.zero_grads(&mut gradients);
        }
        losses
    }
    let device = Cpu::seed_from_u64(2);
    let model = Mixed::new(&device);
    let x = device.sample_normal();
    for losses in [losses(model.to_dtype::<f64>(), &x.clone().to_dtype::<f64>()), losses(model, &x)] {
        assert!(losses[59] < 0.2 * losses[0], "{losses:?}");
    }
}

#[test]
fn it_nests_and_takes_any_batch() {
    let device = Cpu::seed_from_u64(3);
    let outer = Outer::new(&device);
    let x: Tensor<(usize, Const<4>), f32, _> = device.sample_normal_like(&(5, Const));
    assert_eq!(outer.forward(x).shape().concrete(), [5, 1]);
    let images = Images::new(&device);
    let x: Tensor<(usize, Const<1>, Const<4>, Const<4>), f32, _> = device.sample_normal_like(&(2, Const, Const, Const));
    assert_eq!(images.forward(x).shape().concrete(), [2, 5]);
    let deep = device.build_module::<Deep<builders::Linear<3, 2>, 4>, f64>();
    let x: Tensor<Rank2<2, 3>, f64, _> = device.sample_normal();
    assert_eq!(deep.forward(x.clone()).array().len(), 2);
    let both: Both<Block<f64, Cpu>, (modules::ReLU, Block<f64, Cpu>)> = device.build_module::<Both<Block, (modules::ReLU, Block)>, f64>();
    let expected = both.1.1.forward(both.0.forward(x.clone()).relu());
    assert_eq!(both.forward(x).array(), expected.array());
}

network! {
    Sequence<T: Dim>: [T, 4] -> [T, 8] { Linear(8), ReLU }
    Short: [16, 8] -> [16, 2] { Linear(2) }
}

/// A length known only at run time matches any length; its placeholder in constants is not a length.
#[derive(Debug, Model)]
#[model(forward)]
struct Lengths(Sequence, Short);

#[test]
fn lengths_are_known_when_it_runs() {
    let device = Cpu::seed_from_u64(4);
    let x: Tensor<Rank3<3, 16, 4>, f32, _> = device.sample_normal();
    assert_eq!(Lengths::new(&device).forward(x).shape().concrete(), [3, 16, 2]);
}

network! {
    Letters: usize[5] -> [5, 3] { table: Embedding(7 -> 3) }
    Scores: [5, 3] -> [2] { Flatten, fc: Linear(2) }
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Reader<E: Dtype = f32, D: Storage<E> = Cpu> {
    letters: Letters<E, D>,
    scores: Scores<E, D>,
}

/// The first field may take token ids; the tape is passed in with them.
#[test]
fn token_ids_go_in_first() {
    use layercake::dfdx::tensor::PutTape;

    let device = Cpu::seed_from_u64(1);
    let mut model = Reader::new(&device);
    let ids: Tensor<(usize, Const<5>), usize, _> = device.tensor_from_vec(vec![0, 1, 2, 3, 6, 6, 5, 1, 1, 0], (2, Const));
    let inner: Tensor<(usize, Const<5>, Const<3>), f32, _> = model.letters.forward(ids.clone());
    assert_eq!(model.forward(ids.clone()).as_vec(), model.scores.forward(inner).as_vec());
    let tape: OwnedTape<f32, Cpu> = OwnedTape::default();
    let loss: Tensor<Rank0, f32, _, _> = model.forward_mut(ids.put_tape(tape)).square().mean();
    let gradients = loss.backward();
    let table = gradients.get(&model.letters.table.weight).as_vec();
    let used = |row: usize| table[3 * row..3 * row + 3].iter().any(|&slope| slope != 0.0);
    assert_eq!((0..7).map(used).collect::<Vec<_>>(), [true, true, true, true, false, true, true]);
}
