//! Every tensor of every file has the type, shape and numbers that PyTorch and NumPy give.

use std::collections::BTreeMap;

use layercake::io::{self, Array, Arrays, NumberType};

use super::{fixture, temporary};

/// What is in a file.
#[derive(serde::Deserialize)]
pub(super) struct Expected {
    /// Number type, shape and numbers.
    tensors: BTreeMap<String, (String, Vec<usize>, Vec<f64>)>,
    pub(super) left_out: Vec<String>,
}

/// The files, with the key of the tensors behind a question mark.
pub(super) fn expected() -> BTreeMap<String, Expected> {
    serde_json::from_slice(&std::fs::read(fixture("expected.json")).unwrap()).unwrap()
}

fn check(name: &str, found: &Arrays, expected: &Expected) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.tensors.keys().collect::<Vec<_>>(), "{name}");
    for (tensor, array) in found {
        let (kind, shape, numbers) = &expected.tensors[tensor];
        assert_eq!(array.number_type().to_string(), *kind, "{name}: {tensor}");
        assert_eq!(array.shape(), shape, "{name}: {tensor}");
        assert_eq!(array.to_vec::<f64>(), *numbers, "{name}: {tensor}");
        let narrow: Vec<f32> = numbers.iter().map(|&number| number as f32).collect();
        assert_eq!(array.to_vec::<f32>(), narrow, "{name}: {tensor}");
    }
}

#[test]
fn what_others_wrote() {
    let all = expected();
    assert!(all.len() >= 18);
    for (name, expected) in &all {
        let found = match name.split_once('?') {
            Some((file, key)) => io::pytorch::read(fixture(file), Some(key)),
            None => io::read_arrays(fixture(name)),
        };
        check(name, &found.unwrap_or_else(|error| panic!("{error}")), expected);
    }
}

/// What is written is read again, in both formats and as the same bytes each time.
#[test]
fn what_is_written() {
    for (name, expected) in expected().iter().filter(|(name, _)| !name.contains('?')) {
        let arrays = io::read_arrays(fixture(name)).unwrap();
        for ending in ["safetensors", "npz"] {
            let (path, again) = (temporary(&format!("{name}.{ending}")), temporary(&format!("{name}.again.{ending}")));
            io::write_arrays(&path, &arrays).unwrap();
            io::write_arrays(&again, &arrays).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
            let mut found = io::read_arrays(&path).unwrap();
            if ending == "npz" {
                // NumPy has no bfloat16.
                let is_bf16 = |name: &str| arrays[name].number_type() == NumberType::BF16;
                for (tensor, array) in found.iter_mut().filter(|(tensor, _)| is_bf16(tensor)) {
                    assert_eq!((array.number_type(), array.to_vec::<f64>()), (NumberType::F32, arrays[tensor].to_vec()));
                    *array = arrays[tensor].clone();
                }
            }
            check(name, &found, expected);
        }
    }
    let error = io::write_arrays(temporary("a.pt"), &Arrays::new()).unwrap_err().to_string();
    assert!(error.ends_with("a.pt: expected the extension .safetensors or .npz"), "{error}");
    let path = Arrays::from([("a/../b".to_owned(), Array::new(&[1], &[1f32]).unwrap())]);
    let error = io::write_arrays(temporary("a.npz"), &path).unwrap_err().to_string();
    assert!(error.ends_with("a.npz: `a/../b` cannot be the name of an array in an archive"), "{error}");
}

#[test]
fn arrays_as_indices() {
    let arrays = io::read_arrays(fixture("types.safetensors")).unwrap();
    for kind in ["int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64"] {
        assert_eq!(arrays[kind].to_indices(), Some(vec![0, 1, 2, 100, 5, 6]), "{kind}");
    }
    assert_eq!(arrays["bool"].to_indices(), Some(vec![0, 1, 1, 1, 1, 1]));
    assert_eq!(arrays["large"].to_indices(), None, "one is negative");
    assert_eq!(arrays["float32"].to_indices(), None);
    assert!(Array::new(&[2, 2], &[1.0f32; 3]).is_none());
}
