//! The vertical order of horizontal segments between two layers.

/// The links of one value in a gap: they come down at `upper`, turn at one height, and continue down at each `lower`.
#[derive(Clone, Debug)]
pub(super) struct Net {
    pub number: usize,
    pub upper: f64,
    pub lower: Vec<f64>,
}

/// Two links that are closer than this look like one.
const NEAR: f64 = 6.0;

impl Net {
    fn range(&self) -> [f64; 2] {
        let all = || self.lower.iter().copied().chain([self.upper]);
        [all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max)]
    }

    fn spans(&self, x: f64) -> bool {
        let [least, most] = self.range();
        least - NEAR < x && x < most + NEAR
    }

    fn overlaps(&self, other: &Net) -> bool {
        let ([a, b], [c, d]) = (self.range(), other.range());
        a - NEAR < d && c - NEAR < b
    }

    /// The number of crossings if this net turns above the other: one for each of its own downward lines that meets the other's horizontal
    /// segment, and one if the other's line from above meets its own.
    fn crossings_above(&self, other: &Net) -> usize {
        self.lower.iter().filter(|&&x| other.spans(x)).count() + usize::from(self.spans(other.upper))
    }

    /// Whether they would run along each other if this net turned above the other.
    fn runs_into(&self, other: &Net) -> bool {
        self.lower.iter().any(|&x| (x - other.upper).abs() < NEAR)
    }
}

/// The track of each net, counted from the top; nets that share a track do not touch.
pub(super) fn tracks(nets: &[Net]) -> Vec<usize> {
    let order = untangled(nets, with_few_crossings(nets));
    let mut levels = vec![0; nets.len()];
    for (done, &net) in order.iter().enumerate() {
        let over = order[..done].iter().filter(|&&other| nets[other].overlaps(&nets[net]));
        levels[net] = over.map(|&other| levels[other] + 1).max().unwrap_or(0);
    }
    levels
}

fn with_few_crossings(nets: &[Net]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..nets.len()).collect();
    order.sort_by(|&a, &b| nets[a].upper.total_cmp(&nets[b].upper));
    // Exchanging two neighbors changes only the crossings between these two, so each exchange is a gain, and the loop ends.
    for _ in 0..nets.len() {
        let mut changed = false;
        for i in 1..order.len() {
            let (a, b) = (&nets[order[i - 1]], &nets[order[i]]);
            if b.crossings_above(a) < a.crossings_above(b) {
                order.swap(i - 1, i);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    order
}

/// Changes the order so that no two nets run along each other. If two nets conflict in both orders, one conflict remains.
fn untangled(nets: &[Net], order: Vec<usize>) -> Vec<usize> {
    let below = |&a: &usize, &b: &usize| a != b && nets[a].runs_into(&nets[b]);
    // For each net, the number of remaining nets that must turn above it.
    let mut waits: Vec<usize> = (0..nets.len()).map(|net| order.iter().filter(|other| below(&net, other)).count()).collect();
    let mut left = order;
    let mut done = Vec::with_capacity(nets.len());
    while !left.is_empty() {
        let next = left.iter().position(|&net| waits[net] == 0).unwrap_or(0);
        let next = left.remove(next);
        for other in left.iter().filter(|other| below(other, &next)) {
            waits[*other] -= 1;
        }
        done.push(next);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(upper: f64, lower: &[f64]) -> Net {
        Net { number: 0, upper, lower: lower.to_vec() }
    }

    #[test]
    fn parallel_turns_nest_and_distant_ones_share() {
        let right = [net(0.0, &[100.0]), net(50.0, &[150.0]), net(300.0, &[400.0])];
        assert_eq!(tracks(&right), [1, 0, 0]);
        let left = [net(100.0, &[0.0]), net(150.0, &[50.0])];
        assert_eq!(tracks(&left), [0, 1]);
        // One net arrives where the other leaves: in the other order, the two would run along each other.
        assert_eq!(tracks(&[net(0.0, &[50.0]), net(50.0, &[90.0])]), [1, 0]);
    }
}
