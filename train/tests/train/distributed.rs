//! Several ranks train what one trains. Here they are threads; `models/tests/models/ranks.rs` starts processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use layercake::prelude::*;
use layercake_train::data::{DataError, Dataset, Images, Labeled, Loader, Normalize, Split, digits};
use layercake_train::distributed::{Reduce, World};
use layercake_train::run::Recipe;
use layercake_train::{Callback, Checkpoints, Classification, Epoch, Metrics, Progress, TrainError};

use crate::resume::StopAfter;

network! {
    /// Running statistics, dropout masks, and a weight whose gradient all threads compute together.
    Net: [1, 8, 8] -> [10] {
        conv: Conv2d(4, kernel = 3, padding = 1), BatchNorm2d, ReLU, Dropout(0.3), Flatten, fc1: Linear(300), ReLU, fc2: Linear(10),
    }
}

fn recipe() -> Recipe {
    Recipe {
        epochs: 2,
        batch_size: 100,
        lr: 5e-3,
        average: Some(0.9),
        accumulate: 2,
        clip: Some(1.0),
        workers: 1,
        seed: 7,
        ..Default::default()
    }
}

/// Counts the steps that it is told of.
#[derive(Default)]
struct Told(usize);

impl<M> Callback<M, Cpu> for Told {
    fn on_step(&mut self, _: &Progress<'_>, _: &M) -> Result<(), TrainError> {
        self.0 += 1;
        Ok(())
    }
}

/// What a rank has in the end: the bits of its parameters, its metrics, and the steps that its callback was told of.
type Learned = (Vec<u32>, Vec<[Metrics; 2]>, usize);

/// A part of a run on one rank.
fn part(world: World, recipe: Recipe, checkpoints: Option<&Checkpoints>, stop_at: Option<usize>) -> Result<Learned, TrainError> {
    let Split { train, test } = digits();
    let normalize = Normalize::measure(&train);
    let test = Loader::new(test, 360).transform(normalize.clone());
    let train = Loader::new(train, recipe.batch_size).shuffle(recipe.seed).workers(recipe.workers).transform(normalize);
    let device = Cpu::seed_from_u64(recipe.seed);
    let mut net = Net::new(&device);
    let mut task = Classification::new("digits", test, train.data().classes())?;
    let mut optimizer = recipe.adam(&net);
    let (mut watch, mut told) = (StopAfter::at(stop_at), Told::default());
    let stop = watch.stop.clone();
    let trainer = recipe.trainer(train.batch_count()).cancellation(stop).world(world).callback(&mut watch).callback(&mut told);
    let mut trainer = match checkpoints {
        Some(checkpoints) => trainer.checkpoints(checkpoints.clone()).resume(true),
        None => trainer,
    };
    let history = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &train)?;
    drop(trainer);
    let bits = net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).map(f32::to_bits).collect();
    let metrics = history.into_iter().map(|Epoch { train, test, .. }| [train, test]).collect();
    Ok((bits, metrics, told.0))
}

