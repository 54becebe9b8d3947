//! What a network looks at: attributions, pictures that a unit wants, and pictures that fool it.
//!
//! The functions take any network with one input of numbers ([`Hookable`](crate::hook::Hookable)), and a [`Target`]: a class, or a channel or unit of any layer. Inputs and results are
//! [`DynTensor`](crate::DynTensor)s with the batch axis first. Options have the names and defaults of PyTorch's Captum where it has them.
//!
//! | question | functions |
//! |---|---|
//! | Which pixels matter? | [`saliency`], [`input_x_gradient`], [`guided_backprop`], [`deconvolution`], [`integrated_gradients`], [`smooth_grad`], [`occlusion`] |
//! | Which regions matter? | [`grad_cam`] |
//! | What changes the answer? | [`fgsm`], [`fool`] |
//! | What does a unit want to see? | [`gradient_ascent`] from [`noise()`], [`deep_dream`] from a picture |
//! | What does a layer keep of a picture? | [`invert_features`] |
//! | What does a layer give? | [`Hooks`](crate::hook::Hooks), [`Patches`], [`seen_region`] |
//! | Which units do nothing? | [`Units`] |
//!
//! ```
//! use layercake::explain::{self, GradCamOptions, Interpolation, Target};
//! use layercake::prelude::*;
//!
//! network! { Net: [1, 8, 8] -> [10] { conv1: Conv2d(4, kernel = 3), ReLU, Flatten, fc: Linear(10) } }
//!
//! let device = Cpu::seed_from_u64(0);
//! let net = Net::new(&device);
//! let x: Tensor<Rank4<2, 1, 8, 8>, f32, _> = device.sample_normal();
//! let x = DynTensor::try_from_tensor(x)?;
//! let map = explain::saliency(&net, &x, &Target::class(3), Default::default())?;
//! assert_eq!(map.dims(), [2, 1, 8, 8]);
//! // A unit of a layer: channel 2 at row 1 and column 5.
//! let unit = explain::saliency(&net, &x, &Target::unit("conv1", 2, [1, 5]), Default::default())?;
//! assert_eq!(unit.to_vec().iter().take(64).filter(|g| **g > 0.0).count(), 9);
//! let cam = explain::grad_cam(&net, &x, &Target::class(3), "conv1", GradCamOptions { relu_attributions: true })?;
//! let cam = explain::interpolate(&cam, [8, 8], Interpolation::Bilinear)?;
//! assert_eq!(cam.dims(), [2, 1, 8, 8]);
//! // A layer that does not exist is an error, which names those that are most like it.
//! let error = explain::saliency(&net, &x, &Target::channel("conv", 0), Default::default()).unwrap_err();
//! assert_eq!(error.to_string(), "`Net` has no layer `conv`; did you mean `conv1`?");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ascent;
mod dream;
mod error;
mod fooling;
mod grad_cam;
mod integrated;
mod inversion;
mod noise;
mod occlusion;
mod patches;
mod picture;
mod probe;
mod resize;
mod saliency;
mod target;
mod units;

pub use ascent::{Ascent, AscentOptions, gradient_ascent, noise};
pub use dream::{DreamOptions, deep_dream};
pub use error::ExplainError;
pub use fooling::{FgsmOptions, FoolOptions, Fooled, fgsm, fool};
pub use grad_cam::{GradCamOptions, grad_cam, interpolate};
pub use integrated::{IntegratedGradients, IntegratedGradientsOptions, Quadrature, integrated_gradients};
pub use inversion::{InversionOptions, invert_features};
pub use noise::{Method, NoiseTunnelOptions, NoiseTunnelType, noise_tunnel, smooth_grad};
pub use occlusion::{OcclusionOptions, occlusion};
pub use patches::{Patch, Patches, seen_region};
pub use picture::Jitter;
pub use resize::Interpolation;
pub use saliency::{SaliencyOptions, deconvolution, guided_backprop, input_x_gradient, saliency};
pub use target::Target;
pub use units::{LayerUnits, Units};
