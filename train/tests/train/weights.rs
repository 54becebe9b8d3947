//! Each item counts once for any batch size: in steps, epoch metrics and evaluation.

use layercake::gradient::Accumulation;
use layercake::loss::CrossEntropy;
use layercake::optim::{Clip, Sgd, SgdConfig};
use layercake::prelude::*;
use layercake_train::data::{Array, Batch, Collate, DataError, Dataset, HasImage, Image, ImageMut, Labeled, Loader};
use layercake_train::{Classification, Criterion, Epoch, Pass, Step, TrainError, Trainer, Until, task_fn};

/// A data set of numbers.
struct Numbers(Vec<f32>);

struct Number(f32);

impl Dataset for Numbers {
    type Item = Number;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Number, DataError> {
        Ok(Number(self.0[index]))
    }
}

impl Collate for Number {
    type Batch = Array;

    fn collate(items: Vec<Self>) -> Result<Array, DataError> {
        Ok(Array::new(vec![items.len(), 1], items.into_iter().map(|number| number.0).collect()))
    }
}

network! { Factor: [1] -> [1] { w: Linear(1, bias = false) } }

/// The loss of a number is that number times `w`, so the gradient of the mean loss is the mean of the numbers. The weight of a batch may differ from
/// its items.
fn gradient(numbers: &[f32], batch: usize, accumulate: usize, weight: Option<f64>) -> (f32, Vec<Epoch>) {
    let device = Cpu::seed_from_u64(1);
    let mut net = Factor::new(&device);
    let before = net.w.weight.as_vec()[0];
    let mut optimizer = Sgd::new(&net, SgdConfig { lr: 1.0, ..Default::default() });
    let mut task = task_fn(move |net: &mut Factor, batch: Array, pass: Pass| {
        let items = batch.batch_size();
        let mean = net.forward_train(batch.into_tensor(&pass.device)?, pass.gradients).mean();
        let step = Step::new(mean, items).with_metric("items", items as f64);
        Ok::<_, TrainError>(if let Some(weight) = weight { step.with_weight(weight * items as f64) } else { step })
    });
    let loader = Loader::new(Numbers(numbers.to_vec()), batch);
    let mut trainer = Trainer::new(Until::Steps(1)).accumulate(accumulate);
    let history = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &loader).unwrap();
    (before - net.w.weight.as_vec()[0], history)
}

/// With batches of 2, 2 and 1 numbers, the weight of the last number in the step is a fifth, not a third.
#[test]
fn a_smaller_last_batch_has_a_smaller_weight() {
    let numbers = [1.0, 2.0, 3.0, 4.0, 100.0];
    for (batch, accumulate) in [(5, 1), (2, 3), (1, 5), (3, 2), (4, 2), (2, 100)] {
        for weight in [None, Some(1.0), Some(0.25)] {
            let (gradient, history) = gradient(&numbers, batch, accumulate, weight);
            assert!((gradient - 22.0).abs() < 1e-4, "{accumulate} batches of {batch}: {gradient}");
            assert_eq!(history[0].step, 1);
        }
    }
}

/// The same in a custom loop, where a step may have fewer batches; gradient clipping uses the mean.
#[test]
fn micro_batches_by_hand() {
    let device = Cpu::seed_from_u64(1);
    let by = |batches: &[&[f32]], announced: usize, weighing: bool, clip: Option<Clip>| {
        let mut net = Factor::new(&device);
        let before = net.w.weight.as_vec()[0];
        let mut optimizer = Sgd::new(&net, SgdConfig { lr: 1.0, ..Default::default() });
        optimizer.clip = clip;
        let mut accumulation = Accumulation::new(&net, announced);
        for batch in batches {
            let x: Tensor<(usize, Const<1>), f32, _> = device.tensor_from_vec(batch.to_vec(), (batch.len(), Const));
            let mean = net.forward_train(x, accumulation.take()).mean();
            if weighing {
                accumulation.add_weighted(mean, batch.len() as f64);
            } else {
                accumulation.add(mean);
            }
        }
        let factor = accumulation.factor();
        optimizer.step_scaled(&mut net, accumulation.gradients(), factor).unwrap();
        accumulation.reset(&net);
        assert_eq!(accumulation.factor(), 0.0, "nothing is in it");
        before - net.w.weight.as_vec()[0]
    };
    let ragged: &[&[f32]] = &[&[1.0, 2.0], &[3.0, 4.0], &[100.0]];
    assert!((by(ragged, 3, true, None) - 22.0).abs() < 1e-4);
    assert!((by(ragged, 7, true, None) - 22.0).abs() < 1e-4, "fewer than were announced");
    let even: &[&[f32]] = &[&[1.0, 2.0], &[3.0, 6.0]];
    assert!((by(even, 2, false, None) - 3.0).abs() < 1e-5);
    assert!((by(even, 3, false, None) - 3.0).abs() < 1e-5, "fewer than were announced");
    assert!((by(ragged, 3, true, Some(Clip::Norm(30.0))) - 22.0).abs() < 1e-4, "the norm is that of the mean");
    assert!((by(ragged, 3, true, Some(Clip::Norm(11.0))) - 11.0).abs() < 1e-4);
    assert!((by(ragged, 3, true, Some(Clip::Value(5.0))) - 5.0).abs() < 1e-4);
}