/// The outcome of each rank.
fn on_ranks<T: Send>(size: usize, work: impl Fn(World) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = World::threads(size).into_iter().map(|world| scope.spawn(move || work(world))).collect();
        started.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

#[test]
fn the_bits_of_one() {
    let (bits, metrics, steps) = part(World::one(), recipe(), None, None).unwrap();
    assert!(steps > 0);
    for size in [2, 3] {
        let found: Vec<Learned> = on_ranks(size, |world| part(world, recipe(), None, None).unwrap());
        for (rank, (its_bits, its_metrics, told)) in found.into_iter().enumerate() {
            assert!(its_bits == bits, "rank {rank} of {size}");
            assert_eq!(its_metrics, metrics, "rank {rank} of {size}");
            assert_eq!(told, if rank == 0 { steps } else { 0 }, "callbacks are rank 0's");
        }
    }
}

#[test]
fn another_number_of_ranks_goes_on() {
    let (bits, metrics, _) = part(World::one(), recipe(), None, None).unwrap();
    let place = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(place.path().join("checkpoints"));
    // Interrupted on two ranks within the first epoch, on one within the second; some keep the optimizer's state in parts.
    for (size, shards, stop_at) in [(2, true, Some(3)), (1, true, Some(9)), (2, false, Some(11)), (3, true, None)] {
        let found = on_ranks(size, |world| part(world.shard_optimizer(shards), recipe(), Some(&checkpoints), stop_at));
        for outcome in found {
            match (stop_at, outcome) {
                (Some(_), outcome) => assert!(matches!(outcome, Err(TrainError::Interrupted { .. })), "{outcome:?}"),
                (None, outcome) => {
                    let (its_bits, its_metrics, _) = outcome.unwrap();
                    assert!(its_bits == bits);
                    assert_eq!(its_metrics, metrics);
                }
            }
        }
    }
}

#[test]
fn gradients_that_are_added_in_any_order() {
    let (bits, ..) = part(World::one(), recipe(), None, None).unwrap();
    let found = on_ranks(3, |world| part(world.reduce(Reduce::Ring).shard_optimizer(true), recipe(), None, None).unwrap());
    assert!(found[0].0 == found[1].0 && found[0].0 == found[2].0, "all ranks have the same");
    assert!(found[0].0 != bits, "another order has other bits");
    // After one epoch they have hardly parted.
    let short = Recipe { epochs: 1, ..recipe() };
    let loss = |(_, metrics, _): &Learned| metrics[0][0].get("loss").unwrap();
    let (one, two) =
        (part(World::one(), short, None, None).unwrap(), on_ranks(2, |world| part(world.reduce(Reduce::Ring), short, None, None).unwrap()));
    assert!((loss(&one) - loss(&two[0])).abs() < 1e-4 * loss(&one), "{} and {}", loss(&one), loss(&two[0]));
    let differ = on_ranks(2, |world| {
        let reduce = if world.rank() == 1 { Reduce::Ring } else { Reduce::Chain };
        part(world.reduce(reduce), recipe(), None, None).unwrap_err().to_string()
    });
    assert!(differ.iter().all(|text| text.starts_with("rank 1 differs from rank 0 in its exchange: `reduce Ring")), "{differ:?}");
}

/// Images that count how often one is read, and that one rank cannot read at last.
struct Torn {
    images: Images,
    reads: Arc<AtomicUsize>,
    torn: bool,
}

impl Dataset for Torn {
    type Item = Labeled;

    fn len(&self) -> usize {
        self.images.len()
    }

    fn get(&self, index: usize) -> Result<Labeled, DataError> {
        if self.reads.fetch_add(1, Ordering::Relaxed) > 250 && self.torn {
            return Err(DataError::Panicked { index, reason: "the disk is gone".to_owned() });
        }
        self.images.get(index)
    }
}

#[test]
fn an_error_of_one_rank_ends_all() {
    let found = on_ranks(3, |world| {
        let Split { train, test } = digits();
        let device = Cpu::seed_from_u64(1);
        let mut net = Net::new(&device);
        let mut task = Classification::new("digits", Loader::new(test, 100), train.classes()).unwrap();
        let mut optimizer = recipe().adam(&net);
        let torn = world.rank() == 1;
        let data = Loader::new(Torn { images: train, reads: Arc::default(), torn }, 100);
        recipe().trainer(data.batch_count()).world(world).fit(&mut net, &device, &mut optimizer, &mut task, &data).unwrap_err().to_string()
    });
    assert!(found[1].contains("the disk is gone"), "{found:?}");
    assert_eq!(found[0], format!("rank 1: {}", found[1]));
    assert_eq!(found[2], found[0]);
}

#[test]
fn each_rank_reads_its_part() {
    let reads = on_ranks(3, |world| {
        let Split { train, test } = digits();
        let device = Cpu::seed_from_u64(1);
        let mut net = Net::new(&device);
        let mut task = Classification::new("digits", Loader::new(test, 100), train.classes()).unwrap();
        let mut optimizer = recipe().adam(&net);
        let reads = Arc::default();
        let data = Loader::new(Torn { images: train, reads: Arc::clone(&reads), torn: false }, 100);
        let trainer = Recipe { epochs: 1, ..recipe() }.trainer(data.batch_count());
        trainer.world(world).fit(&mut net, &device, &mut optimizer, &mut task, &data).unwrap();
        reads.load(Ordering::Relaxed)
    });
    // Besides its part of the 1437 images, each rank reads the first batch, to compare it.
    assert_eq!(reads.iter().sum::<usize>(), 1437 + 3 * 100);
    assert!(reads.iter().all(|reads| reads.abs_diff(479 + 100) <= 15), "{reads:?}");
}

#[test]
fn ranks_that_differ_are_named() {
    let seeds = on_ranks(3, |world| {
        let seed = if world.rank() == 2 { 8 } else { 7 };
        part(world, Recipe { seed, ..recipe() }, None, None).unwrap_err().to_string()
    });
    let expected = "rank 2 differs from rank 0 in its settings: `seed: 8, items: 1437, batches: 15, batch`; \
                    rank 0 has `seed: 7, items: 1437, batches: 15, batch`";
    assert!(seeds.iter().all(|text| text == expected), "{seeds:?}");
    let versions = on_ranks(2, |world| {
        let version = if world.rank() == 1 { "0.0.9" } else { "0.1.0" };
        world.must_be_equal(&[("version of Layercake", version.to_owned())]).unwrap_err().to_string()
    });
    assert!(versions.iter().all(|text| text == "rank 1 differs from rank 0 in its version of Layercake: `0.0.9`; rank 0 has `0.1.0`"));
    let data = on_ranks(2, |world| {
        let Split { train, test } = digits();
        let device = Cpu::seed_from_u64(1);
        let mut net = Net::new(&device);
        let mut task = Classification::new("digits", Loader::new(test, 100), train.classes()).unwrap();
        let mut optimizer = recipe().adam(&net);
        let data = Loader::new(train, 100).shuffle(world.rank() as u64);
        recipe().trainer(data.batch_count()).world(world).fit(&mut net, &device, &mut optimizer, &mut task, &data).unwrap_err().to_string()
    });
    assert!(data.iter().all(|text| text.starts_with("rank 1 differs from rank 0 in its data: its first batch: ")), "{data:?}");
    let models = on_ranks(2, |world| {
        let device = Cpu::seed_from_u64(1 + world.rank() as u64);
        let mut net = Net::new(&device);
        let own = world.must_have_equal_models(&net).unwrap_err().to_string();
        world.broadcast_model(&mut net);
        (own, net.fc2.bias.unwrap().as_vec())
    });
    assert_eq!(models[0].1, models[1].1);
    assert!(models.iter().all(|(text, _)| text.contains("rank 1 differs from rank 0 in its parameters")), "{models:?}");
}

#[test]
fn numbers_are_exchanged() {
    let found = on_ranks(3, |world| {
        let rank = world.rank();
        assert_eq!(world.size(), 3);
        let mut sums: Vec<f32> = (0..70_000).map(|i| (i * (rank + 1)) as f32).collect();
        world.all_reduce(&mut sums);
        assert!(sums.iter().enumerate().all(|(i, &sum)| sum == (i * 6) as f32));
        let mut root = [rank as u64; 3];
        world.broadcast(&mut root);
        assert_eq!(root, [0; 3]);
        world.barrier();
        world.gather(&vec![rank as f64; rank])
    });
    assert!(found.iter().all(|all| *all == [vec![], vec![1.0], vec![2.0; 2]]));
    let one = World::one();
    let mut numbers = [1.0, 2.0];
    one.all_reduce(&mut numbers);
    assert_eq!((numbers, one.gather(&numbers)), ([1.0, 2.0], vec![vec![1.0, 2.0]]));
}
