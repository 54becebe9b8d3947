//! `Resize`: by whole factors as `Upsample`, otherwise by a matrix for each axis.

use layercake_ir::ops::{Interpolation, Upsample};

use super::attributes::Op;
use super::convolution::{Front, behind, fronted};
use super::importer::{Importer, index};
use super::resample::{Method, Stretch, resample};
use super::value::{Data, Elements, Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    matches!(op.kind(), "Resize" | "Upsample").then(|| resize(i, op))
}

fn resize(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let old = op.kind() == "Upsample" || i.opset < 11;
    op.ignore(&["extrapolation_value"]);
    if op.int("antialias", 0) != 0 {
        return Err("`antialias` is not supported".into());
    }
    if op.text("keep_aspect_ratio_policy", "stretch") != "stretch" {
        return Err("`keep_aspect_ratio_policy` is not supported".into());
    }
    let method = Method {
        mode: op.text("mode", "nearest"),
        positions: op.text("coordinate_transformation_mode", if old { "asymmetric" } else { "half_pixel" }),
        rounding: op.text("nearest_mode", if old { "floor" } else { "round_prefer_floor" }),
        cubic: op.float("cubic_coeff_a", -0.75),
        exclude: op.int("exclude_outside", 0) != 0,
    };
    let stretches = stretches(i, op, x, old)?;
    if let Some(data) = whole(i, op, x, &stretches, &method)? {
        return Ok(vec![Value::Data(data)]);
    }
    let mut value = x.value;
    for (axis, stretch) in stretches {
        value = resample(i, op, value, axis, stretch, &method)?;
    }
    Ok(vec![Value::Data(x.with(value))])
}

/// The axes of a sample that change, and how.
fn stretches(i: &Importer, op: &Op<'_>, x: Data, old: bool) -> Outcome<Vec<(usize, Stretch)>> {
    let rank = i.rank(x);
    let axes = match op.ints("axes") {
        Some(axes) => axes.iter().map(|&axis| index(axis, rank)).collect::<Outcome<Vec<_>>>()?,
        None => (0..rank).collect(),
    };
    let scales = match op.find("scales") {
        Some(attribute) => Some(attribute.floats.clone()),
        None if old && Importer::has(op, 1) => Some(i.tensor(op, 1)?.data),
        None if Importer::has(op, 2) => Some(i.tensor(op, 2)?.data).filter(|scales| !scales.is_empty()),
        None => None,
    };
    let sizes = match &scales {
        Some(_) => None,
        None => match &i.constant(op, 3)?.elements {
            Elements::Ints(sizes) => Some(sizes.clone()),
            Elements::Floats(_) => return Err("its sizes are not integers".into()),
        },
    };
    let count = scales.as_ref().map_or_else(|| sizes.as_ref().map_or(0, Vec::len), Vec::len);
    if count != axes.len() {
        return Err(format!("{count} sizes for {} axes", axes.len()).into());
    }
    let dims = i.dims(x);
    let mut stretches = Vec::new();
    for (at, &axis) in axes.iter().enumerate() {
        let scale = scales.as_ref().map(|scales| f64::from(scales[at]));
        let size = sizes.as_ref().map(|sizes| sizes[at]);
        let Some(axis) = i.axis(x, axis as i64)? else {
            if scale.is_some_and(|scale| scale != 1.0)
                || size.is_some_and(|size| !(size.batch && size.number == 1) && Some(size.number as usize) != i.fixed)
            {
                return Err("it works along the batch".into());
            }
            continue;
        };
        if size.is_some_and(|size| size.batch) || (x.merged && x.batch == Some(axis)) {
            return Err("it works along the batch".into());
        }
        let from = dims[axis];
        let to = match (scale, size) {
            (Some(scale), _) => (from as f64 * scale).floor(),
            (None, Some(size)) => size.number as f64,
            (None, None) => from as f64,
        };
        if !(1.0..=65536.0).contains(&to) {
            return Err(format!("an axis of {from} cannot become one of {to}").into());
        }
        let scale = scale.unwrap_or(to / from as f64);
        if scale != 1.0 {
            stretches.push((axis, Stretch { from, to: to as usize, scale }));
        }
    }
    Ok(stretches)
}

/// Whole factors of an image's height and width, where a layer does that.
fn whole(i: &mut Importer, op: &Op<'_>, x: Data, stretches: &[(usize, Stretch)], method: &Method) -> Outcome<Option<Data>> {
    if stretches.is_empty() {
        return Ok(Some(x));
    }
    let dims = i.dims(x);
    let image = dims.len() == if x.own_batch().is_some() { 3 } else { 4 } && x.batch.is_none_or(|at| at == 0) && !x.merged;
    let single = x.batch.is_some() || dims.first() == Some(&1);
    let last = dims.len().saturating_sub(2);
    let mut scale = [1; 2];
    for (axis, stretch) in stretches {
        let fits = *axis >= last && stretch.scale.fract() == 0.0 && (1.0..=4096.0).contains(&stretch.scale);
        if !(image && single && fits) {
            return Ok(None);
        }
        scale[axis - last] = stretch.scale as usize;
    }
    let (mode, align_corners) = match (method.mode.as_str(), method.positions.as_str()) {
        ("nearest", "asymmetric")
            if method.rounding == "floor" || (method.rounding == "round_prefer_floor" && scale.iter().all(|&scale| scale <= 2)) =>
        {
            (Interpolation::Nearest, false)
        }
        // The centers of the new pixels lie in the old pixel that a whole factor makes them from.
        ("nearest", "half_pixel" | "pytorch_half_pixel") if method.rounding.starts_with("round_prefer") => (Interpolation::Nearest, false),
        ("linear", "half_pixel" | "pytorch_half_pixel") if !method.exclude => (Interpolation::Bilinear, false),
        ("linear", "align_corners") if !method.exclude => (Interpolation::Bilinear, true),
        _ => return Ok(None),
    };
    let (value, front) = fronted(i, op, x)?;
    if front == Front::Rows {
        return Ok(None);
    }
    let value = i.add(op, Upsample { scale, mode, align_corners }, &[value])?;
    behind(i, op, x, value, front).map(Some)
}
