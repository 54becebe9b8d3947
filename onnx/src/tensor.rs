//! Tensors of numbers in memory.

/// A tensor of `f32` in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The sizes.
    pub dims: Vec<usize>,
    /// As many numbers as the product of the sizes.
    pub data: Vec<f32>,
}

impl Tensor {
    /// A tensor; None if the number of elements is not the product of the sizes.
    pub fn new(dims: Vec<usize>, data: Vec<f32>) -> Option<Self> {
        let len = dims.iter().try_fold(1, |product: usize, &size| product.checked_mul(size));
        (len == Some(data.len())).then_some(Self { dims, data })
    }

    /// Rows `start..end` of the first axis.
    pub(crate) fn rows(&self, start: usize, end: usize) -> &[f32] {
        let width: usize = self.dims[1..].iter().product();
        &self.data[start * width..end * width]
    }
}
