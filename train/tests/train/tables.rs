//! Tables with words, missing values and mistakes.

use std::fs;

use layercake_train::data::{Sample, Target};
use layercake_train::tables::{Frame, Schema, TableOptions, TableTask};
use layercake_train::{Goal, NumberTarget};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn frame(&self, text: &str) -> Frame {
        let path = self.0.path().join("t.csv");
        fs::write(&path, text).unwrap();
        Frame::read(&path).unwrap()
    }

    fn said(&self, error: impl ToString) -> String {
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }

    /// The error of deciding what the columns mean.
    fn refused(&self, text: &str, options: &TableOptions) -> String {
        self.said(Schema::of(&self.frame(text), options).unwrap_err())
    }
}

fn target(names: &[&str]) -> TableOptions {
    TableOptions { targets: names.iter().map(|&name| name.to_owned()).collect(), ..TableOptions::default() }
}

fn words(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

const HOUSES: &str = "\
size,city,garden,built,price
100,Rome,yes,1990,10.5
200,Oslo,,1990,20.5
?,Rome,no,1990,15.5
300,Lima,yes,1990,40.5
";

#[test]
fn by_hand() {
    let place = Place::new();
    let frame = place.frame(HOUSES);
    let (mut schema, warnings) = Schema::of(&frame, &target(&["price"])).unwrap();
    assert_eq!(
        warnings.iter().map(|text| place.said(text)).collect::<Vec<_>>(),
        ["t.csv: column `built` is `1990` in all rows, so it is not used"]
    );
    // The training rows are the first three: sizes 100 and 200, prices 10.5, 20.5 and 15.5.
    schema.measure(&frame, &[0, 1, 2]);
    let Goal::Numbers(targets) = &schema.goal else { panic!("{:?}", schema.goal) };
    let std = (50f64 / 3.0).sqrt();
    assert_eq!((targets[0].name.as_str(), targets[0].mean), ("price", 15.5));
    assert!((targets[0].std - std).abs() < 1e-12);
    assert_eq!(schema.width(), 2 + 3 + 3);
    let samples = schema.samples(&frame, &[2, 1, 3]).unwrap().0;
    // Size and whether it is missing; Lima, Oslo, Rome; no, yes, missing.
    let inputs: Vec<&[f32]> = samples.iter().map(|sample| &sample.input[..]).collect();
    assert_eq!(inputs[0], [0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(inputs[1], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(inputs[2], [3.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let Sample { target: Target::Numbers(price), shape, .. } = &samples[2] else { panic!() };
    assert_eq!((shape, price[0]), (&vec![8], (25.0 / std) as f32));
    assert_eq!(schema.inputs(&frame).unwrap().shape(), [4, 8]);
    let text = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<Schema>(&text).unwrap(), schema, "{text}");
}

#[test]
fn what_is_predicted_follows_from_the_values() {
    let place = Place::new();
    let goal = |text: &str, options: TableOptions| Schema::of(&place.frame(text), &options).unwrap().0.goal;
    assert_eq!(goal("x,y\n1,b\n2,a\n3,b\n", target(&["y"])), Goal::Classes(words(&["a", "b"])));
    assert_eq!(goal("x,y\n1,10\n2,9.0\n3,9\n", target(&["y"])), Goal::Classes(words(&["9", "10"])));
    let numbers =
        |names: &[&str]| Goal::Numbers(names.iter().map(|&name| NumberTarget { name: name.to_owned(), mean: 0.0, std: 1.0 }).collect());
    assert_eq!(goal("x,y\n1,1.5\n2,9\n3,9\n", target(&["y"])), numbers(&["y"]));
    let many: String = (0..21).map(|i| format!("{},{i}\n", i * i)).collect();
    assert_eq!(goal(&format!("x,y\n{many}"), target(&["y"])), numbers(&["y"]));
    assert_eq!(goal("x,y,z\n1,0,1\n2,1,1\n", target(&["y", "z"])), Goal::Labels(words(&["y", "z"])));
    assert_eq!(goal("x,y,z\n1,0,2\n2,1,1\n", target(&["z", "y"])), numbers(&["z", "y"]));
    let told = |task| TableOptions { task: Some(task), ..target(&["y"]) };
    assert_eq!(goal("x,y\n1,1\n2,2\n", told(TableTask::Regression)), numbers(&["y"]));
    assert_eq!(goal("x,y\n1,1.5\n2,2\n", told(TableTask::Classification)), Goal::Classes(words(&["1.5", "2"])));
    assert_eq!(goal("x,y\n1,1\n2,0\n", told(TableTask::Labels)), Goal::Labels(words(&["y"])));
    let codes = TableOptions { categories: words(&["x"]), ..target(&["y"]) };
    assert_eq!(Schema::of(&place.frame("x,y\n7,a\n8,b\n7.0,a\n"), &codes).unwrap().0.width(), 2);
}

/// Each mistake names the file, the row and the column, what was expected, and what to do.
#[test]
fn mistakes_in_training_data() {
    let place = Place::new();
    let cases = [
        (HOUSES, target(&["prise"]), "expected a column `prise`, found `size`, `city`, `garden`, `built`, `price`; did you mean `price`?"),
        (HOUSES, target(&[]), "expected the name of a column to predict, found none"),
        (HOUSES, target(&["price", "price"]), "expected `price` to be named once, found it as a target and once more"),
        (
            HOUSES,
            TableOptions { ignored: words(&["town"]), ..target(&["price"]) },
            "expected a column `town`, found `size`, `city`, `garden`, `built`, `price`",
        ),
        (
            "a,b\n1,x\n\n2,y\n3o,x\n",
            target(&["b"]),
            "expected a number in row 5, column `a`, found `3o`; correct it, leave it empty if it is not known, or say that all values of the column are words: --categories a",
        ),
        (
            "a,b\n1,2.5\n2,3.5\n3,n.a\n",
            target(&["b"]),
            "expected a number in row 4, column `b`, found `n.a`; correct it, leave it empty if it is not known, or say that all values of the column are words: --categories b",
        ),
        ("a,b\n1,x\n2,\n", target(&["b"]), "expected a value to predict in row 3, column `b`, found nothing; leave such rows out"),
        ("a,b\n1,x\n2,x\n", target(&["b"]), "expected at least two classes in column `b`, found `x` in all rows"),
        ("a,b\n1,7.5\n2,7.5\n", target(&["b"]), "expected different numbers in column `b`, found `7.5` in all rows"),
        ("a,b\n1,x\n1,y\n", target(&["b"]), "expected a column besides the targets with more than one value, found `a`, `b`"),
        (
            "a,b,c\n1,0,1\n2,1,2\n",
            TableOptions { task: Some(TableTask::Labels), ..target(&["b", "c"]) },
            "expected 0 or 1 in row 3, column `c`, found `2`",
        ),
        (
            "a,b,c\n1,0,1\n2,1,2\n",
            TableOptions { task: Some(TableTask::Classification), ..target(&["b", "c"]) },
            "expected one column of classes, found 2; several columns of 0 and 1 are labels",
        ),
    ];
    for (text, options, message) in cases {
        assert_eq!(place.refused(text, &options), format!("t.csv: {message}"));
    }
    let names: String = (0..150).map(|i| format!("name {i},{}\n", i % 2)).collect();
    assert_eq!(
        place.refused(&format!("who,b\n{names}"), &target(&["b"])),
        "t.csv: expected at most 100 different words in column `who`, found more in 150 rows; if they are names or identifiers, leave the column out: --ignore who"
    );
}

#[test]
fn mistakes_in_other_data() {
    let place = Place::new();
    let (schema, _) = Schema::of(&place.frame("size,city,kind\n1,Rome,a\n2,Oslo,b\n3,Oslo,c\n"), &target(&["kind"])).unwrap();
    let refused = |text: &str| {
        let frame = place.frame(text);
        let rows: Vec<usize> = (0..frame.rows()).collect();
        place.said(schema.samples(&frame, &rows).unwrap_err())
    };
    let cases = [
        ("size,kind\n1,a\n", "expected a column `city`, found `size`, `kind`"),
        (
            "size,city,kind\n1,Rome,a\nbig,Rome,a\n",
            "expected a number, as in training in row 3, column `size`, found `big`; correct it, or leave it empty",
        ),
        (
            "size,city,kind\n1,Roma,a\n",
            "expected a word of the training data (`Oslo`, `Rome`) in row 2, column `city`, found `Roma`; did you mean `Rome`?",
        ),
        (
            "size,city,kind\n1,Lima,a\n",
            "expected a word of the training data (`Oslo`, `Rome`) in row 2, column `city`, found `Lima`; correct it, or leave it empty",
        ),
        ("size,city,kind\n1,Rome,d\n", "expected a class of the training data (`a`, `b`, `c`) in row 2, column `kind`, found `d`"),
        ("size,city,kind\n1,Rome,\n", "expected a value to compare with in row 2, column `kind`, found nothing; leave such rows out"),
    ];
    for (text, message) in cases {
        assert_eq!(refused(text), format!("t.csv: {message}"));
    }
    // The order of the columns does not matter, nor do the targets, if they are not asked for.
    assert_eq!(schema.inputs(&place.frame("city,size\nRome,2\n")).unwrap().as_slice()[1..], [0.0, 1.0]);
    let warnings = schema.warnings(&place.frame("size,city,colour\n1,Rome,red\n,,blue\nNA,Oslo,red\n"));
    assert_eq!(
        warnings.iter().map(|text| place.said(text)).collect::<Vec<_>>(),
        [
            "t.csv: not used, since the training data did not have it: `colour`",
            "t.csv: column `size` has no value in 2 rows, first in row 3, and had one everywhere in training; the mean is taken",
            "t.csv: column `city` has no value in 1 rows, first in row 3, and had one everywhere in training; no word is taken",
        ]
    );
}
