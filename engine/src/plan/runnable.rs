//! What an operation tells the engine's plan. Every operation implements it: one that does not does not compile.

use std::sync::Arc;

use layercake_ir::{Graph, Node, Shape, ops::Window};

use super::Key;
use crate::{
    EngineError, Mode,
    kernels::{Slide, elementwise::Function},
    layers::{Layer, map_size},
};

/// How the engine runs an operation.
pub trait Runnable {
    /// The layer with all its sizes.
    ///
    /// # Errors
    /// If it cannot run on what stands there.
    fn layer(&self, at: &mut At<'_>) -> Result<Arc<dyn Layer>, EngineError>;

    /// The function of single elements that it is: one behind a matrix product is fused to it.
    fn function(&self) -> Option<Arc<dyn Function>> {
        None
    }

    /// Does most of its arithmetic happen in tiles that are transformed with as many images at a time as fill a vector?
    fn transforms(&self) -> bool {
        false
    }

    /// About how many numbers it keeps for the backward pass, for one image.
    fn kept(&self, _input: &Shape, _output: &Shape) -> u128 {
        0
    }

    /// Does it move elements by tables that say where each comes from?
    fn by_tables(&self) -> bool {
        false
    }

    /// The window of a convolution that reads its input in a frame.
    fn framed<'a>(&self, _input: &'a Shape, _output: &'a Shape) -> Option<Framed<'a>> {
        None
    }
}

/// A convolution by the definition. A transposed one goes from its output to its input.
#[derive(Debug)]
pub struct Framed<'a> {
    /// What slides.
    pub window: Window,
    /// The map that it slides over.
    pub large: &'a Shape,
    /// The map of its places.
    pub small: &'a Shape,
    /// Channels of the larger map.
    pub channels: usize,
}

/// Where an operation stands.
#[derive(Debug)]
pub struct At<'a> {
    /// The whole graph.
    pub graph: &'a Graph,
    /// The number of the node.
    pub index: usize,
    /// What the plan is made for.
    pub key: Key,
    /// Channels of each batch normalization so far.
    pub norms: &'a mut Vec<usize>,
}

impl<'a> At<'a> {
    /// The node.
    pub fn node(&self) -> &'a Node {
        &self.graph.nodes()[self.index]
    }

    /// The shape of the first value that it takes.
    pub fn input(&self) -> &'a Shape {
        self.graph.shape(self.node().inputs()[0])
    }

    /// The shape of what it gives.
    pub fn output(&self) -> &'a Shape {
        &self.node().output
    }

    /// Is the plan one for training?
    pub fn trains(&self) -> bool {
        self.key.mode == Mode::Train
    }

    /// A window from the input's map to the output's.
    pub fn slide(&self, window: Window) -> Slide {
        Slide { window, input: map_size(self.input()), output: map_size(self.output()) }
    }
}

/// [`Runnable`] for operations that run as one layer: what it is, of the operation and of its place.
macro_rules! runs_as {
    ($($op:ident: |$this:ident, $at:ident| $layer:expr;)*) => {
        $(impl $crate::plan::Runnable for layercake_ir::ops::$op {
            fn layer(
                &self,
                $at: &mut $crate::plan::At<'_>,
            ) -> Result<std::sync::Arc<dyn $crate::layers::Layer>, $crate::EngineError> {
                let $this = self;
                Ok(std::sync::Arc::new($layer))
            }
        })*
    };
}

/// [`Runnable`] for functions of single elements.
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

            fn function(&self) -> Option<std::sync::Arc<dyn $crate::kernels::elementwise::Function>> {
                let $this = self;
                Some($function)
            }
        })*
    };
}

pub(crate) use elementwise;
pub(crate) use runs_as;
