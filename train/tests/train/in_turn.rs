//! Several optimizers that take turns, each on a part of a model.

use layercake::average::Averaging;
use layercake::optim::{Adam, AdamConfig, Sgd, SgdConfig};
use layercake::prelude::*;
use layercake::schedule::Exponential;
use layercake_train::data::{Batch, Images, Loader, digits};
use layercake_train::{Checkpoints, Epoch, Follow, InTurn, Metrics, Pass, Player, Step, Task, TrainError, Trainer, Until};

use crate::resume::{StopAfter, bits, timeless};

network! {
    Generator: [3] -> [1, 8, 8] { fc1: Linear(8, bias = false), BatchNorm1d, ReLU, fc2: Linear(64), Reshape(1, 8, 8) }
    Discriminator: [1, 8, 8] -> [1] { Flatten, fc1: Linear(8), LeakyReLU(negative_slope = 0.2), Dropout(0.2), fc2: Linear(1) }
}

#[derive(Clone, Debug, Model)]
struct Gan<E: Dtype = f32, D: Storage<E> = Cpu> {
    generator: Generator<E, D>,
    discriminator: Discriminator<E, D>,
    average: Generator<E, D>,
}

type Odds = Tensor<(usize, Const<1>), f32, Cpu, OwnedTape<f32, Cpu>>;

fn loss_of(odds: Odds, real: f32) -> Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>> {
    let target = odds.device().zeros_like(odds.shape()) + real;
    loss::bce_with_logits(odds, target)
}

/// The losses of the discriminator and the generator on images and noise.
fn losses(
    gan: &mut Gan,
    player: &str,
    images: Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, Cpu>,
    noise: Tensor<(usize, Const<3>), f32, Cpu>,
    gradients: Gradients<f32, Cpu>,
) -> Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>> {
    if player == "generator" {
        return loss_of(gan.discriminator.forward_mut(gan.generator.forward_train(noise, gradients)), 1.0);
    }
    let made = gan.generator.forward_mut(noise.leaky_traced()).retaped::<NoneTape>();
    let real = loss_of(gan.discriminator.forward_train(images, gradients), 1.0);
    loss_of(gan.discriminator.forward_mut(made.retaped::<OwnedTape<f32, Cpu>>()), 0.0) + real
}

/// A game that notes who plays when.
#[derive(Default)]
struct Game {
    played: Vec<(&'static str, usize)>,
    /// The batch on which the generator's loss is not a number.
    broken: Option<usize>,
}

impl Task<Gan> for Game {
    type Batch = Batch;

    fn loss(&mut self, gan: &mut Gan, batch: Batch, pass: Pass) -> Result<Step, TrainError> {
        self.played.push((pass.player, pass.step));
        let items = batch.labels.len();
        let noise = pass.device.sample_normal_like(&(items, Const));
        let loss = losses(gan, pass.player, batch.images.into_tensor(&pass.device)?, noise, pass.gradients);
        let broken = self.broken == Some(pass.batch) && pass.player == "generator";
        let value = f64::from(loss.array());
        Ok(Step::new(if broken { loss * f32::NAN } else { loss }, items).with_metric(&format!("twice_{}", pass.player), 2.0 * value))
    }

    fn evaluate(&mut self, gan: &Gan, device: &Cpu) -> Result<Metrics, TrainError> {
        let noise: Tensor<Rank2<16, 3>, f32, Cpu> = device.sample_normal();
        Ok(Metrics::new().with("brightness", f64::from(gan.average.forward(noise).as_vec().iter().sum::<f32>())))
    }
}

fn images() -> Loader<Images> {
    let train = digits().train;
    let few: Vec<usize> = (0..96).collect();
    Loader::new(train.subset(&few), 16).shuffle(3)
}

fn adam(gan: &Gan, lr: f64) -> Adam {
    Adam::new(gan, AdamConfig { lr, betas: [0.5, 0.999], ..Default::default() })
}

/// The part of a run in one process: two epochs of six batches.
fn part(checkpoints: &Checkpoints, stop_at: Option<usize>) -> Result<(Vec<u32>, Vec<Epoch>), TrainError> {
    let device = Cpu::seed_from_u64(5);
    let mut gan = Gan::new(&device);
    let players = [Player::new("discriminator", adam(&gan, 3e-3)), Player::new("generator", adam(&gan, 1e-2)).every(2).times(2)];
    let mut optimizers = InTurn::new(&gan, players)?.following(&gan, "average", "generator", Follow::soft(0.3))?;
    let mut watch = StopAfter::at(stop_at);
    let trainer = Trainer::new(Until::Epochs(2)).seed(9).schedule(Exponential { gamma: 0.9 }).average(Averaging::Ema { decay: 0.5 });
    let trainer = trainer.checkpoints(checkpoints.clone()).resume(true).cancellation(watch.stop.clone());
    let history = trainer.callback(&mut watch).fit(&mut gan, &device, &mut optimizers, &mut Game::default(), &images())?;
    Ok((bits(&gan), history))
}

/// Both networks, both optimizers and what follows are in a checkpoint.
#[test]
fn the_very_same_bits() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| Checkpoints::new(place.path().join(name));
    let (whole, history) = part(&folder("whole"), None).unwrap();
    assert_eq!(
        history[1].train.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["discriminator_loss", "twice_discriminator", "generator_loss", "twice_generator"]
    );
    for stops in [vec![1], vec![6], vec![3, 4, 11], vec![12]] {
        let checkpoints = folder(&format!("{stops:?}"));
        for &stop in &stops {
            let error = part(&checkpoints, Some(stop)).unwrap_err();
            assert!(matches!(&error, TrainError::Interrupted { step, .. } if *step == stop), "{error}");
        }
        let (resumed, again) = part(&checkpoints, None).unwrap();
        assert!(resumed == whole, "interrupted after {stops:?}");
        assert_eq!(timeless(&again), timeless(&history), "interrupted after {stops:?}");
    }
}

