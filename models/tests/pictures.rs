//! The pictures in the documentation are those of the networks.

#[path = "../examples/gallery.rs"]
#[allow(missing_docs)]
mod pictures;

use pictures::{DRAWN, picture};

#[test]
fn the_pictures_are_true() {
    for name in DRAWN {
        let (path, svg) = picture(name);
        let found = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(found == svg, "{} is not the picture of `{name}`; cargo run -p layercake-models --example gallery", path.display());
    }
}
