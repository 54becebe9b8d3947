//! The default initial values of a layer's tensors.

/// The initial values of a tensor if no `init` is given: PyTorch's default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Zeros.
    Zeros,
    /// Ones.
    Ones,
    /// The same number everywhere.
    Constant(f64),
    /// Uniform within `1 / sqrt(fan_in)`: `kaiming_uniform_(a = sqrt(5))`.
    Uniform {
        /// The number of inputs that an output sums over.
        fan_in: usize,
    },
    /// Uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    XavierUniform,
    /// Standard normal, with one row of zeros.
    Table {
        /// The row of zeros; [`crate::INFER`] for none.
        padding: usize,
        /// The number of elements of a row.
        features: usize,
    },
}

/// The numbers are finite.
impl Eq for Initial {}
