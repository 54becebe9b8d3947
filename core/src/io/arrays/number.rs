//! Number types of files.

use std::fmt;

use half::{bf16, f16};

use crate::Scalar;

/// A number type of tensors in files. `Display` gives its name in safetensors files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberType {
    /// Truth values, one byte each.
    Bool,
    /// Unsigned integers of 8 bits.
    U8,
    /// Integers of 8 bits.
    I8,
    /// Unsigned integers of 16 bits.
    U16,
    /// Integers of 16 bits.
    I16,
    /// Unsigned integers of 32 bits.
    U32,
    /// Integers of 32 bits.
    I32,
    /// Unsigned integers of 64 bits.
    U64,
    /// Integers of 64 bits.
    I64,
    /// Floats of 16 bits with 11 bits of precision, PyTorch's `float16`.
    F16,
    /// Floats of 16 bits with the range of `F32` and 8 bits of precision, PyTorch's `bfloat16`.
    BF16,
    /// Floats of 32 bits.
    F32,
    /// Floats of 64 bits.
    F64,
}

impl NumberType {
    /// The bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 | Self::BF16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether the numbers are floats.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::BF16 | Self::F32 | Self::F64)
    }

    /// The type of a network's own numbers.
    pub(crate) fn of<E: Scalar>() -> Self {
        if size_of::<E>() == size_of::<f64>() { Self::F64 } else { Self::F32 }
    }

    /// The numbers of little-endian bytes, of which a multiple of [`Self::size`] is given.
    pub(super) fn decode<E: Scalar>(self, bytes: &[u8], into: &mut Vec<E>) {
        match self {
            Self::Bool | Self::U8 => numbers(bytes, into, |[byte]| byte),
            Self::I8 => numbers(bytes, into, i8::from_le_bytes),
            Self::U16 => numbers(bytes, into, u16::from_le_bytes),
            Self::I16 => numbers(bytes, into, i16::from_le_bytes),
            Self::U32 => numbers(bytes, into, u32::from_le_bytes),
            Self::I32 => numbers(bytes, into, i32::from_le_bytes),
            // The nearest float, as a cast gives it.
            Self::U64 => numbers(bytes, into, |bytes| u64::from_le_bytes(bytes) as f64),
            Self::I64 => numbers(bytes, into, |bytes| i64::from_le_bytes(bytes) as f64),
            Self::F16 => numbers(bytes, into, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Self::BF16 => numbers(bytes, into, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            Self::F32 => numbers(bytes, into, f32::from_le_bytes),
            Self::F64 => numbers(bytes, into, f64::from_le_bytes),
        }
    }
}

fn numbers<E: Scalar, T: Into<f64>, const N: usize>(bytes: &[u8], into: &mut Vec<E>, number: impl Fn([u8; N]) -> T) {
    let number = |bytes: &[u8; N]| E::from_f64(number(*bytes).into()).expect("a float is a float");
    into.extend(bytes.as_chunks().0.iter().map(number));
}

impl fmt::Display for NumberType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Bool => "BOOL",
            Self::U8 => "U8",
            Self::I8 => "I8",
            Self::U16 => "U16",
            Self::I16 => "I16",
            Self::U32 => "U32",
            Self::I32 => "I32",
            Self::U64 => "U64",
            Self::I64 => "I64",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::F32 => "F32",
            Self::F64 => "F64",
        };
        f.pad(name)
    }
}
