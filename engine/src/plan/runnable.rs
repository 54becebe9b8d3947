//! What an operation tells the plan. An operation that does not implement it does not compile.

use std::sync::Arc;

use layercake_ir::{Graph, Node, Shape, ops::Window};

use super::{Key, channels::Given};
use crate::{
    EngineError, Mode,
    kernels::{Slide, elementwise::Function},
    layers::{Layer, Strips, channels::Form, map_size},
};

/// How the engine runs an operation.
pub trait Runnable {
    /// The layer with all its sizes. For an operation with several outputs, the layer computes all of them in one buffer, and
    /// [`Runnable::part`] is where each of them is.
    ///
    /// # Errors
    /// Returns an error if the layer cannot run here.
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError>;

    /// The shape of the buffer that holds all outputs of an operation with several. By default they follow one another.
    fn whole(&self, at: &At<'_>) -> Shape {
        Shape::new(&[at.node().shapes().map(Shape::len).sum()])
    }

    /// The position of output `index` in that buffer.
    fn part(&self, at: &At<'_>, index: usize) -> Strips {
        let first = at.node().shapes().take(index).map(Shape::len).sum();
        Strips { first, strip: at.node().shape(index).len(), row: self.whole(at).len() }
    }

    /// How it runs in a plan whose channels are innermost ([`super::channels`]); by default as in the other layout.
    fn form(&self, _at: &At<'_>, _given: Given) -> Option<Form> {
        None
    }

    /// The elementwise function that the operation is, if it is one. After a matrix product it is fused to it.
    fn function(&self) -> Option<Arc<dyn Function>> {
        None
    }

    /// Whether most of its arithmetic is in tiles, whose transforms work on vectors of images.
    fn transforms(&self) -> bool {
        false
    }

    /// Whether most of its arithmetic is in products whose columns are the images, and nothing else.
    fn by_images(&self, _input: &Shape) -> bool {
        false
    }

    /// The approximate number of elements that it keeps for the backward pass, for one image.
    fn kept(&self, _input: &Shape, _output: &Shape) -> u128 {
        0
    }

    /// Whether it moves elements by tables of source positions.
    fn by_tables(&self) -> bool {
        false
    }

    /// The window of a convolution that reads its input from a frame.
    fn framed<'a>(&self, _input: &'a Shape, _output: &'a Shape) -> Option<Framed<'a>> {
        None
    }
}

/// A convolution by the definition. A transposed convolution goes from `small` to `large`.
#[derive(Debug)]
pub struct Framed<'a> {
    /// The window.
    pub window: Window,
    /// The shape of the maps that the window slides over.
    pub large: &'a Shape,
    /// The shape of the maps with one element per window position.
    pub small: &'a Shape,
    /// The number of channels of the larger maps.
    pub channels: usize,
}

/// The place of an operation in the graph.
#[derive(Debug)]
pub struct At<'a> {
    /// The whole graph.
    pub graph: &'a Graph,
    /// The index of the node.
    pub index: usize,
    /// What the plan depends on.
    pub key: Key,
    /// The number of channels of each batch normalization so far.
    pub norms: &'a mut Vec<usize>,
}

impl<'a> At<'a> {
    /// The node.
    pub fn node(&self) -> &'a Node {
        &self.graph.nodes()[self.index]
    }

    /// The shape of the first input.
    pub fn input(&self) -> &'a Shape {
        self.graph.shape(self.node().inputs()[0])
    }

    /// The shape of the first output.
    pub fn output(&self) -> &'a Shape {
        &self.node().output
    }

    /// Whether the plan is for training.
    pub fn trains(&self) -> bool {
        self.key.mode == Mode::Train
    }

    /// The window, sliding over the input's map.
    pub fn slide(&self, window: Window) -> Slide {
        Slide { window, input: map_size(self.input()), output: map_size(self.output()) }
    }
}

/// Implements [`Runnable`] for operations that run as one layer, and its form with the channels innermost, if it has one.
macro_rules! runs_as {
    ($($op:ident: |$this:ident, $at:ident| $layer:expr $(, |$of:ident, $place:ident, $given:ident| $form:expr)?;)*) => {
        $(impl $crate::plan::Runnable for layercake_ir::ops::$op {
            fn layer(
                &self,
                $at: &mut $crate::plan::At<'_>,
            ) -> Result<std::sync::Arc<dyn $crate::layers::Layer>, $crate::EngineError> {
                let $this = self;
                Ok(std::sync::Arc::new($layer))
            }

            $(fn form(&self, $place: &$crate::plan::At<'_>, $given: $crate::plan::Given) -> Option<$crate::layers::channels::Form> {
                let $of = self;
                $form
            })?
        })*
    };
}

/// Implements [`Runnable`] for elementwise functions.
macro_rules! elementwise {
    ($($op:ident: |$this:ident| $function:expr;)*) => {
        $(impl $crate::plan::Runnable for layercake_ir::ops::$op {
            fn layer(
                &self,
                _: &mut $crate::plan::At<'_>,
            ) -> Result<std::sync::Arc<dyn $crate::layers::Layer>, $crate::EngineError> {
                let $this = self;
                Ok(std::sync::Arc::new($crate::layers::Pointwise($function)))
            }

            fn form(&self, _: &$crate::plan::At<'_>, _: $crate::plan::Given) -> Option<$crate::layers::channels::Form> {
                let $this = self;
                Some($crate::layers::channels::Form::Alike(std::sync::Arc::new($crate::layers::channels::Mapped($function))))
            }

            fn function(&self) -> Option<std::sync::Arc<dyn $crate::kernels::elementwise::Function>> {
                let $this = self;
                Some($function)
            }
        })*
    };
}

pub(crate) use elementwise;
pub(crate) use runs_as;
