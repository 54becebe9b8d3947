//! Folders of Pascal VOC.

use std::fs;

use layercake_train::data::readers::{VocFolder, read_annotation};
use layercake_train::data::{DataError, Dataset, Loader};
use layercake_train::detection::{BBox, Object};

use super::place::Place;
use super::png::{self, RGB};

fn object(name: &str, edges: [&str; 4], more: &str) -> String {
    let edges: String =
        ["xmin", "ymin", "xmax", "ymax"].iter().zip(edges).map(|(edge, number)| format!("<{edge}>{number}</{edge}>\n")).collect();
    format!("<object>\n<name>{name}</name>\n{more}<bndbox>\n{edges}</bndbox>\n</object>\n")
}

fn annotation(objects: &[String]) -> String {
    let size = "<size>\n<width>6</width>\n<height>4</height>\n<depth>3</depth>\n</size>";
    format!("<annotation>\n<folder>JPEGImages</folder>\n{size}\n{}</annotation>\n", objects.concat())
}

/// Writes a data set of images of 4 x 6 pixels.
fn write(place: &Place, part: &str, images: &[(&str, String)]) {
    for folder in ["ImageSets/Main", "Annotations", "JPEGImages"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    let names: String = images.iter().map(|(name, _)| format!("{name}\n")).collect();
    fs::write(place.path(&format!("ImageSets/Main/{part}.txt")), names).unwrap();
    for (name, annotation) in images {
        fs::write(place.path(&format!("Annotations/{name}.xml")), annotation).unwrap();
        // The content of a file decides its format, not its name.
        fs::write(place.path(&format!("JPEGImages/{name}.jpg")), png::png([4, 6], 8, RGB, &[&[9; 18][..]; 4], &[])).unwrap();
    }
}

#[test]
fn a_folder() {
    let place = Place::new();
    let first = [
        object("cat", ["1", "0", "3.5", "2"], "<difficult>1</difficult>\n"),
        object("dog", ["-2", "1", "4", "9"], "<difficult>0</difficult>\n<part><name>head</name></part>\n"),
        object("dog", ["2", "2", "2", "3"], ""),
        object("dog", ["8", "1", "9", "2"], ""),
    ];
    write(&place, "train", &[("a", annotation(&first)), ("b", annotation(&[]))]);
    write(&place, "test", &[("c", annotation(&[object("dog", ["0", "0", "6", "4"], "")]))]);
    let train = VocFolder::open(&place.path(""), "train").unwrap();
    assert_eq!((train.len(), train.skipped(), train.classes()), (2, 2, &["cat".to_owned(), "dog".to_owned()][..]));
    let expected = [
        Object { bbox: BBox::new(1.0, 0.0, 3.5, 2.0), class: 0, ignore: true },
        Object { bbox: BBox::new(0.0, 1.0, 4.0, 4.0), class: 1, ignore: false },
    ];
    assert_eq!(train.objects(0), expected);
    let batch = Loader::new(train.clone(), 2).epoch(1).next().unwrap().unwrap();
    assert_eq!((batch.images.shape(), &batch.objects[..]), (&[2, 3, 4, 6][..], &[expected.to_vec(), vec![]][..]));
    let test = train.open_like("test").unwrap();
    assert_eq!(test.objects(0)[0].class, 1);
    assert_eq!(test.get(0).unwrap().image.size(), [4, 6]);
    assert_eq!(train.subset(&[1, 0]).objects(1), expected);
}

#[test]
fn wrong_folders() {
    let place = Place::new();
    let error = |part: &str| VocFolder::open(&place.path(""), part).unwrap_err().to_string();
    write(&place, "empty", &[]);
    assert!(error("empty").ends_with("ImageSets/Main/empty.txt: expected the names of images, found none"), "{}", error("empty"));
    fs::write(place.path("ImageSets/Main/away.txt"), "\n../secret\n").unwrap();
    assert!(error("away").ends_with("away.txt: line 2: expected the name of an image, found `../secret`"), "{}", error("away"));
    fs::write(place.path("ImageSets/Main/gone.txt"), "gone").unwrap();
    assert!(error("gone").contains("Annotations/gone.xml"), "{}", error("gone"));
    write(&place, "train", &[("a", annotation(&[object("cat", ["0", "0", "2", "2"], "")]))]);
    write(&place, "test", &[("b", annotation(&[object("dog", ["0", "0", "2", "2"], "")]))]);
    let train = VocFolder::open(&place.path(""), "train").unwrap();
    let text = train.open_like("test").unwrap_err().to_string();
    assert!(text.ends_with("b.xml: expected objects of the classes `cat`, found `dog`"), "{text}");
    fs::write(place.path("JPEGImages/a.jpg"), png::png([4, 5], 8, RGB, &[&[9; 15][..]; 4], &[])).unwrap();
    let text = train.get(0).unwrap_err().to_string();
    assert!(text.ends_with("a.jpg: expected an image of 4x6 (height x width), as its annotation says, found 4x5"), "{text}");
}

#[test]
fn malformed_annotations() {
    let place = Place::new();
    let path = place.path("a.xml");
    let error = |text: &str| {
        fs::write(&path, text).unwrap();
        let error = read_annotation(&path).unwrap_err();
        assert!(matches!(error, DataError::Content { .. }), "{error:?}");
        error.to_string().strip_prefix(&format!("{}: ", path.display())).expect("the file is named").to_owned()
    };
    let good = annotation(&[object("cat", ["0", "1", "2", "3"], "<difficult>0</difficult>\n")]);
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from));
        good.replacen(from, to, 1)
    };
    for (text, expected) in [
        ("<annotation>\n<size>".to_owned(), "line 1: expected XML, found an error: the root node was opened but never closed"),
        (String::new(), "line 1: expected XML, found an error: the document does not have a root node"),
        (good.replace("annotation", "annotations"), "line 1: expected the element `annotation`, found `annotations`"),
        (changed("<width>6</width>", ""), "line 3: expected one element `width` in `size`, found none"),
        (changed("<width>6</width>", "<width>0</width>"), "line 4: expected a number of pixels in `width`, found `0`"),
        (changed("<name>cat</name>", "<name> </name>"), "line 9: expected the name of a class in `name`, found nothing"),
        (changed("<xmin>0</xmin>", "<xmin>left</xmin>"), "line 12: expected a number in `xmin`, found `left`"),
        (changed("<ymax>3</ymax>", "<ymax>NaN</ymax>"), "line 15: expected a number in `ymax`, found `NaN`"),
        (changed("<ymax>3</ymax>", "<ymax/>"), "line 15: expected a number in `ymax`, found ``"),
        (changed("<ymin>1</ymin>", "<ymin>1</ymin><ymin>2</ymin>"), "line 11: expected one element `ymin` in `bndbox`, found several"),
        (changed("<difficult>0", "<difficult>perhaps"), "line 10: expected 0 or 1 in `difficult`, found `perhaps`"),
        (changed("</object>", ""), "line 18: expected XML, found an error: expected 'object' tag, not 'annotation' at 18:1"),
        (
            changed("cat", &"x".repeat(100)).replacen("<ymin>1", &format!("<ymin>{}", "9x".repeat(100)), 1),
            "line 13: expected a number in `ymin`, found `9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x..`",
        ),
    ] {
        assert_eq!(error(&text), expected);
    }
}

