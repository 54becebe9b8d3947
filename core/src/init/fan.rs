//! Fan-in and fan-out of a weight.

/// The fan-in and fan-out of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fans {
    /// The number of inputs that an output depends on.
    pub fan_in: usize,
    /// The number of outputs that depend on an input.
    pub fan_out: usize,
}

/// The fans of a weight `[OUT, IN]`, or of a convolution's `[OUT, IN / GROUPS, K..]`: the second and the first axis times the size of the kernel,
/// like PyTorch's `_calculate_fan_in_and_fan_out`.
///
/// # Panics
/// Panics if there are fewer than two axes.
pub fn fans(shape: &[usize]) -> Fans {
    assert!(shape.len() >= 2, "a weight of shape {shape:?} has no fans; it needs an axis of outputs and one of inputs");
    let kernel: usize = shape[2..].iter().product();
    Fans { fan_in: shape[1] * kernel, fan_out: shape[0] * kernel }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(fans(&[120, 400]), Fans { fan_in: 400, fan_out: 120 });
        assert_eq!(fans(&[16, 6, 5, 5]), Fans { fan_in: 150, fan_out: 400 });
        // Depthwise: one input channel for each output.
        assert_eq!(fans(&[32, 1, 3, 3]), Fans { fan_in: 9, fan_out: 288 });
        assert_eq!(fans(&[8, 3, 7]), Fans { fan_in: 21, fan_out: 56 });
    }

    #[test]
    #[should_panic(expected = "a weight of shape [7] has no fans")]
    fn of_a_bias() {
        fans(&[7]);
    }
}
