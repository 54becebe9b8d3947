//! The command on the user's own tables and pictures.

use std::fs;
use std::path::Path;

use crate::support::{Place, killed};

/// A table of the repository.
fn table(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tables").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn classes_of_a_table() {
    let place = Place::new();
    let wine = table("wine.csv");
    let said =
        place.works(&format!("train mlp --data {wine} --target class --epochs 60 --lr 0.003 --out r --validation 20 --restore-best"));
    assert!(
        said.starts_with(
            "column `class`: 3 classes, `class_0`, `class_1`, `class_2`\nmlp (1,703 parameters) on wine: 122 training samples"
        ),
        "{said}"
    );
    let summary = place.json("r/summary.json");
    let value = |name: &str| summary[name].as_f64().unwrap_or_else(|| panic!("{name} of {summary}"));
    assert!(value("test_accuracy") > 0.9 && value("test_f1") > 0.9 && value("test_auroc") > 0.98, "{summary}");
    assert_eq!((summary["data"].as_str(), place.json("r/config.json")["data"].as_str()), (Some("wine"), Some("wine")));
    assert_eq!(
        place.names("r"),
        [
            "classes.md",
            "config.json",
            "confusion.svg",
            "curves.svg",
            "metrics.jsonl",
            "model.safetensors",
            "network.svg",
            "report.html",
            "summary.json"
        ]
    );

    // The figures of the run, from the same rows.
    let found: serde_json::Value = serde_json::from_str(&place.works("eval mlp --checkpoint r --json")).unwrap();
    assert_eq!(found["samples"], 36);
    for name in ["test_accuracy", "test_f1", "test_auroc", "test_loss"] {
        assert!((found[name].as_f64().unwrap() - value(name)).abs() < 1e-6, "{name}: {found}");
    }
    let all = place.works(&format!("eval mlp --checkpoint r --data {wine}"));
    assert!(all.contains("test accuracy ") && all.ends_with(" of 178 samples\n"), "{all}");

    // The target need not be there, and columns may come in another order.
    place.put("new.csv", without_class(&wine, 3).as_bytes());
    let predicted = place.works("predict mlp --checkpoint r new.csv");
    let lines: Vec<&str> = predicted.lines().collect();
    assert!(lines[0].ends_with(",alcohol,predicted_class,probability_class_0,probability_class_1,probability_class_2"), "{predicted}");
    assert!(lines.len() == 4 && lines[1..].iter().all(|line| line.contains(",class_0,0.9")), "{predicted}");
    assert_eq!(place.works("predict mlp --checkpoint r/model.safetensors new.csv --out p.csv"), "");
    assert_eq!(place.text("p.csv"), predicted);
    let objects: serde_json::Value = serde_json::from_str(&place.works("predict mlp --checkpoint r new.csv --json")).unwrap();
    assert_eq!((&objects[2]["predicted"], &objects[2]["row"]), (&"class_0".into(), &4.into()));
    let sum: f64 = objects[0]["probabilities"].as_object().unwrap().values().map(|share| share.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5, "{objects}");

    // The network of the run, for the other commands.
    assert!(place.works("summary r").contains("1,703"));
    place.works("draw r --out mlp.svg");
    #[cfg(feature = "onnx")]
    place.works("export r --onnx mlp.onnx --checkpoint r");

    place.fails("predict mlp --checkpoint s new.csv", 1, "error: s: no such run folder or parameter file");
    place.fails("eval lenet5 --checkpoint r", 1, "error: r: a run of `mlp`, not of `lenet5`");
    place.fails("predict knn --checkpoint r new.csv", 1, "error: `knn` cannot be trained on your own data: it does not learn from tables, folders of pictures or arrays; mlp learns from tables and arrays, and lenet5, vgg8 and resnet20 from pictures and arrays");
    place.fails(
        "predict mlp --checkpoint r new.csv new.csv",
        1,
        "error: expected one CSV file, which the run was trained on; found 2 files",
    );
    place.put("typo.csv", without_class(&wine, 3).replace("1.71", "1.7l").as_bytes());
    place.fails(
        "predict mlp --checkpoint r typo.csv",
        1,
        "error: typo.csv: expected a number, as in training in row 2, column `malic_acid`, found `1.7l`; correct it, or leave it empty",
    );
    place.fails(
        &format!("eval mlp --checkpoint r --data {}", table("diabetes.csv")),
        1,
        &format!(
            "error: {}: expected a column `alcohol`, found `age`, `sex`, `bmi`, `bp`, `s1`, `s2`, `s3`, `s4`, `s5`, `s6`, `progression`",
            table("diabetes.csv")
        ),
    );
}

