//! The known data sets.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::readers::{Channels, MaskFolder, Text, VocFolder, digits, find, frame, read_cifar10, read_idx};
use super::{DataError, Images, Samples, TextPair, curve, moons, number_words, sums};

/// A data set split into training and test images.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The training images.
    pub train: Images,
    /// The test images.
    pub test: Images,
}

/// A well-known data set. [`KnownDataset::name`] is its name on the command line and the name of its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownDataset {
    /// 1,797 handwritten digits, embedded in the crate: [`digits`].
    Digits,
    /// 70,000 handwritten digits of 28x28 (LeCun, Cortes and Burges, 1998).
    Mnist,
    /// 70,000 pieces of clothing of 28x28 (Xiao, Rasul and Vollgraf, 2017).
    FashionMnist,
    /// Color photos of 32x32 in ten classes (Krizhevsky, 2009). Missing training files after the first are skipped.
    #[serde(rename = "cifar-10")]
    Cifar10,
    /// Street scenes of 120x90 with segmentation masks (Brostow, Fauqueur and Cipolla, 2009).
    CamvidSmall,
    /// A million characters of Shakespeare.
    TinyShakespeare,
    /// Photos of blood cells of 640x480 with boxes: red cells, white cells and platelets (`Shenggan/BCCD_Dataset`).
    Bccd,
    /// 11,000 points of two half moons with noise, drawn: [`moons`].
    Moons,
    /// 1,200 points of a curve with noise, drawn: [`curve`].
    Curve,
    /// 55,000 sums of two numbers of at most three digits as text, drawn: [`sums`].
    Sums,
    /// 55,000 numbers below a million in English words and in French ones, drawn: [`number_words`].
    NumberWords,
}

impl KnownDataset {
    /// All known data sets.
    pub const ALL: [KnownDataset; 11] = [
        KnownDataset::Digits,
        KnownDataset::Mnist,
        KnownDataset::FashionMnist,
        KnownDataset::Cifar10,
        KnownDataset::CamvidSmall,
        KnownDataset::TinyShakespeare,
        KnownDataset::Bccd,
        KnownDataset::Moons,
        KnownDataset::Curve,
        KnownDataset::Sums,
        KnownDataset::NumberWords,
    ];

    /// The name of the data set and of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            KnownDataset::Digits => "digits",
            KnownDataset::Mnist => "mnist",
            KnownDataset::FashionMnist => "fashion-mnist",
            KnownDataset::Cifar10 => "cifar-10",
            KnownDataset::CamvidSmall => "camvid-small",
            KnownDataset::TinyShakespeare => "tiny-shakespeare",
            KnownDataset::Bccd => "bccd",
            KnownDataset::Moons => "moons",
            KnownDataset::Curve => "curve",
            KnownDataset::Sums => "sums",
            KnownDataset::NumberWords => "number-words",
        }
    }

    /// A one-line description.
    pub const fn description(self) -> &'static str {
        match self {
            KnownDataset::Digits => "1,797 handwritten digits, 8x8 gray, built in",
            KnownDataset::Mnist => "70,000 handwritten digits, 28x28 gray, IDX files",
            KnownDataset::FashionMnist => "70,000 pieces of clothing, 28x28 gray, IDX files",
            KnownDataset::Cifar10 => "up to 60,000 photos in ten classes, 32x32 color, binary files",
            KnownDataset::CamvidSmall => "130 street scenes with segmentation masks, 120x90 color, PNG files",
            KnownDataset::TinyShakespeare => "1,115,394 characters, text file",
            KnownDataset::Bccd => "364 photos of blood cells with boxes, 640x480 color, Pascal VOC",
            KnownDataset::Moons => "11,000 points of two half moons, noise 0.2, drawn",
            KnownDataset::Curve => "1,200 points of a curve, noise 0.2, drawn",
            KnownDataset::Sums => "55,000 sums of two numbers of at most three digits as text, drawn",
            KnownDataset::NumberWords => "55,000 numbers in English words and in French ones, drawn",
        }
    }

    /// The data set with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// Reads the data set for a network with input `shape`, `[channels, height, width]`. `folder` contains the data set's folder:
    /// `folder/mnist/train-images-idx3-ubyte`, gzipped or not. The digits need no folder; they are resized with a margin to the network's size
    /// ([`frame`]).
    ///
    /// # Errors
    /// Returns an error if a file is missing or damaged, or the images do not have this shape.
    pub fn load(self, folder: Option<&Path>, shape: [usize; 3]) -> Result<Split, DataError> {
        let Split { train, test } = self.read(folder)?;
        let split = if self == KnownDataset::Digits { framed(Split { train, test }, shape) } else { Split { train, test } };
        split.train.check_shape(&format!("{self}, training images"), shape)?;
        split.test.check_shape(&format!("{self}, test images"), shape)?;
        Ok(split)
    }
}

