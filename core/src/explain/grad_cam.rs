//! Grad-CAM.

use super::probe::{Network, Outcome, Probe, tensor};
use super::resize::{Interpolation, resize};
use super::{ExplainError, Target};
use crate::hook::At;
use crate::host::{number, wide};
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// Options of [`grad_cam`], with Captum's names and defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GradCamOptions {
    /// Keeps only what speaks for the target, as Selvaraju et al. do; false by default.
    pub relu_attributions: bool,
}

/// The channels of a layer, weighted by the mean of the target's gradient over the positions of each (Selvaraju et al., 2017): Captum's `LayerGradCam`.
///
/// # Shapes
/// - `x`: a batch of samples
/// - result: `[batch, 1, height, width]` for a layer with outputs `[channels, height, width]`; [`interpolate`] brings it to the size of the picture
///
/// # Errors
/// Returns an error if the target or the layer does not exist, if the layer's output has no channels, if `x` does not fit the network, or if the device fails.
pub fn grad_cam<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
    layer: impl Into<At>,
    options: GradCamOptions,
) -> Outcome<DynTensor<E, D>, D> {
    let layer = layer.into();
    let mut probe = Probe::new(network, target.place())?;
    let kept = probe.hooks.keep(layer.clone());
    probe.gradient(x.value(), target)?;
    let (Some(maps), Some(gradients)) = (kept.value(), kept.gradient()) else {
        let reason = "a layer before the target";
        return Err(ExplainError::Layer { layer: layer.layer().to_owned(), method: "Grad-CAM", expected: reason, found: Vec::new() });
    };
    let dims = maps.dims();
    let [batch, channels, sizes @ ..] = dims else {
        let found = dims.get(1..).unwrap_or_default().to_vec();
        return Err(ExplainError::Layer { layer: layer.layer().to_owned(), method: "Grad-CAM", expected: "channels", found });
    };
    let positions: usize = sizes.iter().product();
    let mut list = vec![0.0; batch * positions];
    let planes = maps.to_vec();
    let planes =
        planes.chunks_exact(positions).zip(gradients.to_vec().chunks_exact(positions).map(|plane| mean(plane)).collect::<Vec<_>>());
    for (plane, (values, weight)) in planes.enumerate() {
        let sample = plane / channels;
        list[sample * positions..][..positions].iter_mut().zip(values).for_each(|(sum, &value)| *sum += weight * wide(value));
    }
    let kept = |sum: f64| number(if options.relu_attributions { sum.max(0.0) } else { sum });
    tensor(x.value().device(), list.into_iter().map(kept).collect(), &[&[*batch, 1], sizes].concat())
}

/// Maps `[batch, channels, height, width]` at another size: Captum's `LayerAttribution.interpolate`, whose default is the nearest element.
///
/// # Errors
/// Returns an error if the tensor has other axes, if a size is 0, or if the device fails.
pub fn interpolate<E: Scalar, D: Backend<E>>(
    maps: &DynTensor<E, D>,
    [height, width]: [usize; 2],
    mode: Interpolation,
) -> Outcome<DynTensor<E, D>, D> {
    let &[batch, channels, high, wide] = maps.dims() else {
        return Err(ExplainError::Sizes { what: "the maps", expected: vec![0; 4], found: maps.dims().to_vec() });
    };
    if height == 0 || width == 0 {
        return Err(ExplainError::Option { option: "size", expected: "at least 1 by 1", found: format!("{height} by {width}") });
    }
    let numbers = maps.to_vec();
    let resized = numbers.chunks_exact(high * wide).flat_map(|plane| resize(plane, [high, wide], [height, width], mode)).collect();
    tensor(maps.value().device(), resized, &[batch, channels, height, width])
}

fn mean<E: Scalar>(numbers: &[E]) -> f64 {
    numbers.iter().map(|&number| wide(number)).sum::<f64>() / numbers.len() as f64
}
