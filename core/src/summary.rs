//! The table of a network's layers.

use std::borrow::Cow;
use std::fmt;

use layercake_ir::{Graph, grouped};

/// The table of a network's layers, with shapes, parameters and multiply-adds; `Display` prints it.
///
/// The figures are those of torchinfo's `summary` for a batch of one: multiply-adds count each parameter, biases too, once for each
/// position of the output that it is used at; the size of a pass counts the outputs of layers with parameters, forward and backward.
#[derive(Clone, Debug)]
pub struct Summary {
    graph: Cow<'static, Graph>,
}

const BYTES: u64 = size_of::<f32>() as u64;

impl Summary {
    /// The table of a network's graph. That of a graph made at run time is `Summary::from(graph)`.
    pub const fn of(graph: &'static Graph) -> Self {
        Self { graph: Cow::Borrowed(graph) }
    }

    /// The sum of the layers' multiply-adds, as torchinfo counts them.
    pub fn mult_adds(&self) -> u64 {
        self.graph.mult_adds()
    }

    fn input_bytes(&self) -> u64 {
        self.graph.inputs().iter().map(|port| port.shape.len() as u64 * BYTES).sum()
    }

    fn pass_bytes(&self) -> u64 {
        let nodes = self.graph.nodes().iter().filter(|node| node.params().count() > 0);
        2 * nodes.map(|node| node.output.len() as u64 * BYTES).sum::<u64>()
    }
}

impl From<Graph> for Summary {
    fn from(graph: Graph) -> Self {
        Self { graph: Cow::Owned(graph) }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = &*self.graph;
        let mut rows = vec![["layer", "operation", "output", "parameters", "mult-adds"].map(String::from)];
        for port in graph.inputs() {
            rows.push([port.name.to_string(), String::new(), port.shape.to_string(), "-".into(), "-".into()]);
        }
        for node in graph.nodes() {
            let (params, mult_adds) = (node.params().count(), node.mult_adds());
            let count = |n: u64| if n == 0 { "-".into() } else { grouped(n) };
            rows.push([node.name.to_string(), node.op.kind().into(), node.output.to_string(), count(params as u64), count(mult_adds)]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths = [0, 1, 2, 3, 4].map(width);
        let line = "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));
        writeln!(f, "{}\n{line}", graph.name)?;
        for (i, [layer, operation, output, params, mult_adds]) in rows.iter().enumerate() {
            let [a, b, c, d, e] = widths;
            let row = format!("{layer:a$}  {operation:b$}  {output:c$}  {params:>d$}  {mult_adds:>e$}");
            writeln!(f, "{}", row.trim_end())?;
            if i == 0 {
                writeln!(f, "{line}")?;
            }
        }
        let buffers = graph.nodes().iter().flat_map(|node| node.params().as_slice().to_vec()).filter(|param| !param.trained);
        let buffers: usize = buffers.map(|param| param.shape.len()).sum();
        let params = graph.params() as u64;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        writeln!(f, "{line}")?;
        writeln!(f, "trained parameters     {}", grouped(params))?;
        if buffers > 0 {
            writeln!(f, "running statistics     {}", grouped(buffers as u64))?;
        }
        writeln!(f, "mult-adds              {}", grouped(self.mult_adds()))?;
        writeln!(f, "FLOPs                  {}", grouped(graph.flops()))?;
        let [height, width] = graph.receptive_field();
        writeln!(f, "receptive field        {height} x {width}")?;
        writeln!(f, "input                  {:.2} MB", megabytes(self.input_bytes()))?;
        writeln!(f, "forward/backward pass  {:.2} MB", megabytes(self.pass_bytes()))?;
        write!(f, "parameters             {:.2} MB", megabytes(params * BYTES))
    }
}
