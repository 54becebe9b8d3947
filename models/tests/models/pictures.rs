//! The pictures in the documentation are up to date.

#[path = "../../examples/zoo_pictures.rs"]
#[allow(missing_docs)]
mod zoo_pictures;

use zoo_pictures::{DRAWN, picture};

#[test]
fn pictures_are_up_to_date() {
    for name in DRAWN {
        let (path, svg) = picture(name);
        let found = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            found == svg,
            "{} is not the current picture of `{name}`; cargo run -p layercake-models --example zoo_pictures",
            path.display()
        );
    }
}
