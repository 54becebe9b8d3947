//! Observations in one block of memory.

use crate::rl::Space;

/// Rows of numbers of one size; the pixels of pictures are bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rows {
    Numbers(Vec<f32>),
    Bytes(Vec<u8>),
}

impl Rows {
    pub fn new(space: &Space) -> Self {
        match space {
            Space::Real { .. } => Self::Numbers(Vec::new()),
            Space::Picture { .. } => Self::Bytes(Vec::new()),
        }
    }

    /// Overwrites row `at`, or appends it if it is the first after the last.
    pub fn put(&mut self, at: usize, row: &[f32]) {
        match self {
            Self::Numbers(numbers) => put(numbers, at, row.len(), row.iter().copied()),
            Self::Bytes(bytes) => put(bytes, at, row.len(), row.iter().map(|pixel| (pixel * 255.0).round() as u8)),
        }
    }

    /// Appends row `at` of `size` numbers to `into`.
    pub fn copy(&self, at: usize, size: usize, into: &mut Vec<f32>) {
        match self {
            Self::Numbers(numbers) => into.extend_from_slice(&numbers[at * size..][..size]),
            Self::Bytes(bytes) => into.extend(bytes[at * size..][..size].iter().map(|&byte| f32::from(byte) / 255.0)),
        }
    }
}

fn put<T>(all: &mut Vec<T>, at: usize, size: usize, row: impl Iterator<Item = T>) {
    if at * size == all.len() {
        all.extend(row);
    } else {
        all[at * size..][..size].iter_mut().zip(row).for_each(|(old, new)| *old = new);
    }
}
