//! `operation!`: the struct of an operation and its specification, from one declaration.

/// Declares an operation.
///
/// ```text
/// operation! {
///     /// Its documentation, which becomes the guide's text.
///     pub struct Glu("GLU"): Activation {
///         /// The option's documentation.
///         axis: usize = Choice::infer().label(Label::Axis),
///         /// An option that does not affect the output's shape, with a valid value to continue with after a mistake.
///         p: f64 = Choice::float(0.5) => 0.0,
///     }
///     has(infer)
///     example: "GLU(axis = 0)", torch: &["dim: axis"],
/// }
/// ```
///
/// `has` lists the aspects for which the struct has its own `const fn`; the others get a default ([`absent!`]). An aspect that is written but not
/// listed, or listed but not written, does not compile. The rest are fields of [`Spec`](super::Spec).
///
/// | aspect | function | default |
/// |--|--|--|
/// | `infer` | `(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake>`: the shape rule | the input's shape |
/// | `infer_all` | the same for all `inputs: &[Shape]` | there is one input |
/// | `params` | `(&self) -> Params`: the tensors that it owns; requires `initial` | none |
/// | `initial` | `(&self, tensor: &str) -> Initial`: the initial values of a tensor | |
/// | `multiply_adds` | `(&self, input: &Shape, output: &Shape) -> u64` of one sample | 0 |
/// | `multiply_adds_all` | the same for all `inputs: &[Shape]` | from the first input |
/// | `uses` | `(&self, output: &Shape) -> usize`: how often a sample uses each parameter | 1, or once per position of the window |
/// | `window` | `(&self) -> Window`: its sliding window | none |
/// | `magnify` | `(&self) -> [usize; 2]`: the upscale factors of height and width | none |
/// | `draws` | `(&self) -> bool`: whether it draws random numbers in training | no |
/// | `label` | `(&self, input: &Shape) -> String`: its label in drawings | from the options |
/// | `outputs` | `(&self) -> usize`: the number of outputs; requires `further(&self, index: usize, inputs: &[Shape], first: &Shape) -> Shape`: the shape of output `index` after the first, whose shape is `first` | one output |
macro_rules! operation {
    (
        $(#[doc = $doc:literal])*
        pub struct $op:ident($kind:literal): $family:ident {
            $($(#[doc = $field_doc:literal])* $field:ident: $ty:ty = $choice:expr $(=> $free:expr)?,)*
        }
        has($($aspect:ident),* $(,)?)
        $($spec:tt)*
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $op {
            $($(#[doc = $field_doc])* pub $field: $ty,)*
        }

        impl $op {
            /// Its specification.
            pub const SPEC: $crate::spec::Spec = $crate::spec::Spec {
                kind: $kind,
                variant: stringify!($op),
                docs: &[$($doc),*],
                family: $crate::spec::Family::$family,
                fields: &[$($choice.of(
                    stringify!($field),
                    &[$($field_doc),*],
                    <$ty as $crate::spec::OptionValue>::KIND,
                )),*],
                make: Self::make,
                $($spec)*
                ..$crate::spec::Spec::PLAIN
            };

            /// The values of its options, in order.
            pub(crate) fn values(&self) -> Vec<$crate::spec::Value> {
                vec![$($crate::spec::OptionValue::value(&self.$field)),*]
            }

            /// The operation with the option `part` set to a valid value; None if the output's shape depends on that option.
            #[allow(unused_mut, reason = "an operation may have no such option")]
            pub(crate) const fn without(mut self, part: $crate::Part) -> Option<Self> {
                $($(if $choice.is_blamed(stringify!($field), part) {
                    self.$field = $free;
                    return Some(self);
                })?)*
                let _ = part;
                None
            }

            fn make(
                ask: &mut dyn FnMut(&'static $crate::spec::Choice) -> Option<$crate::spec::Value>,
            ) -> Result<$crate::Op, &'static str> {
                let mut fields = Self::SPEC.fields.iter();
                let mut next = |name: &'static str| fields.next().and_then(&mut *ask).ok_or(name);
                let _ = &mut next;
                Ok($crate::Op::$op(Self {
                    $($field: $crate::spec::OptionValue::of(next(stringify!($field))?).ok_or(stringify!($field))?,)*
                }))
            }
        }

        $crate::spec::absent!(infer [$($aspect)*] $op);
        $crate::spec::absent!(infer_all [$($aspect)*] $op);
        $crate::spec::absent!(params [$($aspect)*] $op);
        $crate::spec::absent!(initial [$($aspect)*] $op);
        $crate::spec::absent!(multiply_adds [$($aspect)*] $op);
        $crate::spec::absent!(multiply_adds_all [$($aspect)*] $op);
        $crate::spec::absent!(uses [$($aspect)*] $op);
        $crate::spec::absent!(window [$($aspect)*] $op);
        $crate::spec::absent!(magnify [$($aspect)*] $op);
        $crate::spec::absent!(draws [$($aspect)*] $op);
        $crate::spec::absent!(label [$($aspect)*] $op);
        $crate::spec::absent!(outputs [$($aspect)*] $op);
    };
}

/// The default function of an aspect, for an operation that does not list it. Recurses over the listed aspects.
macro_rules! absent {
    // A listed aspect is written by hand.
    (infer [infer $($rest:tt)*] $op:ident) => {};
    // A rule for several inputs replaces the rule for one.
    (infer [infer_all $($rest:tt)*] $op:ident) => {};
    (infer_all [infer_all $($rest:tt)*] $op:ident) => {};
    (params [params $($rest:tt)*] $op:ident) => {};
    (initial [params $($rest:tt)*] $op:ident) => {};
    (multiply_adds [multiply_adds $($rest:tt)*] $op:ident) => {};
    (multiply_adds [multiply_adds_all $($rest:tt)*] $op:ident) => {};
    (multiply_adds_all [multiply_adds_all $($rest:tt)*] $op:ident) => {};
    (uses [uses $($rest:tt)*] $op:ident) => {};
    (uses [window $($rest:tt)*] $op:ident) => {
        impl $op {
            /// Once per position of the output.
            pub(crate) const fn uses(&self, output: &$crate::Shape) -> usize {
                output.len() / output.dim(0)
            }
        }
    };
    (window [window $($rest:tt)*] $op:ident) => {
        impl $op {
            pub(crate) const fn slides(&self) -> Option<$crate::ops::Window> {
                Some(self.window())
            }
        }
    };
    (magnify [magnify $($rest:tt)*] $op:ident) => {
        impl $op {
            pub(crate) const fn magnifies(&self) -> Option<[usize; 2]> {
                Some(self.magnify())
            }
        }
    };
    (draws [draws $($rest:tt)*] $op:ident) => {};
    (outputs [outputs $($rest:tt)*] $op:ident) => {};
    (label [label $($rest:tt)*] $op:ident) => {
        impl $op {
            pub(crate) fn own_label(&self, input: &$crate::Shape) -> Option<String> {
                Some(self.label(input))
            }
        }
    };
    ($aspect:ident [$other:ident $($rest:tt)*] $op:ident) => {
        $crate::spec::absent!($aspect [$($rest)*] $op);
    };
    (infer [] $op:ident) => {
        impl $op {
            pub(crate) const fn infer(self, input: &$crate::Shape, _: &$crate::Site) -> Result<(Self, $crate::Shape), $crate::Mistake> {
                Ok((self, *input))
            }
        }
    };
    (infer_all [] $op:ident) => {
        impl $op {
            pub(crate) const fn infer_all(
                self,
                inputs: &[$crate::Shape],
                site: &$crate::Site,
            ) -> Result<(Self, $crate::Shape), $crate::Mistake> {
                match $crate::ops::single(inputs, site) {
                    Ok(input) => self.infer(input, site),
                    Err(mistake) => Err(mistake),
                }
            }
        }
    };
    (params [] $op:ident) => {
        impl $op {
            pub(crate) const fn params(&self) -> $crate::Params {
                $crate::Params::NONE
            }
        }
    };
    (initial [] $op:ident) => {
        impl $op {
            pub(crate) fn initial(&self, _: &str) -> $crate::spec::Initial {
                $crate::spec::Initial::Zeros
            }
        }
    };
    (multiply_adds [] $op:ident) => {
        impl $op {
            pub(crate) const fn multiply_adds(&self, _: &$crate::Shape, _: &$crate::Shape) -> u64 {
                0
            }
        }
    };
    (multiply_adds_all [] $op:ident) => {
        impl $op {
            pub(crate) const fn multiply_adds_all(&self, inputs: &[$crate::Shape], output: &$crate::Shape) -> u64 {
                self.multiply_adds(&inputs[0], output)
            }
        }
    };
    (uses [] $op:ident) => {
        impl $op {
            pub(crate) const fn uses(&self, _: &$crate::Shape) -> usize {
                1
            }
        }
    };
    (window [] $op:ident) => {
        impl $op {
            pub(crate) const fn slides(&self) -> Option<$crate::ops::Window> {
                None
            }
        }
    };
    (magnify [] $op:ident) => {
        impl $op {
            pub(crate) const fn magnifies(&self) -> Option<[usize; 2]> {
                None
            }
        }
    };
    (draws [] $op:ident) => {
        impl $op {
            pub(crate) const fn draws(&self) -> bool {
                false
            }
        }
    };
    (outputs [] $op:ident) => {
        impl $op {
            pub(crate) const fn outputs(&self) -> usize {
                1
            }

            pub(crate) const fn further(&self, _: usize, _: &[$crate::Shape], first: &$crate::Shape) -> $crate::Shape {
                *first
            }
        }
    };
    (label [] $op:ident) => {
        impl $op {
            pub(crate) fn own_label(&self, _: &$crate::Shape) -> Option<String> {
                None
            }
        }
    };
}

pub(crate) use {absent, operation};