/// The first rows without the last column, the first column last.
fn without_class(path: &str, rows: usize) -> String {
    let text = fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        [&fields[1..fields.len() - 1], &fields[..1]].concat().join(",") + "\n"
    };
    text.lines().take(1 + rows).map(line).collect()
}

#[test]
fn numbers_of_a_table() {
    let place = Place::new();
    let path = table("diabetes.csv");
    let said = place.works(&format!("train mlp --data {path} --target progression --hidden 32 --epochs 40 --out r --seed 3"));
    assert!(said.starts_with("column `progression`: a number\nmlp (385 parameters)"), "{said}");
    let summary = place.json("r/summary.json");
    let value = |name: &str| summary[name].as_f64().unwrap_or_else(|| panic!("{name} of {summary}"));
    assert!(value("test_r2") > 0.3 && value("test_mae") < 55.0 && value("test_rmse") > value("test_mae"), "{summary}");
    let predicted = place.works(&format!("predict mlp --checkpoint r {path}"));
    assert!(predicted.lines().next().unwrap().ends_with(",progression,predicted_progression"), "{predicted}");
    // In the units of the target.
    let numbers: Vec<f64> = predicted.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert!(
        numbers.len() == 442 && numbers.iter().sum::<f64>() / 442.0 > 130.0 && numbers.iter().all(|number| (-50.0..400.0).contains(number))
    );
}

#[test]
fn mistakes_before_training() {
    let place = Place::new();
    place.put("t.csv", b"size,city,price\n1,Rome,1.5\n2,Oslo,2.5\nthree,Rome,3.5\n4,Rome,4.5\n");
    let column = "there are `size`, `city`, `price`";
    place.fails("train mlp --data t.csv", 1, &format!("error: t.csv: expected `--target`, the column to predict; {column}"));
    place.fails(
        "train mlp --data t.csv --target price --hidden 0",
        2,
        "error: invalid value '0' for '--hidden <N,..>': expected a whole number from 1 to 100000",
    );
    place.fails(
        "train mlp --data t.csv --target price",
        1,
        "error: t.csv: expected a number in row 4, column `size`, found `three`; correct it, leave it empty if it is not known, or say that all values of the column are words: --categories size",
    );
    place.fails(
        "train mlp --data t.csv --target price --dataset digits",
        1,
        "error: `--dataset` does not go with your own data (`--data`)",
    );
    place.fails("train mlp --data t.csv --target price --double", 1, "error: `--double` does not go with your own data (`--data`)");
    place.fails("train mlp --data u.csv --target price", 1, "error: u.csv: No such file or directory (os error 2)");
    place.fails(
        "train mlp",
        1,
        "error: `mlp` cannot be trained on a known data set: its sizes come from a table: layercake train mlp --data FILE.csv --target COLUMN",
    );
    place.fails(
        "train lenet5 --data t.csv --target price --hidden 3",
        1,
        "error: `--hidden` has no effect on `lenet5`: only the layers of mlp have sizes that can be chosen; supported options: see `layercake train --help`",
    );
    assert_eq!(place.names("."), ["t.csv"], "nothing was begun");
    // Words that only the test file has, by row and column.
    place.put("train.csv", b"size,kind\n1,a\n2,b\n3,a\n4,b\n").put("test.csv", b"size,kind\n1,a\n2,c\n");
    place.fails(
        "train mlp --data train.csv --test test.csv --target kind",
        1,
        "error: test.csv: expected a class of the training data (`a`, `b`) in row 3, column `kind`, found `c`",
    );
}

/// A run that was killed goes on to the same bits.
#[test]
fn resumed() {
    let place = Place::new();
    let train = format!("train mlp --data {} --target class --epochs 250", table("wine.csv"));
    place.works(&format!("{train} --out whole"));
    killed(&place, &format!("{train} --out killed --checkpoint-every 1"), "killed");
    place.fails(
        "train --resume killed --target class",
        2,
        "error: the argument '--resume <RUN_DIR>' cannot be used with '--target <COLUMN>'",
    );
    place.works("train --resume killed");
    let same = |one: &str, other: &str| {
        let parameters = |run: &str| fs::read(place.path(&format!("{run}/model.safetensors"))).unwrap();
        parameters(one) == parameters(other)
    };
    assert!(same("whole", "killed"));

    // Pictures that change at random.
    for (number, class) in (0..24).map(|i| (i, i % 3)) {
        fs::create_dir_all(place.path(&format!("photos/{class}"))).unwrap();
        place.put(&format!("photos/{class}/{number}.png"), &picture(class, number));
    }
    let train = "train lenet5 --data photos --epochs 12 --batch-size 6 --augment flip,color";
    place.works(&format!("{train} --out changed"));
    killed(&place, &format!("{train} --out stopped --checkpoint-every 1"), "stopped");
    assert_eq!(place.json("stopped/config.json")["own"]["augmentations"], serde_json::json!(["flip", "color"]));
    place.works("train --resume stopped");
    assert!(same("changed", "stopped"));
    place.works("train lenet5 --data photos --epochs 12 --batch-size 6 --out plain");
    assert!(!same("changed", "plain"));
    let error =
        String::from_utf8(place.run(&format!("train mlp --data {} --target class --augment flip", table("wine.csv"))).stderr).unwrap();
    assert_eq!(error, "error: `--augment` has no effect on these data: it is for a folder of pictures\n");
}

