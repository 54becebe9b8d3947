//! All models. Adding one takes a file for its network and a row here.

use layercake_train::data::DataSet;
use layercake_train::{Recipe, Schedule};

use crate::classifier::classifier;
use crate::{LeNet5, Model};

/// The models, by name.
pub fn zoo() -> Vec<Box<dyn Model>> {
    vec![Box::new(classifier::<LeNet5, _, _, _, _>("lenet5", "LeNet-5 (LeCun et al., 1998), grey images of 28x28", small))]
}

/// For small networks of small images. Ten passes over tens of thousands of images are enough; the digits are few, so they are
/// seen oftener and in smaller batches.
fn small(dataset: DataSet) -> Recipe {
    let (epochs, batch_size) = match dataset {
        DataSet::Digits => (20, 16),
        DataSet::Mnist | DataSet::FashionMnist => (10, 64),
    };
    Recipe { epochs, batch_size, lr: 3e-3, schedule: Schedule::Cosine, weight_decay: 0.05, seed: 0 }
}
