//! `layercake fmt`.

use crate::support::Place;

const SOURCE: &str = "network! {\npub Net: [4]->[2] { fc1: Linear(30), Tanh, fc2: Linear( 2 ) }\n}\n";
const LAID_OUT: &str = "network! {\n    pub Net: [4] -> [2] { fc1: Linear(30), Tanh, fc2: Linear(2) }\n}\n";

#[test]
fn files_are_laid_out_in_place() {
    let place = Place::new();
    place.put("a.rs", SOURCE.as_bytes()).put("b.rs", LAID_OUT.as_bytes());
    let checked = place.run("fmt --check a.rs b.rs");
    let said = (String::from_utf8(checked.stdout).unwrap(), String::from_utf8(checked.stderr).unwrap(), checked.status.code());
    assert_eq!(said, ("a.rs\n".to_owned(), "error: 1 file is not laid out; run `layercake fmt` on it\n".to_owned(), Some(1)));
    assert_eq!(place.text("a.rs"), SOURCE, "nothing is written");
    assert_eq!(place.works("fmt a.rs b.rs"), "a.rs\n");
    assert_eq!((place.text("a.rs"), place.text("b.rs")), (LAID_OUT.to_owned(), LAID_OUT.to_owned()));
    assert_eq!(place.works("fmt --check a.rs b.rs"), "");
    // The width is that of rustfmt.
    place.put("rustfmt.toml", b"max_width = 40 # columns\n");
    place.works("fmt a.rs");
    assert_eq!(
        place.text("a.rs"),
        "network! {\n    pub Net: [4] -> [2] {\n        fc1: Linear(30), Tanh,\n        fc2: Linear(2),\n    }\n}\n"
    );
}

#[test]
fn files_that_cannot_be_laid_out() {
    let place = Place::new();
    place.put("a.rs", b"fn f() {}\nnetwork! {\n    pub A: [4} -> [4] {}\n}\n").put("b.rs", b"\xff");
    place.fails("fmt a.rs", 1, "error: a.rs: line 3: `}` closes no bracket of its kind");
    place.fails("fmt b.rs", 1, "error: b.rs: not a text in UTF-8: invalid utf-8 sequence of 1 bytes from index 0");
    place.fails("fmt c.rs", 1, "error: c.rs: cannot read it: No such file or directory (os error 2)");
}
