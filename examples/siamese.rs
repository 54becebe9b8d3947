//! A Siamese network (Bromley et al., 1993): a tower with shared weights embeds two images, and the distance between the embeddings
//! determines whether they show the same digit. `reuse` shares the weights; the gradients of both uses are added.
//!
//! The network is trained on pairs of images and evaluated on pairs of unseen images.

use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::TrainError;
use layercake_train::data::rand::{Rng, SeedableRng, rngs::StdRng};
use layercake_train::data::{Array, Collate, DataError, Dataset, Image, Images, Loader, Split, digits};

network! {
    block tower(features) {
        conv1: Conv2d(16, kernel = 3, padding = 1), ReLU, MaxPool2d(2),
        conv2: Conv2d(32, kernel = 3, padding = 1), ReLU,
        Flatten, fc: Linear(features), Sigmoid,
    }

    /// Maps two images to the logit of the probability that they show the same digit.
    Same: { left: [1, 8, 8], right: [1, 8, 8] } -> [1] {
        from left, tower: tower(32) as a,
        from right, reuse tower as b,
        // |a - b|, elementwise.
        Maximum { { from a, Sub(b) }, { from b, Sub(a) } },
        same: Linear(1),
    }
}

// Shared weights count once in PARAMS, but twice in FLOPS.
const _: () = assert!(Same::PARAMS == (16 * 9 + 16) + (32 * 16 * 9 + 32) + (512 * 32 + 32) + 33);

/// Pairs of images; every other pair shows the same digit.
struct Pairs {
    images: Images,
    pairs: Vec<[usize; 2]>,
}

impl Pairs {
    /// Draws `count` pairs of different images.
    fn draw(images: Images, count: usize, seed: u64) -> Self {
        let random = &mut StdRng::seed_from_u64(seed);
        let is_same = |[left, right]: [usize; 2]| images.labels()[left] == images.labels()[right];
        let mut draw = |same| loop {
            let pair = [random.gen_range(0..images.len()), random.gen_range(0..images.len())];
            if pair[0] != pair[1] && is_same(pair) == same {
                return pair;
            }
        };
        let pairs = (0..count).map(|i| draw(i % 2 == 0)).collect();
        Self { images, pairs }
    }
}

struct Pair {
    pictures: [Image; 2],
    same: bool,
}

impl Dataset for Pairs {
    type Item = Pair;

    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn get(&self, index: usize) -> Result<Pair, DataError> {
        let [left, right] = self.pairs[index];
        let pictures = [self.images.get(left)?.image, self.images.get(right)?.image];
        Ok(Pair { pictures, same: self.images.labels()[left] == self.images.labels()[right] })
    }
}

#[derive(Clone)]
struct Batch {
    left: Array,
    right: Array,
    same: Array,
}

impl Collate for Pair {
    type Batch = Batch;

    fn collate(pairs: Vec<Self>) -> Result<Batch, DataError> {
        let same = pairs.iter().map(|pair| f32::from(u8::from(pair.same))).collect();
        let same = Array::new(vec![pairs.len(), 1], same);
        let (left, right) = pairs.into_iter().map(|Pair { pictures: [left, right], .. }| (left, right)).unzip();
        Ok(Batch { left: Image::collate(left)?, right: Image::collate(right)?, same })
    }
}

/// Returns the accuracy on pairs.
fn accuracy(net: &Same, pairs: &Loader<Pairs>, device: &Cpu) -> Result<f64, DataError> {
    let mut correct = 0;
    for batch in pairs.epoch(1) {
        let Batch { left, right: other, same } = batch?;
        let odds = net.forward(left.into_tensor(device)?, other.into_tensor(device)?).as_vec();
        correct += odds.iter().zip(same.as_slice()).filter(|&(&odds, &same)| (odds > 0.0) == (same > 0.5)).count();
    }
    Ok(correct as f64 / pairs.data().len() as f64)
}

fn main() -> Result<(), TrainError> {
    let Split { train, test } = digits();
    let pairs = Loader::new(Pairs::draw(train, 10_000, 1), 64).shuffle(1);
    let unseen = Loader::new(Pairs::draw(test, 2_000, 2), 500);

    let device = Cpu::seed_from_u64(1);
    let mut net = Same::new(&device);
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let mut gradients = net.alloc_grads();
    for epoch in 1..=10 {
        for batch in pairs.epoch(epoch) {
            let Batch { left, right, same } = batch?;
            let odds = net.forward_train(left.into_tensor(&device)?, right.into_tensor(&device)?, gradients);
            gradients = loss::bce_with_logits(odds, same.into_tensor(&device)?).backward();
            optimizer.step(&mut net, &mut gradients).expect("every parameter has a gradient");
            net.zero_grads(&mut gradients);
        }
        let accuracy = accuracy(&net, &unseen, &device)?;
        println!("epoch {epoch}: accuracy {:.1} % on pairs of unseen images", 100.0 * accuracy);
    }
    assert!(accuracy(&net, &unseen, &device)? > 0.94, "the accuracy on unseen images is too low");
    Ok(())
}
