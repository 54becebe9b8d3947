//! The default hyperparameters of each model. They were found by experiment; `docs/zoo.md` has the results.

use layercake_train::data::KnownDataset;
use layercake_train::generative::GeneratorLoss;
use layercake_train::run::Recipe;

/// Small networks on small images. Ten epochs over tens of thousands of images are enough; the digits are few, so they need more epochs
/// and smaller batches.
pub(super) fn small(dataset: KnownDataset) -> Recipe {
    let (epochs, batch_size) = if dataset == KnownDataset::Digits { (20, 16) } else { (10, 64) };
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay: 0.05, ..Recipe::default() }
}

/// One linear layer with cross entropy.
pub(super) fn softmax(dataset: KnownDataset) -> Recipe {
    Recipe { lr: 1e-3, weight_decay: 0.01, epochs: 20, ..small(dataset) }
}

/// One linear layer with hinge loss: many margins contribute at once, so the learning rate is lower.
pub(super) fn linear_svm(dataset: KnownDataset) -> Recipe {
    Recipe { lr: 3e-4, ..softmax(dataset) }
}

/// Dropout needs more epochs than the small networks.
pub(super) fn maxout(dataset: KnownDataset) -> Recipe {
    let small = small(dataset);
    Recipe { epochs: 3 * small.epochs / 2, lr: 1e-3, ..small }
}

/// CIFAR-10 has fewer images per class to learn from than Fashion-MNIST and needs more epochs.
pub(super) fn vgg8(dataset: KnownDataset) -> Recipe {
    let (epochs, batch_size) = match dataset {
        KnownDataset::Digits => (20, 32),
        KnownDataset::Cifar10 => (30, 64),
        _ => (10, 64),
    };
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay: 0.05, workers: 1, ..Recipe::default() }
}

pub(super) fn resnet20(dataset: KnownDataset) -> Recipe {
    let (epochs, batch_size) = match dataset {
        KnownDataset::Digits => (20, 32),
        KnownDataset::Cifar10 => (40, 64),
        _ => (9, 64),
    };
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay: 0.05, workers: 1, ..Recipe::default() }
}

/// Without labels there is nothing to overfit to but pixels.
pub(super) fn autoencoder(dataset: KnownDataset) -> Recipe {
    let (epochs, batch_size) = if dataset == KnownDataset::Digits { (30, 32) } else { (8, 100) };
    Recipe { epochs, batch_size, ..Recipe::default() }
}

/// The digits are few: larger batches and steps leave most units of the encoder dead, and the decoder learns to do without it.
pub(super) fn vae(dataset: KnownDataset) -> Recipe {
    let (batch_size, lr) = if dataset == KnownDataset::Digits { (32, 1e-3) } else { (128, 2e-3) };
    Recipe { epochs: 40, batch_size, lr, ..Recipe::default() }
}

/// An epoch costs twice as much as with linear layers, but half as many are needed.
pub(super) fn conv_vae(dataset: KnownDataset) -> Recipe {
    Recipe { epochs: 20, ..vae(dataset) }
}

/// Twice the rate of the paper, since it falls to 0: the game goes round and round at a constant one, and its samples with it.
pub(super) fn dcgan(dataset: KnownDataset) -> Recipe {
    let epochs = if dataset == KnownDataset::Digits { 60 } else { 15 };
    Recipe { epochs, batch_size: 64, lr: 4e-4, generator_loss: Some(GeneratorLoss::default()), ..Recipe::default() }
}

/// Few points and small networks: many steps that cost little. The largest of those that are compared takes most of the time.
pub(super) fn moons(_: KnownDataset) -> Recipe {
    Recipe { epochs: 30, batch_size: 100, lr: 1e-2, ..Recipe::default() }
}

pub(super) fn curve(_: KnownDataset) -> Recipe {
    Recipe { epochs: 300, batch_size: 20, lr: 1e-2, ..Recipe::default() }
}

