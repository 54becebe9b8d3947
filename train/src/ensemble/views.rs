//! Views of a picture.

use std::sync::Arc;

use super::Averaged;
use crate::data::transforms::{HorizontalFlip, Shift};
use crate::data::{Images, Loader};

/// A picture as it is, mirrored, or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    mirrored: bool,
    /// Pixels down and to the right.
    moved: [isize; 2],
}

/// The views of pictures `[channels, height, width]`: 1, 2, 5 or 10.
pub(super) fn views(Averaged { flips, five_crops, .. }: Averaged, [_, height, width]: [usize; 3]) -> Vec<View> {
    let [down, right] = [height, width].map(|size| size.div_ceil(8) as isize);
    let corners = [[0, 0], [-down, -right], [-down, right], [down, -right], [down, right]];
    let places = if five_crops { &corners[..] } else { &corners[..1] };
    let sides: &[bool] = if flips { &[false, true] } else { &[false] };
    places.iter().flat_map(|&moved| sides.iter().map(move |&mirrored| View { mirrored, moved })).collect()
}

impl View {
    /// The loader with this view of its pictures.
    pub fn of(self, loader: Loader<Arc<Images>>) -> Loader<Arc<Images>> {
        let loader = if self.mirrored { loader.transform(HorizontalFlip { p: 1.0 }) } else { loader };
        if self.moved == [0, 0] { loader } else { loader.transform(Shift { by: self.moved }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_ten() {
        let count = |flips, five_crops| views(Averaged { flips, five_crops, draws: None }, [3, 32, 28]).len();
        assert_eq!([count(false, false), count(true, false), count(false, true), count(true, true)], [1, 2, 5, 10]);
        let all = views(Averaged { flips: true, five_crops: true, draws: None }, [3, 32, 28]);
        assert_eq!(all[0], View { mirrored: false, moved: [0, 0] });
        assert_eq!(all[9], View { mirrored: true, moved: [4, 4] });
        assert!(all.iter().enumerate().all(|(i, view)| !all[..i].contains(view)));
    }

    /// A picture of 2x3 in its places.
    #[test]
    fn by_hand() {
        let images = Images::new("a picture", [1, 2, 3], vec![1, 2, 3, 4, 5, 6], vec![0], vec!["a".to_owned()]).unwrap();
        let seen = |mirrored, moved| {
            let loader = View { mirrored, moved }.of(Loader::new(Arc::new(images.clone()), 1));
            let batch = loader.epoch(1).next().unwrap().unwrap();
            batch.images.as_slice().iter().map(|pixel| (255.0 * pixel).round() as u8).collect::<Vec<_>>()
        };
        assert_eq!(seen(false, [0, 0]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(seen(true, [0, 0]), [3, 2, 1, 6, 5, 4]);
        assert_eq!(seen(false, [1, 1]), [0, 0, 0, 0, 1, 2]);
        assert_eq!(seen(true, [-1, -1]), [5, 4, 0, 0, 0, 0]);
    }
}
