//! Class ids as targets.

/// One class id for each row of scores: a slice, a `Vec`, or an array.
pub trait Labels {
    /// The ids.
    fn ids(&self) -> &[usize];
}

impl Labels for [usize] {
    fn ids(&self) -> &[usize] {
        self
    }
}

impl Labels for Vec<usize> {
    fn ids(&self) -> &[usize] {
        self
    }
}

impl<const N: usize> Labels for [usize; N] {
    fn ids(&self) -> &[usize] {
        self
    }
}

impl<L: Labels + ?Sized> Labels for &L {
    fn ids(&self) -> &[usize] {
        (**self).ids()
    }
}

/// Panics unless there is one id for each row and each is a class, or the ignored id.
pub(super) fn check(labels: &[usize], rows: usize, classes: usize, ignore: Option<usize>) {
    assert_eq!(labels.len(), rows, "{rows} rows of scores need as many labels, not {}", labels.len());
    if let Some((i, label)) = labels.iter().enumerate().find(|&(_, &label)| label >= classes && Some(label) != ignore) {
        panic!("label {i} is {label}, but there are only {classes} classes");
    }
}
