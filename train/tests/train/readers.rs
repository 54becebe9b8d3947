//! Readers: results on valid files, and errors that name invalid files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use layercake_tests::shared_data;
use layercake_train::data::readers::{
    Channels, ImageFiles, ImageFolder, MaskFolder, Table, Target, Text, read_cifar10, read_image, read_mask,
};
use layercake_train::data::{DataError, Dataset, Image, KnownDataset, Mask, Masked, check, read_idx};
use layercake_train::run::Canvas;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The text of an error, without the folder's path.
    fn text<T: std::fmt::Debug>(&self, outcome: Result<T, DataError>) -> String {
        outcome.unwrap_err().to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// The bytes of a PNG file.
fn png(image: &Image) -> Vec<u8> {
    let place = Place::new();
    let path = place.path("a.png");
    Canvas::from_image(image).save(&path).unwrap();
    fs::read(path).unwrap()
}

/// The bytes of a gray PNG file of 8 bits.
fn gray_png(mask: &Mask) -> Vec<u8> {
    let mut bytes = Vec::new();
    let [height, width] = mask.size.map(|side| side as u32);
    let encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.write_header().unwrap().write_image_data(&mask.classes).unwrap();
    bytes
}

fn picture(height: usize, width: usize) -> Image {
    let bytes: Vec<u8> = (0..3 * height * width).map(|i| (i * 37 % 256) as u8).collect();
    Image::from_bytes([3, height, width], &bytes)
}

#[test]
fn cifar() {
    let place = Place::new();
    let record = |label: u8| [vec![label], (0..3072).map(|i| (i % 251) as u8).collect()].concat();
    let one = place.put("one.bin", &[record(1), record(0)].concat());
    let two = place.put("two.bin.gz", &gzip(&record(1)));
    let set = read_cifar10(&[&one, &two], words(&["a", "b"])).unwrap();
    assert_eq!((set.len(), set.shape(), set.labels()), (3, [3, 32, 32], &[1, 0, 1][..]));
    assert_eq!(set.image(2)[..3], [0, 1, 2]);

    let message = |name: &str, bytes: &[u8]| place.text(read_cifar10(&[place.put(name, bytes)], words(&["a", "b"])));
    assert_eq!(message("x", &[]), "x: expected records of 3073 bytes, found 0 bytes, 0 after the last complete record");
    assert_eq!(
        message("x", &record(1)[..3072]),
        "x: expected records of 3073 bytes, found 3072 bytes, 3072 after the last complete record"
    );
    assert_eq!(message("x", &record(2)), "x: label 2 at position 0 (counted from 0) is out of range; there are 2 classes, 0..=1");
    assert!(message("x", &gzip(&record(1))[..40]).starts_with("x: damaged or truncated: the gzip data cannot be decompressed beyond"));
    assert_eq!(place.text(read_cifar10(&[place.path("none")], words(&["a"]))), "none: No such file or directory (os error 2)");
}

#[test]
fn tables() {
    let place = Place::new();
    let iris = "length, width, kind\n1.5, 2, setosa\n-3e-2,4,virginica\n5,6,setosa\n";
    let table = Table::read(&place.put("iris.csv", iris.as_bytes()), &Target::Last).unwrap();
    assert_eq!(
        (table.columns(), table.classes(), table.labels()),
        (&words(&["length", "width"])[..], &words(&["setosa", "virginica"])[..], &[0, 1, 0][..])
    );
    assert_eq!(table.get(1).unwrap().features, [-0.03, 4.0]);
    let named = Table::read(&place.put("iris.csv.gz", &gzip(b"kind,a\n10,7\n9,8")), &Target::Named("kind".to_owned())).unwrap();
    assert_eq!((named.columns(), named.classes(), named.labels()), (&words(&["a"])[..], &words(&["9", "10"])[..], &[1, 0][..]));
    let bare = Table::read(&place.put("bare.csv", b"1,2,0\n3,4,1\n"), &Target::Last).unwrap();
    assert_eq!((bare.columns(), bare.len()), (&words(&["1", "2"])[..], 2));

    let message = |text: &[u8], target: &Target| place.text(Table::read(&place.put("x.csv", text), target));
    let last = Target::Last;
    assert_eq!(message(b"", &last), "x.csv: expected rows of numbers, found none");
    assert_eq!(message(b"a,b\n", &last), "x.csv: expected rows of at least one number and a class, found 1 rows of 2 fields");
    assert_eq!(message(b"1\n2\n", &last), "x.csv: expected rows of at least one number and a class, found 2 rows of 1 fields");
    assert_eq!(message(b"a,b,c\n1,2,3\n4,5\n", &last), "x.csv: expected 3 fields in row 3, found 2");
    assert_eq!(message(b"a,b,c\n1,x,3\n", &last), "x.csv: expected a number in row 2, column 2, found `x`");
    assert_eq!(message(b"a,b\ninf,3\n", &last), "x.csv: expected a number in row 2, column 1, found `inf`");
    assert_eq!(message(b"a,b\n1,2\n", &Target::Named("c".to_owned())), "x.csv: expected a column named `c` in row 1, found `a`, `b`");
    assert!(message(b"a,b\n1,\xff\n", &last).starts_with("x.csv: expected fields of text in row 2, found "));
}

#[test]
fn folders_of_images() {
    let place = Place::new();
    for (name, image) in [("cats/b.png", picture(3, 4)), ("cats/a.PNG", picture(2, 2)), ("dogs/c.png", picture(3, 4))] {
        place.put(&format!("set/{name}"), &png(&image));
    }
    place.put("set/cats/notes.txt", b"meow");
    let set = ImageFolder::open(&place.path("set"), Channels::Rgb).unwrap();
    assert_eq!((set.classes(), set.len()), (&words(&["cats", "dogs"])[..], 3));
    assert_eq!((set.get(0).unwrap().image, set.get(2).unwrap().label), (picture(2, 2), 1));
    assert_eq!(set.get(1).unwrap().image, picture(3, 4));
    assert_eq!(read_image(&place.path("set/cats/b.png"), Channels::Gray).unwrap().shape, [1, 3, 4]);
    assert_eq!(ImageFiles::open(&place.path("set/cats"), Channels::Rgb).unwrap().len(), 2);

    fs::create_dir(place.path("set/empty")).unwrap();
    assert_eq!(place.text(ImageFolder::open(&place.path("set"), Channels::Rgb)), "set/empty: expected PNG or JPEG images, found none");
    assert_eq!(
        place.text(ImageFolder::open(&place.path("set/cats"), Channels::Rgb)),
        "set/cats: expected a folder for each class, found none"
    );
    let message = |bytes: &[u8]| place.text(read_image(&place.put("x.png", bytes), Channels::Rgb));
    assert_eq!(message(b"GIF89a"), "x.png: expected a PNG or JPEG image, found another format");
    assert_eq!(message(b""), "x.png: expected a PNG or JPEG image, found another format");
    assert!(
        message(&png(&picture(3, 4))[..40]).starts_with("x.png: expected a PNG or JPEG image, found an image that cannot be decoded: ")
    );
    // A valid header of 60,000 x 60,000 pixels, without pixels.
    let mut large = png(&picture(1, 1))[..33].to_vec();
    large[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    large[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let mut checksum = flate2::Crc::new();
    checksum.update(&large[12..29]);
    large[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    assert_eq!(message(&large), "x.png: expected at most 16384 pixels per side, found 60000x60000 pixels");
    assert_eq!(place.text(read_image(&place.path("set"), Channels::Rgb)), "set: not a regular file");
}

#[test]
fn images_with_masks() {
    let place = Place::new();
    let mask = Mask { size: [2, 3], classes: vec![0, 1, 2, 2, 1, 0] };
    place.put("images/a.png", &png(&picture(2, 3)));
    place.put("masks/a.png", &gray_png(&mask));
    let open = || MaskFolder::open(&place.path("images"), &place.path("masks"), Channels::Rgb, words(&["sky", "road", "none"]));
    assert_eq!(open().unwrap().get(0).unwrap(), Masked { image: picture(2, 3), mask: mask.clone() });

    let item = || place.text(open().unwrap().get(0));
    place.put("masks/a.png", &gray_png(&Mask { classes: vec![0, 1, 2, 2, 3, 0], ..mask.clone() }));
    assert_eq!(item(), "masks/a.png: expected classes below 3, found class 3 in row 1, column 1");
    place.put("masks/a.png", &gray_png(&Mask { size: [3, 2], ..mask.clone() }));
    assert_eq!(item(), "masks/a.png: expected a mask of 2x3, the size of `a.png`, found 3x2");
    place.put("masks/a.png", &png(&picture(2, 3)));
    assert_eq!(item(), "masks/a.png: expected a mask: an 8-bit gray image, found 3 channels of 8 bits");
    place.put("masks/b.png", &gray_png(&mask));
    assert_eq!(place.text(open()), "images: expected an image for each mask, found none for the mask `b.png`");
    fs::remove_file(place.path("masks/a.png")).unwrap();
    assert_eq!(place.text(open()), "masks: expected a mask with the name of the image `a.png`, found none");
}

#[test]
fn texts() {
    let place = Place::new();
    assert_eq!(Text::read(&place.put("a.txt", "naïve".as_bytes())).unwrap().vocabulary(), ['a', 'e', 'n', 'v', 'ï']);
    assert_eq!(Text::read(&place.put("a.gz", &gzip(b"zip"))).unwrap().characters(), [2, 0, 1]);
    let message = |bytes: &[u8]| place.text(Text::read(&place.put("x.txt", bytes)));
    assert_eq!(message(b""), "x.txt: expected text, found nothing");
    assert_eq!(message(b"ab\xffc"), "x.txt: expected text in UTF-8, found invalid UTF-8 at byte 2");
}

/// Valid files of each kind, and their readers.
type Reader = fn(&Path) -> Result<(), DataError>;

fn good_files() -> Vec<(&'static str, Vec<u8>, Reader)> {
    let idx: Vec<u8> = [0u8, 0, 8, 3].into_iter().chain([2u32, 2, 3].into_iter().flat_map(u32::to_be_bytes)).chain(0..12).collect();
    let mut jpeg = Vec::new();
    let pixels: Vec<u8> = (0..7).flat_map(|y| (0..9).flat_map(move |x| [x * 20, y * 30, 99])).collect();
    jpeg_encoder::Encoder::new(&mut jpeg, 75).encode(&pixels, 9, 7, jpeg_encoder::ColorType::Rgb).unwrap();
    let of_idx: Reader = |path| read_idx(path, path, words(&["a"])).map(drop);
    let of_image: Reader = |path| read_image(path, Channels::Rgb).map(drop);
    let of_text: Reader = |path| Text::read(path).map(drop);
    vec![
        ("idx", idx.clone(), of_idx),
        ("idx.gz", gzip(&idx), of_idx),
        ("cifar.gz", gzip(&vec![1; 3073]), |path| read_cifar10(&[path], words(&["a", "b"])).map(drop)),
        ("table", b"a,b,c\n1,2.5,x\n-4,1e3,y\n".to_vec(), |path| Table::read(path, &Target::Last).map(drop)),
        ("image", png(&picture(5, 4)), of_image),
        ("photo", jpeg, of_image),
        ("mask", gray_png(&Mask { size: [3, 4], classes: (0..12).collect() }), |path| read_mask(path, 12).map(drop)),
        ("text", "the quick brown fox — naïve".as_bytes().to_vec(), of_text),
        ("text.gz", gzip(b"the quick brown fox"), of_text),
    ]
}

/// Changed bytes, truncation and additional bytes result in valid data, or in an error that names the file.
#[test]
fn damaged_files() {
    let place = Place::new();
    for (name, good, read) in good_files() {
        let path = place.path(name);
        let (mut errors, mut tries) = (0, 0);
        let mut attempt = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            tries += 1;
            if let Err(error) = read(&path) {
                assert!(error.to_string().contains(name), "{error}");
                errors += 1;
            }
        };
        let step = (good.len() / 150).max(1);
        for i in (0..good.len()).step_by(step) {
            for change in [1u8, 0x80, 0xff] {
                let mut spoiled = good.clone();
                spoiled[i] ^= change;
                attempt(&spoiled);
            }
            attempt(&good[..i]);
            attempt(&[&good[..i], &[0xff; 9], &good[i..]].concat());
        }
        assert!(errors > tries / 10, "{name}: {errors} errors in {tries}");
    }
}

/// The data sets in the shared folder, with the numbers in its description.
#[test]
fn the_real_sets() {
    let Some(folder) = shared_data("cifar-10") else { return };
    let found = check(&folder).unwrap();
    let text: Vec<String> =
        found.iter().flat_map(|set| set.contents.as_ref().unwrap().iter().map(|line| format!("{} {line}", set.name))).collect();
    let expected = [
        "bccd train: 292 photos with 3941 objects (2 without area are left out), 3 classes (",
        "bccd test: 72 photos with 945 objects (0 without area are left out), 3 classes (",
        "camvid-small train: 100 images of 3x90x120 with masks of 12 classes: Sky ",
        "camvid-small test: 30 images of 3x90x120 with masks of 12 classes: Sky ",
        "cifar-10 train: 10000 images of 3x32x32, 10 classes (937 to 1032 items each)",
        "cifar-10 test: 10000 images of 3x32x32, 10 classes (1000 to 1000 items each)",
        "digits 1797 rows of 64 numbers, 10 classes (174 to 183 items each)",
        "fashion-mnist train: 60000 images of 1x28x28, 10 classes (6000 to 6000 items each)",
        "fashion-mnist test: 10000 images of 1x28x28, 10 classes (1000 to 1000 items each)",
        "mnist train: 60000 images of 1x28x28, 10 classes (5421 to 6742 items each)",
        "mnist test: 10000 images of 1x28x28, 10 classes (892 to 1135 items each)",
        "tables 569 rows of 30 numbers, 2 classes (212 to 357 items each)",
        "tiny-shakespeare 1115394 characters, vocabulary of 65",
    ];
    assert_eq!(text.len(), expected.len(), "{text:#?}");
    for (text, expected) in text.iter().zip(expected) {
        assert!(text.starts_with(expected), "{text}");
    }
    // The first records of CIFAR-10: a frog in the training set, a cat in the test set.
    let cifar = KnownDataset::Cifar10.read(Some(&folder)).unwrap();
    assert_eq!((cifar.train.labels()[..5].to_vec(), cifar.test.labels()[..5].to_vec()), (vec![6, 9, 9, 4, 1], vec![3, 8, 8, 0, 6]));
}