/// A batch of weight 0 is ignored; a step without weight changes nothing.
#[test]
fn batches_of_weight_0() {
    let (gradient, history) = gradient(&[1.0, 2.0], 1, 2, Some(0.0));
    assert_eq!((gradient, history[0].step), (0.0, 1));
    assert!(history[0].train.get("loss").unwrap().is_nan() && history[0].train.get("items") == Some(1.0));
}

network! { Net: [1, 2, 2] -> [3] { Flatten, fc: Linear(3) } }

/// Small images with labels; 255 is ignored.
#[derive(Clone)]
struct Marked(Vec<usize>);

struct Item(Labeled);

impl Dataset for Marked {
    type Item = Item;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<Item, DataError> {
        let pixels = (0..4).map(|pixel| ((index * 7 + pixel * 3) % 11) as f32 / 5.0 - 1.0).collect();
        Ok(Item(Labeled { image: Image { shape: [1, 2, 2], pixels }, label: self.0[index] }))
    }
}

impl Collate for Item {
    type Batch = Batch;

    fn collate(items: Vec<Self>) -> Result<Batch, DataError> {
        Labeled::collate(items.into_iter().map(|item| item.0).collect())
    }
}

impl HasImage for Item {
    fn image_mut(&mut self) -> ImageMut<'_> {
        self.0.image_mut()
    }
}

const LABELS: [usize; 11] = [0, 1, 2, 255, 0, 0, 255, 1, 0, 255, 2];

fn criterion() -> Criterion {
    Criterion::CrossEntropy(CrossEntropy { weight: vec![1.0, 5.0, 0.25], ignore_index: Some(255), ..Default::default() })
}

/// Parameters and metrics after one epoch with batches of this size.
fn classified(labels: &[usize], batch: usize, test_batch: usize, lr: f64) -> Result<(Vec<f32>, Epoch), TrainError> {
    let device = Cpu::seed_from_u64(1);
    let mut net = Net::new(&device);
    let mut optimizer = Sgd::new(&net, SgdConfig { lr, ..Default::default() });
    let mut task = Classification::new("marked", Loader::new(Marked(labels.to_vec()), test_batch), &[])?;
    task.criterion = criterion();
    let loader = Loader::new(Marked(labels.to_vec()), batch);
    let mut trainer = Trainer::new(Until::Epochs(1)).accumulate(100);
    let history = trainer.fit(&mut net, &device, &mut optimizer, &mut task, &loader)?;
    let parameters = net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).collect();
    Ok((parameters, history[0].clone()))
}

fn close(one: &Epoch, other: &Epoch, what: &str) {
    for name in ["train_loss", "train_accuracy", "test_loss", "test_accuracy"] {
        let (one, other) = (one.metric(name).unwrap(), other.metric(name).unwrap());
        assert!((one - other).abs() < 1e-6, "{what}: a {name} of {other} instead of {one}");
    }
}

#[test]
fn weights_and_ignored_labels_count_once() {
    let (parameters, whole) = classified(&LABELS, 11, 11, 0.5).unwrap();
    for batch in [1, 2, 3, 4, 7] {
        let (cut, metrics) = classified(&LABELS, batch, batch, 0.5).unwrap();
        close(&whole, &metrics, &format!("batches of {batch}"));
        let far = parameters.iter().zip(&cut).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1e-6, "batches of {batch}: {far}");
    }
    // By hand: the eight labeled items, weighted by class.
    let device = Cpu::seed_from_u64(1);
    let (net, mut sum, mut weights) = (Net::new(&device), 0.0, 0.0);
    let (_, epoch) = classified(&LABELS, 11, 11, 1e-30).unwrap();
    for (index, &label) in LABELS.iter().enumerate().filter(|(_, label)| **label != 255) {
        let image = Marked(LABELS.to_vec()).get(index).unwrap().0.image.pixels;
        let x: Tensor<(usize, Const<1>, Const<2>, Const<2>), f32, Cpu> = device.tensor_from_vec(image, (1, Const, Const, Const));
        let weight = [1.0, 5.0, 0.25][label];
        sum += weight * f64::from(loss::cross_entropy(net.forward(x), &[label]).as_vec()[0]);
        weights += weight;
    }
    assert!((epoch.test.get("loss").unwrap() - sum / weights).abs() < 1e-6, "{epoch:?} and not {}", sum / weights);
    let eighths = 8.0 * epoch.test.get("accuracy").unwrap();
    assert!((eighths - eighths.round()).abs() < 1e-9, "of eight labeled items: {eighths}");
}

/// A batch and a data set with only ignored labels.
#[test]
fn only_ignored_labels() {
    let sorted = [255, 255, 255, 0, 1, 2, 0, 1];
    let (_, whole) = classified(&sorted, 8, 8, 0.1).unwrap();
    let (_, cut) = classified(&sorted, 3, 3, 0.1).unwrap();
    close(&whole, &cut, "the first batch counts nothing");
    let message = classified(&[255, 255], 2, 1, 0.1).unwrap_err().to_string();
    assert_eq!(message, "test data: all labels are ignored or have a weight of 0");
}
