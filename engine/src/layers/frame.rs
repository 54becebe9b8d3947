//! Frames: maps with zeros around them, laid out so that what the windows of a convolution read of a line lies side by side.
//!
//! A frame holds what windows read, and nothing of a padding or an input that they step over.

/// Along one axis, what a frame has of the maps.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Elements of the maps.
    pub size: usize,
    /// Elements of the frame.
    pub len: usize,
    /// The frame's elements in stretches: the first of the maps that it shows, none for zeros, and their number.
    pub stretches: Vec<(Option<usize>, usize)>,
}

/// Windows along one axis.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// Elements of the maps.
    pub size: usize,
    /// Windows.
    pub count: usize,
    /// Taps of a window.
    pub taps: usize,
    /// From a window to the next.
    pub stride: usize,
    /// From a tap to the next.
    pub dilation: usize,
    /// Zeros before the maps.
    pub padding: usize,
}

impl Axis {
    /// The elements that a frame shows, in order.
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

    /// So many zeros, the maps, and so many zeros.
    pub fn around(before: usize, size: usize, after: usize) -> Self {
        let stretches = [(None, before), (Some(0), size), (None, after)];
        Self { size, len: before + size + after, stretches: stretches.into_iter().filter(|&(_, len)| len > 0).collect() }
    }

    /// What windows read, and for each tap the place in the frame of what it reads for the first window; for the next windows it reads the elements
    /// behind.
    ///
    /// Elements are sorted by their remainder of the stride, of those classes that taps fall into; or there is a stretch for each tap where that is
    /// less.
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

    /// At most so many elements [`Axis::of`] windows has: known without working it out.
    pub fn most(windows: Windows) -> u128 {
        let Windows { count, taps, stride, dilation, .. } = windows;
        let [count, taps, stride, dilation] = [count, taps, stride, dilation].map(|n| n as u128);
        let class = count.saturating_add(taps.saturating_sub(1).saturating_mul(dilation) / stride.max(1));
        taps.min(stride).saturating_mul(class).min(taps.saturating_mul(count))
    }

    /// Does it show the maps as they are?
    pub fn is_plain(&self) -> bool {
        self.stretches == [(Some(0), self.size)]
    }
}

/// Maps in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Down and across.
    pub axes: [Axis; 2],
}

impl Frame {
    /// Elements of a line.
    pub fn line(&self) -> usize {
        self.axes[1].len
    }

    /// Elements of a map.
    pub fn len(&self) -> usize {
        self.axes[0].len * self.axes[1].len
    }

    /// Is there nothing to add and nothing to sort, so that the maps can be used as they are?
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
        // What a stride steps over, and a padding that no window reads, cost nothing.
        assert_eq!(Axis::of(Windows { size: 8, count: 2, taps: 1, stride: 7, dilation: 1, padding: 0 }).0.len, 2);
        let far = Windows { size: 8, count: 2, taps: 3, stride: 2_000_000_000, dilation: 1, padding: 1_000_000_000 };
        assert_eq!(Axis::of(far).0.len, 6);
    }
}
