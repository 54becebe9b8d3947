//! Networks for the user's own data.

use layercake_train::Goal;

use super::*;
use crate::networks::{LeNet5, ResNet20, UNet, Vgg8};

/// Besides the last layer, all is as it was, with the same initial values.
#[test]
fn another_head() {
    for graph in [LeNet5::<f32, Cpu>::GRAPH, ResNet20::<f32, Cpu>::GRAPH] {
        assert_eq!(head::replaced(graph, 10, None).unwrap(), *graph, "{}", graph.name);
        let three = head::replaced(graph, 3, None).unwrap();
        assert_eq!(three.outputs()[0].shape.dims(), [3]);
        assert!(three.params() < graph.params() && three.nodes().len() == graph.nodes().len());
    }
    let chosen = head::replaced(Vgg8::<f32, Cpu>::GRAPH, 3, Some(0.25)).unwrap();
    let dropped = |node: &layercake::ir::Node| match node.op {
        layercake::ir::Op::Dropout(dropout) => Some(dropout.p),
        _ => None,
    };
    assert_eq!(chosen.nodes().iter().filter_map(dropped).collect::<Vec<_>>(), [0.25, 0.25]);
    let refused = head::replaced(LeNet5::<f32, Cpu>::GRAPH, 10, Some(0.25)).unwrap_err();
    assert_eq!(refused, "`--dropout` has no effect on `LeNet5`: it has no dropout");
    let refused = head::replaced(UNet::<f32, Cpu>::GRAPH, 3, None).unwrap_err();
    assert!(refused.starts_with("`UNet` ends with `") && refused.ends_with("`, which is not a linear layer of its own"), "{refused}");
}

#[test]
fn sizes_of_a_perceptron() {
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let mut own = OwnData { goal: Goal::Classes(classes), input: vec![5], hidden: vec![7, 4], ..OwnData::default() };
    let graph = mlp::graph(&own).unwrap();
    assert_eq!(graph.params(), (5 * 7 + 7) + (7 * 4 + 4) + (4 * 3 + 3));
    let names: Vec<&str> = graph.nodes().iter().map(|node| &*node.name).collect();
    assert_eq!(names, ["fc1", "relu1", "fc2", "relu2", "fc3"]);
    own.dropout = Some(0.25);
    let names: Vec<String> = mlp::graph(&own).unwrap().nodes().iter().map(|node| node.name.to_string()).collect();
    assert_eq!(names, ["fc1", "relu1", "dropout1", "fc2", "relu2", "dropout2", "fc3"]);
    own.hidden.clear();
    assert_eq!(mlp::graph(&own).unwrap().params(), (5 * 100 + 100) + (100 * 3 + 3));
}
