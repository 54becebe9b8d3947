//! The arrays of a batch, for ranks that read a part of it each.

use super::array::Array;
use super::{DataError, sizes};
use crate::distributed::{HASH, Pod, World, hash};

/// An array of a batch, with an entry for each item: see [`Collate::columns`](super::Collate::columns).
#[derive(Debug)]
#[non_exhaustive]
pub enum Column<'b> {
    /// `[batch, ..]`
    Numbers(&'b mut Array<f32>),
    /// `[batch, ..]`
    Indices(&'b mut Array<usize>),
    /// `[batch, ..]`
    Flags(&'b mut Array<bool>),
    /// `[batch]`
    Classes(&'b mut Vec<usize>),
}

impl Column<'_> {
    /// The shape, behind a number for the kind.
    fn head(&self) -> Vec<usize> {
        match self {
            Self::Numbers(array) => [&[0], array.shape()].concat(),
            Self::Indices(array) => [&[1], array.shape()].concat(),
            Self::Flags(array) => [&[2], array.shape()].concat(),
            Self::Classes(list) => vec![3, list.len()],
        }
    }

    fn hash(&self, sum: u64) -> u64 {
        let sum = hash(sum, &self.head());
        match self {
            Self::Numbers(array) => hash(sum, array.as_slice()),
            Self::Indices(array) => hash(sum, array.as_slice()),
            Self::Flags(array) => hash(sum, array.as_slice()),
            Self::Classes(list) => hash(sum, list),
        }
    }

    /// Joins the parts of the ranks, which have so many items.
    fn join(self, counts: &[usize], world: &World) {
        match self {
            Self::Numbers(array) => join_array(array, counts, world),
            Self::Indices(array) => join_array(array, counts, world),
            Self::Flags(array) => {
                let bytes = array.as_slice().iter().map(|&flag| u8::from(flag)).collect();
                let mut all = Array::new(array.shape().to_vec(), bytes);
                join_array(&mut all, counts, world);
                *array = Array::new(all.shape().to_vec(), all.into_vec().into_iter().map(|byte| byte == 1).collect());
            }
            Self::Classes(list) => *list = world.joined(list, counts),
        }
    }
}

fn join_array<T: Pod>(array: &mut Array<T>, counts: &[usize], world: &World) {
    let size: usize = array.shape()[1..].iter().product();
    let lengths: Vec<usize> = counts.iter().map(|count| count * size).collect();
    let shape = [&[counts.iter().sum()], &array.shape()[1..]].concat();
    *array = Array::new(shape, world.joined(array.as_slice(), &lengths));
}

/// Joins the parts of a batch that the ranks have read, in the order of the ranks.
pub(crate) fn join(columns: Vec<Column<'_>>, world: &World) -> Result<(), DataError> {
    // Of each column its length and the shape, whose first number is that of the items.
    let own: Vec<usize> = columns.iter().map(Column::head).flat_map(|head| [&[head.len()], &head[..]].concat()).collect();
    let all = world.gather(&own);
    let places: Vec<usize> = std::iter::successors(Some(0), |&at| Some(at + all[0][at] + 1)).take(columns.len()).map(|at| at + 2).collect();
    let without_counts =
        |heads: &[usize]| -> Vec<usize> { (0..heads.len()).filter(|at| !places.contains(at)).map(|at| heads[at]).collect() };
    if let Some(other) = all.iter().find(|other| without_counts(other) != without_counts(&all[0])) {
        return Err(DataError::Batch { expected: format!("{} as on rank 0", sizes(&all[0])), found: sizes(other) });
    }
    for (column, &place) in columns.into_iter().zip(&places) {
        let counts: Vec<usize> = all.iter().map(|heads| heads[place]).collect();
        column.join(&counts, world);
    }
    Ok(())
}

/// A hash of a batch.
pub(crate) fn fingerprint(columns: &[Column<'_>]) -> String {
    format!("{:016x}", columns.iter().fold(HASH, |sum, column| column.hash(sum)))
}
