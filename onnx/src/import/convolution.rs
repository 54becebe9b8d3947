//! Convolutions.

use layercake_ir::ops::{Conv1d, Conv2d, ConvTranspose2d, Pad, PadMode, Permute, Sizes, Window};

use super::attributes::Op;
use super::importer::Importer;
use super::value::{Data, Outcome, Value};
use crate::Tensor;

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    match op.kind() {
        "Conv" => Some(conv(i, op)),
        "ConvTranspose" => Some(transposed(i, op)),
        _ => None,
    }
}

/// Where the axis is that an operator takes for the batch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// It is the batch.
    Batch,
    /// It has the size 1, and there is no batch.
    Single,
    /// It is an axis of the sample, or shares one with the batch.
    Rows,
}

/// A value whose samples have no first axis, as layers take them; for `Rows`, the first axis is still there.
pub(super) fn fronted(i: &mut Importer, op: &Op<'_>, data: Data) -> Outcome<(usize, Front)> {
    match data.batch {
        Some(0) if !data.merged => Ok((data.value, Front::Batch)),
        Some(0) => Ok((data.value, Front::Rows)),
        Some(_) => Err("it takes the first axis for the batch, which is elsewhere".into()),
        None => match i.dims(data).split_first() {
            Some((1, rest)) if !rest.is_empty() => {
                let rest = rest.to_vec();
                Ok((i.shaped(op, data.value, &rest)?, Front::Single))
            }
            Some((_, [_, ..])) => Ok((data.value, Front::Rows)),
            _ => Err("it needs more axes".into()),
        },
    }
}

/// The opposite of [`fronted`].
pub(super) fn behind(i: &mut Importer, op: &Op<'_>, place: Data, value: usize, front: Front) -> Outcome<Data> {
    match front {
        Front::Batch | Front::Rows => Ok(place.with(value)),
        Front::Single => {
            let dims = [vec![1], i.dims(place.with(value))].concat();
            Ok(place.with(i.shaped(op, value, &dims)?))
        }
    }
}

/// Rows of sequences `[rows, channels, length]` as an image `[channels, rows, length]` and back; or without a length.
pub(super) fn exchanged(i: &mut Importer, op: &Op<'_>, value: usize) -> Outcome<usize> {
    let mut axes: Vec<usize> = (0..i.dims(Data::of(value, None)).len()).collect();
    axes.swap(0, 1);
    i.add(op, Permute { axes: Sizes::new(&axes) }, &[value])
}

/// The attributes of a window, and the padding at its begin and end for each axis.
pub(super) struct Frame {
    pub kernel: Vec<usize>,
    pub stride: Vec<usize>,
    pub dilation: Vec<usize>,
    pub begins: Vec<usize>,
    pub ends: Vec<usize>,
}

