//! Summaries: scalars, histograms and pictures.

use super::proto::Message;

/// Buckets of a histogram: TensorBoard shows 30.
const BUCKETS: usize = 30;
/// `colorspace` of RGB.
const RGB: i64 = 3;

/// The distribution of numbers, in buckets of equal width from the least to the largest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    least: f64,
    largest: f64,
    sum: f64,
    squares: f64,
    counts: Vec<u64>,
}

impl Histogram {
    /// NaN and infinite numbers are left out; `None` without others.
    pub fn of(numbers: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let finite = || numbers.clone().filter(|x| x.is_finite());
        let (least, largest) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        if least > largest {
            return None;
        }
        let buckets = if least < largest { BUCKETS } else { 1 };
        let mut found = Self { least, largest, sum: 0.0, squares: 0.0, counts: vec![0; buckets] };
        for x in finite() {
            found.sum += x;
            found.squares += x * x;
            // Halves, since the difference of two large numbers is infinite.
            let share = (x / 2.0 - least / 2.0) / (largest / 2.0 - least / 2.0);
            // `share` is NaN for a single value.
            found.counts[((share * buckets as f64) as usize).min(buckets - 1)] += 1;
        }
        Some(found)
    }

    /// A `HistogramProto`.
    fn message(&self) -> Message {
        let count = self.counts.len();
        let limit = |i: usize| {
            let share = (i + 1) as f64 / count as f64;
            if i + 1 == count { self.largest } else { self.least * (1.0 - share) + self.largest * share }
        };
        let limits: Vec<f64> = (0..count).map(limit).collect();
        let counts: Vec<f64> = self.counts.iter().map(|&count| count as f64).collect();
        let all = self.counts.iter().sum::<u64>() as f64;
        let message = Message::default().double(1, self.least).double(2, self.largest).double(3, all);
        message.double(4, self.sum).double(5, self.squares).packed(6, &limits).packed(7, &counts)
    }
}

/// A `Summary` with one value.
fn of(value: &Message) -> Message {
    Message::default().part(1, value)
}

fn tagged(tag: &str) -> Message {
    Message::default().part(1, tag)
}

pub(super) fn scalar(tag: &str, value: f64) -> Message {
    of(&tagged(tag).chosen_float(2, value as f32))
}

pub(super) fn histogram(tag: &str, histogram: &Histogram) -> Message {
    of(&tagged(tag).part(5, histogram.message()))
}

/// A picture: the bytes of a PNG file.
pub(super) fn image(tag: &str, [height, width]: [usize; 2], png: &[u8]) -> Message {
    of(&tagged(tag).part(4, Message::default().int(1, height as i64).int(2, width as i64).int(3, RGB).part(4, png)))
}

/// What a plugin has to say: only metadata.
pub(super) fn metadata(tag: &str, plugin: &str, content: &Message) -> Message {
    let data = Message::default().part(1, plugin).part(2, content);
    of(&tagged(tag).part(9, Message::default().part(1, data)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_by_hand() {
        let found = Histogram::of([0.0, 30.0, 1.0, 1.5, f64::NAN, f64::INFINITY, 29.9].into_iter()).unwrap();
        assert_eq!((found.least, found.largest, found.sum), (0.0, 30.0, 62.4));
        let full: Vec<(usize, u64)> = found.counts.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect();
        assert_eq!(full, [(0, 1), (1, 2), (29, 2)]);
        assert_eq!(Histogram::of([2.0, 2.0].into_iter()).unwrap().counts, [2]);
        assert_eq!(Histogram::of([f64::NAN].into_iter()), None);
        let large = Histogram::of([-f64::MAX, f64::MAX].into_iter()).unwrap();
        assert_eq!((large.counts[0], large.counts[29]), (1, 1));
    }
}