/// A run of other optimizers does not go on from such a checkpoint.
#[test]
fn a_checkpoint_of_other_optimizers_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path());
    part(&checkpoints, Some(3)).unwrap_err();
    let device = Cpu::seed_from_u64(5);
    let mut gan = Gan::new(&device);
    let trainer = Trainer::new(Until::Epochs(2)).seed(9).checkpoints(checkpoints).resume(true);
    let mut optimizer = adam(&gan, 3e-3);
    let mut trainer = trainer;
    let message = trainer.fit(&mut gan, &device, &mut optimizer, &mut Game::default(), &images()).unwrap_err().to_string();
    assert!(message.contains("state.json: the checkpoint has 2 optimizers, this run has 1"), "{message}");
}

/// The trainer does what the usual loop of two optimizers does.
#[test]
fn as_by_hand() {
    let device = Cpu::seed_from_u64(2);
    let mut gan = Gan::new(&device);
    let mut by_hand = gan.clone();
    let sgd = |lr| Sgd::new(&gan, SgdConfig { lr, ..Default::default() });
    let mut optimizers = InTurn::new(&gan, [Player::new("discriminator", sgd(0.1)), Player::new("generator", sgd(0.3)).every(3)]).unwrap();
    // What is drawn is noted, so that the loop by hand has the same.
    struct Noted(Vec<(&'static str, Batch, Vec<f32>, u64)>);
    impl Task<Gan> for Noted {
        type Batch = Batch;
        fn loss(&mut self, gan: &mut Gan, batch: Batch, pass: Pass) -> Result<Step, TrainError> {
            let noise: Tensor<(usize, Const<3>), f32, Cpu> = pass.device.sample_normal_like(&(16, Const));
            self.0.push((pass.player, batch.clone(), noise.as_vec(), pass.step as u64));
            let images = batch.images.into_tensor(&pass.device)?;
            layercake::random::with_seed(pass.step as u64, || Ok(Step::new(losses(gan, pass.player, images, noise, pass.gradients), 16)))
        }
    }
    let mut noted = Noted(Vec::new());
    let trainer = &mut Trainer::new(Until::Steps(7)).seed(4).schedule(Exponential { gamma: 0.5 });
    trainer.fit(&mut gan, &device, &mut optimizers, &mut noted, &images()).unwrap();
    let who: Vec<(&str, u64)> = noted.0.iter().map(|(player, .., step)| (*player, *step)).collect();
    let d = |step| ("discriminator", step);
    let g = |step| ("generator", step);
    assert_eq!(who, [d(0), d(1), d(2), g(2), d(3), d(4), d(5), g(5), d(6)]);
    let mut rates = [Sgd::new(&by_hand.discriminator, SgdConfig::default()), Sgd::new(&by_hand.discriminator, SgdConfig::default())];
    for (player, batch, noise, step) in noted.0 {
        let images = batch.images.into_tensor(&device).unwrap();
        let noise = device.tensor((noise, (16, Const)));
        let gradients = by_hand.alloc_grads();
        let mut gradients = layercake::random::with_seed(step, || losses(&mut by_hand, player, images, noise, gradients)).backward();
        let factor = 0.5f64.powi(step as i32);
        let [first, second] = &mut rates;
        if player == "discriminator" {
            first.cfg.lr = 0.1 * factor;
            first.step(&mut by_hand.discriminator, &mut gradients).unwrap();
        } else {
            second.cfg.lr = 0.3 * factor;
            second.step(&mut by_hand.generator, &mut gradients).unwrap();
        }
    }
    assert!(bits(&gan) == bits(&by_hand));
}

#[test]
fn a_part_follows() {
    let device = Cpu::seed_from_u64(2);
    let start = Gan::new(&device);
    let trained = |follow: Follow, steps: usize| {
        let mut gan = start.clone();
        let players = [Player::new("discriminator", adam(&gan, 1e-3)), Player::new("generator", adam(&gan, 1e-3))];
        let mut optimizers = InTurn::new(&gan, players).unwrap().following(&gan, "average", "generator", follow).unwrap();
        Trainer::new(Until::Steps(steps)).fit(&mut gan, &device, &mut optimizers, &mut Game::default(), &images()).unwrap();
        gan
    };
    let (two, three) = (trained(Follow::copy(2), 2), trained(Follow::copy(2), 3));
    let weight = |net: &Generator| net.fc1.weight.as_vec();
    assert_eq!(weight(&two.average), weight(&two.generator));
    assert_eq!(weight(&three.average), weight(&two.generator), "the copy is one step behind");
    assert_ne!(weight(&three.generator), weight(&two.generator));
    let soft = trained(Follow::soft(0.25), 1);
    let expected = weight(&start.average).into_iter().zip(weight(&soft.generator)).map(|(old, new)| 0.75 * old + 0.25 * new);
    assert!(weight(&soft.average).into_iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6));
}

/// What a player's loss depends on besides its part stays as it is, and a frozen parameter of its part too.
#[test]
fn each_player_moves_its_part() {
    let device = Cpu::seed_from_u64(2);
    let start = Gan::new(&device);
    let mut gan = start.clone();
    let mut frozen = adam(&gan, 1e-2);
    frozen.freeze(&gan, "*.fc1").unwrap();
    let mut optimizers = InTurn::new(&gan, [Player::new("generator", frozen)]).unwrap();
    let mut game = Game::default();
    Trainer::new(Until::Steps(3)).fit(&mut gan, &device, &mut optimizers, &mut game, &images()).unwrap();
    let before: std::collections::BTreeMap<String, Vec<f32>> =
        start.named_parameters().iter().map(|tensor| (tensor.path().to_owned(), tensor.to_vec())).collect();
    let moved: Vec<String> = gan
        .named_parameters()
        .iter()
        .filter(|tensor| tensor.to_vec() != before[tensor.path()])
        .map(|tensor| tensor.path().to_owned())
        .collect();
    assert_eq!(moved, ["generator.batch_norm1d_1.weight", "generator.batch_norm1d_1.bias", "generator.fc2.weight", "generator.fc2.bias"]);
}

/// The loss of the second player counts as that of the first: a run with NaN ends, and its last checkpoint is finite.
#[test]
fn not_a_number() {
    let device = Cpu::seed_from_u64(2);
    let mut gan = Gan::new(&device);
    let players = [Player::new("discriminator", adam(&gan, 1e-3)), Player::new("generator", adam(&gan, 1e-3))];
    let mut optimizers = InTurn::new(&gan, players).unwrap();
    let mut game = Game { broken: Some(2), ..Game::default() };
    let error = Trainer::new(Until::Epochs(1)).fit(&mut gan, &device, &mut optimizers, &mut game, &images()).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { epoch: 1, step: 3, .. }), "{error}");
}

