//! Image folders with hidden files, and test parts with the labels of the training part.

use std::fs;

use layercake_train::data::readers::{Channels, ImageFiles, ImageFolder, MaskFolder};
use layercake_train::data::{Dataset, check};

use super::place::{Place, words};
use super::png::{GRAY, png};

fn dot(gray: u8) -> Vec<u8> {
    png([1, 1], 8, GRAY, &[&[gray]], &[])
}

/// Hidden files beside data.
const LEFT_BEHIND: [&str; 11] = [
    ".ipynb_checkpoints/a-checkpoint.png",
    "__MACOSX/cats/._a.png",
    ".git/a.png",
    "cats/._a.png",
    "cats/.DS_Store",
    "cats/Thumbs.db",
    "cats/.ipynb_checkpoints/a-checkpoint.png",
    "cats/@eaDir/a.png",
    "$RECYCLE.BIN/a.png",
    "dogs/.hidden.png",
    "@eaDir/a.png",
];

#[test]
fn hidden_files_are_skipped() {
    let place = Place::new();
    for (name, gray) in [("cats/a.png", 1), ("cats/b.png", 2), ("dogs/c.png", 3)] {
        place.put(&format!("set/{name}"), &dot(gray));
        place.put(&format!("clean/{name}"), &dot(gray));
    }
    for name in LEFT_BEHIND {
        place.put(&format!("set/{name}"), &dot(0));
    }
    let set = ImageFolder::open(&place.path("set"), Channels::Gray).unwrap();
    assert_eq!(set.classes(), words(&["cats", "dogs"]));
    let items: Vec<(usize, u8)> = (0..set.len()).map(|i| set.get(i).unwrap()).map(|item| (item.label, item.image.to_bytes()[0])).collect();
    assert_eq!(items, [(0, 1), (0, 2), (1, 3)]);
    assert_eq!(ImageFiles::open(&place.path("set/cats"), Channels::Gray).unwrap().len(), 2);
    // The given folder may be hidden itself.
    place.put(".cache/cats/a.png", &dot(1));
    assert_eq!(ImageFolder::open(&place.path(".cache"), Channels::Gray).unwrap().len(), 1);

    place.put("images/a.png", &dot(1));
    place.put("images/._a.png", b"AppleDouble");
    place.put("masks/a.png", &dot(0));
    place.put("masks/.DS_Store", b"");
    assert_eq!(MaskFolder::open(&place.path("images"), &place.path("masks"), Channels::Gray, words(&["x"])).unwrap().len(), 1);

    // A folder with the extension of an image.
    fs::create_dir(place.path("images/b.png")).unwrap();
    assert_eq!(ImageFiles::open(&place.path("images"), Channels::Gray).unwrap().len(), 1);
}

/// The test folder lacks the first class; the labels of the others do not change.
#[test]
fn classes_are_matched_by_name() {
    let place = Place::new();
    for class in ["birds", "cats", "dogs"] {
        place.put(&format!("train/{class}/a.png"), &dot(1));
    }
    place.put("test/dogs/a.png", &dot(1));
    place.put("test/cats/a.png", &dot(1));
    place.put("test/.ipynb_checkpoints/a.png", &dot(1));
    let train = ImageFolder::open(&place.path("train"), Channels::Gray).unwrap();
    let test = ImageFolder::open_like(&place.path("test"), &train).unwrap();
    assert_eq!(test.classes(), train.classes());
    assert_eq!(test.files().iter().map(|(_, label)| *label).collect::<Vec<_>>(), [1, 2]);
    place.put("test/horses/a.png", &dot(1));
    let message = place.text(ImageFolder::open_like(&place.path("test"), &train));
    assert_eq!(message, "test: expected only folders of the classes `birds`, `cats`, `dogs`, found `horses`");
}

/// The output of `layercake data check`.
#[test]
fn checked_folders() {
    let place = Place::new();
    let lines = || {
        let sets = check(&place.path("all")).unwrap();
        sets.into_iter().map(|set| (set.name, set.contents.map_err(|error| error.to_string()))).collect::<Vec<_>>()
    };
    place.put("all/flat/cats/a.png", &dot(1));
    place.put("all/flat/__MACOSX/a.png", &dot(1));
    place.put("all/.git/cats/a.png", &dot(1));
    place.put("all/table/._iris.csv", b"\0\x05\x16\x07");
    place.put("all/table/iris.csv", b"a,b\n1,x\n");
    place.put("all/parts/train/cats/a.png", &dot(1));
    place.put("all/parts/train/dogs/a.png", &dot(1));
    place.put("all/parts/test/dogs/a.png", &dot(1));
    let one = |line: &str| line.to_owned();
    let expected = [
        ("flat", vec![one("1 images of 1x1x1").replace("1x1x1", "3x1x1"), one("1 classes (1 to 1 items each)")]),
        (
            "parts",
            vec![
                one("train: 2 images of 3x1x1"),
                one("train: 2 classes (1 to 1 items each)"),
                one("test: 1 images of 3x1x1"),
                one("test: 2 classes (0 to 1 items each)"),
            ],
        ),
        ("table", vec![one("1 rows of 1 numbers, 1 classes (1 to 1 items each)")]),
    ];
    assert_eq!(lines(), expected.map(|(name, lines)| (name.to_owned(), Ok(lines))));
    place.put("all/parts/test/horses/a.png", &dot(1));
    assert!(lines()[1].1.as_ref().is_err_and(|error| error.ends_with("found `horses`")));
}
