//! Files of other formats and number types into networks.

use layercake::io::{self, IoError, LoadReport, NumberType};
use layercake::prelude::*;

use super::fixture;
use super::read::expected;

network! {
    pub Net: [1, 4, 4] -> [3] { conv: Conv2d(2, kernel = 3), norm: BatchNorm2d, Flatten, fc: Linear(3) }
    pub Other: [2] -> [3] { fc: Linear(3) }
}

fn loaded(name: &str) -> (Net, LoadReport) {
    let mut net = Net::new(&Cpu::seed_from_u64(1));
    let report = io::load_parameters(&mut net, fixture(name)).unwrap_or_else(|error| panic!("{error}"));
    (net, report)
}

#[test]
fn state_dicts() {
    let (reference, report) = loaded("state_dict.pt");
    assert_eq!((report.loaded.len(), report.is_complete(), report.converted.len()), (8, true, 0));
    assert_eq!(report.ignored, ["norm.num_batches_tracked"]);
    assert_eq!(report.to_string(), "8 of the network's 8 tensors loaded\n1 `num_batches_tracked` ignored");
    let arrays = io::read_arrays(fixture("state_dict.pt")).unwrap();
    assert_eq!(reference.conv.weight.as_vec(), arrays["conv.weight"].to_vec::<f32>());
    assert_eq!(reference.norm.running_var.as_vec(), arrays["norm.running_var"].to_vec::<f32>());
    // A step of the optimizer changed these.
    for name in ["checkpoint.pt", "old_checkpoint.pt", "protocol4.pt"] {
        let (net, report) = loaded(name);
        assert_ne!(net.fc.weight.as_vec(), reference.fc.weight.as_vec());
        let mut left_out: Vec<_> = report.left_out.iter().map(|left| &left.name).collect();
        left_out.sort();
        assert_eq!(left_out, expected()[name].left_out.iter().collect::<Vec<_>>());
        assert!(report.to_string().contains("\n`optimizer` left out: a dict, not in the dict `state_dict`"), "{report}");
        let mut again = Net::new(&Cpu::default());
        io::pytorch::load(&mut again, fixture(name)).unwrap();
        assert_eq!(again.fc.weight.as_vec(), net.fc.weight.as_vec());
    }
    for name in ["old_state_dict.pt", "no_checksums.pt", "ema.pt"] {
        assert_eq!(loaded(name).0.fc.weight.as_vec(), reference.fc.weight.as_vec(), "{name}");
    }
}

#[test]
fn a_dict_that_is_chosen() {
    let mut net = Net::new(&Cpu::default());
    let report = io::pytorch::load_from(&mut net, fixture("two.pt"), "generator").unwrap();
    assert_eq!(net.fc.weight.as_vec(), loaded("state_dict.pt").0.fc.weight.as_vec());
    assert_eq!(report.left_out[0].name, "critic");
    let error = io::pytorch::load(&mut net, fixture("two.pt")).unwrap_err().to_string();
    assert!(error.ends_with("two.pt: it has several dicts of tensors; choose one by its key: `generator`, `critic`"), "{error}");
    let error = io::pytorch::load_from(&mut net, fixture("two.pt"), "actor").unwrap_err().to_string();
    assert!(error.ends_with("two.pt: it has no dict of tensors at `actor`"), "{error}");
    let error = io::pytorch::load(&mut Other::new(&Cpu::default()), fixture("state_dict.pt")).unwrap_err();
    assert!(matches!(error, IoError::Shape { .. }), "{error}");
}

/// Numbers of other types are converted, and the reports say so.
#[test]
fn other_number_types() {
    let (net, report) = loaded("half.pt");
    assert_eq!((report.converted.len(), report.converted[0].from), (8, NumberType::F16));
    assert!(report.to_string().contains("\n8 of the tensors converted from F16"), "{report}");
    let arrays = io::read_arrays(fixture("half.pt")).unwrap();
    assert_eq!(net.fc.weight.as_vec(), arrays["fc.weight"].to_vec::<f32>());
    let mut net = Net::new(&Cpu::default());
    assert_eq!(io::load_matching(&mut net, fixture("half.pt")).unwrap(), report);

    // `Linear(3)` of two features from a file of each type.
    let mut net = Other::new(&Cpu::default());
    let names = |kind: &'static str| move |own: &str| if own == "fc.bias" { "fractions".to_owned() } else { kind.to_owned() };
    for kind in ["bool", "uint8", "int64", "bfloat16", "float64"] {
        let report = io::load_renamed(&mut net, fixture("types.safetensors"), names(kind)).unwrap();
        assert_eq!((&report.loaded[..], report.mismatched[0].found.clone()), (&["fc.bias".to_owned()][..], vec![2, 3]));
        assert_eq!(net.fc.bias.clone().unwrap().as_vec()[2], 65504.0);
    }
    // A network of f64 takes all digits.
    let mut wide = Cpu::default().build_module::<Net, f64>();
    let report = io::load_parameters(&mut wide, fixture("state_dict.pt")).unwrap();
    assert_eq!(report.converted.len(), 8);
}

#[test]
fn errors_change_nothing() {
    let mut net = Net::new(&Cpu::seed_from_u64(1));
    let before = net.fc.weight.as_vec();
    for name in ["types.pt", "arrays.npz", "refused/module.pt", "refused/complex.pt", "refused/objects.npz", "expected.json", "absent.pt"] {
        let error = io::load_parameters(&mut net, fixture(name)).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    assert_eq!(net.fc.weight.as_vec(), before);
}