#[test]
fn refused() {
    let device = Cpu::seed_from_u64(2);
    let mut gan = Gan::new(&device);
    let message = |players: Vec<Player<Gan>>| InTurn::new(&gan, players).unwrap_err().to_string();
    let player = |part| Player::new(part, adam(&gan, 1e-3));
    assert_eq!(message(Vec::new()), "there are no players");
    assert_eq!(
        message(vec![player("generator").every(2)]),
        "the first player, `generator`, takes a step on every 2 batches; expected on each"
    );
    let never = "the player `generator` takes 0 steps on every 1 batches; expected at least 1 of both";
    assert_eq!(message(vec![player("generator").times(0)]), never);
    assert!(
        message(vec![player("maker")])
            .starts_with("the part of a player: `maker` matches no parameter; this model has `generator.fc1.weight`")
    );
    let twice = "`generator.fc1.weight` is in the parts of two players, `generator` and `generator.fc1`";
    assert_eq!(message(vec![player("generator"), player("generator.fc1")]), twice);

    let follows = |part, source, follow| {
        InTurn::new(&gan, [player("discriminator")]).unwrap().following(&gan, part, source, follow).unwrap_err().to_string()
    };
    let soft = Follow::soft(0.1);
    let owned = "`discriminator.fc1` cannot follow `generator`: it is in the part of the player `discriminator`";
    assert_eq!(follows("discriminator.fc1", "generator", soft), owned);
    assert_eq!(follows("generator", "generator.fc1", soft), "`generator` cannot follow `generator.fc1`: one is in the other");
    assert_eq!(follows("nobody", "generator", soft), "`nobody` has no tensors");
    assert!(follows("average", "discriminator", soft).starts_with("`average` cannot follow `discriminator`: `average."), "other tensors");
    assert!(follows("average", "generator", Follow::copy(0)).contains("`every` 0"));

    let mut optimizers = InTurn::new(&gan, [player("discriminator"), player("generator")]).unwrap();
    let trainer = Trainer::new(Until::Epochs(1)).accumulate(2);
    let mut trainer = trainer;
    let error = trainer.fit(&mut gan, &device, &mut optimizers, &mut Game::default(), &images()).unwrap_err().to_string();
    assert_eq!(error, "`accumulate` is 2, but 2 optimizers take turns on each batch; use larger batches instead");
}
