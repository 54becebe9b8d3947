//! Draws Layercake networks: a graph as an SVG picture, or in the languages of Graphviz and Mermaid. Most programs use it as `layercake::Drawing`.
//!
//! # How it works
//!
//! `repeats` finds repeated blocks; `options` and `layers` write the texts of boxes; `diagram` folds a graph into boxes, links and frames.
//! `layout` places the boxes and routes the links; it knows only their sizes. `svg`, `dot` and `mermaid` write the result in their
//! language; programs that read the latter two compute the layout themselves.

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

/// The drawing of a network. Data flows from top to bottom; each layer is a box with its name, options and parameters; each arrow shows the
/// shape of the value. Activations, normalization, dropout and flattening are bars under the layer that they follow; consecutive
/// convolutions and linear layers that keep the shape share a box. A layer that uses another's parameters shows `= name`.
///
/// Consecutive equal blocks, such as those of `Repeat`, are drawn once, in a frame that shows their number: `× 3`. [`Drawing::full`] draws
/// all of them.
///
/// Equal graphs give the same text, byte for byte.
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
    values: Vec<[String; 2]>,
}

impl Drawing {
    /// The drawing of a graph.
    pub fn of(graph: &Graph) -> Self {
        Self { graph: Cow::Owned(graph.clone()), customs: Vec::new(), full: false, values: Vec::new() }
    }

    /// Adds what is known of the custom layers; a network's own `Net::draw()` does so.
    #[must_use]
    pub fn with_custom(self, customs: Vec<CustomPart>) -> Self {
        Self { customs, ..self }
    }

    /// Writes two texts beside each value in place of its shape, such as the numbers that flow and below them their gradients. Each layer has a box of its own then, and every
    /// block is drawn. The texts are in the order of the graph's values; values without one have their shape.
    #[must_use]
    pub fn with_values(self, values: Vec<[String; 2]>) -> Self {
        Self { values, full: true, ..self }
    }

    /// Draws every block, however often it is repeated.
    #[must_use]
    pub fn full(self) -> Self {
        Self { full: true, ..self }
    }

    /// The drawing as SVG, which browsers show, on a light background. It can be a file or part of an HTML page: it has neither ids nor
    /// style rules that could conflict with those of the page.
    ///
    /// Each arrow is a path whose `data-from` and `data-to` are the indices of the values that it connects in the graph (for an output, its
    /// name); the group of each layer has its value in `data-value`. For repeated blocks these are the values of the first one.
    pub fn svg(&self) -> String {
        svg::write(&self.diagram())
    }

    /// The drawing as a directed graph in the language of Graphviz; `dot -Tpdf` renders it. Repeated blocks are clusters.
    pub fn dot(&self) -> String {
        dot::write(&self.diagram())
    }

    /// The drawing as a Mermaid flowchart, which GitHub and GitLab render in Markdown. Repeated blocks are subgraphs.
    pub fn mermaid(&self) -> String {
        mermaid::write(&self.diagram())
    }

    fn diagram(&self) -> Diagram {
        let shown = Shown::new(&self.graph, &self.customs).with_values(&self.values);
        let mut repeats = if self.full { Vec::new() } else { repeats::repeats(&shown) };
        loop {
            let diagram = Diagram::of(&shown, &repeats);
            let crowded = svg::crowded(&diagram);
            if crowded.is_empty() {
                return diagram;
            }
            // A box next to such a block is in the way of its frame.
            for number in crowded.into_iter().rev() {
                repeats.remove(number);
            }
        }
    }
}
