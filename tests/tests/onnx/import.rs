//! Reading what was written.

use dfdx::tensor::Cpu;
use layercake::io::onnx::{LoadOptions, load_bytes, save_resized, to_bytes};
use layercake::ir::{Graph, Op, Shape};
use layercake::{GraphModel, Model, io};
use layercake_tests::difference;

use crate::cases::{Case, catalogue, run, zoo};

/// What an ONNX file cannot say in a way that is read back, by the beginning of a case's name.
const REFUSED: &[(&str, &str)] = &[("max_unpool2d", "there is no layer for this operator")];

/// Every case that is written is read again, as a network that gives the same numbers.
#[test]
fn what_is_written_is_read() {
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for case in catalogue().into_iter().chain(zoo(100_000)) {
        let bytes = to_bytes(&case.model).unwrap_or_else(|refusals| panic!("{}: {refusals}", case.name));
        match load_bytes(&bytes, &LoadOptions::default(), &case.name) {
            Ok(model) => wrong.extend(compare(&case, &model)),
            Err(error) if REFUSED.iter().any(|(name, reason)| case.name.starts_with(name) && error.to_string().contains(reason)) => {
                refused += 1
            }
            Err(error) => wrong.push(error.to_string()),
        }
    }
    println!("{refused} refused by name");
    assert!(refused > 0, "the list of what is refused is out of date");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn compare(case: &Case, model: &GraphModel) -> Option<String> {
    let found = run(model, &case.inputs);
    for (found, expected) in found.iter().zip(&case.outputs) {
        if found.dims != expected.dims {
            return Some(format!("{}: {:?} in place of {:?}", case.name, found.dims, expected.dims));
        }
        let worst = difference(found, expected) / expected.magnitude().max(1.0);
        if worst.is_nan() || worst > 1e-4 {
            return Some(format!("{}: differs by {worst:e}", case.name));
        }
    }
    None
}

/// Names of PyTorch stay what they are, so that parameter files of the declared network load.
#[test]
fn names_are_kept() {
    let graph = layercake_models::zoo().iter().find_map(|model| model.graph().filter(|_| model.name() == "resnet20")).expect("in the zoo");
    let model = GraphModel::new(graph.clone(), &Cpu::seed_from_u64(1));
    let read =
        load_bytes(&to_bytes(&model).expect("layers of ONNX"), &LoadOptions::default(), "resnet20").expect("a file as it is written");
    let names = |model: &GraphModel| model.named_tensors().iter().map(|tensor| tensor.path().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&read), names(&model));
}

/// A network that is written and read again is the declared one, layer by layer. A plan is made from the layers, so it has the same steps and speed.
#[test]
fn an_imported_network_has_the_declared_plan() {
    for name in ["resnet18_cifar", "mobilenet_v2", "lenet5"] {
        let declared = layercake_models::zoo().iter().find_map(|model| model.graph().filter(|_| model.name() == name)).expect("in the zoo");
        let bytes = to_bytes(&GraphModel::new(declared.clone(), &Cpu::seed_from_u64(0))).expect("layers of ONNX");
        let read = load_bytes(&bytes, &LoadOptions::default(), name).expect("a file as it is written");
        let steps = |graph: &Graph| -> Vec<String> {
            let nodes = graph.inlined().nodes().to_vec();
            nodes.into_iter().filter(|node| !is_no_step(&node.op)).map(|node| format!("{} {}", node.op.spec().kind, node.output)).collect()
        };
        let (found, expected) = (steps(read.graph()), steps(declared));
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{name}, layer {index}");
        }
        assert_eq!(found.len(), expected.len(), "{name}");
    }
}

/// Whether a layer does nothing at inference: it only trains, or is another view of the same numbers, for which the engine has no step.
fn is_no_step(op: &Op) -> bool {
    matches!(op, Op::Dropout(_) | Op::Dropout2d(_) | Op::StochasticDepth(_) | Op::Flatten(_) | Op::Reshape(_))
}

/// Another length than the graph has.
#[test]
fn other_sizes() {
    let model = crate::cases::catalogue()
        .into_iter()
        .find(|case| case.name == "lstm.plain" || case.name.starts_with("lstm."))
        .expect("a case")
        .model;
    let shape = model.graph().inputs()[0].shape;
    let longer = Shape::new(&[shape.dim(0) + 3, shape.dim(1)]);
    let path = std::env::temp_dir().join(format!("layercake-{}.onnx", std::process::id()));
    save_resized(&model, &[longer], &path).expect("a file");
    let read = io::onnx::load(&path).expect("a file as it is written");
    std::fs::remove_file(&path).expect("it was there");
    assert_eq!(read.graph().inputs()[0].shape, longer);
}