impl KnownDataset {
    /// Reads a data set of labeled images in their original size.
    ///
    /// # Errors
    /// Returns an error if a file is missing or damaged, or the data set is of another kind.
    pub fn read(self, folder: Option<&Path>) -> Result<Split, DataError> {
        match self {
            KnownDataset::Digits => Ok(digits()),
            KnownDataset::Mnist => mnist_family(&self.folder(folder)?, numerals()),
            KnownDataset::FashionMnist => mnist_family(&self.folder(folder)?, CLOTHES.map(str::to_owned).to_vec()),
            KnownDataset::Cifar10 => self.cifar(folder),
            KnownDataset::CamvidSmall
            | KnownDataset::TinyShakespeare
            | KnownDataset::Bccd
            | KnownDataset::Moons
            | KnownDataset::Curve
            | KnownDataset::Sums
            | KnownDataset::NumberWords => Err(self.wrong_kind("labeled images")),
        }
    }

    /// Opens the training and test parts of a data set of images with masks. Images are read on access.
    ///
    /// # Errors
    /// Returns an error if a folder is missing, its files do not match, or the data set has no masks.
    pub fn load_masks(self, folder: Option<&Path>) -> Result<[MaskFolder; 2], DataError> {
        if self != KnownDataset::CamvidSmall {
            return Err(self.wrong_kind("images with masks"));
        }
        let folder = self.folder(folder)?;
        let classes = || STREET.map(str::to_owned).to_vec();
        let part = |name: &str| MaskFolder::open(&folder.join(name), &folder.join(format!("{name}annot")), Channels::Rgb, classes());
        Ok([part("train")?, part("test")?])
    }

    /// Opens the training and test parts of a data set of photos with boxes; the training part is Pascal VOC's `trainval`. Photos are read on access.
    ///
    /// # Errors
    /// Returns an error if the folder is missing, a file in it is missing or malformed, or the data set has no boxes.
    pub fn load_objects(self, folder: Option<&Path>) -> Result<[VocFolder; 2], DataError> {
        if self != KnownDataset::Bccd {
            return Err(self.wrong_kind("photos with boxes"));
        }
        let folder = self.folder(folder)?;
        let part = |name| VocFolder::open_with(&folder, name, &CELLS.map(str::to_owned));
        Ok([part("trainval")?, part("test")?])
    }

    /// Draws the training and test points of a data set of points. The seeds are a part of the data set.
    ///
    /// # Errors
    /// Returns an error if the data set is of another kind.
    pub fn load_points(self) -> Result<[Samples; 2], DataError> {
        match self {
            KnownDataset::Moons => Ok([moons(1_000, POINT_NOISE, 0), moons(10_000, POINT_NOISE, 1)]),
            KnownDataset::Curve => Ok([curve(200, POINT_NOISE, 0), curve(1_000, POINT_NOISE, 1)]),
            _ => Err(self.wrong_kind("points")),
        }
    }

