//! The trainer: the losses of the CPU, also with dropout, and runs that go on after an interruption or on the other device.

use layercake::average::Averaging;
use layercake::dfdx::nn::BuildModule;
use layercake::dfdx::tensor::Cuda;
use layercake::prelude::*;
use layercake_cuda_tests::{device, is_emulated};
use layercake_train::data::{Loader, Normalize, Split, digits};
use layercake_train::run::Recipe;
use layercake_train::{Checkpoints, Classification, Classifier, Epoch, Seeded, Trainer, Until};

network! {
    Net: [1, 8, 8] -> [10] {
        conv: Conv2d(4, kernel = 3, padding = 1, bias = false), BatchNorm2d, ReLU, Dropout(0.3), Flatten, fc: Linear(10),
    }
}

/// Trains for this many epochs, or on from the checkpoint in the folder.
fn run<D: Seeded>(device: &D, epochs: usize, folder: &std::path::Path) -> (Vec<f32>, Vec<Epoch>)
where
    Net<f32, D>: Classifier<1, 8, 8, 10, D> + BuildModule<D, f32> + Clone,
{
    let recipe = Recipe { batch_size: 30, lr: 5e-3, clip: Some(1.0), ..Default::default() };
    let Split { train, test } = digits();
    let some = |images: &layercake_train::data::Images, count: usize| images.subset(&(0..count).collect::<Vec<_>>());
    let normalize = Normalize::measure(&train);
    let train = Loader::new(some(&train, 300), recipe.batch_size).shuffle(7).transform(normalize.clone());
    let test = Loader::new(some(&test, 100), 100).transform(normalize);
    let mut net: Net<f32, D> = BuildModule::build(device);
    let mut task = Classification::new("digits", test, &[]).expect("ten classes");
    let mut optimizer = recipe.adam(&net);
    let trainer = Trainer::new(Until::Epochs(epochs)).seed(7).average(Averaging::Ema { decay: 0.9 });
    let mut trainer = trainer.checkpoints(Checkpoints::new(folder)).resume(true);
    let history = trainer.fit(&mut net, device, &mut optimizer, &mut task, &train).expect("the device works");
    (net.named_tensors().iter().flat_map(|tensor| tensor.to_vec()).collect(), history)
}

fn losses(history: &[Epoch]) -> Vec<f64> {
    history.iter().flat_map(|epoch| [epoch.train.get("loss"), epoch.test.get("loss")]).map(|loss| loss.expect("a loss")).collect()
}

fn close(found: &[Epoch], expected: &[Epoch]) {
    let (found, expected) = (losses(found), losses(expected));
    let off = found.iter().zip(&expected).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs() / b));
    assert!(found.len() == expected.len() && off < 1e-3, "{found:?} instead of {expected:?}");
}

#[test]
fn the_losses_are_those_of_the_cpu() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| place.path().join(name);
    let (_, on_cpu) = run(&Cpu::seed_from_u64(7), 2, &folder("cpu"));
    let (whole, on_cuda) = run(&device(7), 2, &folder("cuda"));
    close(&on_cuda, &on_cpu);

    // Interrupted after an epoch: another process's device has drawn other numbers before.
    run(&device(7), 1, &folder("resumed"));
    let (resumed, history) = run(&device(99), 2, &folder("resumed"));
    close(&history, &on_cpu);
    if is_emulated() {
        assert!(resumed == whole, "the emulated device adds in one order, so the bits are the same");
    }

    // From one device to the other.
    run::<Cpu>(&Cpu::seed_from_u64(7), 1, &folder("moved"));
    close(&run::<Cuda>(&device(3), 2, &folder("moved")).1, &on_cpu);
    run::<Cuda>(&device(7), 1, &folder("back"));
    close(&run::<Cpu>(&Cpu::seed_from_u64(3), 2, &folder("back")).1, &on_cpu);
}
