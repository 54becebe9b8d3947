//! Saving and loading parameters, and errors of invalid files.

use std::fs;
use std::path::PathBuf;

use layercake::io::{
    IoError, Mismatch, OnNonFinite, load_matching, load_renamed, load_renamed_with, load_safetensors, load_safetensors_bytes,
    load_safetensors_with, save_safetensors,
};
use layercake::prelude::*;

network! {
    Net: [1, 4, 4] -> [3] { conv: Conv2d(2, kernel = 3), norm: BatchNorm2d, Flatten, fc: Linear(3) }
    Wider: [1, 4, 4] -> [3] { conv: Conv2d(5, kernel = 3), norm: BatchNorm2d, Flatten, fc: Linear(3) }
    Longer: [1, 4, 4] -> [3] { conv: Conv2d(2, kernel = 3), norm: BatchNorm2d, Flatten, fc: Linear(3), more: Linear(3) }
}

/// A separate path for each test.
fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("safetensors");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// As PyTorch's `DataParallel` has it.
#[derive(Model)]
struct Wrapped {
    module: Net,
}

fn net(seed: u64) -> Net {
    Net::new(&Cpu::seed_from_u64(seed))
}

#[test]
fn what_is_saved_is_loaded() {
    let path = path("round.safetensors");
    let (one, mut other) = (net(1), net(2));
    save_safetensors(&one, &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    load_safetensors(&mut other, &path).unwrap();
    assert_eq!(one.conv.weight.as_vec(), other.conv.weight.as_vec());
    assert_eq!(one.fc.bias.unwrap().as_vec(), other.fc.bias.clone().unwrap().as_vec());
    save_safetensors(&other, &path).unwrap();
    assert_eq!(bytes, fs::read(&path).unwrap(), "the same parameters are the same bytes");
    let mut third = net(3);
    load_safetensors_bytes(&mut third, &bytes, "compiled in").unwrap();
    assert_eq!(one.conv.weight.as_vec(), third.conv.weight.as_vec());
    let error = load_safetensors_bytes(&mut third, &bytes[..bytes.len() - 1], "compiled in").unwrap_err().to_string();
    assert!(error.starts_with("compiled in: "), "{error}");
    // Single precision is converted to double precision.
    let mut wide = Cpu::default().build_module::<Net, f64>();
    load_safetensors(&mut wide, &path).unwrap();
    assert_eq!(wide.fc.weight.as_vec()[0], f64::from(other.fc.weight.as_vec()[0]));
    assert_eq!(
        fs::read_dir(path.parent().unwrap())
            .unwrap()
            .filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().ends_with("tmp"))
            .count(),
        0
    );
}

