//! The values that a layer's tensors begin with.

/// What a tensor holds when the network is built, where nothing is stated: PyTorch's default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Zeros.
    Zeros,
    /// Ones.
    Ones,
    /// One number everywhere.
    Constant(f64),
    /// Uniform within `1 / sqrt(fan_in)`: `kaiming_uniform_(a = sqrt(5))`.
    Uniform {
        /// How many inputs an output sums over.
        fan_in: usize,
    },
    /// Uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    XavierUniform,
    /// Standard normal, and zeros in one row.
    Table {
        /// The row of zeros; [`crate::INFER`] for none.
        padding: usize,
        /// Numbers of a row.
        features: usize,
    },
}

/// Their numbers are finite.
impl Eq for Initial {}
