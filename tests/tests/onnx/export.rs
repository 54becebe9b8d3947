//! Writing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use layercake::io::onnx::to_bytes;
use layercake_tests::{Numbers, table};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::cases::{Case, catalogue, zoo};

/// The names of the cases with a hash of the file of each: what `onnx/check.py` has checked.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("onnx/files.txt")
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Every case gives the bytes that ONNX Runtime was seen to agree with. `LAYERCAKE_WRITE=1` writes the list; `LAYERCAKE_ONNX=FOLDER` writes the files
/// themselves, for `onnx/check.py`.
#[test]
fn every_case_is_written_as_it_was_checked() {
    let folder = std::env::var_os("LAYERCAKE_ONNX").map(PathBuf::from);
    let mut lines = Vec::new();
    // The larger networks of the zoo are for the script alone.
    for case in catalogue().into_iter().chain(zoo(if folder.is_some() { 12_000_000 } else { 100_000 })) {
        let bytes = to_bytes(&case.model).unwrap_or_else(|refusals| panic!("{}: {refusals}", case.name));
        if let Some(folder) = &folder {
            std::fs::write(folder.join(format!("{}.onnx", case.name)), &bytes).expect("the folder can be written");
            write_numbers(&folder.join(format!("{}.safetensors", case.name)), &case);
        }
        if case.model.graph().params() <= 100_000 {
            lines.push(format!("{:016x} {}", hash(&bytes), case.name));
        }
    }
    let text = lines.join("\n") + "\n";
    if table::writes() {
        std::fs::write(golden(), &text).expect("the folder can be written");
    }
    let expected = std::fs::read_to_string(golden()).expect("the list of files");
    let different: Vec<&str> = text.lines().filter(|line| !expected.lines().any(|other| other == *line)).collect();
    assert!(different.is_empty(), "other bytes than those that were checked; run tests/onnx/check.py: {different:?}");
    assert_eq!(text.lines().count(), expected.lines().count(), "a case that was checked is gone");
}

/// Inputs as `in.NAME` and outputs as `out.NAME`.
fn write_numbers(path: &Path, case: &Case) {
    let graph = case.model.graph();
    let named = |part: &str, names: Vec<&str>, numbers: &[Numbers], ids: Vec<bool>| -> Vec<(String, Dtype, Vec<usize>, Vec<u8>)> {
        let all = names.into_iter().zip(numbers).zip(ids);
        all.map(|((name, numbers), ids)| {
            let (dtype, bytes) = if ids {
                (Dtype::I64, numbers.values.iter().flat_map(|&id| (id as i64).to_le_bytes()).collect())
            } else {
                (Dtype::F32, numbers.values.iter().flat_map(|&number| (number as f32).to_le_bytes()).collect())
            };
            (format!("{part}.{name}"), dtype, numbers.dims.clone(), bytes)
        })
        .collect()
    };
    let ids = |ports: &[layercake::ir::Port]| ports.iter().map(|port| port.shape.is_ids()).collect();
    let mut list = named("in", graph.inputs().iter().map(|port| port.name()).collect(), &case.inputs, ids(graph.inputs()));
    list.extend(named("out", graph.outputs().iter().map(|port| port.name()).collect(), &case.outputs, ids(graph.outputs())));
    let views: BTreeMap<String, TensorView<'_>> = list
        .iter()
        .map(|(name, dtype, dims, bytes)| {
            (name.clone(), TensorView::new(*dtype, dims.clone(), bytes).expect("as many numbers as sizes say"))
        })
        .collect();
    safetensors::serialize_to_file(views, None, path).expect("the folder can be written");
}
