//! Frames: maps with zeros around them, laid out so that the elements that windows read from a line are adjacent.
//!
//! A frame has only elements that windows read; padding and input that a stride steps over are left out.

/// The elements of a frame along one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The size of the maps.
    pub size: usize,
    /// The size of the frame.
    pub len: usize,
    /// The ranges of the frame: the first element of the maps (`None` for zeros) and the length.
    pub stretches: Vec<(Option<usize>, usize)>,
}

/// Windows along one axis.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// The size of the maps.
    pub size: usize,
    /// The number of windows.
    pub count: usize,
    /// The number of taps.
    pub taps: usize,
    /// The distance between windows.
    pub stride: usize,
    /// The distance between taps.
    pub dilation: usize,
    /// The zeros before the maps.
    pub padding: usize,
}

impl Axis {
    /// From the list of the frame's elements, in order.
    fn new(size: usize, shown: impl Iterator<Item = Option<usize>>) -> Self {
        let mut stretches: Vec<(Option<usize>, usize)> = Vec::new();
        for at in shown.map(|at| at.filter(|&at| at < size)) {
            match stretches.last_mut() {
                Some((first, len)) if first.map(|first| first + *len) == at => *len += 1,
                _ => stretches.push((at, 1)),
            }
        }
        Self { size, len: stretches.iter().map(|(_, len)| len).sum(), stretches }
    }

    /// The maps with zeros before and after them.
    pub fn around(before: usize, size: usize, after: usize) -> Self {
        let stretches = [(None, before), (Some(0), size), (None, after)];
        Self { size, len: before + size + after, stretches: stretches.into_iter().filter(|&(_, len)| len > 0).collect() }
    }

    /// The elements that windows read, and for each tap the position in the frame of the element that it reads for the first window; for
    /// the following windows it reads the following elements.
    ///
    /// Elements are sorted by their remainder modulo the stride, only classes with taps; or there is a range for each tap, if that is
    /// smaller.
    pub fn of(windows: Windows) -> (Self, Vec<usize>) {
        let Windows { size, count, taps, stride, dilation, padding } = windows;
        let mut classes: Vec<usize> = (0..taps.min(stride)).map(|tap| tap * dilation % stride).collect();
        classes.sort_unstable();
        classes.dedup();
        let class = count + (taps - 1) * dilation / stride;
        let element = |at: usize| at.checked_sub(padding);
        if classes.len().saturating_mul(class) <= taps * count {
            let shown = classes.iter().flat_map(|first| (0..class).map(move |i| element(first + i * stride)));
            let place = |at: usize| classes.binary_search(&(at % stride)).map_or(0, |number| number * class + at / stride);
            (Self::new(size, shown), (0..taps).map(|tap| place(tap * dilation)).collect())
        } else {
            let shown = (0..taps).flat_map(|tap| (0..count).map(move |window| element(tap * dilation + window * stride)));
            (Self::new(size, shown), (0..taps).map(|tap| tap * count).collect())
        }
    }

    /// An upper bound of the size of [`Axis::of`] the windows, without computing it.
    pub fn most(windows: Windows) -> u128 {
        let Windows { count, taps, stride, dilation, .. } = windows;
        let [count, taps, stride, dilation] = [count, taps, stride, dilation].map(|n| n as u128);
        let class = count.saturating_add(taps.saturating_sub(1).saturating_mul(dilation) / stride.max(1));
        taps.min(stride).saturating_mul(class).min(taps.saturating_mul(count))
    }

    /// Whether the frame is the maps themselves.
    pub fn is_plain(&self) -> bool {
        self.stretches == [(Some(0), self.size)]
    }
}

/// The frame of maps.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Height and width.
    pub axes: [Axis; 2],
}

impl Frame {
    /// The number of elements of a line.
    pub fn line(&self) -> usize {
        self.axes[1].len
    }

    /// The number of elements of a map.
    pub fn len(&self) -> usize {
        self.axes[0].len * self.axes[1].len
    }

    /// Whether the frame is the maps themselves, so that no copy is needed.
    pub fn is_plain(&self) -> bool {
        self.axes.iter().all(Axis::is_plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_find_what_windows_read() {
        for [size, taps, stride, dilation, padding] in [
            [5, 3, 1, 1, 1],
            [5, 3, 2, 1, 0],
            [9, 3, 2, 2, 3],
            [7, 1, 3, 1, 0],
            [8, 5, 3, 4, 7],
            [4, 2, 1, 11, 4],
            [8, 3, 1000, 1, 900],
            [8, 2, 1, 2007, 1000],
            [3, 4, 2, 3, 1000],
            [1, 1, 1, 1, 0],
        ] {
            let count = (size + 2 * padding - dilation * (taps - 1) - 1) / stride + 1;
            let windows = Windows { size, count, taps, stride, dilation, padding };
            let (axis, places) = Axis::of(windows);
            assert!(axis.len as u128 <= Axis::most(windows) && axis.len <= taps * count, "{windows:?}");
            assert_eq!(axis.len, axis.stretches.iter().map(|(_, len)| len).sum::<usize>());
            let shown: Vec<Option<usize>> =
                axis.stretches.iter().flat_map(|&(first, len)| (0..len).map(move |i| first.map(|first| first + i))).collect();
            for (tap, window) in (0..taps).flat_map(|tap| (0..count).map(move |window| (tap, window))) {
                let read = (window * stride + tap * dilation).checked_sub(padding).filter(|&at| at < size);
                assert_eq!(shown[places[tap] + window], read, "{windows:?}, tap {tap}, window {window}");
            }
        }
    }

    #[test]
    fn nothing_is_added_where_nothing_is_needed() {
        assert!(Axis::of(Windows { size: 6, count: 4, taps: 3, stride: 1, dilation: 1, padding: 0 }).0.is_plain());
        assert!(Axis::around(0, 5, 0).is_plain() && !Axis::around(1, 5, 0).is_plain());
        // Elements that a stride steps over, and padding that no window reads, are not in the frame.
        assert_eq!(Axis::of(Windows { size: 8, count: 2, taps: 1, stride: 7, dilation: 1, padding: 0 }).0.len, 2);
        let far = Windows { size: 8, count: 2, taps: 3, stride: 2_000_000_000, dilation: 1, padding: 1_000_000_000 };
        assert_eq!(Axis::of(far).0.len, 6);
    }
}
