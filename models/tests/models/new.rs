//! The crate that `layercake new` writes.

use std::fs;
use std::path::Path;

use crate::support::Place;

/// The program compiles, and its own test passes here.
#[allow(dead_code, reason = "`main` is that of another program")]
#[path = "../../src/cli/new/main.rs"]
mod template;

#[test]
fn what_is_written() {
    let place = Place::new();
    let said = place.works("new some/net-1");
    assert_eq!(said, "some/net-1: a crate with a network in src/main.rs; next: cd some/net-1 && cargo run --release -- train\n");
    assert_eq!(place.names("some"), ["net-1"]);
    assert_eq!(
        (place.names("some/net-1"), place.names("some/net-1/src")),
        ([".gitignore", "Cargo.toml", "src"].map(str::to_owned).to_vec(), vec!["main.rs".to_owned()])
    );
    let manifest = place.text("some/net-1/Cargo.toml");
    let root = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    assert!(manifest.contains("name = \"net-1\"") && manifest.contains(&format!("path = \"{}/train\"", root.display())), "{manifest}");
    // The profile is the one that the README gives.
    let profile = |text: &str| {
        let begin = text.find("[profile.dev.package]").expect("a profile");
        text[begin..].lines().take_while(|line| !line.is_empty() && !line.starts_with("```")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(profile(&manifest), profile(&fs::read_to_string(root.join("README.md")).unwrap()));
    place.works(&format!("new other --path {}", root.display()));
}

#[test]
fn what_is_refused() {
    let place = Place::new();
    place.put("there/file", b"");
    place.fails("new there", 1, "error: there: it exists already; expected the name of a new folder");
    for name in ["1net", "my.net", "core"] {
        let expected = "expected the name of a crate: a letter, then letters, digits, `-` and `_`, and no name of a crate that it uses";
        place.fails(&format!("new {name}"), 1, &format!("error: `{name}`: {expected}"));
    }
    place.fails("new net --path there", 1, "error: there: expected a clone of Layercake's repository, with the folders core and train");
    assert_eq!(place.names("."), ["there"]);
}
