//! Pools, and changes of an image's size.

use layercake_ir::ops::*;
use layercake_ir::{self as ir};

use super::attributes::Op;
use super::convolution::{Frame, Front, behind, exchanged, fronted, window};
use super::importer::Importer;
use super::value::{Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "MaxPool" | "AveragePool" => Some(pool(i, op)),
        "GlobalAveragePool" | "GlobalMaxPool" => Some(global(i, op)),
        "DepthToSpace" | "SpaceToDepth" => Some(shuffle(i, op)),
        _ => None,
    }
}

fn pool(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    op.ignore(&["storage_order"]);
    if i.is_used(op, 1) {
        return Err("the positions of the maxima are not supported".into());
    }
    let (mut value, front) = fronted(i, op, x)?;
    let rows = front == Front::Rows;
    if rows && i.dims(x).len() == 3 {
        value = exchanged(i, op, value)?;
    } else if rows {
        return Err("images in rows are not supported".into());
    }
    let dims = i.dims(x.with(value));
    let mut frame = Frame::of(op, None, if rows { &dims[2..] } else { &dims[1..] })?;
    if rows {
        frame = frame.under_rows();
    }
    let line = frame.kernel.len() == 1;
    if frame.kernel.len() > 2 {
        return Err("pooling over more than two axes is not supported".into());
    }
    let (mut ceil_mode, max) = (op.int("ceil_mode", 0) != 0, op.kind() == "MaxPool");
    let include = op.int("count_include_pad", 0) != 0;
    let dilated = frame.dilation.iter().any(|&distance| distance != 1);
    let wide = frame.begins.iter().chain(&frame.ends).zip(frame.kernel.iter().chain(&frame.kernel)).any(|(pad, kernel)| 2 * pad > *kernel);
    if !frame.is_even() && !ceil_mode && (max || !include) && frame.reaches(&dims[dims.len() - frame.kernel.len()..]) {
        // What a window has more at its end than at its begin is what rounding up gives it.
        ceil_mode = true;
        frame.ends.clone_from(&frame.begins);
    }
    let wide = wide && frame.begins.iter().zip(&frame.kernel).any(|(pad, kernel)| 2 * pad > *kernel);
    if !frame.is_even() || wide {
        // A window that reaches into the padding has the element at the edge too, so that repeating it changes no maximum.
        let mode = match (max, include) {
            (true, _) if !dilated => PadMode::Replicate,
            (false, true) if !ceil_mode => PadMode::Zeros,
            _ => return Err("different padding at the two ends is not supported here".into()),
        };
        if wide && frame.is_even() {
            return Err("more padding than half the kernel is not supported".into());
        }
        value = frame.padded(i, op, value, mode)?;
    }
    let operation: ir::Op = match (max, line) {
        (true, true) => {
            let [kernel, stride, padding, dilation] = [frame.kernel[0], frame.stride[0], frame.begins[0], frame.dilation[0]];
            MaxPool1d { kernel, stride, padding, dilation, ceil_mode }.into()
        }
        (true, false) => {
            let Window { kernel, stride, padding, dilation, .. } = window(&frame, ceil_mode);
            MaxPool2d { kernel, stride, padding, dilation, ceil_mode }.into()
        }
        _ if dilated => return Err("`dilations` of a mean are not supported".into()),
        (false, true) => {
            let [kernel, stride, padding] = [frame.kernel[0], frame.stride[0], frame.begins[0]];
            AvgPool1d { kernel, stride, padding, ceil_mode, count_include_pad: include }.into()
        }
        (false, false) => {
            let Window { kernel, stride, padding, .. } = window(&frame, ceil_mode);
            AvgPool2d { kernel, stride, padding, ceil_mode, count_include_pad: include }.into()
        }
    };
    value = i.add(op, operation, &[value])?;
    if rows {
        value = exchanged(i, op, value)?;
    }
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}

fn global(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let (value, front) = fronted(i, op, x)?;
    let dims = i.dims(x.with(value));
    let axes: Vec<usize> = (if front == Front::Rows { 2 } else { 1 }..dims.len()).collect();
    if axes.is_empty() {
        return Err("its input has no axes to pool over".into());
    }
    let mean = op.kind() == "GlobalAveragePool";
    let operation: ir::Op = match (mean, dims.len(), front) {
        (true, 3, Front::Batch | Front::Single) => GlobalAvgPool2d {}.into(),
        (false, 3, Front::Batch | Front::Single) => GlobalMaxPool2d {}.into(),
        (true, ..) => Mean { axes: Sizes::new(&axes) }.into(),
        (false, ..) => Amax { axes: Sizes::new(&axes) }.into(),
    };
    let pooled = i.add(op, operation, &[value])?;
    let kept: Vec<usize> = dims.iter().enumerate().map(|(axis, &size)| if axes.contains(&axis) { 1 } else { size }).collect();
    let pooled = i.shaped(op, pooled, &kept)?;
    behind(i, op, x, pooled, front).map(|data| vec![Value::Data(data)])
}

/// Blocks of pixels from channels (`DepthToSpace`), or channels from blocks.
fn shuffle(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let factor = usize::try_from(op.int("blocksize", 0)).ok().filter(|&factor| factor > 0).ok_or("`blocksize` is not positive")?;
    let (value, front) = fronted(i, op, x)?;
    let [channels, height, width] = i.dims(x.with(value))[..] else { return Err("it takes images".into()) };
    if front == Front::Rows {
        return Err("images in rows are not supported".into());
    }
    let value = if op.kind() == "SpaceToDepth" {
        if height % factor != 0 || width % factor != 0 {
            return Err(format!("blocks of {factor} do not divide an image of {height}x{width}").into());
        }
        let [rows, columns] = [height / factor, width / factor];
        let blocks = i.shaped(op, value, &[channels, rows, factor, columns, factor])?;
        let moved = i.add(op, Permute { axes: Sizes::new(&[2, 4, 0, 1, 3]) }, &[blocks])?;
        i.shaped(op, moved, &[channels.saturating_mul(factor * factor), rows, columns])?
    } else {
        match op.text("mode", "DCR").as_str() {
            "CRD" => i.add(op, PixelShuffle { factor }, &[value])?,
            "DCR" => {
                let depth = channels.checked_div(factor.saturating_mul(factor)).filter(|depth| depth * factor * factor == channels);
                let depth = depth.ok_or_else(|| format!("blocks of {factor} cannot be made from {channels} channels"))?;
                let parts = i.shaped(op, value, &[factor, factor, depth, height, width])?;
                let moved = i.add(op, Permute { axes: Sizes::new(&[2, 3, 0, 4, 1]) }, &[parts])?;
                i.shaped(op, moved, &[depth, height * factor, width * factor])?
            }
            mode => return Err(format!("the mode `{mode}` is not supported").into()),
        }
    };
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}
