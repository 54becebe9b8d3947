//! The data sets known by name.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use super::{DataError, Images, digits, frame, gzip, read_idx};

/// A data set in two parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What a network learns from.
    pub train: Images,
    /// What it is measured on, and never learns from.
    pub test: Images,
}

/// A data set that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSet {
    /// 1,797 handwritten digits, embedded: [`digits`].
    Digits,
    /// 70,000 handwritten digits of 28x28 (LeCun, Cortes and Burges, 1998).
    Mnist,
    /// 70,000 pieces of clothing of 28x28 (Xiao, Rasul and Vollgraf, 2017).
    FashionMnist,
}

impl DataSet {
    /// All of them.
    pub const ALL: [DataSet; 3] = [DataSet::Digits, DataSet::Mnist, DataSet::FashionMnist];

    /// Its name, which is also that of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            DataSet::Digits => "digits",
            DataSet::Mnist => "mnist",
            DataSet::FashionMnist => "fashion-mnist",
        }
    }

    /// What is in it, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            DataSet::Digits => "1,797 handwritten digits, 8x8 grey, built in",
            DataSet::Mnist => "70,000 handwritten digits, 28x28 grey, IDX files",
            DataSet::FashionMnist => "70,000 pieces of clothing, 28x28 grey, IDX files",
        }
    }

    /// The set of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// Reads both parts for a network that takes images of `shape`, `[channels, height, width]`. `folder` is the one that holds the
    /// data set's own folder: `folder/mnist/train-images-idx3-ubyte`, gzipped or not. The digits need none; they are framed to a
    /// square of the network's size ([`frame`]).
    ///
    /// # Errors
    /// If a file is missing or damaged, or the images are not of that shape.
    pub fn load(self, folder: Option<&Path>, shape: [usize; 3]) -> Result<Split, DataError> {
        let split = match self {
            DataSet::Digits => framed(digits(), shape),
            DataSet::Mnist => mnist_family(self.name(), folder, numerals())?,
            DataSet::FashionMnist => mnist_family(self.name(), folder, CLOTHES.map(str::to_owned).to_vec())?,
        };
        split.train.must_fit(&format!("{self}, training images"), shape)?;
        split.test.must_fit(&format!("{self}, test images"), shape)?;
        Ok(split)
    }
}

impl fmt::Display for DataSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const CLOTHES: [&str; 10] = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// The classes of sets of digits.
pub(super) fn numerals() -> Vec<String> {
    (0..10).map(|digit| digit.to_string()).collect()
}

/// The digits for a network of grey squares; for any other they stay as they are, and do not fit.
fn framed(Split { train, test }: Split, shape: [usize; 3]) -> Split {
    match shape {
        [1, height, width] if height == width && height >= 12 => Split { train: frame(&train, height), test: frame(&test, height) },
        _ => Split { train, test },
    }
}

/// Four IDX files of the names that MNIST gave them.
fn mnist_family(name: &str, folder: Option<&Path>, classes: Vec<String>) -> Result<Split, DataError> {
    let folder = folder.ok_or_else(|| DataError::NoDataFolder { name: name.to_owned() })?.join(name);
    if !folder.is_dir() {
        return Err(DataError::NoFolder { folder, name: name.to_owned() });
    }
    let part = |prefix: &str| {
        let images = gzip::find(&folder, &format!("{prefix}-images-idx3-ubyte"))?;
        let labels = gzip::find(&folder, &format!("{prefix}-labels-idx1-ubyte"))?;
        read_idx(&images, &labels, classes.clone())
    };
    Ok(Split { train: part("train")?, test: part("t10k")? })
}