/// A gray picture of 10x12 with a bright bar at one of three heights.
pub fn picture(class: usize, noise: usize) -> Vec<u8> {
    let pixel = |i: usize| if (i / 10) / 4 == class { 200 + (i * 7 + noise * 13) % 50 } else { (i * 11 + noise * 29) % 60 };
    let pixels: Vec<u8> = (0..120).map(|i| pixel(i) as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 10, 12);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

#[test]
fn classes_of_pictures() {
    let place = Place::new();
    for (class, name) in ["high", "low", "middle"].iter().enumerate() {
        for i in 0..12 {
            place.put(&format!("photos/{name}/{i}.png"), &picture([0, 2, 1][class], i));
        }
    }
    let said = place.works("train lenet5 --data photos --epochs 6 --batch-size 6 --out r");
    assert!(
        said.starts_with("samples: 3 classes, `high`, `low`, `middle`\nlenet5 (61,111 parameters) on photos: 29 training samples"),
        "{said}"
    );
    assert!(place.json("r/summary.json")["test_accuracy"].as_f64().unwrap() > 0.8);
    let all = place.works("eval lenet5 --checkpoint r --data photos");
    assert!(all.starts_with("photos: test accuracy ") && all.ends_with(" of 36 samples\n"), "{all}");
    let predicted = place.works("predict lenet5 --checkpoint r photos/low/0.png photos/middle/3.png --top 2");
    let lines: Vec<&str> = predicted.lines().collect();
    assert!(lines[0].starts_with("photos/low/0.png: low ") && lines[0].matches(" %").count() == 2, "{predicted}");
    assert!(lines[1].starts_with("photos/middle/3.png: middle "), "{predicted}");
    let objects: serde_json::Value = serde_json::from_str(&place.works("predict lenet5 --checkpoint r photos/low/0.png --json")).unwrap();
    assert_eq!((&objects[0]["file"], &objects[0]["predicted"]), (&"photos/low/0.png".into(), &"low".into()));

    place.put("table.csv", b"a,b\n1,2\n");
    place.fails("predict lenet5 --checkpoint r table.csv", 1, "error: table.csv: expected a PNG or JPEG image, found another format");
    place.fails(
        "train lenet5 --data photos --target a",
        1,
        "error: `--target` has no effect on a folder of pictures: it is for columns of a table",
    );
    place.fails("train mlp --data photos", 1, "error: photos: expected a CSV file: this network is made for tables, found a folder");
    place.put("more/far/1.png", &picture(0, 1));
    place.fails(
        "eval lenet5 --checkpoint r --data more",
        1,
        "error: more: expected only folders of the classes `high`, `low`, `middle`, found `far`",
    );
    place.put("photos/low/broken.png", b"not a picture");
    let output = place.run("train lenet5 --data photos --out s");
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.starts_with("error: photos/low/broken.png: expected a PNG or JPEG image"), "{line}");
}

