//! How each model is trained where nothing else is said. The numbers were found by trying; `docs/zoo.md` has what they reach.

use layercake_train::data::DataSet;
use layercake_train::run::Recipe;

/// For small networks of small images. Ten passes over tens of thousands of images are enough; the digits are few, so they are
/// seen oftener and in smaller batches.
pub(super) fn small(dataset: DataSet) -> Recipe {
    let (epochs, batch_size) = if dataset == DataSet::Digits { (20, 16) } else { (10, 64) };
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay: 0.05, ..Recipe::default() }
}

/// One layer.
pub(super) fn softmax(dataset: DataSet) -> Recipe {
    Recipe { lr: 1e-3, weight_decay: 0.01, epochs: 20, ..small(dataset) }
}

/// One layer by hinge: many margins at once, so the steps are shorter.
pub(super) fn linear_svm(dataset: DataSet) -> Recipe {
    Recipe { lr: 3e-4, ..softmax(dataset) }
}

/// Few photos are seen often, many clothes seldom.
pub(super) fn vgg8(dataset: DataSet) -> Recipe {
    let (epochs, batch_size) = match dataset {
        DataSet::Digits => (20, 32),
        DataSet::Cifar10 => (30, 64),
        _ => (10, 64),
    };
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay: 0.05, workers: 1, ..Recipe::default() }
}

pub(super) fn resnet20(dataset: DataSet) -> Recipe {
    let (epochs, batch_size) = match dataset {
        DataSet::Digits => (20, 32),
        DataSet::Cifar10 => (40, 64),
        _ => (9, 64),
    };
    Recipe { epochs, batch_size, lr: 3e-3, weight_decay: 0.05, workers: 1, ..Recipe::default() }
}

pub(super) fn vae(_: DataSet) -> Recipe {
    Recipe { epochs: 40, batch_size: 128, lr: 2e-3, ..Recipe::default() }
}

/// Twice the work of linear layers, and sooner there.
pub(super) fn conv_vae(dataset: DataSet) -> Recipe {
    Recipe { epochs: 20, ..vae(dataset) }
}

pub(super) fn pixel_cnn(_: DataSet) -> Recipe {
    Recipe { epochs: 4, batch_size: 32, lr: 2e-3, average: Some(0.999), ..Recipe::default() }
}

/// Its steps are long, so they are few: larger ones, and none that is far off.
pub(super) fn gated_pixel_cnn(dataset: DataSet) -> Recipe {
    Recipe { epochs: 5, lr: 4e-3, clip: Some(1.0), ..pixel_cnn(dataset) }
}

pub(super) fn unet(_: DataSet) -> Recipe {
    Recipe { epochs: 80, batch_size: 10, lr: 3e-3, weight_decay: 0.01, workers: 1, ..Recipe::default() }
}

pub(super) fn char_lstm(_: DataSet) -> Recipe {
    Recipe { epochs: 20, batch_size: 32, lr: 4e-3, clip: Some(1.0), ..Recipe::default() }
}
