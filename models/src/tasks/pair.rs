//! Two networks that are trained together: one set of parameters.

use layercake::dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use layercake::dfdx::shapes::Dtype;
use layercake::dfdx::tensor_ops::Device;

/// `#[derive(Model)]` is for fields of declared networks, which have the number type and the device as arguments.
macro_rules! pair {
    ($(#[$doc:meta])* $name:ident { $first:ident, $second:ident }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name<N> {
            pub $first: N,
            pub $second: N,
        }

        impl<N: TensorCollection<E, D>, E: Dtype, D: Device<E>> TensorCollection<E, D> for $name<N> {
            type To<E2: Dtype, D2: Device<E2>> = $name<N::To<E2, D2>>;

            fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                let fields = (
                    Self::module(stringify!($first), |pair| &pair.$first, |pair| &mut pair.$first),
                    Self::module(stringify!($second), |pair| &pair.$second, |pair| &mut pair.$second),
                );
                visitor.visit_fields(fields, |($first, $second)| $name { $first, $second })
            }
        }
    };
}

pair! {
    /// A trunk, whose batch are photos or crops, and a head, whose batch are boxes.
    Pair { trunk, head }
}

pair! {
    /// The features of frames, and the labels of the frames of a clip.
    Labeler { frames, labels }
}

pair! {
    /// A generator, from noise to images, and a discriminator, from images to logits.
    Gan { generator, discriminator }
}
