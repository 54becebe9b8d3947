//! The table of a network's layers.

use std::borrow::Cow;
use std::fmt;

use layercake_ir::{Graph, Op, Shape, grouped};

use layercake_draw::{CustomPart, Shown};

/// The table of a network's layers, with shapes, parameters and multiply-adds; `Display` prints it.
///
/// The numbers are those of torchinfo's `summary` for a batch of one: multiply-adds count each parameter, including biases, once per position or step
/// of the output; the size of a pass counts the outputs of layers with parameters, forward and backward. The receptive field is shown for networks
/// with sliding windows.
///
/// `Net::summary()` knows the parameters of custom layers from their types. A graph alone does not know them, and its table has `?` instead. The
/// operations of custom layers are never known.
#[derive(Clone, Debug)]
pub struct Summary {
    graph: Cow<'static, Graph>,
    customs: Vec<CustomPart>,
}

const BYTES: u64 = size_of::<f32>() as u64;

impl Summary {
    /// The table of a network's graph. For a graph built at run time use `Summary::from(graph)`.
    pub const fn of(graph: &'static Graph) -> Self {
        Self { graph: Cow::Borrowed(graph), customs: Vec::new() }
    }

    /// Adds what is known of the custom layers.
    #[must_use]
    pub fn with_custom(self, customs: Vec<CustomPart>) -> Self {
        Self { customs, ..self }
    }

    /// The sum of the layers' multiply-adds, as torchinfo counts them.
    pub fn mult_adds(&self) -> u64 {
        self.graph.mult_adds()
    }

    /// The number of trained parameters, including those of custom layers if they are known.
    pub fn params(&self) -> usize {
        Shown::new(&self.graph, &self.customs).total()
    }

    fn input_bytes(&self) -> u64 {
        self.graph.inputs().iter().map(|port| port.shape.len() as u64 * BYTES).sum()
    }
}

impl From<Graph> for Summary {
    fn from(graph: Graph) -> Self {
        Self { graph: Cow::Owned(graph), customs: Vec::new() }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = &*self.graph;
        let shown = Shown::new(graph, &self.customs);
        let mut rows = vec![["layer", "operation", "output", "parameters", "mult-adds"].map(String::from)];
        for port in graph.inputs() {
            rows.push([port.name.to_string(), String::new(), port.shape.to_string(), "-".into(), "-".into()]);
        }
        for (index, node) in graph.nodes().iter().enumerate() {
            let params = shown.params(index).map(|count| count as u64);
            let mult_adds = match node.op {
                // A layer without tensors has no multiply-adds of this kind.
                Op::Custom(_) if params != Some(0) => None,
                _ => Some(graph.node_mult_adds(index)),
            };
            let outputs: Vec<String> = node.shapes().map(Shape::to_string).collect();
            rows.push([node.name.to_string(), shown.kind(index).into(), outputs.join(", "), count(params), count(mult_adds)]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
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
        writeln!(f, "{line}")?;
        self.totals(f, &shown)
    }
}

impl Summary {
    fn totals(&self, f: &mut fmt::Formatter<'_>, shown: &Shown<'_>) -> fmt::Result {
        let graph = &*self.graph;
        // Networks in networks are expanded: their layers count like any other.
        let flat = graph.inlined();
        let inside = Shown::new(&flat, &self.customs);
        let customs: Vec<usize> = (0..flat.nodes().len()).filter(|&index| matches!(flat.nodes()[index].op, Op::Custom(_))).collect();
        let names = |left_out: &dyn Fn(usize) -> bool| {
            let mut names: Vec<String> = Vec::new();
            for &index in customs.iter().filter(|&&index| left_out(index)) {
                let name = format!("`{}`", flat.nodes()[index].name);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            if names.is_empty() { String::new() } else { format!(", without {}", names.join(", ")) }
        };
        let (unknown, unmeasured) = (names(&|index| inside.params(index).is_none()), names(&|index| inside.params(index) != Some(0)));
        let buffers = flat.nodes().iter().flat_map(|node| node.params().as_slice().to_vec()).filter(|param| !param.trained);
        let buffers =
            buffers.map(|param| param.shape.len()).sum::<usize>() + self.customs.iter().map(|custom| custom.buffers).sum::<usize>();
        let params = shown.total() as u64;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        writeln!(f, "trained parameters     {}{unknown}", grouped(params))?;
        if buffers > 0 {
            writeln!(f, "running statistics     {}", grouped(buffers as u64))?;
        }
        writeln!(f, "mult-adds              {}{unmeasured}", grouped(self.mult_adds()))?;
        writeln!(f, "FLOPs                  {}{unmeasured}", grouped(graph.flops()))?;
        if graph.has_receptive_field() {
            let [height, width] = graph.receptive_field();
            writeln!(f, "receptive field        {height} x {width}")?;
        }
        writeln!(f, "input                  {:.2} MB", megabytes(self.input_bytes()))?;
        writeln!(f, "forward/backward pass  {:.2} MB", megabytes(pass_bytes(&inside)))?;
        write!(f, "parameters             {:.2} MB", megabytes(params * BYTES))
    }
}

/// The bytes that layers with parameters write, forward and backward; for a recurrent layer only its output, without the states.
fn pass_bytes(shown: &Shown<'_>) -> u64 {
    let nodes = shown.graph.nodes().iter().enumerate();
    let owning =
        nodes.filter(|(index, node)| !node.op.params().as_slice().is_empty() || shown.params(*index).is_some_and(|count| count > 0));
    owning.map(|(_, node)| 2 * node.output.len() as u64 * BYTES).sum()
}

/// `1,234`, `-` for 0, `?` for unknown.
fn count(number: Option<u64>) -> String {
    match number {
        None => "?".into(),
        Some(0) => "-".into(),
        Some(number) => grouped(number),
    }
}