    /// Draws the training and test pairs of a data set of pairs of texts. The seed is a part of the data set.
    ///
    /// # Errors
    /// Returns an error if the data set is of another kind.
    pub fn load_text_pairs(self) -> Result<[Vec<TextPair>; 2], DataError> {
        match self {
            KnownDataset::Sums => Ok(sums([50_000, 5_000], 0)),
            KnownDataset::NumberWords => Ok(number_words([50_000, 5_000], 0)),
            _ => Err(self.wrong_kind("pairs of texts")),
        }
    }

    /// Whether the data are in the crate or drawn, so that no folder is needed.
    pub const fn is_built_in(self) -> bool {
        matches!(self, KnownDataset::Digits | KnownDataset::Moons | KnownDataset::Curve | KnownDataset::Sums | KnownDataset::NumberWords)
    }

    /// Reads the text of a text data set.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is not text, or the data set is of another kind.
    pub fn load_text(self, folder: Option<&Path>) -> Result<Text, DataError> {
        if self != KnownDataset::TinyShakespeare {
            return Err(self.wrong_kind("a text"));
        }
        Text::read(&find(&self.folder(folder)?, "input.txt")?)
    }

    /// The data set's folder.
    fn folder(self, folder: Option<&Path>) -> Result<PathBuf, DataError> {
        let name = self.name().to_owned();
        let Some(folder) = folder else { return Err(DataError::NoDataFolder { name }) };
        let folder = folder.join(&name);
        if folder.is_dir() { Ok(folder) } else { Err(DataError::NoFolder { folder, name }) }
    }

    fn wrong_kind(self, expected: &'static str) -> DataError {
        DataError::Kind { name: self.name(), expected, description: self.description() }
    }

    /// Reads the training files that exist, at least the first of five.
    fn cifar(self, folder: Option<&Path>) -> Result<Split, DataError> {
        let folder = self.folder(folder)?;
        let first = find(&folder, "data_batch_1.bin")?;
        let more = (2..=5).filter_map(|number| find(&folder, &format!("data_batch_{number}.bin")).ok());
        let train: Vec<PathBuf> = std::iter::once(first).chain(more).collect();
        let classes = || THINGS.map(str::to_owned).to_vec();
        Ok(Split { train: read_cifar10(&train, classes())?, test: read_cifar10(&[find(&folder, "test_batch.bin")?], classes())? })
    }
}

impl FromStr for KnownDataset {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        Self::from_name(name).ok_or_else(|| DataError::UnknownDataset { name: name.to_owned() })
    }
}

impl fmt::Display for KnownDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The standard deviation of the noise of points.
const POINT_NOISE: f64 = 0.2;

const CLOTHES: [&str; 10] = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

const THINGS: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
/// Red cells, white cells, and what clots.
const CELLS: [&str; 3] = ["RBC", "WBC", "Platelets"];
/// The last class is ignored.
const STREET: [&str; 12] =
    ["Sky", "Building", "Pole", "Road", "Pavement", "Tree", "SignSymbol", "Fence", "Car", "Pedestrian", "Bicyclist", "Unlabeled"];

/// The class names of digits.
pub(super) fn numerals() -> Vec<String> {
    (0..10).map(|digit| digit.to_string()).collect()
}

/// Resizes the digits for networks with square gray input. For other networks they keep their size, which is reported as an error.
fn framed(Split { train, test }: Split, shape: [usize; 3]) -> Split {
    match shape {
        [1, height, width] if height == width && height >= 12 => Split { train: frame(&train, height), test: frame(&test, height) },
        _ => Split { train, test },
    }
}

/// Reads four IDX files with MNIST's file names.
fn mnist_family(folder: &Path, classes: Vec<String>) -> Result<Split, DataError> {
    let part = |prefix: &str| {
        let images = find(folder, &format!("{prefix}-images-idx3-ubyte"))?;
        let labels = find(folder, &format!("{prefix}-labels-idx1-ubyte"))?;
        read_idx(&images, &labels, classes.clone())
    };
    Ok(Split { train: part("train")?, test: part("t10k")? })
}
