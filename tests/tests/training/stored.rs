//! An optimizer's state in a file.

use std::fs;
use std::path::PathBuf;

use layercake::io::IoError;
use layercake::optim::*;
use layercake::prelude::*;

use crate::optimizers::{Net, row, run, start};
use layercake_tests::training::Fixture;

network! { Wider: [3] -> [2] { fc1: Linear(5), Tanh, fc2: Linear(2) } }

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("optimizers");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn config() -> RMSpropConfig {
    RMSpropConfig { momentum: Some(0.9), centered: true, ..Default::default() }
}

/// Steps of an optimizer, in single precision.
fn go<R: Rule>(fixture: &Fixture, steps: std::ops::Range<usize>, net: &mut Net, optimizer: &mut Optim<R>) {
    run(fixture, steps, net, |_, net, gradients| optimizer.step(net, gradients).unwrap());
}

#[test]
fn a_run_goes_on_to_the_bit() {
    let (fixture, path) = (Fixture::open("optimizers"), path("half.safetensors"));
    let mut whole = start::<f32>(&fixture);
    let mut optimizer = RMSprop::new(&whole, config());
    go(&fixture, 0..30, &mut whole, &mut optimizer);

    let mut net = start::<f32>(&fixture);
    let mut optimizer = RMSprop::new(&net, config());
    go(&fixture, 0..13, &mut net, &mut optimizer);
    optimizer.save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    // Another network object with the same parameters, as after loading it from a file.
    let mut other = start::<f32>(&fixture);
    other.fc1 = net.fc1.clone();
    other.fc2 = net.fc2.clone();
    let mut optimizer = RMSprop::new(&other, config());
    optimizer.load(&other, &path).unwrap();
    go(&fixture, 13..30, &mut other, &mut optimizer);
    assert_eq!(row(&other), row(&whole));
    let again = path.with_file_name("again.safetensors");
    let mut copy = RMSprop::new(&other, config());
    copy.load(&other, &path).unwrap();
    copy.save(&again).unwrap();
    assert_eq!(fs::read(&again).unwrap(), bytes, "the same state is the same bytes");
}

/// A state after three steps.
fn saved(name: &str) -> (PathBuf, Net, RMSprop) {
    let (fixture, path) = (Fixture::open("optimizers"), path(name));
    let mut net = start::<f32>(&fixture);
    let mut optimizer = RMSprop::new(&net, config());
    go(&fixture, 0..3, &mut net, &mut optimizer);
    optimizer.save(&path).unwrap();
    (path, net, optimizer)
}

#[test]
fn what_does_not_fit_is_refused() {
    let (path, net, _) = saved("fit.safetensors");
    let shown = path.display();
    let error = Adam::new(&net, AdamConfig::default()).load(&net, &path).unwrap_err();
    assert_eq!(error.to_string(), format!("{shown}: expected the state of Adam, found the state of RMSprop"));
    let wider = Wider::new(&Cpu::default());
    let error = RMSprop::new(&wider, config()).load(&wider, &path).unwrap_err();
    assert!(matches!(&error, IoError::Shape { name, .. } if name == "fc1.weight.square_avg"), "{error}");
    let error = RMSprop::new(&net, RMSpropConfig::default()).load(&net, &path).unwrap_err();
    assert!(matches!(&error, IoError::Unexpected { name, .. } if name.ends_with("grad_avg")), "{error}");
    let parameters = path.with_file_name("parameters.safetensors");
    io::save_safetensors(&net, &parameters).unwrap();
    let error = RMSprop::new(&net, config()).load(&net, &parameters).unwrap_err();
    assert!(error.to_string().ends_with("expected the state of RMSprop, found a file of another kind"), "{error}");
    let plain = RMSprop::new(&net, RMSpropConfig::default());
    plain.save(&path).unwrap();
    RMSprop::new(&net, config()).load(&net, &path).expect("a state of nothing fits");
}

#[test]
fn damaged_files_are_refused() {
    let (path, net, optimizer) = saved("whole.safetensors");
    let whole = fs::read(&path).unwrap();
    let damaged = path.with_file_name("damaged.safetensors");
    let mut cases: Vec<Vec<u8>> = (0..whole.len()).step_by(11).map(|len| whole[..len].to_vec()).collect();
    for byte in 0..whole.len().min(1500) {
        let mut flipped = whole.clone();
        flipped[byte] ^= 0x15;
        cases.push(flipped);
    }
    for case in cases {
        fs::write(&damaged, &case).unwrap();
        let mut own = RMSprop::new(&net, config());
        // A flipped byte may fall among the numbers.
        if own.load(&net, &damaged).is_ok() {
            assert_eq!(case.len(), whole.len());
        }
    }
    drop(optimizer);
}
