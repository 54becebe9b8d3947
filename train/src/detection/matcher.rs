//! Which object a proposal is to find.

use super::error::option;
use super::{BBox, DetectionError, iou};

/// What a proposal is matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The object of this index.
    Object(usize),
    /// Nothing: it overlaps no object enough.
    Background,
    /// Neither: it overlaps one, but not enough. It does not count in training.
    Between,
}

/// Matches each proposal with the object that it overlaps most, by the thresholds of region proposals (Ren et al., 2015); torchvision's `Matcher`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matcher {
    /// From this overlap on a proposal is the object.
    pub high: f32,
    /// Below this overlap it is background.
    pub low: f32,
    /// Whether an object's best proposals, all of those that tie, are matched even if they overlap too little, each with the object that it overlaps most: so
    /// that small objects are learned too. (Where nothing overlaps an object, torchvision takes all proposals for its best ones; here there is none.)
    pub allow_low_quality: bool,
}

impl Matcher {
    /// Matches each of `proposals`. Without objects all are background.
    ///
    /// # Errors
    /// Returns an error unless `low` is at most `high`.
    pub fn matches(&self, objects: &[BBox], proposals: &[BBox]) -> Result<Vec<Match>, DetectionError> {
        self.by_quality(objects.len(), proposals.len(), |object, proposal| iou(&objects[object], &proposals[proposal]))
    }

    /// [`Matcher::matches`] for any measure of overlap, `quality(object, proposal)`. Of equal ones, the first object counts.
    ///
    /// # Errors
    /// Returns an error unless `low` is at most `high`.
    pub fn by_quality(
        &self,
        objects: usize,
        proposals: usize,
        quality: impl Fn(usize, usize) -> f32,
    ) -> Result<Vec<Match>, DetectionError> {
        if !(0.0 <= self.low && self.low <= self.high) {
            return Err(option("matcher", "0 <= low <= high", format!("low {} and high {}", self.low, self.high)));
        }
        let mut best = vec![(0.0, None); proposals];
        let mut highest = vec![0.0f32; objects];
        for (object, highest) in highest.iter_mut().enumerate() {
            for (proposal, best) in best.iter_mut().enumerate() {
                let found = quality(object, proposal);
                *highest = highest.max(found);
                if best.1.is_none() || found > best.0 {
                    *best = (found, Some(object));
                }
            }
        }
        let is_best = |proposal: usize| (0..objects).any(|object| highest[object] > 0.0 && quality(object, proposal) == highest[object]);
        let judge = |(proposal, (found, object)): (usize, (f32, Option<usize>))| match object {
            Some(object) if found >= self.high || (self.allow_low_quality && is_best(proposal)) => Match::Object(object),
            Some(_) if found >= self.low => Match::Between,
            _ => Match::Background,
        };
        Ok(best.into_iter().enumerate().map(judge).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_match() {
        let matcher = Matcher { high: 0.7, low: 0.3, allow_low_quality: true };
        let far = BBox::new(0.0, 0.0, 4.0, 4.0);
        assert_eq!(matcher.matches(&[], &[far; 2]).unwrap(), [Match::Background; 2]);
        assert_eq!(matcher.matches(&[far], &[]).unwrap(), []);
        // An object that nothing overlaps, or without area, has no best proposal.
        let away = BBox::new(10.0, 10.0, 14.0, 14.0);
        let line = BBox::new(0.0, 0.0, 4.0, 0.0);
        assert_eq!(matcher.matches(&[away, line], &[far; 2]).unwrap(), [Match::Background; 2]);
        let error = Matcher { high: 0.3, low: 0.7, ..matcher }.matches(&[], &[]).unwrap_err();
        assert_eq!(error.to_string(), "matcher: expected 0 <= low <= high, found low 0.7 and high 0.3");
    }
}