impl Frame {
    /// For an input of these sizes.
    pub(super) fn of(op: &Op<'_>, kernel: Option<&[usize]>, sizes: &[usize]) -> Outcome<Self> {
        let rank = sizes.len();
        let kernel = op.sizes("kernel_shape")?.or_else(|| kernel.map(<[usize]>::to_vec)).ok_or("it has no kernel")?;
        let ones = || vec![1; rank];
        let stride = op.sizes("strides")?.unwrap_or_else(ones);
        let dilation = op.sizes("dilations")?.unwrap_or_else(ones);
        let pads = op.sizes("pads")?.unwrap_or_else(|| vec![0; 2 * rank]);
        if [kernel.len(), stride.len(), dilation.len(), pads.len() / 2] != [rank; 4] || pads.len() % 2 != 0 {
            return Err(format!("its window does not have {rank} axes, as its input has").into());
        }
        if [&kernel, &stride, &dilation].iter().any(|sizes| sizes.iter().any(|&size| size == 0 || size > 1 << 24))
            || pads.iter().any(|&pad| pad > 1 << 24)
        {
            return Err("a size of its window is 0, or larger than any image".into());
        }
        let (mut begins, mut ends) = (pads[..rank].to_vec(), pads[rank..].to_vec());
        let auto = op.text("auto_pad", "NOTSET");
        for axis in 0..rank {
            match auto.as_str() {
                "NOTSET" | "" => {}
                "VALID" => (begins[axis], ends[axis]) = (0, 0),
                "SAME_UPPER" | "SAME_LOWER" => {
                    let reach = (sizes[axis].div_ceil(stride[axis]) - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1;
                    let all = reach.saturating_sub(sizes[axis]);
                    let (small, large) = (all / 2, all - all / 2);
                    (begins[axis], ends[axis]) = if auto == "SAME_UPPER" { (small, large) } else { (large, small) };
                }
                _ => return Err(format!("`auto_pad` is `{auto}`").into()),
            }
        }
        Ok(Self { kernel, stride, dilation, begins, ends })
    }

    pub(super) fn is_even(&self) -> bool {
        self.begins == self.ends
    }

    /// Whether padding at the begin alone, with sizes rounded up, gives as many windows.
    pub(super) fn reaches(&self, sizes: &[usize]) -> bool {
        (0..sizes.len()).all(|axis| {
            let at = |list: &[usize]| [1, list[axis]];
            let (kernel, stride, dilation, padding) = (at(&self.kernel), at(&self.stride), at(&self.dilation), [0, self.begins[axis]]);
            let window = Window { kernel, stride, padding, dilation, ceil: true };
            let span = window.span(1);
            let all = sizes[axis].saturating_add(self.begins[axis]).saturating_add(self.ends[axis]);
            let even = sizes[axis].saturating_add(2 * self.begins[axis]);
            all >= span && even >= span && even < usize::MAX / 4 && window.steps(1, sizes[axis]) == (all - span) / self.stride[axis] + 1
        })
    }

    /// With a first axis along which nothing slides.
    pub(super) fn under_rows(mut self) -> Self {
        for (list, number) in
            [(&mut self.kernel, 1), (&mut self.stride, 1), (&mut self.dilation, 1), (&mut self.begins, 0), (&mut self.ends, 0)]
        {
            list.insert(0, number);
        }
        self
    }

    /// Pads a value by what the window's own padding cannot: two different ends.
    pub(super) fn padded(&mut self, i: &mut Importer, op: &Op<'_>, value: usize, mode: PadMode) -> Outcome<usize> {
        if self.is_even() {
            return Ok(value);
        }
        let at = |list: &[usize], back: usize| if back < list.len() { list[list.len() - 1 - back] } else { 0 };
        let pad = Pad {
            padding: [0, 0],
            mode,
            top: at(&self.begins, 1),
            bottom: at(&self.ends, 1),
            left: at(&self.begins, 0),
            right: at(&self.ends, 0),
        };
        self.begins.fill(0);
        self.ends.fill(0);
        i.add(op, pad, &[value])
    }
}

fn pair(list: &[usize]) -> [usize; 2] {
    [list[0], list[1]]
}

fn conv(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let name = i.constant(op, 1)?.name.clone();
    let mut weight = i.tensor(op, 1)?;
    let groups = usize::try_from(op.int("group", 1)).ok().filter(|&groups| groups > 0).ok_or("`group` is not positive")?;
    let (value, front) = fronted(i, op, x)?;
    let dims = i.dims(x.with(value));
    let lead = usize::from(front == Front::Rows) + 1;
    let [out, inner, kernel @ ..] = &weight.dims[..] else { return Err("its weight has too few axes".into()) };
    if dims.len() < lead || kernel.len() != dims.len() - lead {
        return Err(format!("a weight of shape {:?} does not fit an input of shape {dims:?}", weight.dims).into());
    }
    let mut frame = Frame::of(op, Some(kernel), &dims[lead..])?;
    if frame.kernel != kernel {
        return Err("`kernel_shape` is not that of the weight".into());
    }
    let (out_channels, in_channels) = (*out, inner.checked_mul(groups).ok_or("its weight is too large")?);
    let mut value = value;
    let rows = front == Front::Rows;
    if rows {
        if kernel.len() != 1 {
            return Err("images in rows are not supported".into());
        }
        value = exchanged(i, op, value)?;
        frame = frame.under_rows();
        weight.dims.insert(2, 1);
    }
    let value = frame.padded(i, op, value, PadMode::Zeros)?;
    let bias = Importer::has(op, 2);
    let layer: layercake_ir::Op = match frame.kernel.len() {
        1 => {
            let [kernel, stride, padding, dilation] = [frame.kernel[0], frame.stride[0], frame.begins[0], frame.dilation[0]];
            Conv1d { in_channels, out_channels, kernel, stride, padding, dilation, groups, bias }.into()
        }
        2 => {
            let [kernel, stride, padding, dilation] = [&frame.kernel, &frame.stride, &frame.begins, &frame.dilation].map(|list| pair(list));
            Conv2d { in_channels, out_channels, kernel, stride, padding, dilation, groups, bias }.into()
        }
        rank => return Err(format!("a convolution over {rank} axes is not supported").into()),
    };
    let mut tensors = vec![("weight", weight)];
    if bias {
        tensors.push(("bias", i.tensor(op, 2)?));
    }
    let value = i.layer(op, name.as_deref(), layer, &[value], tensors)?;
    let value = if rows { exchanged(i, op, value)? } else { value };
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}

fn transposed(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let x = i.data(op, 0)?;
    let name = i.constant(op, 1)?.name.clone();
    let weight: Tensor = i.tensor(op, 1)?;
    let groups = usize::try_from(op.int("group", 1)).ok().filter(|&groups| groups > 0).ok_or("`group` is not positive")?;
    let (value, front) = fronted(i, op, x)?;
    let dims = i.dims(x.with(value));
    if front == Front::Rows || dims.len() != 3 || weight.dims.len() != 4 {
        return Err("it is supported over height and width only".into());
    }
    if op.find("output_shape").is_some() || !matches!(op.text("auto_pad", "NOTSET").as_str(), "NOTSET" | "VALID") {
        return Err("`output_shape` and `auto_pad` are not supported".into());
    }
    let frame = Frame::of(op, Some(&weight.dims[2..]), &dims[1..])?;
    let mut output_padding = pair(&op.sizes("output_padding")?.filter(|list| list.len() == 2).unwrap_or_else(|| vec![0, 0]));
    for (axis, output) in output_padding.iter_mut().enumerate() {
        // Less padding at the end is more output there.
        let more = frame.begins[axis].checked_sub(frame.ends[axis]).ok_or("more padding at the end than at the begin is not supported")?;
        *output = output.saturating_add(more);
    }
    let layer = ConvTranspose2d {
        in_channels: weight.dims[0],
        out_channels: weight.dims[1].checked_mul(groups).ok_or("its weight is too large")?,
        kernel: pair(&frame.kernel),
        stride: pair(&frame.stride),
        padding: pair(&frame.begins),
        output_padding,
        dilation: pair(&frame.dilation),
        groups,
        bias: Importer::has(op, 2),
    };
    let mut tensors = vec![("weight", weight)];
    if layer.bias {
        tensors.push(("bias", i.tensor(op, 2)?));
    }
    let value = i.layer(op, name.as_deref(), layer, &[value], tensors)?;
    behind(i, op, x, value, front).map(|data| vec![Value::Data(data)])
}

/// The window that pools slide.
pub(super) fn window(frame: &Frame, ceil: bool) -> Window {
    Window { kernel: pair(&frame.kernel), stride: pair(&frame.stride), padding: pair(&frame.begins), dilation: pair(&frame.dilation), ceil }
}
