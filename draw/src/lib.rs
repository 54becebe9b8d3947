//! Draws Layercake networks: a graph as an SVG picture, or in the languages of Graphviz and Mermaid. Most programs use it as `layercake::Drawing`.
//!
//! # How it works
//!
//! `repeats` finds blocks that come several times; `options` and `layers` say what stands in a box; `diagram` says what is to be seen: it folds
//! a graph into boxes, links and frames. `layout` places the boxes and routes the links; it knows
//! sizes only. `svg`, `dot` and `mermaid` each write the result in their language; the latter two leave the layout to their readers.

mod diagram;
mod dot;
mod family;
mod layers;
mod layout;
mod mermaid;
mod repeats;
mod shown;
mod svg;
mod text;
mod walk;

use std::borrow::Cow;

use diagram::Diagram;
use layercake_ir::Graph;

pub use shown::{CustomPart, Shown};

/// The picture of a network: data flows from top to bottom, each layer is a box with its sizes, options and parameters, the shape of what
/// it gives stands at the arrow. Activations, normalization, dropout and flattening are bars under the layer that they follow;
/// convolutions and linear layers in a row that keep the shape share a box. A layer that uses another's parameters says `= name`.
///
/// Equal blocks in a row, such as those of `Repeat`, are drawn once, in a frame that says how often they come: `× 3`.
/// [`Drawing::full`] draws all of them.
///
/// The same graph gives the same text, byte for byte.
///
/// ```
/// # use layercake_draw::Drawing;
/// # use layercake_ir::{Builder, INFER, Op, Shape, ops::Linear};
/// let mut builder = Builder::new("Perceptron");
/// let x = builder.input("input", Shape::new(&[784]))?;
/// let x = builder.add("fc1", Op::Linear(Linear { in_features: INFER, out_features: 10, bias: true }), &[x])?;
/// let drawing = Drawing::of(&builder.finish(&[("output", x)]));
/// assert!(drawing.svg().starts_with("<svg"));
/// assert!(drawing.dot().contains("fc1"));
/// assert!(drawing.mermaid().starts_with("flowchart TD"));
/// # Ok::<(), layercake_ir::Mistake>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drawing {
    graph: Cow<'static, Graph>,
    customs: Vec<CustomPart>,
    full: bool,
}

impl Drawing {
    /// The picture of a graph.
    pub fn of(graph: &Graph) -> Self {
        Self { graph: Cow::Owned(graph.clone()), customs: Vec::new(), full: false }
    }

    /// With what is known of the custom layers: a network's own `Net::draw()` knows it.
    #[must_use]
    pub fn with_custom(self, customs: Vec<CustomPart>) -> Self {
        Self { customs, ..self }
    }

    /// With every block, however often it is repeated.
    #[must_use]
    pub fn full(self) -> Self {
        Self { full: true, ..self }
    }

    /// A picture that browsers show, on a light background of its own. It can stand in a file or inside an HTML page: it has neither ids
    /// nor style rules that could meet those of its surroundings.
    ///
    /// Each arrow is a path that says in `data-from` and `data-to` which value flows into which, by the numbers of the graph's
    /// values (an output pill has its name there); each layer's group says its value in `data-value`. Of repeated blocks these are the
    /// values of the first.
    pub fn svg(&self) -> String {
        svg::write(&self.diagram())
    }

    /// A directed graph in Graphviz' language; `dot -Tpdf` draws it. Repeated blocks are clusters.
    pub fn dot(&self) -> String {
        dot::write(&self.diagram())
    }

    /// A flowchart in Mermaid's language, which Markdown pages on GitHub and GitLab draw. Repeated blocks are subgraphs.
    pub fn mermaid(&self) -> String {
        mermaid::write(&self.diagram())
    }

    fn diagram(&self) -> Diagram {
        let shown = Shown::new(&self.graph, &self.customs);
        let mut repeats = if self.full { Vec::new() } else { repeats::repeats(&shown) };
        loop {
            let diagram = Diagram::of(&shown, &repeats);
            let crowded = svg::crowded(&diagram);
            if crowded.is_empty() {
                return diagram;
            }
            // What stands beside such a block is in the way of its frame.
            for number in crowded.into_iter().rev() {
                repeats.remove(number);
            }
        }
    }
}