#[test]
fn names_are_those_of_pytorch() {
    let path = path("names.safetensors");
    save_safetensors(&net(1), &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    let expected =
        ["conv.bias", "conv.weight", "fc.bias", "fc.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.weight"];
    assert_eq!(names, expected);
}

#[test]
fn another_networks_file_is_refused_and_changes_nothing() {
    let (wider, longer) = (path("wider.safetensors"), path("longer.safetensors"));
    save_safetensors(&Wider::new(&Cpu::default()), &wider).unwrap();
    save_safetensors(&Longer::new(&Cpu::default()), &longer).unwrap();
    let mut own = net(1);
    let before = own.conv.weight.as_vec();
    let error = load_safetensors(&mut own, &wider).unwrap_err().to_string();
    assert_eq!(error, format!("{}: `conv.weight` has shape [5, 1, 3, 3] in the file, but [2, 1, 3, 3] in the network", wider.display()));
    let error = load_safetensors(&mut own, &longer).unwrap_err().to_string();
    assert_eq!(error, format!("{}: `more.bias` with shape [3] is not in the network", longer.display()));
    let mut long = Longer::new(&Cpu::default());
    let small = path("small.safetensors");
    save_safetensors(&own, &small).unwrap();
    let error = load_safetensors(&mut long, &small).unwrap_err().to_string();
    assert_eq!(error, format!("{}: `more.weight` is missing; the network has it with shape [3, 3]", small.display()));
    assert_eq!(own.conv.weight.as_vec(), before);
}

/// The advice is a call that loads the file.
#[test]
fn paths_that_all_begin_alike_are_advised_about() {
    let (short, long) = (path("short.safetensors"), path("long.safetensors"));
    let mut own = net(1);
    save_safetensors(&own, &short).unwrap();
    let mut wrapped = Wrapped { module: net(2) };
    save_safetensors(&wrapped, &long).unwrap();
    let error = load_safetensors(&mut own, &long).unwrap_err().to_string();
    let advice = "load it under other names: `io::load_renamed(&mut net, path, |name| format!(\"module.{name}\"))`";
    assert_eq!(error, format!("{}: `conv.weight` is missing, but there is `module.conv.weight`; {advice}", long.display()));
    let report = load_renamed(&mut own, &long, |name| format!("module.{name}")).unwrap();
    assert!(report.is_complete() && own.fc.weight.as_vec() == wrapped.module.fc.weight.as_vec());
    let error = load_safetensors(&mut wrapped, &short).unwrap_err().to_string();
    let advice = "load it under other names: `io::load_renamed(&mut net, path, |name| name.replacen(\"module.\", \"\", 1))`";
    assert_eq!(error, format!("{}: `module.conv.weight` is missing, but there is `conv.weight`; {advice}", short.display()));
    assert!(load_renamed(&mut wrapped, &short, |name| name.replacen("module.", "", 1)).unwrap().is_complete());
}

#[test]
fn damaged_files_are_refused() {
    let whole = path("whole.safetensors");
    save_safetensors(&net(1), &whole).unwrap();
    let whole = fs::read(&whole).unwrap();
    let damaged = path("damaged.safetensors");
    let mut own = net(2);
    let mut cases: Vec<Vec<u8>> = (0..whole.len()).step_by(7).map(|len| whole[..len].to_vec()).collect();
    cases.push([u64::MAX.to_le_bytes().as_slice(), b"{}"].concat());
    cases.push([2u64.to_le_bytes().as_slice(), b"[]"].concat());
    for byte in 8..200 {
        let mut flipped = whole.clone();
        flipped[byte] ^= 0x15;
        cases.push(flipped);
    }
    let original = net(1);
    for case in cases {
        fs::write(&damaged, &case).unwrap();
        // A changed byte may be in the file's metadata, without an effect on the tensors.
        if load_safetensors(&mut own, &damaged).is_ok() {
            assert_eq!(case.len(), whole.len(), "{} bytes passed for the whole file", case.len());
            assert_eq!(own.conv.weight.as_vec(), original.conv.weight.as_vec());
            own = net(2);
        }
    }
    assert!(matches!(load_safetensors(&mut own, path("absent.safetensors")), Err(IoError::Read { .. })));
    assert!(matches!(load_safetensors(&mut own, damaged.parent().unwrap()), Err(IoError::Read { .. })));
    let error = save_safetensors(&own, path("no/such/folder.safetensors")).unwrap_err();
    assert!(matches!(error, IoError::Write { .. }));
}

/// A checkpoint of another network: matching tensors are loaded, the others are reported.
#[test]
fn what_fits_is_loaded() {
    let path = path("pretrained.safetensors");
    let pretrained = Longer::new(&Cpu::seed_from_u64(1));
    save_safetensors(&pretrained, &path).unwrap();

    let mut own = net(2);
    let report = load_matching(&mut own, &path).unwrap();
    assert_eq!(report.unused, ["more.bias", "more.weight"]);
    assert_eq!((report.loaded.len(), report.missing.len(), report.mismatched.len()), (8, 0, 0));
    assert!(!report.is_complete());
    assert_eq!(own.fc.weight.as_vec(), pretrained.fc.weight.as_vec());

    let mut wider = Wider::new(&Cpu::seed_from_u64(3));
    let before = wider.clone();
    let report = load_matching(&mut wider, &path).unwrap();
    assert_eq!(report.mismatched[0], Mismatch { name: "conv.weight".into(), expected: vec![5, 1, 3, 3], found: vec![2, 1, 3, 3] });
    assert_eq!(report.loaded, ["fc.bias"], "{report}");
    assert_eq!(wider.conv.weight.as_vec(), before.conv.weight.as_vec());
    assert!(report.to_string().contains("`conv.weight` has shape [2, 1, 3, 3] in the file, but [5, 1, 3, 3] in the network"), "{report}");

    // The last layer is loaded from the tensors `more.*` of the file.
    let mut own = net(4);
    let report = load_renamed(&mut own, &path, |name| name.replace("fc.", "more.")).unwrap();
    assert_eq!(report.unused, ["fc.bias", "fc.weight"]);
    assert_eq!(report.mismatched[0].name, "fc.weight");
    let bias = pretrained.more.bias.unwrap().as_vec();
    assert_eq!(own.fc.bias.clone().unwrap().as_vec(), bias);

    // An invalid file changes nothing.
    let half: Vec<u8> = fs::read(&path).unwrap().iter().copied().take(100).collect();
    fs::write(&path, half).unwrap();
    assert!(matches!(load_matching(&mut own, &path), Err(IoError::Format { .. })));
    assert_eq!(own.fc.bias.unwrap().as_vec(), bias);
}

/// NaN and infinite numbers: plain loading returns an error and changes nothing; otherwise the report lists them.
#[test]
fn non_finite_numbers_are_reported() {
    let path = path("diverged.safetensors");
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let mut bad = net(1);
        let mut weight = bad.fc.weight.as_vec();
        weight[5] = value;
        bad.fc.weight.copy_from(&weight);
        save_safetensors(&bad, &path).unwrap();

        let mut own = net(2);
        let before = own.conv.weight.as_vec();
        let error = load_safetensors(&mut own, &path).unwrap_err();
        let text = format!(
            "{}: expected finite numbers, but `fc.weight` holds {shown} at element 5; 1 of its 24 numbers are not finite",
            path.display()
        );
        assert!(error.to_string().starts_with(&text), "{error}");
        let error = load_safetensors_bytes(&mut own, &fs::read(&path).unwrap(), "compiled in").unwrap_err();
        assert!(matches!(error, IoError::NonFinite { .. }), "{error}");
        let error = load_renamed_with(&mut own, &path, str::to_owned, OnNonFinite::Refuse).unwrap_err();
        assert!(matches!(error, IoError::NonFinite { .. }), "{error}");
        assert_eq!(own.conv.weight.as_vec(), before, "an error changes nothing");

        let report = load_matching(&mut own, &path).unwrap();
        assert_eq!(report.non_finite, ["fc.weight"]);
        assert!(report.is_complete() && report.to_string().ends_with("\n`fc.weight` holds NaN or infinite numbers"), "{report}");
        let mut own = net(3);
        load_safetensors_with(&mut own, &path, OnNonFinite::Accept).unwrap();
        assert!(!own.fc.weight.as_vec()[5].is_finite());
    }
    // Finite in the file, but too large for the network's number type.
    let mut wide = Cpu::default().build_module::<Net, f64>();
    let mut bias = wide.norm.running_var.as_vec();
    bias[1] = 1e300;
    wide.norm.running_var.copy_from(&bias);
    save_safetensors(&wide, &path).unwrap();
    load_safetensors(&mut wide, &path).unwrap();
    let error = load_safetensors(&mut net(1), &path).unwrap_err().to_string();
    assert!(error.contains("`norm.running_var` holds inf at element 1; 1 of its 2 numbers are not finite"), "{error}");
}
