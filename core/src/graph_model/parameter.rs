//! The tensors of a graph. Their rank is known only at run time, but dfdx has it in the type.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorOptions};
use dfdx::shapes::{ConstDim, ConstShape, Dim, Dtype, HasShape};
use dfdx::tensor::{Storage, Tensor};
use dfdx::tensor_ops::Device;
use layercake_ir::Shape;

use super::GraphModel;
use super::initial::Initial;
use crate::Scalar;
use crate::run::slot::Slot;
use crate::tensors::Tensors;

/// A size that is known at run time, together with the initial value of the tensor.
///
/// dfdx makes [`TensorOptions`] for shapes of [`ConstDim`]s only, and its `reset` is a plain function that sees nothing but the tensor. So
/// this is a [`ConstDim`] and holds what `reset` needs. A type cannot tell its size: code that reads `SIZE` does not compile. None does, since
/// visitors are generic over all shapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    size: usize,
    initial: Initial,
}

impl Dim for Size {
    fn size(&self) -> usize {
        self.size
    }

    fn from_size(size: usize) -> Option<Self> {
        Some(Self { size, initial: Initial::default() })
    }
}

impl ConstDim for Size {
    const SIZE: usize = panic!("the size of a parameter of a graph is known at run time only");
}

/// A tensor without its elements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Description {
    /// `conv1.weight`
    pub path: String,
    pub shape: Shape,
    pub trained: bool,
    pub initial: Initial,
}

/// A new parameter, if the visitor builds one.
type Visited<E, D> = Option<Parameter<E, D>>;

/// A shape of [`Size`]s.
trait Ranked: ConstShape {
    fn new(shape: &Shape, initial: Initial) -> Self;
    fn initial(&self) -> Initial;
    fn tensor<E: Dtype, D: Storage<E>>(parameter: &Parameter<E, D>) -> &Tensor<Self, E, D>;
    fn tensor_mut<E: Dtype, D: Storage<E>>(parameter: &mut Parameter<E, D>) -> &mut Tensor<Self, E, D>;
    fn parameter<E: Dtype, D: Storage<E>>(tensor: Tensor<Self, E, D>) -> Parameter<E, D>;
}

const RANK: &str = "a parameter has the rank of its description";

macro_rules! ranks {
    ($($rank:literal $Rank:ident $Shape:ty, $($axis:literal)+;)*) => {
        /// A tensor of one to five axes.
        #[derive(Clone, Debug)]
        pub(super) enum Parameter<E: Dtype, D: Storage<E>> {
            $($Rank(Tensor<$Shape, E, D>),)*
        }

        $(impl Ranked for $Shape {
            fn new(shape: &Shape, initial: Initial) -> Self {
                ($(Size { size: shape.dim($axis), initial },)+)
            }

            fn initial(&self) -> Initial {
                self.0.initial
            }

            fn tensor<E: Dtype, D: Storage<E>>(parameter: &Parameter<E, D>) -> &Tensor<Self, E, D> {
                let Parameter::$Rank(tensor) = parameter else { unreachable!("{RANK}") };
                tensor
            }

            fn tensor_mut<E: Dtype, D: Storage<E>>(parameter: &mut Parameter<E, D>) -> &mut Tensor<Self, E, D> {
                let Parameter::$Rank(tensor) = parameter else { unreachable!("{RANK}") };
                tensor
            }

            fn parameter<E: Dtype, D: Storage<E>>(tensor: Tensor<Self, E, D>) -> Parameter<E, D> {
                Parameter::$Rank(tensor)
            }
        })*

        impl<E: Scalar, D: Device<E>> Parameter<E, D> {
            /// The tensor with its initial values.
            pub(super) fn try_build(device: &D, description: &Description) -> Result<Self, D::Err> {
                match description.shape.rank() {
                    $($rank => build::<$Shape, E, D>(device, description),)*
                    _ => unreachable!("{RANK}"),
                }
            }

            /// Passes parameter `i`, which has this description, to a visitor.
            pub(super) fn visit<V: ModuleVisitor<GraphModel<E, D>, E, D>>(
                visitor: &mut V,
                i: usize,
                description: &Description,
            ) -> Result<Visited<V::E2, V::D2>, V::Err> {
                match description.shape.rank() {
                    $($rank => visit::<$Shape, E, D, V>(visitor, i, description),)*
                    _ => unreachable!("{RANK}"),
                }
            }

            /// Appends the tensor to those of a pass.
            pub(super) fn add_to(&self, tensors: &mut Tensors<E, D>) -> Result<(), D::Err> {
                match self {
                    $(Self::$Rank(tensor) => tensors.add(tensor),)*
                }
            }

            /// The tensor, to be written to.
            pub(super) fn slot(&mut self) -> &mut dyn Slot<E, D> {
                match self {
                    $(Self::$Rank(tensor) => tensor,)*
                }
            }
        }
    };
}

ranks! {
    1 One (Size,), 0;
    2 Two (Size, Size), 0 1;
    3 Three (Size, Size, Size), 0 1 2;
    4 Four (Size, Size, Size, Size), 0 1 2 3;
    5 Five (Size, Size, Size, Size, Size), 0 1 2 3 4;
}

fn build<S: Ranked, E: Scalar, D: Device<E>>(device: &D, description: &Description) -> Result<Parameter<E, D>, D::Err> {
    let mut tensor = device.try_zeros_like(&S::new(&description.shape, description.initial))?;
    description.initial.fill(&mut tensor)?;
    Ok(S::parameter(tensor))
}

fn visit<S: Ranked, E: Scalar, D: Device<E>, V: ModuleVisitor<GraphModel<E, D>, E, D>>(
    visitor: &mut V,
    i: usize,
    description: &Description,
) -> Result<Visited<V::E2, V::D2>, V::Err> {
    let reset = |tensor: &mut Tensor<S, E, D>| {
        let initial = tensor.shape().initial();
        initial.fill(tensor)
    };
    let options = if description.trained { TensorOptions::reset_with(reset) } else { TensorOptions::detached(reset) };
    let tensor = visitor.visit_tensor(
        &description.path,
        |model| S::tensor(&model.parameters[i]),
        |model| S::tensor_mut(&mut model.parameters[i]),
        options,
    )?;
    Ok(tensor.map(S::parameter))
}
