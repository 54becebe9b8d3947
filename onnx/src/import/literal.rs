//! The tensors in a file.

use super::value::{Const, Elements, Int};
use crate::proto;
use crate::proto::data_type::{BFLOAT16, BOOL, DOUBLE, FLOAT, FLOAT16, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, name};

/// The most axes of a constant.
const MOST_AXES: usize = 32;

/// A tensor of a file as a constant. Every number type becomes f32 or an integer.
pub(super) fn read(tensor: &proto::Tensor) -> Result<Const, String> {
    let dims: Option<Vec<usize>> = tensor.dims.iter().map(|&size| usize::try_from(size).ok()).collect();
    let len = dims.as_ref().and_then(|dims| dims.iter().try_fold(1, |product: usize, &size| product.checked_mul(size)));
    let (Some(dims), Some(len)) = (dims, len) else { return Err(format!("the shape {:?} is not possible", tensor.dims)) };
    check_dims(&dims)?;
    if tensor.data_location != 0 || !tensor.external_data.is_empty() {
        return Err("its numbers are in another file, which is not read here".to_owned());
    }
    let elements = elements(tensor)?;
    if elements.len() != len {
        return Err(format!("the shape {dims:?} has {len} elements, but the file holds {}", elements.len()));
    }
    let name = (!tensor.name.is_empty()).then(|| tensor.name.clone());
    Ok(Const { name, dims, elements })
}

/// Refuses more axes than any operator has, and large sizes beside one of 0: the sizes alone bound what is done with a tensor.
pub(super) fn check_dims(dims: &[usize]) -> Result<(), String> {
    if dims.len() > MOST_AXES {
        return Err(format!("a tensor has {} axes; at most {MOST_AXES} are read", dims.len()));
    }
    if dims.contains(&0) && dims.iter().any(|&size| size > 4096) {
        return Err(format!("the shape {dims:?} has no elements"));
    }
    Ok(())
}

fn elements(tensor: &proto::Tensor) -> Result<Elements, String> {
    let raw = &tensor.raw_data[..];
    let ints = |all: &mut dyn Iterator<Item = i64>| Elements::Ints(all.map(Int::from).collect());
    let stored = raw.is_empty();
    Ok(match tensor.data_type {
        FLOAT if stored => Elements::Floats(tensor.float_data.clone()),
        FLOAT => Elements::Floats(chunks(raw)?.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()),
        DOUBLE if stored => Elements::Floats(tensor.double_data.iter().map(|&number| number as f32).collect()),
        DOUBLE => Elements::Floats(chunks(raw)?.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect()),
        FLOAT16 if stored => Elements::Floats(tensor.int32_data.iter().map(|&bits| half(bits as u16)).collect()),
        FLOAT16 => Elements::Floats(chunks(raw)?.iter().map(|&bytes| half(u16::from_le_bytes(bytes))).collect()),
        BFLOAT16 if stored => Elements::Floats(tensor.int32_data.iter().map(|&bits| brain(bits as u16)).collect()),
        BFLOAT16 => Elements::Floats(chunks(raw)?.iter().map(|&bytes| brain(u16::from_le_bytes(bytes))).collect()),
        INT64 if stored => ints(&mut tensor.int64_data.iter().copied()),
        INT64 => ints(&mut chunks(raw)?.iter().map(|&bytes| i64::from_le_bytes(bytes))),
        INT32 if stored => ints(&mut tensor.int32_data.iter().map(|&int| int.into())),
        INT32 => ints(&mut chunks(raw)?.iter().map(|&bytes| i32::from_le_bytes(bytes).into())),
        UINT32 | UINT64 if stored => ints(&mut tensor.uint64_data.iter().map(|&int| i64::try_from(int).unwrap_or(i64::MAX))),
        UINT32 => ints(&mut chunks(raw)?.iter().map(|&bytes| u32::from_le_bytes(bytes).into())),
        UINT64 => ints(&mut chunks(raw)?.iter().map(|&bytes| i64::try_from(u64::from_le_bytes(bytes)).unwrap_or(i64::MAX))),
        BOOL | UINT8 | INT8 | UINT16 | INT16 if stored => ints(&mut tensor.int32_data.iter().map(|&int| int.into())),
        UINT16 => ints(&mut chunks(raw)?.iter().map(|&bytes| u16::from_le_bytes(bytes).into())),
        INT16 => ints(&mut chunks(raw)?.iter().map(|&bytes| i16::from_le_bytes(bytes).into())),
        BOOL | UINT8 => ints(&mut raw.iter().map(|&byte| byte.into())),
        INT8 => ints(&mut raw.iter().map(|&byte| (byte as i8).into())),
        other => return Err(format!("it holds {} numbers, which are not read", name(other))),
    })
}

fn chunks<const N: usize>(raw: &[u8]) -> Result<&[[u8; N]], String> {
    let (chunks, rest) = raw.as_chunks();
    if rest.is_empty() { Ok(chunks) } else { Err(format!("{} bytes are not a multiple of {N}", raw.len())) }
}

/// The number with these bits in IEEE 754's binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// The number whose upper half these bits are.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves() {
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2f32.powi(-24)), (0x3555, 0.333_251_95), (0x7c00, f32::INFINITY)];
        assert!(cases.iter().all(|&(bits, number)| half(bits) == number) && half(0x7e00).is_nan());
        assert_eq!((brain(0x3f80), brain(0xc040)), (1.0, -3.0));
    }
}
