//! `layercake study`.

use std::fs;
use std::path::Path;

use crate::support::Place;

/// The names in the order of the course.
fn names(list: &str) -> Vec<String> {
    list.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn a_study() {
    let place = Place::new();
    let names = names(&place.works("study"));
    assert!(names.len() >= 16 && names[0] == "backprop" && names.contains(&"kernels".to_owned()), "{names:?}");
    let known = names.join(", ");
    place.fails("study kernel", 1, &format!("error: unknown study `kernel`; did you mean `kernels`?; known: {known}"));
    place.fails("study kernels --all", 2, "error: the argument '[NAME]' cannot be used with '--all'");
    place.fails(
        "study kernels --data-dir no",
        1,
        "error: no/mnist: no such folder; the data folder must contain the data set's folder `mnist`",
    );

    let said = place.works("study kernels --small --seed 3 --out found");
    assert!(said.starts_with("kernels: Small kernels in a stack beside one large kernel.\n\n- The field of stacked 3x3"), "{said}");
    assert!(said.contains("3 of 3 claims came out") && said.ends_with("results in found\n\n"), "{said}");
    assert_eq!(place.names("found"), ["kernels.json", "kernels.md", "kernels.svg"]);
    assert!(said.contains(&place.text("found/kernels.md")) && place.text("found/kernels.svg").starts_with("<svg"));
    let report = place.json("found/kernels.json");
    assert_eq!((&report["settings"]["seed"], &report["settings"]["small"]), (&3.into(), &true.into()));
    assert_eq!(report["tables"][0]["rows"][0][2], 110_592.0);
    // The same again, with the same bytes.
    place.works("study kernels --small --seed 3 --out again");
    assert_eq!(place.text("again/kernels.json"), place.text("found/kernels.json"));
}

/// Studies that are finished with the same options are not run again; others are.
#[test]
fn goes_on() {
    let place = Place::new();
    let names = names(&place.works("study"));
    place.works("study kernels --small --seed 3 --out c");
    let report = place.text("c/kernels.json");
    for name in &names {
        fs::write(place.path(&format!("c/{name}.json")), &report).unwrap();
    }
    let said = place.works("study --all --small --seed 3 --out c");
    assert_eq!(said.lines().count(), names.len());
    assert!(said.lines().zip(&names).all(|(line, name)| line == format!("{name}: finished before, in c")), "{said}");
    for damaged in [report.replace("\"seed\": 3", "\"seed\": 4"), report[..40].to_owned()] {
        fs::write(place.path("c/saturation.json"), damaged).unwrap();
        let said = place.works("study --all --small --seed 3 --out c");
        assert_eq!(said.matches("finished before").count(), names.len() - 1);
        assert!(said.contains("\nsaturation: A saturated sigmoid"), "{said}");
    }
    assert!(Path::new(&place.path("c/saturation.svg")).is_file());
}
