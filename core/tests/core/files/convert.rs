//! From one file to another.

use layercake::io::{self, ConvertOptions, NumberType, convert};

use super::{fixture, temporary};

#[test]
fn types_stay_unless_asked() {
    let (plain, narrow) = (ConvertOptions::default(), ConvertOptions { to_f32: true, ..ConvertOptions::default() });
    let path = temporary("types.safetensors");
    let report = convert(fixture("types.pt"), &path, &plain).unwrap();
    assert_eq!(report.to_string(), "16 tensors: 1 BOOL, 1 U8, 1 I8, 1 U16, 1 I16, 1 U32, 1 I32, 1 U64, 2 I64, 2 F16, 2 BF16, 1 F32, 1 F64");
    let (before, after) = (io::read_arrays(fixture("types.pt")).unwrap(), io::read_arrays(&path).unwrap());
    for (name, array) in &before {
        assert_eq!((array.number_type(), array.to_vec::<f64>()), (after[name].number_type(), after[name].to_vec()), "{name}");
    }
    let report = convert(fixture("types.pt"), &path, &narrow).unwrap();
    let says = "2 I64, 6 F32\n2 converted from F16 to F32\n2 converted from BF16 to F32\n1 converted from F64 to F32";
    assert!(report.to_string().ends_with(says), "{report}");
    assert_eq!(io::read_arrays(&path).unwrap()["fractions"].number_type(), NumberType::F32);

    let report = convert(fixture("types.pt"), temporary("types.npz"), &plain).unwrap();
    assert!(report.to_string().ends_with("\n2 converted from BF16 to F32"), "{report}");
    assert_eq!(io::read_arrays(temporary("types.npz")).unwrap()["small"].to_vec::<f64>(), before["small"].to_vec::<f64>());
}

#[test]
fn what_is_left_out_is_named() {
    let path = temporary("checkpoint.safetensors");
    let report = convert(fixture("checkpoint.pt"), &path, &ConvertOptions::default()).unwrap().to_string();
    for line in [
        "9 tensors: 1 I64, 8 F32",
        "`epoch` left out: an integer, not in the dict `state_dict`",
        "`optimizer` left out: a dict, not in the dict `state_dict`",
        "`best` left out: a number, not in the dict `state_dict`",
        "`random` left out: a tensor, not in the dict `state_dict`",
    ] {
        assert!(report.lines().any(|other| other == line), "{line}: {report}");
    }
    let report = convert(fixture("beside.pt"), &path, &ConvertOptions::default()).unwrap().to_string();
    let lines = [
        "`note` left out: a text, not a tensor",
        "`7` left out: a tensor whose key is not a text",
        "`more` left out: a dict, not a tensor",
    ];
    assert_eq!(report.lines().skip(1).collect::<Vec<_>>(), lines);
    // Types that are not read are left out, and a file of nothing else is refused.
    let error = convert(fixture("refused/complex.pt"), &path, &ConvertOptions::default()).unwrap_err().to_string();
    assert!(error.ends_with("complex.pt: `spectrum` holds numbers of type complex64, which is not read"), "{error}");
    let report = convert(fixture("refused/old_complex.pt"), &path, &ConvertOptions::default()).unwrap().to_string();
    assert_eq!(report, "1 tensor: 1 F32\n`spectrum` left out: a tensor of type complex64, which is not read");
}
