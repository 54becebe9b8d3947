//! The bytes are those of TensorBoard's own writer: `tests/tensorboard/events.py` writes the file.

use std::collections::BTreeMap;
use std::path::Path;

use layercake::ir::{Builder, INFER, Shape, ops};

use super::event::{What, record};
use super::hparams::{self, HyperParameter};
use super::summary::{self, Histogram};
use super::{SummaryWriter, graph};
use crate::TrainError;

const TIME: f64 = 1_700_000_000.5;

fn network() -> layercake::ir::Graph {
    let mut builder = Builder::new("Net");
    let conv = ops::Conv2d {
        in_channels: INFER,
        out_channels: 3,
        kernel: [3; 2],
        stride: [1; 2],
        padding: [1; 2],
        dilation: [1; 2],
        groups: 1,
        bias: true,
    };
    let image = builder.input("image", Shape::new(&[2, 4, 4])).unwrap();
    let conv = builder.add("block.conv", conv, &[image]).unwrap();
    let relu = builder.add("relu", ops::Relu {}, &[conv]).unwrap();
    let sum = builder.add("sum", ops::Add {}, &[relu, conv]).unwrap();
    builder.finish(&[("output", sum)])
}

#[test]
fn the_bytes_of_tensorboard() {
    let settings: BTreeMap<String, HyperParameter> = [
        ("lr", HyperParameter::Number(1e-3)),
        ("model", HyperParameter::Text("net".to_owned())),
        ("restore_best", HyperParameter::Bool(false)),
        ("weight_decay", HyperParameter::Number(0.0)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let histogram = Histogram::of([-1.0, 0.5, 2.0, 2.0].into_iter()).unwrap();
    let events = [
        (0, What::Version),
        (7, What::Start),
        (0, What::Graph(graph::message(&network()))),
        (0, What::Summary(hparams::start(&settings, TIME))),
        (12, What::Summary(summary::scalar("loss/train", 0.625))),
        (300, What::Summary(summary::scalar("loss/train", 0.0))),
        (300, What::Summary(summary::histogram("weights/fc.weight", &histogram))),
        (300, What::Summary(summary::image("pictures/filters", [300, 2], b"\x89PNG\r\n"))),
        (0, What::Summary(hparams::end(TIME))),
    ];
    let expected = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tensorboard/events.tfrecord")).unwrap();
    let mut rest = &expected[..];
    for (step, what) in &events {
        let found = record(TIME, *step, what);
        let (record, after) = rest.split_at(found.len().min(rest.len()));
        assert!(found == record, "{what:?} at step {step}\n{found:x?}\n{record:x?}");
        rest = after;
    }
    assert!(rest.is_empty());
}

#[test]
fn files_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..3).map(|_| SummaryWriter::create(&folder.path().join("a/b")).unwrap().path().to_owned()).collect();
    assert!(names.is_sorted() && names[0] != names[1] && names[1] != names[2], "{names:?}");
    // A file where the folder should be, and a file in its path.
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("within")] {
        match SummaryWriter::create(&path) {
            Err(TrainError::File { path: named, .. }) => assert_eq!(named, path),
            other => panic!("{other:?}"),
        }
    }
}
