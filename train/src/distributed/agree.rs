//! What ranks must agree about: that none has failed, and that all do the same.

use std::sync::atomic::Ordering;

use super::World;
use crate::TrainError;

/// What a rank says where all meet.
const WELL: u8 = 0;
const CANCELLED: u8 = 1;
const FAILED: u8 = 2;

impl World {
    /// Ends all ranks if one has failed: a point at which all ranks meet, with what each did since the last such point. Returns whether one of them is `cancelled`.
    ///
    /// A rank that fails elsewhere goes to the end of its program, which is such a point too; it then meets the others at their next one.
    pub(crate) fn meet<T>(&self, outcome: Result<T, TrainError>, cancelled: bool) -> Result<(T, bool), TrainError> {
        let (Some(state), Some(_)) = (&self.state, self.link()) else { return Ok((outcome?, cancelled)) };
        if state.has_failed() {
            return Ok((outcome?, cancelled));
        }
        let own = if outcome.is_err() { FAILED } else { cancelled.into() };
        let mut said = vec![WELL; self.size()];
        said[self.rank()] = own;
        self.complete(&mut said, &(0..=self.size()).collect::<Vec<_>>());
        let Some(failed) = said.iter().position(|&said| said == FAILED) else {
            return Ok((outcome?, said.contains(&CANCELLED)));
        };
        state.failed.store(true, Ordering::Relaxed);
        let texts = self.gather(outcome.as_ref().err().map(ToString::to_string).unwrap_or_default().as_bytes());
        // Ranks that have not failed name the first that has.
        outcome?;
        Err(TrainError::Rank { rank: failed, reason: String::from_utf8_lossy(&texts[failed]).into_owned() })
    }

    /// Ends all ranks if one has failed: a point at which all ranks meet, each with what it did since the last such point. A rank that fails returns to the end of its
    /// program, which should be such a point too, and meets the others at their next one.
    ///
    /// # Errors
    /// Returns the rank's own error, or [`TrainError::Rank`] with that of the first rank that has failed.
    pub fn agree<T>(&self, outcome: Result<T, TrainError>) -> Result<T, TrainError> {
        Ok(self.meet(outcome, false)?.0)
    }

    /// The text of rank 0.
    pub(crate) fn text_of_root(&self, text: &str) -> String {
        let own = if self.is_root() { text.as_bytes() } else { &[] };
        String::from_utf8_lossy(&self.gather(own)[0]).into_owned()
    }

    /// Checks that all ranks have the same `facts`, each with its name.
    ///
    /// # Errors
    /// Returns an error that names the first rank that differs from rank 0, the fact, and both values.
    pub fn must_be_equal(&self, facts: &[(&str, String)]) -> Result<(), TrainError> {
        if self.size() == 1 {
            return Ok(());
        }
        for (name, own) in facts {
            let all = self.gather(own.as_bytes());
            let text = |rank: usize| String::from_utf8_lossy(&all[rank]).into_owned();
            if let Some(rank) = (1..all.len()).find(|&rank| all[rank] != all[0]) {
                let [found, expected] = differing(&text(rank), &text(0));
                return self.agree(Err(TrainError::RanksDiffer { rank, what: (*name).to_owned(), found, expected }));
            }
        }
        Ok(())
    }
}

/// Two texts from the word before their first difference on.
fn differing(found: &str, expected: &str) -> [String; 2] {
    const SHOWN: usize = 40;
    let same: usize = found.chars().zip(expected.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let word = found[..same].rmatch_indices([' ', ',', '{']).nth(1).map_or(0, |(at, _)| at + 1);
    [found, expected].map(|text| text[word..].trim_start().chars().take(SHOWN).collect())
}
