//! Numbers derived from names, in place of large fixtures.

use layercake::ir::Graph;

use crate::{Numbers, Random};

/// The numbers of a name, evenly spread over `low..high`, rounded to float32; `pytorch/gallery.py` works out the same ones.
pub fn seeded(name: &str, dims: &[usize], low: f64, high: f64) -> Numbers {
    // FNV-1a.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    Random::new(hash).numbers(dims, low, high)
}

/// Numbers for the tensor of a path in a network: no tensor is all ones or zeros, and activations keep their scale.
pub fn seeded_parameter(network: &str, path: &str, dims: &[usize]) -> Numbers {
    let (low, high) = match path.rsplit('.').next() {
        Some("running_var") => (0.5, 2.0),
        Some("weight") if dims.len() == 1 => (0.5, 1.5),
        Some("weight") => {
            let spread = 2.4 / (dims[1..].iter().product::<usize>() as f64).sqrt();
            (-spread, spread)
        }
        _ => (-0.5, 0.5),
    };
    seeded(&format!("{network}/{path}"), dims, low, high)
}

/// The numbers of all tensors of a graph, in its order.
pub fn seeded_state(network: &str, graph: &Graph) -> Vec<Numbers> {
    tensors(graph).iter().map(|(path, dims)| seeded_parameter(network, path, dims)).collect()
}

/// The paths and sizes of all tensors of a graph, in its order.
pub fn tensors(graph: &Graph) -> Vec<(String, Vec<usize>)> {
    let of = |node: &layercake::ir::Node| {
        let named = |param: &layercake::ir::Param| (param.path(&node.name), param.shape.dims().to_vec());
        node.params().as_slice().iter().map(named).collect::<Vec<_>>()
    };
    graph.nodes().iter().flat_map(of).collect()
}
