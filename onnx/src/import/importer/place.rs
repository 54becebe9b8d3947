//! The axes of a value, in the file and in a sample.

use layercake_ir::Shape;

use super::Importer;
use crate::import::value::{Data, Int, Outcome, Stop};

impl Importer {
    /// The sizes of a value in the file.
    pub(in crate::import) fn sizes(&self, data: Data) -> Vec<Int> {
        let mut sizes: Vec<Int> = self.dims(data).iter().map(|&size| Int::from(size as i64)).collect();
        match data.batch {
            Some(at) if data.merged => sizes[at].batch = true,
            Some(at) => sizes.insert(at, Int { number: 1, batch: true }),
            None => {}
        }
        sizes
    }

    /// The number of axes in the file.
    pub(in crate::import) fn rank(&self, data: Data) -> usize {
        self.dims(data).len() + usize::from(data.own_batch().is_some())
    }

    /// The sizes of a sample.
    pub(in crate::import) fn dims(&self, data: Data) -> Vec<usize> {
        self.builder.shape(data.value).dims().to_vec()
    }

    pub(in crate::import) fn shape(&self, data: Data) -> &Shape {
        self.builder.shape(data.value)
    }

    /// The axis of a sample for an axis of the file, which may count from the end; None for the batch.
    pub(in crate::import) fn axis(&self, data: Data, axis: i64) -> Outcome<Option<usize>> {
        let axis = index(axis, self.rank(data))?;
        Ok(match data.batch {
            Some(at) if at == axis => None,
            Some(at) if axis > at && !data.merged => Some(axis - 1),
            _ => Some(axis),
        })
    }

    /// [`Importer::axis`] for an operator that does not work along the batch.
    pub(in crate::import) fn sample_axis(&self, data: Data, axis: i64) -> Outcome<usize> {
        let found = self.axis(data, axis)?.filter(|&axis| !(data.merged && data.batch == Some(axis)));
        found.ok_or_else(|| Stop::from("it works along the batch"))
    }
}

/// An index that may count from the end.
pub(in crate::import) fn index(index: i64, len: usize) -> Outcome<usize> {
    let from_start = if index < 0 { index.checked_add(len as i64) } else { Some(index) };
    let found = from_start.and_then(|index| usize::try_from(index).ok()).filter(|&index| index < len);
    found.ok_or_else(|| format!("the axis {index} of {len} axes does not exist").into())
}