/// Gradients are clipped: those of a pixel that is far from a mean with a small deviation are large.
pub(super) fn gaussian_vae(dataset: KnownDataset) -> Recipe {
    Recipe { clip: Some(100.0), ..vae(dataset) }
}

pub(super) fn pixel_cnn(_: KnownDataset) -> Recipe {
    Recipe { epochs: 4, batch_size: 32, lr: 2e-3, average: Some(0.999), ..Recipe::default() }
}

/// Steps are expensive, so there are few of them: a higher learning rate, with gradient clipping.
pub(super) fn gated_pixel_cnn(dataset: KnownDataset) -> Recipe {
    Recipe { epochs: 5, lr: 4e-3, clip: Some(1.0), ..pixel_cnn(dataset) }
}

pub(super) fn unet(_: KnownDataset) -> Recipe {
    Recipe { epochs: 80, batch_size: 10, lr: 3e-3, weight_decay: 0.01, workers: 1, ..Recipe::default() }
}

pub(super) fn char_lstm(_: KnownDataset) -> Recipe {
    Recipe { epochs: 20, batch_size: 32, lr: 4e-3, clip: Some(1.0), ..Recipe::default() }
}

/// An epoch reads each character four times, at different positions.
pub(super) fn char_transformer(_: KnownDataset) -> Recipe {
    Recipe { epochs: 5, batch_size: 32, lr: 3e-3, weight_decay: 0.05, clip: Some(1.0), ..Recipe::default() }
}

/// Gradients through 28 steps are clipped; `--clip 0` shows what that is for.
pub(super) fn row_classifier(dataset: KnownDataset) -> Recipe {
    Recipe { epochs: small(dataset).epochs / 2, lr: 2e-3, weight_decay: 0.01, clip: Some(1.0), ..small(dataset) }
}

/// Words are translated one by one, almost; sums need carries.
pub(super) fn seq2seq(dataset: KnownDataset) -> Recipe {
    let epochs = if dataset == KnownDataset::NumberWords { 4 } else { 12 };
    Recipe { epochs, batch_size: 64, lr: 4e-3, clip: Some(1.0), ..Recipe::default() }
}

/// A strip is new in each epoch, but its digits are not.
pub(super) fn captioner(dataset: KnownDataset) -> Recipe {
    let (epochs, batch_size) = if dataset == KnownDataset::Digits { (40, 16) } else { (6, 64) };
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay: 0.01, workers: 1, clip: Some(1.0), ..Recipe::default() }
}

/// A clip has twenty frames.
pub(super) fn frame_labeler(dataset: KnownDataset) -> Recipe {
    let epochs = if dataset == KnownDataset::Digits { 10 } else { 2 };
    Recipe { epochs, batch_size: 16, lr: 2e-3, weight_decay: 0.01, workers: 1, clip: Some(1.0), ..Recipe::default() }
}

/// A canvas is new in each epoch, so there is no overfitting; the photos are few, and need many epochs.
pub(super) fn localizer(dataset: KnownDataset) -> Recipe {
    let (epochs, batch_size, weight_decay) = match dataset {
        KnownDataset::Digits => (60, 16, 0.01),
        KnownDataset::Bccd => (80, 16, 0.05),
        _ => (5, 64, 0.01),
    };
    // The offsets are accurate late: with a weight of 1 their gradient is small beside that of the class.
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay, workers: 1, box_weight: Some(4.0), ..Recipe::default() }
}

/// Two photos have some forty objects, and batch normalization sees all of their pixels.
pub(super) fn detector(_: KnownDataset) -> Recipe {
    Recipe { epochs: 15, batch_size: 2, lr: 2e-3, weight_decay: 0.01, workers: 1, clip: Some(10.0), ..Recipe::default() }
}

/// A step has 512 crops, each of which costs a twentieth of a photo.
pub(super) fn crop_detector(dataset: KnownDataset) -> Recipe {
    Recipe { epochs: 2, ..detector(dataset) }
}
