//! The command on a CSV file that lists pictures.

use crate::own::picture;
use crate::support::Place;

/// Twelve pictures of each of two classes, three of each in a group.
fn listed(place: &Place) -> String {
    std::fs::create_dir(place.path("all")).unwrap();
    let mut list = "file,taken,kind\n".to_owned();
    for i in 0..24 {
        let (class, name) = [(0, "low"), (2, "high")][i % 2];
        place.put(&format!("all/{i}.png"), &picture(class, i));
        list += &format!("all/{i}.png,day {},{name}\n", i / 6);
    }
    place.put("list.csv", list.as_bytes());
    list
}

#[test]
fn pictures_of_a_list() {
    let place = Place::new();
    let list = listed(&place);
    let line = "list.csv: not used: columns `taken`";
    place.warns("train lenet5 --data list.csv --target kind --epochs 6 --batch-size 4 --out r", line);
    let config = place.json("r/config.json");
    assert_eq!((&config["own"]["list"]["files"], &config["own"]["list"]["target"]), (&"file".into(), &"kind".into()));
    assert_eq!(config["classes"], serde_json::json!(["high", "low"]));
    let found: serde_json::Value = serde_json::from_str(&place.works("eval lenet5 --checkpoint r --json")).unwrap();
    assert_eq!((found["samples"].as_u64(), found["test_accuracy"].as_f64()), (Some(5), Some(1.0)), "{found}");
    assert!(place.works("predict lenet5 --checkpoint r all/0.png").starts_with("all/0.png: low "));

    // Other lists, and folders, have the same classes.
    place.put("more.csv", list.lines().take(5).collect::<Vec<_>>().join("\n").as_bytes());
    let found = place.works("eval lenet5 --checkpoint r --data more.csv");
    assert!(found.contains("accuracy 100.00 %") && found.contains(" of 4 samples"), "{found}");
    for class in ["high", "low"] {
        std::fs::create_dir_all(place.path(&format!("folder/{class}"))).unwrap();
        place.put(&format!("folder/{class}/1.png"), &picture(usize::from(class == "high") * 2, 50));
    }
    assert!(place.works("eval lenet5 --checkpoint r --data folder").contains(" of 2 samples"));

    // A day is in the test or in the training.
    let out = place.works("train lenet5 --data list.csv --group taken --epochs 1 --out g --test more.csv");
    assert!(out.contains("on list: 24 training samples"), "{out}");
    place.works("train lenet5 --data list.csv --group taken --folds 4 --epochs 1 --batch-size 6 --out f");
    let count = |fold: usize| place.works(&format!("eval lenet5 --checkpoint f/fold-{fold}")).contains(" of 6 samples");
    assert!((1..=4).all(count));
}

#[test]
fn mistakes_in_a_list() {
    let place = Place::new();
    let list = listed(&place);
    let train = "train lenet5 --epochs 1 --data list.csv";
    let columns = "`file`, `taken`, `kind`";
    place.fails(train, 1, &format!("error: list.csv: expected `--target`, the column of the classes; there are {columns}"));
    let line = format!("error: list.csv: expected a column `kin`, found {columns}; did you mean `kind`?");
    place.fails(&format!("{train} --target kin"), 1, &line);
    let line = "error: `--categories` has no effect on a list of pictures, which have a class each";
    place.fails(&format!("{train} --target kind --categories taken"), 1, line);

    let fails = |text: &str, line: &str| {
        place.put("list.csv", text.as_bytes());
        place.fails(&format!("{train} --target kind"), 1, line);
    };
    let line = "error: list.csv: expected a picture in row 3, column `file`, found `all/x.png`, which is not there";
    fails(&list.replace("all/1.png", "all/x.png"), line);
    fails(&list.replace("day 0,low\nall/1", "day 0,\nall/1"), "error: list.csv: expected a class in row 2, column `kind`, found nothing");
    let line = "error: list.csv: expected a column of PNG or JPEG files, since the network takes pictures, found `file`, `taken`, `kind`";
    fails(&list.replace(".png", ".txt"), line);
    fails(&list.replace("high", "low"), "error: list.csv: expected at least two classes in column `kind`, found `low`");
    place.put("list.csv", list.as_bytes());
    place.put("test.csv", b"file,taken,kind\nall/1.png,day 1,middle\n");
    let line = "error: test.csv: expected a class of the training data (`high`, `low`) in row 2, column `kind`, found `middle`";
    place.fails(&format!("{train} --target kind --test test.csv"), 1, line);
}
