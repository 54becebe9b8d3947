//! Networks that others trained and exported, with the outputs that ONNX Runtime gives for them.

use std::path::Path;

use layercake_onnx::{BatchAxis, Folder, ImportError, LoadOptions, import_beside};

use crate::run::{beside, difference, numbers, run};

/// Reads NAME.onnx for the inputs in NAME.safetensors, and compares the outputs there.
fn check(folder: &Path, name: &str, bar: f32) -> Result<f32, String> {
    let bytes = std::fs::read(folder.join(format!("{name}.onnx"))).map_err(|error| error.to_string())?;
    let numbers = numbers(&folder.join(format!("{name}.safetensors")));
    let mut options = LoadOptions::default();
    for (name, input) in numbers.iter().filter_map(|(name, numbers)| Some((name.strip_prefix("in.")?, numbers))) {
        match input.dims[..] {
            [] => _ = options.numbers.insert(name.to_owned(), input.data[0].into()),
            ref dims => _ = options.shapes.insert(name.to_owned(), dims.iter().copied().map(Some).collect()),
        }
    }
    // What does not run sample by sample may run as one sample.
    let read = |options: &LoadOptions| import_beside(&bytes, options, &mut Folder::of(&folder.join(name)));
    let imported = read(&options).or_else(|error: ImportError| {
        println!("{name}: as one sample, since {error}");
        options.batch = BatchAxis::Absent;
        read(&options).map_err(|_| error)
    });
    let imported = imported.map_err(|error| error.to_string())?;
    let inputs: Vec<_> = imported.graph.inputs().iter().map(|port| numbers[&format!("in.{}", port.name())].clone()).collect();
    let mut worst = 0f32;
    for (output, found) in imported.graph.outputs().iter().zip(run(&imported, &inputs)) {
        let expected = numbers.get(&format!("out.{}", output.name())).ok_or_else(|| format!("no numbers for `{}`", output.name()))?;
        if found.len() != expected.data.len() {
            return Err(format!("`{}` has {} numbers, expected {:?}", output.name(), found.len(), expected.dims));
        }
        worst = worst.max(difference(&found, &expected.data));
    }
    if worst <= bar { Ok(worst) } else { Err(format!("differs by {worst:e}")) }
}

/// The small files that `tests/onnx/small.py` wrote, those in the folder beside the repository, and those in a folder that `LAYERCAKE_ONNX` names.
#[test]
fn networks_from_elsewhere() {
    let mut wrong = Vec::new();
    let named = std::env::var_os("LAYERCAKE_ONNX").map(std::path::PathBuf::from);
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/onnx/models");
    for folder in [Some(small), beside("shared/models"), named].into_iter().flatten() {
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .expect("a folder")
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".onnx")?.to_owned()))
            .filter(|name| folder.join(format!("{name}.safetensors")).is_file())
            .collect();
        names.sort();
        for name in names {
            match check(&folder, &name, 1e-4) {
                Ok(worst) => println!("{name}: {worst:.1e}"),
                Err(reason) => wrong.push(format!("{name}: {reason}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What would be NaN where the file has a number is refused.
#[test]
fn what_is_not_chosen_is_finite() {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/onnx/models/unchosen.onnx")).expect("a committed file");
    let error = import_beside(&bytes, &LoadOptions::default(), &mut layercake_onnx::Nothing).unwrap_err().to_string();
    assert_eq!(error, "`choice` (Where): a choice of what may be infinite or NaN where it is not chosen is not supported");
}
