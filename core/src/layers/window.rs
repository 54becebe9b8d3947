//! Index tables of sliding windows, for `gather`.

use dfdx::tensor_ops::Device;
use layercake_ir::ops::{ConvTranspose2d, Window};

use crate::Scalar;
use crate::run::tables::{Shared, Table, Tables};
use crate::run::value::Value;

/// The elements that the windows of a convolution see, as rows: for each channel, tap and window the pixel.
pub(super) struct Windows<E: Scalar, D: Device<E>> {
    /// One table.
    pub lookup: Shared<E, D>,
    /// Height and width of the output.
    pub out: [usize; 2],
}

impl<E: Scalar, D: Device<E>> Windows<E, D> {
    /// Of a convolution of images.
    pub fn of(tables: &Tables<E, D>, x: &Value<E, D>, window: &Window) -> Result<Self, D::Err> {
        let size = [x.dims()[2], x.dims()[3]];
        let out = [window.steps(0, size[0]), window.steps(1, size[1])];
        Self::new(tables, x, format!("windows {window:?}"), out, || Taps::new(window, size))
    }

    /// Of a transposed convolution.
    pub fn transposed(tables: &Tables<E, D>, x: &Value<E, D>, op: &ConvTranspose2d) -> Result<Self, D::Err> {
        let size = [x.dims()[2], x.dims()[3]];
        Self::new(tables, x, format!("windows {op:?}"), Taps::transposed_out(op, size), || Taps::transposed(op, size))
    }

    fn new(tables: &Tables<E, D>, x: &Value<E, D>, what: String, out: [usize; 2], taps: impl FnOnce() -> Taps) -> Result<Self, D::Err> {
        let (channels, pixels) = (x.dims()[1], x.dims()[2] * x.dims()[3]);
        let lookup = tables.get(x.device(), format!("{what} of {:?}", &x.dims()[1..]), || {
            let taps = taps();
            let each = || (0..channels).flat_map(|channel| taps.index.iter().map(move |tap| (channel, tap)));
            let index = each().flat_map(|(channel, tap)| tap.iter().map(move |at| channel * pixels + at)).collect();
            let inside = (0..channels).flat_map(|_| taps.inside.iter().flatten().copied()).collect();
            vec![Table { inside: Some(inside), ..Table::pick(channels * pixels, index) }]
        })?;
        Ok(Self { lookup, out })
    }
}

/// The taps of all windows of one plane of `size`.
pub(super) struct Taps {
    /// For each tap and window, the index of the element in the plane. A tap outside the input has the index of the window's first tap
    /// inside it.
    pub index: Vec<Vec<usize>>,
    /// In the same layout, whether the tap is inside the input.
    pub inside: Vec<Vec<bool>>,
    /// Height and width of the output.
    pub out: [usize; 2],
}

impl Taps {
    pub fn new(window: &Window, size: [usize; 2]) -> Self {
        let out = [window.steps(0, size[0]), window.steps(1, size[1])];
        let [rows, columns] = [0, 1].map(|axis| {
            axis_taps(window.kernel[axis], out[axis], |tap, step| {
                let at = (step * window.stride[axis] + tap * window.dilation[axis]).checked_sub(window.padding[axis])?;
                (at < size[axis]).then_some(at)
            })
        });
        Self::of_axes(&rows, &columns, size)
    }

    /// For a transposed convolution: for each tap and output position, the input element that contributes to it through the tap. Element
    /// `i` contributes through tap `t` to position `stride i + dilation t - padding`.
    pub fn transposed(op: &ConvTranspose2d, size: [usize; 2]) -> Self {
        let [rows, columns] = [0, 1].map(|axis| {
            axis_taps(op.kernel[axis], Self::transposed_out(op, size)[axis], |tap, place| {
                let at = (place + op.padding[axis]).checked_sub(tap * op.dilation[axis])?;
                (at.is_multiple_of(op.stride[axis]) && at / op.stride[axis] < size[axis]).then_some(at / op.stride[axis])
            })
        });
        Self::of_axes(&rows, &columns, size)
    }

    /// Height and width of the output of a transposed convolution.
    fn transposed_out(op: &ConvTranspose2d, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| {
            let span = op.dilation[axis] * (op.kernel[axis] - 1) + 1;
            (size[axis] - 1) * op.stride[axis] + span + op.output_padding[axis] - 2 * op.padding[axis]
        })
    }

    fn of_axes(rows: &[Vec<Tap>], columns: &[Vec<Tap>], size: [usize; 2]) -> Self {
        let out = [rows[0].len(), columns[0].len()];
        let (mut index, mut inside) = (Vec::new(), Vec::new());
        for row in rows {
            for column in columns {
                let each = || row.iter().flat_map(|r| column.iter().map(move |c| (r, c)));
                index.push(each().map(|(r, c)| r.at * size[1] + c.at).collect());
                inside.push(each().map(|(r, c)| r.inside && c.inside).collect());
            }
        }
        Self { index, inside, out }
    }
}

#[derive(Clone, Copy)]
struct Tap {
    at: usize,
    inside: bool,
}

/// For each tap along one axis and each output position, the coordinate returned by `coordinate`.
fn axis_taps(kernel: usize, out: usize, coordinate: impl Fn(usize, usize) -> Option<usize>) -> Vec<Vec<Tap>> {
    // A window may cover padding only. None of its taps is then used, and their index is arbitrary.
    let first: Vec<usize> = (0..out).map(|step| (0..kernel).find_map(|tap| coordinate(tap, step)).unwrap_or(0)).collect();
    let tap = |tap: usize, step: usize| {
        let at = coordinate(tap, step);
        Tap { at: at.unwrap_or(first[step]), inside: at.is_some() }
    };
    (0..kernel).map(|t| (0..out).map(|step| tap(t, step)).collect()).collect()
}
