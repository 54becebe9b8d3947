//! IDX files: errors of invalid files, and valid files with and without compression.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use layercake_tests::shared_data;
use layercake_train::data::{Images, KnownDataset, read_idx};

/// A folder with `images` (2 of 2x3) and `labels` (3 and 9), which tests modify.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        case.put("images", &idx(&[2, 2, 3], &(0..12).collect::<Vec<u8>>()));
        case.put("labels", &idx(&[2], &[3, 9]));
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> &Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    fn read(&self) -> Result<Images, String> {
        let classes = (0..10).map(|class| class.to_string()).collect();
        read_idx(&self.path("images"), &self.path("labels"), classes).map_err(|error| error.to_string())
    }

    /// The message, without the folder's path.
    fn message(&self) -> String {
        let message = self.read().expect_err("these files should not be accepted");
        message.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

/// An IDX file of bytes.
fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
    file.extend(bytes);
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compression_is_detected_by_content() {
    let plain = Case::new().read().unwrap();
    assert_eq!((plain.shape(), plain.labels(), plain.image(1)), ([1, 2, 3], &[3, 9][..], &[6, 7, 8, 9, 10, 11][..]));

    let packed = Case::new();
    packed.put("images", &gzip(&fs::read(packed.path("images")).unwrap())).put("labels", &gzip(&idx(&[2], &[3, 9])));
    assert_eq!(packed.read().unwrap(), plain);
}

#[test]
fn magic_numbers() {
    let case = Case::new();
    case.put("images", &idx(&[12], &[0; 12]));
    assert_eq!(case.message(), "images: expected the magic number 0x00000803 (bytes in three axes: images), found 0x00000801");
    let case = Case::new();
    case.put("labels", b"P5 2 2 255 ....");
    assert_eq!(case.message(), "labels: expected the magic number 0x00000801 (bytes in one axis: labels), found 0x50352032");
}

#[test]
fn truncated() {
    let case = Case::new();
    case.put("images", &idx(&[2, 2, 3], &[0; 11]));
    assert_eq!(case.message(), "images: truncated: the header says 2x2x3, which is 12 bytes, but only 11 follow it");
    case.put("images", &idx(&[2, 2, 3], &[])[..10]);
    assert_eq!(case.message(), "images: truncated: expected a header of 16 bytes, found 10 bytes in all");
    case.put("images", &[]);
    assert_eq!(case.message(), "images: truncated: expected a header of 16 bytes, found 0 bytes in all");

    // The gzip stream of 28 bytes is shorter than 60 bytes, so 30 bytes are a truncated stream.
    let packed = gzip(&idx(&[2, 2, 3], &(0..12).collect::<Vec<u8>>()));
    case.put("images", &packed[..30]);
    let message = case.message();
    assert!(message.starts_with("images: damaged or truncated: the gzip data cannot be decompressed beyond "), "{message}");
    // Truncated within the checksum: the data are complete but not verified.
    case.put("images", &packed[..packed.len() - 1]);
    assert!(case.message().contains("the gzip data cannot be decompressed beyond 28 bytes"), "{}", case.message());
}

#[test]
fn corrupt_gzip() {
    let case = Case::new();
    let mut packed = gzip(&idx(&[2, 2, 3], &(0..12).collect::<Vec<u8>>()));
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    case.put("images", &packed);
    assert!(case.message().contains("the gzip data cannot be decompressed beyond 28 bytes"), "{}", case.message());
    case.put("images", &[0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
    assert!(case.message().contains("the gzip data cannot be decompressed beyond 0 bytes"), "{}", case.message());
}

#[test]
fn more_than_the_header_says() {
    let case = Case::new();
    case.put("labels", &idx(&[2], &[3, 9, 0]));
    assert_eq!(case.message(), "labels: the header says 2, which is 2 bytes, but more follow it");
}

#[test]
fn a_header_with_terabytes() {
    let case = Case::new();
    case.put("images", &idx(&[u32::MAX, 1024, 1024], &[0; 12]));
    assert_eq!(case.message(), "images: the header says 4294967295x1024x1024; at most 4294967296 bytes are read into memory");
    case.put("images", &idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 12]));
    assert!(case.message().starts_with("images: the header says 4294967295x4294967295x4294967295; at most"));
}

#[test]
fn labels_counts_and_sizes() {
    let case = Case::new();
    case.put("labels", &idx(&[2], &[3, 10]));
    assert_eq!(case.message(), "labels: label 10 at position 1 (counted from 0) is out of range; there are 10 classes, 0..=9");
    case.put("labels", &idx(&[3], &[3, 9, 1]));
    assert_eq!(case.message(), "images contains 2 images, but labels contains 3 labels");
    case.put("images", &idx(&[0, 2, 3], &[]));
    assert_eq!(case.message(), "images: expected at least one image of at least one pixel, found 0x2x3");
    case.put("images", &idx(&[2, 2, 0], &[]));
    assert_eq!(case.message(), "images: expected at least one image of at least one pixel, found 2x2x0");
}

#[test]
fn missing_files_and_folders() {
    let case = Case::new();
    fs::remove_file(case.path("labels")).unwrap();
    assert_eq!(case.message(), "labels: No such file or directory (os error 2)");

    let load = |folder: Option<&Path>| KnownDataset::Mnist.load(folder, [1, 28, 28]).expect_err("there is no such data").to_string();
    let at = case.folder.path().display().to_string();
    assert_eq!(load(None), "the data set `mnist` is read from files; name the folder that contains `mnist` (--data-dir)");
    let message = format!("{at}/mnist: no such folder; the data folder must contain the data set's folder `mnist`");
    assert_eq!(load(Some(case.folder.path())), message);
    fs::create_dir(case.path("mnist")).unwrap();
    let message = format!("{at}/mnist: contains neither `train-images-idx3-ubyte` nor `train-images-idx3-ubyte.gz`");
    assert_eq!(load(Some(case.folder.path())), message);
}

#[test]
fn a_set_that_does_not_fit_the_network() {
    let case = Case::new();
    fs::create_dir(case.path("mnist")).unwrap();
    for part in ["train", "t10k"] {
        fs::copy(case.path("images"), case.path(&format!("mnist/{part}-images-idx3-ubyte"))).unwrap();
        fs::copy(case.path("labels"), case.path(&format!("mnist/{part}-labels-idx1-ubyte"))).unwrap();
    }
    let load = |shape| KnownDataset::Mnist.load(Some(case.folder.path()), shape);
    let message = "mnist, training images: expected images of 1x28x28 (channels x height x width), found 1x2x3";
    assert_eq!(load([1, 28, 28]).unwrap_err().to_string(), message);
    assert_eq!(load([1, 2, 3]).unwrap().test.len(), 2);

    let message = "digits, training images: expected images of 3x32x32 (channels x height x width), found 1x8x8";
    assert_eq!(KnownDataset::Digits.load(None, [3, 32, 32]).unwrap_err().to_string(), message);
    assert_eq!(KnownDataset::Digits.load(None, [1, 28, 28]).unwrap().test.shape(), [1, 28, 28]);
}

/// The real data set, if available: counts, sizes and first labels.
#[test]
fn mnist_itself() {
    let Some(folder) = shared_data("mnist") else { return };
    let split = KnownDataset::Mnist.load(Some(&folder), [1, 28, 28]).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (60_000, 10_000));
    assert_eq!((&split.train.labels()[..5], &split.test.labels()[..5]), (&[5, 0, 4, 1, 9][..], &[7, 2, 1, 0, 4][..]));
}
