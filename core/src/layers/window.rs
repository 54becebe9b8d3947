//! Which input elements each position of a sliding window sees, as index tensors for `gather`.

use layercake_ir::ops::Window;

/// The taps of every window over one plane of `size`.
pub(super) struct Taps {
    /// For each tap, for each window: the index of the element within the plane. A tap outside the input repeats an element that
    /// the same window does see (its first).
    pub index: Vec<Vec<usize>>,
    /// The same layout: is the tap inside the input?
    pub inside: Vec<Vec<bool>>,
    /// Height and width of the output.
    pub out: [usize; 2],
}

impl Taps {
    pub fn new(window: &Window, size: [usize; 2]) -> Self {
        let out = [window.steps(0, size[0]), window.steps(1, size[1])];
        let rows = axis_taps(window, 0, size[0], out[0]);
        let columns = axis_taps(window, 1, size[1], out[1]);
        let (mut index, mut inside) = (Vec::new(), Vec::new());
        for row in &rows {
            for column in &columns {
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

/// For each tap along one axis, for each window, the coordinate.
fn axis_taps(window: &Window, axis: usize, size: usize, out: usize) -> Vec<Vec<Tap>> {
    let coordinate = |tap: usize, step: usize| {
        let at = (step * window.stride[axis] + tap * window.dilation[axis]).checked_sub(window.padding[axis])?;
        (at < size).then_some(at)
    };
    // A convolution's window may lie wholly in the padding: then its taps count for nothing, and any element will do.
    let first: Vec<usize> = (0..out).map(|step| (0..window.kernel[axis]).find_map(|tap| coordinate(tap, step)).unwrap_or(0)).collect();
    let tap = |tap: usize, step: usize| {
        let at = coordinate(tap, step);
        Tap { at: at.unwrap_or(first[step]), inside: at.is_some() }
    };
    (0..window.kernel[axis]).map(|t| (0..out).map(|step| tap(t, step)).collect()).collect()
}