/// Arrays of NumPy: a file of several, and a folder with a file for each.
#[test]
fn arrays() {
    use layercake::io::{self, Arrays};

    let place = Place::new();
    let digits = layercake_train::data::digits().train;
    let x: Vec<f32> = digits.pixels().iter().map(|&pixel| f32::from(pixel)).collect();
    let count = digits.len();
    let named = |arrays: [(&str, io::Array); 2]| -> Arrays { arrays.map(|(name, array)| (name.to_owned(), array)).into() };
    let (inputs, targets) = (io::Array::new(&[count, 8, 8], &x).unwrap(), io::Array::of_indices(&[count], digits.labels()).unwrap());
    io::write_arrays(place.path("digits.npz"), &named([("images", inputs.clone()), ("labels", targets.clone())])).unwrap();

    let said = place.works("train mlp --data digits.npz --epochs 12 --lr 0.005 --out r");
    assert!(said.starts_with("array `labels`: 10 classes, `0`, `1`"), "{said}");
    let summary = place.json("r/summary.json");
    assert!(summary["test_accuracy"].as_f64() > Some(0.9), "{summary}");
    // The held-out fifth of the run, again.
    let found: serde_json::Value = serde_json::from_str(&place.works("eval mlp --checkpoint r --json")).unwrap();
    assert!((found["test_loss"].as_f64().unwrap() - summary["test_loss"].as_f64().unwrap()).abs() < 1e-6, "{found} {summary}");
    // The targets need not be there.
    io::write_arrays(place.path("new.npz"), &named([("images", inputs.rows(0, 3)), ("more", targets.rows(0, 3))])).unwrap();
    let predicted = place.works("predict mlp --checkpoint r new.npz");
    let lines: Vec<&str> = predicted.lines().collect();
    assert!(lines.len() == 4 && lines[0].starts_with("row,predicted_labels,probability_0,"), "{predicted}");
    let rows = lines[1..].iter().zip(digits.labels()).enumerate();
    rows.for_each(|(row, (line, label))| assert!(line.starts_with(&format!("{row},{label},0.")), "{line}"));
    place.works("predict mlp --checkpoint r new.npz --json --out p.json");
    assert_eq!(place.json("p.json")[2]["row"], 2);

    place.fails(
        "train lenet5 --data digits.npz",
        1,
        "error: digits.npz: array `images`: expected rows of [1, 28, 28], which the network takes, found rows of [8, 8]",
    );
    place.fails(
        "train mlp --data digits.npz --categories a",
        1,
        "error: `--categories` has no effect on arrays: it is for columns of a table",
    );
    place.fails("predict mlp --checkpoint r new.csv", 1, "error: new.csv: cannot read it: No such file or directory (os error 2)");
    place.put("photo.csv", b"a\n1\n");
    place.fails(
        "eval mlp --checkpoint r --data photo.csv",
        1,
        "error: photo.csv: expected arrays: a .npz or .safetensors file, or a folder of .npy files, found another file",
    );
}

/// Cross-validation, and groups whose rows stay together.
#[test]
fn folds_and_groups() {
    let place = Place::new();
    let wine = table("wine.csv");
    let said = place.works(&format!("train mlp --data {wine} --target class --epochs 8 --lr 0.01 --folds 3 --out f"));
    assert!(said.contains("fold 3 of 3:\n") && said.contains("mean of 3 folds: test loss "), "{said}");
    let found = place.json("f/folds.json");
    let of_fold = |fold: usize| place.json(&format!("f/fold-{fold}/summary.json"))["test_accuracy"].as_f64().unwrap();
    let mean = (1..=3).map(of_fold).sum::<f64>() / 3.0;
    assert!((found["mean"]["test_accuracy"].as_f64().unwrap() - mean).abs() < 1e-9 && mean > 0.8, "{found}");
    assert!(found["standard_deviation"]["test_loss"].as_f64() > Some(0.0) && found["folds"].as_array().unwrap().len() == 3);
    // A fold is evaluated on its own rows, 59 or 60 of 178.
    let evaluated: serde_json::Value = serde_json::from_str(&place.works("eval mlp --checkpoint f/fold-2 --json")).unwrap();
    assert!([59, 60].contains(&evaluated["samples"].as_u64().unwrap()), "{evaluated}");
    assert!((evaluated["test_accuracy"].as_f64().unwrap() - of_fold(2)).abs() < 1e-6);

    // In each of 20 patients, y is a number of the patient's own, which x tells: with the patients apart, it cannot be known.
    let mut rows = "patient,x,y\n".to_owned();
    for row in 0..200 {
        let patient = row % 20;
        rows += &format!("p{patient},{}.{},{}\n", patient, row / 20, (patient * 7) % 20);
    }
    place.put("patients.csv", rows.as_bytes());
    place.works(
        "train mlp --data patients.csv --target y --task regression --group patient --epochs 2 --out g --validation 30 --restore-best",
    );
    let config = place.json("g/config.json");
    let inputs = config["own"]["table"]["inputs"].as_array().unwrap();
    assert_eq!((config["own"]["table"]["group"].as_str(), inputs.len()), (Some("patient"), 1), "{config}");
    let evaluated: serde_json::Value = serde_json::from_str(&place.works("eval mlp --checkpoint g --json")).unwrap();
    assert_eq!(evaluated["samples"], 40, "four whole patients: {evaluated}");

    let wine_of = |rest: &str| format!("train mlp --data {wine} --target class {rest}");
    let error_of = |rest: &str| String::from_utf8(place.run(&wine_of(rest)).stderr).unwrap();
    let error = error_of("--folds 200 --epochs 1 --out h");
    assert_eq!(error, "error: cannot make 200 folds of 178 rows; expected at least 2 folds, and as many rows as folds\n");
    let error = error_of("--group clas");
    assert!(error.contains("clas") && error.contains("did you mean `class`?"), "{error}");
    let error = error_of("--group class");
    assert!(error.contains("expected `class` to be named once"), "{error}");
}