/// Files that cost a reader time, memory or its stack.
#[test]
fn hostile_annotations() {
    let place = Place::new();
    let path = place.path("a.xml");
    let error = |text: String| {
        fs::write(&path, text).unwrap();
        read_annotation(&path).unwrap_err().to_string()
    };
    for open in ["<a>", "<a b='/>'>", "<a><!--</a>-->", "<a><![CDATA[</a>]]>", "<a><?p </a>?>"] {
        let deep = error(format!("<annotation>{}{}</annotation>", open.repeat(100_000), "</a>".repeat(100_000)));
        assert!(deep.ends_with("expected XML of Pascal VOC, found elements nested more than 64 deep"), "{deep}");
    }
    assert!(error("<".repeat(1 << 20)).contains("expected XML"));
    let laughs: String = (1..40).map(|i| format!("<!ENTITY l{i} \"&l{0};&l{0};\">", i - 1)).collect();
    let dtd = error(format!("<!DOCTYPE annotation [<!ENTITY l0 \"ha\">{laughs}]><annotation>&l39;</annotation>"));
    assert!(dtd.contains("line 1: expected XML, found "), "{dtd}");
    let attributes: String = (0..200_000).map(|i| format!(" a{i}=''")).collect();
    assert!(error(format!("<annotation{attributes}/>")).ends_with("expected XML of Pascal VOC, found a tag of more than 1024 bytes"));
    // Many elements are read in time that grows with the file.
    assert!(error(format!("<annotation>{}</annotation>", "<a/>".repeat(300_000))).contains("expected one element `size`"));
    assert!(error("\u{feff}<annotation a=\"\u{0}\"/>".to_owned()).contains("a zero byte"));
}
