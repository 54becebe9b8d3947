//! Filters, activation maps, patches, and the units that do nothing.

use layercake::explain::{Patches, Units, seen_region};
use layercake::hook::Hooks;
use layercake::ir::Op;
use layercake::prelude::*;
use layercake_train::data::Image;
use layercake_train::run::Canvas;

use super::panels::{around_gray, beside, heat, image, signed_heat};
use super::subject::{Subject, of_test};
use super::{CpuExplainError, ExplainOptions, Made};
use crate::zoo::ModelError;

/// The number of patches of a channel, and of channels without `--channel`.
const MOST: usize = 8;
/// The side of a filter in the picture.
const FILTER: usize = 60;
/// The side of a patch in the picture.
const PATCH: usize = 64;

/// The weights of the first convolution or linear layer.
pub(super) fn filters(subject: &Subject) -> Result<Made, ModelError> {
    let flat = subject.network.graph().inlined();
    let first = flat.nodes().iter().find_map(|node| match node.op {
        Op::Conv2d(op) if node.shares.is_none() => Some((node, [op.in_channels / op.groups, op.kernel[0], op.kernel[1]])),
        // Templates of the whole picture.
        Op::Linear(op) if node.shares.is_none() && op.in_features == subject.shape.iter().product::<usize>() => Some((node, subject.shape)),
        _ => None,
    });
    let Some((node, shape)) = first else {
        return Err(ModelError::Option("`--method filters` needs a convolution, or a linear layer on the whole picture".to_owned()));
    };
    let path = format!("{}.weight", node.name);
    let weights = subject.network.tensor_at(&path).expect("the layer has a weight").to_vec();
    let count = weights.len() / shape.iter().product::<usize>();
    let factor = (FILTER / shape[1].max(shape[2])).max(1);
    let cells: Vec<Canvas> =
        weights.chunks_exact(weights.len() / count).map(|filter| around_gray(filter, shape, 0.0).enlarged(factor)).collect();
    let text = format!("{count} filters of {} ({}), gray is 0", node.name, shape.map(|size| size.to_string()).join("x"));
    Ok(Made { picture: Some(Canvas::grid(&cells, (count as f64).sqrt().ceil() as usize)), text })
}

/// The maps of a layer for a picture.
pub(super) fn activations(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let layer = options.layer.as_deref().expect("checked before");
    let mut hooks = Hooks::new();
    hooks.until([layer]);
    let x = subject.tensor(subject.image())?;
    let found: Vec<DynTensor<f32, Cpu>> = hooks.try_forward(&subject.network, vec![x])?;
    let (dims, numbers) = (found[0].dims().to_vec(), found[0].to_vec());
    let (count, size) = match dims[..] {
        [_, channels, height, width] => (channels, [height, width]),
        // A row of units.
        _ => (1, [1, numbers.len()]),
    };
    // One scale for all maps of the layer.
    let rows = Canvas::grid(&split(&drawn(&numbers, size), count, size), (count as f64).sqrt().ceil() as usize);
    let panels = [(image(subject.image()), "picture".to_owned())];
    let text = format!("{count} maps of {layer}, {} by {}", size[0], size[1]);
    let maps = rows.enlarged((224 / rows.size()[0].max(rows.size()[1])).max(1));
    let picture = if count == 1 { maps } else { stacked(&beside(&panels, 1), &maps) };
    Ok(Made { picture: Some(picture), text })
}

/// All maps, one below the other.
fn drawn(numbers: &[f32], size: [usize; 2]) -> Canvas {
    match numbers.iter().any(|x| *x < 0.0) {
        true => signed_heat(numbers, size[1]),
        false => heat(numbers, size[1]),
    }
}

/// The maps of a strip.
fn split(strip: &Canvas, count: usize, [height, width]: [usize; 2]) -> Vec<Canvas> {
    let bytes = strip.bytes().chunks_exact(3 * height * width);
    bytes.take(count).map(|bytes| Canvas::from_rgb([height, width], bytes.to_vec())).collect()
}

/// One picture below another.
fn stacked(upper: &Canvas, lower: &Canvas) -> Canvas {
    let width = upper.size()[1].max(lower.size()[1]);
    let mut canvas = Canvas::blank([upper.size()[0] + lower.size()[0], width]);
    canvas.put(upper, 0, 0);
    canvas.put(lower, upper.size()[0], 0);
    canvas
}

/// For some channels of a layer, the patches of the test images that excite them most.
pub(super) fn patches(subject: &Subject, options: &ExplainOptions) -> Result<Made, ModelError> {
    let layer = options.layer.as_deref().expect("checked before");
    let mut patches = Patches::new(layer, MOST);
    let images = subject.all_batches(|batch| Ok(patches.add(&subject.network, batch)?))?;
    let all = patches.channels();
    let chosen = match options.channel {
        Some(channel) if channel < all.len() => vec![channel],
        Some(channel) => return Err(CpuExplainError::Channel { layer: layer.to_owned(), channel, channels: all.len() }.into()),
        None => (0..all.len().min(MOST)).collect(),
    };
    let (mut cells, mut lines) = (Vec::new(), Vec::new());
    for &channel in &chosen {
        let mut values = Vec::new();
        for patch in &all[channel] {
            let region = seen_region(subject.network.graph(), layer, patch.at).map_err(|error: CpuExplainError| ModelError::from(error))?;
            let (picture, _) = of_test(subject.test_images(), patch.picture)?;
            cells.push(image(&crop(&picture, region).resized([PATCH; 2])));
            values.push(format!("{:.2}", patch.value));
        }
        // A row for each channel, also with few pictures.
        cells.resize(cells.len().div_ceil(MOST) * MOST, Canvas::blank([PATCH; 2]));
        lines.push(format!("  channel {channel}: {}", values.join(", ")));
    }
    let text = format!("the patches of {images} test images that excite {layer} most, a row for each channel\n{}", lines.join("\n"));
    Ok(Made { picture: Some(Canvas::grid(&cells, MOST)), text })
}

/// A part of an image; at least one pixel.
fn crop(image: &Image, [top, left, bottom, right]: [usize; 4]) -> Image {
    let [channels, height, width] = image.shape;
    let (bottom, right) = (bottom.max(top + 1).min(height), right.max(left + 1).min(width));
    let rows = |plane: &[f32]| (top..bottom).flat_map(|y| plane[y * width + left..y * width + right].to_vec()).collect::<Vec<f32>>();
    let pixels = image.planes().flat_map(rows).collect();
    Image { shape: [channels, bottom - top, right - left], pixels }
}

/// The dead and saturated units of each activation.
pub(super) fn units(subject: &Subject) -> Result<Made, ModelError> {
    let mut units = Units::default();
    let images = subject.all_batches(|batch| Ok(units.add(&subject.network, batch)?))?;
    let mut lines = vec![format!("units over {images} test images")];
    lines.push(format!("{:28} {:12} {:>6} {:>15} {:>15}", "layer", "kind", "units", "dead", "saturated"));
    lines.extend(units.layers().iter().map(ToString::to_string));
    Ok(Made { picture: None, text: lines.join("\n") })
}
