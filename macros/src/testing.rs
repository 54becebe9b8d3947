//! Helpers for the tests of several stages.

use proc_macro2::TokenStream;

use crate::lower::{self, Peer, Templates};
use crate::report::Report;
use crate::shape::Model;
use crate::{check, network, onnx, parse, shape};

/// LeNet-5, with every part that a block can have.
pub const LENET5: &str = "
    /// LeNet-5 (LeCun et al., 1998).
    pub LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5) -> [16, _, _], Tanh, AvgPool2d(2),
        Flatten,
        fc1: Linear(400 -> 120), Tanh,
        fc2: Linear(84), Tanh,
        /// The classifier.
        fc3: Linear(10, bias = false),
    }";

/// The tokens of a block.
pub fn tokens(block: &str) -> TokenStream {
    block.parse().unwrap_or_else(|_| panic!("a test's block is made of tokens: {block}"))
}

/// A block's expansion, as text with one space between tokens.
pub fn expanded(block: &str) -> String {
    let block = tokens(block);
    network::network(quote::quote!((::layercake) #block)).to_string()
}

/// The texts of all mistakes of a block, in the order of the stages.
pub fn mistakes(block: &str) -> Vec<String> {
    report(block).texts()
}

/// All mistakes of a block, in the order of the stages.
pub fn report(block: &str) -> Report {
    let mut report = Report::default();
    let parse::Block { mut networks, templates, imports } = parse::block(tokens(block), &mut report);
    check::names(&mut networks);
    check::cycles(&mut networks);
    let peers = Peer::all(networks.iter().map(|(network, _)| network));
    let templates = Templates::new(templates, imports, &peers, &mut report);
    for (network, own) in &mut networks {
        check::network(network, own);
        if let Some(file) = &network.file {
            onnx::model(network, file, own);
        } else {
            let plan = lower::network(network, &templates, &peers, own);
            shape::model(network, plan, own);
        }
        report.append(own);
    }
    report
}

/// Calls `work` with the model of a block's only network and its mistakes.
pub fn with_model<R>(block: &str, work: impl FnOnce(&Model, &Report) -> R) -> R {
    let mut report = Report::default();
    let parse::Block { mut networks, templates, imports } = parse::block(tokens(block), &mut report);
    let peers = Peer::all(networks.iter().map(|(network, _)| network));
    let templates = Templates::new(templates, imports, &peers, &mut report);
    let (network, own) = networks.first_mut().expect("a test's block has a network");
    report.append(own);
    check::network(network, &mut report);
    let plan = lower::network(network, &templates, &peers, &mut report);
    let model = shape::model(network, plan, &mut report);
    work(&model, &report)
}

/// The output shapes of all layers of a block's only network, as text.
pub fn outputs(block: &str) -> Vec<String> {
    with_model(block, |model, _| model.nodes.iter().flat_map(|node| node.outputs.iter().map(crate::flow::Flow::text)).collect())
}
