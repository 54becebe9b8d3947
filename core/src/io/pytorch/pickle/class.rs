//! The classes and functions that a pickle may name.

use super::value::{Class, Numbers, Unread};
use crate::io::arrays::NumberType;

/// The class of this name; `None` if the reader does not know it.
pub(super) fn known(module: &str, name: &str) -> Option<Class> {
    Some(match (module, name) {
        ("collections", "OrderedDict") => Class::OrderedDict,
        ("collections", "Counter") => Class::Other("a counter"),
        ("builtins" | "__builtin__", "set") => Class::Other("a set"),
        ("torch", "device") => Class::Other("a device"),
        ("torch", "Size") => Class::Size,
        ("torch._utils", "_rebuild_tensor") => Class::Tensor { version: 1 },
        ("torch._utils", "_rebuild_tensor_v2") => Class::Tensor { version: 2 },
        ("torch._utils", "_rebuild_tensor_v3") => Class::Tensor { version: 3 },
        ("torch._utils", "_rebuild_parameter") => Class::Parameter,
        ("torch.nn.parameter", "Parameter") | ("torch", "Tensor") => Class::Blank,
        ("torch" | "torch.storage", "UntypedStorage") => Class::Storage(None),
        ("torch", name) => match (name.strip_suffix("Storage"), name.strip_suffix("Tensor")) {
            (Some(kind), _) => Class::Storage(Some(storage(kind)?)),
            // Its number type is that of its storage.
            (_, Some(kind)) => storage(kind).map(|_| Class::Blank)?,
            _ => Class::Dtype(dtype(name)?),
        },
        _ => return None,
    })
}

fn storage(kind: &str) -> Option<Numbers> {
    Some(Ok(match kind {
        "Bool" => NumberType::Bool,
        "Byte" => NumberType::U8,
        "Char" => NumberType::I8,
        "Short" => NumberType::I16,
        "Int" => NumberType::I32,
        "Long" => NumberType::I64,
        "Half" => NumberType::F16,
        "BFloat16" => NumberType::BF16,
        "Float" => NumberType::F32,
        "Double" => NumberType::F64,
        "ComplexFloat" => return Some(unread("complex64", 8)),
        "ComplexDouble" => return Some(unread("complex128", 16)),
        _ => return None,
    }))
}

fn dtype(name: &str) -> Option<Numbers> {
    Some(Ok(match name {
        "bool" => NumberType::Bool,
        "uint8" => NumberType::U8,
        "int8" => NumberType::I8,
        "uint16" => NumberType::U16,
        "int16" => NumberType::I16,
        "uint32" => NumberType::U32,
        "int32" => NumberType::I32,
        "uint64" => NumberType::U64,
        "int64" => NumberType::I64,
        "float16" => NumberType::F16,
        "bfloat16" => NumberType::BF16,
        "float32" => NumberType::F32,
        "float64" => NumberType::F64,
        "complex32" => return Some(unread("complex32", 4)),
        "complex64" => return Some(unread("complex64", 8)),
        "complex128" => return Some(unread("complex128", 16)),
        "float8_e4m3fn" => return Some(unread("float8_e4m3fn", 1)),
        "float8_e5m2" => return Some(unread("float8_e5m2", 1)),
        "float8_e4m3fnuz" => return Some(unread("float8_e4m3fnuz", 1)),
        "float8_e5m2fnuz" => return Some(unread("float8_e5m2fnuz", 1)),
        "float8_e8m0fnu" => return Some(unread("float8_e8m0fnu", 1)),
        "float4_e2m1fn_x2" => return Some(unread("float4_e2m1fn_x2", 1)),
        _ => return None,
    }))
}

fn unread(name: &'static str, size: usize) -> Numbers {
    Err(Unread { name, size })
}
