//! Pictures of networks.
//!
//! `diagram` says what is to be seen: it folds a graph into boxes and links. `layout` places the boxes and routes the links; it knows
//! sizes only. `svg`, `dot` and `mermaid` each write the result in their language; the latter two leave the layout to their readers.

mod diagram;
mod dot;
mod family;
mod layers;
mod layout;
mod mermaid;
mod svg;
mod text;

use diagram::Diagram;
use layercake_ir::Graph;

/// The picture of a network: data flows from top to bottom, each layer is a box with its options and parameters, the shape of what it gives
/// stands at the arrow. Activations, normalisation, dropout and flattening are bars under the layer that they follow; convolutions and
/// linear layers in a row that keep the shape share a box. A layer that uses another's parameters says `= name`.
///
/// The same graph gives the same text, byte for byte.
///
/// ```
/// use layercake::Drawing;
/// use layercake::ir::{Builder, INFER, Op, Shape, ops::Linear};
///
/// let mut builder = Builder::new("Perceptron");
/// let x = builder.input("input", Shape::new(&[784]))?;
/// let x = builder.add("fc1", Op::Linear(Linear { in_features: INFER, out_features: 10, bias: true }), &[x])?;
/// let drawing = Drawing::of(&builder.finish(&[("output", x)]));
/// assert!(drawing.svg().starts_with("<svg"));
/// assert!(drawing.dot().contains("fc1"));
/// assert!(drawing.mermaid().starts_with("flowchart TD"));
/// # Ok::<(), layercake::ir::Mistake>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drawing {
    diagram: Diagram,
}

impl Drawing {
    /// The picture of a graph.
    pub fn of(graph: &Graph) -> Self {
        Self { diagram: Diagram::of(graph) }
    }

    /// A picture that browsers show, on a light background of its own. It can stand in a file or inside an HTML page: it has neither ids
    /// nor style rules that could meet those of its surroundings.
    ///
    /// Each arrow is a path that says in `data-from` and `data-to` which value flows into which, by the numbers of the graph's
    /// values (an output pill has its name there); each layer's group says its value in `data-value`.
    pub fn svg(&self) -> String {
        svg::write(&self.diagram)
    }

    /// A directed graph in Graphviz' language; `dot -Tpdf` draws it.
    pub fn dot(&self) -> String {
        dot::write(&self.diagram)
    }

    /// A flowchart in Mermaid's language, which Markdown pages on GitHub and GitLab draw.
    pub fn mermaid(&self) -> String {
        mermaid::write(&self.diagram)
    }
}
