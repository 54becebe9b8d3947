//! What is timed on a GPU: networks, each at two batch sizes.

use layercake_ir::{Graph, Shape};
use layercake_models::networks::ResNet50;

use crate::networks::{CharLstm, CharTransformer, LeNet5, Mlp, Vgg16};

/// A network with its batch sizes.
pub struct Workload {
    /// Its name on all sides.
    pub name: &'static str,
    pub title: &'static str,
    pub batches: [usize; 2],
    graph: &'static Graph,
    /// The number of characters that the emulated device takes instead, or whether it takes the network as it is.
    small: Small,
}

enum Small {
    AsItIs,
    Steps(usize),
    /// It would take minutes.
    No,
}

pub const ALL: [Workload; 6] = [
    Workload { name: "mlp", title: "MLP 784-512-256-10", batches: [64, 1024], graph: Mlp::GRAPH, small: Small::AsItIs },
    Workload { name: "lenet", title: "LeNet-5", batches: [64, 1024], graph: LeNet5::GRAPH, small: Small::AsItIs },
    Workload { name: "vgg16", title: "VGG-16, batch norm, 32x32", batches: [32, 256], graph: Vgg16::GRAPH, small: Small::No },
    Workload { name: "resnet50", title: "ResNet-50, 224x224", batches: [16, 64], graph: ResNet50::GRAPH, small: Small::No },
    Workload { name: "lstm", title: "LSTM, 64 characters", batches: [32, 256], graph: CharLstm::GRAPH, small: Small::Steps(4) },
    Workload {
        name: "transformer",
        title: "transformer, 128 characters",
        batches: [32, 128],
        graph: CharTransformer::GRAPH,
        small: Small::No,
    },
];

impl Workload {
    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Workload> {
        ALL.iter().find(|workload| workload.name == name)
    }

    /// Whether the emulated device takes it.
    pub fn is_small(&self) -> bool {
        !matches!(self.small, Small::No)
    }

    /// The network; with `small` that for the emulated device.
    pub fn graph(&self, small: bool) -> Graph {
        match self.small {
            Small::Steps(steps) if small => self.graph.resized(&[Shape::new(&[steps])]).expect("it takes sequences of any length"),
            _ => self.graph.clone(),
        }
    }
}
