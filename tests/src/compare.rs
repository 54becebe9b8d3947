//! Differences between tensors, and their limits.

use std::collections::BTreeMap;

use crate::{Numbers, Outcome};

/// The largest absolute difference, relative to the largest expected magnitude; infinite if sizes differ or an element of either is
/// not finite.
///
/// If only zeros are expected, the absolute difference counts: the inputs of a case are of order
/// one, so terms that cancel are too.
pub fn difference(found: &Numbers, expected: &Numbers) -> f64 {
    let scale = expected.magnitude();
    if found.dims != expected.dims || !found.magnitude().is_finite() || !scale.is_finite() {
        return f64::INFINITY;
    }
    let differences = found.values.iter().zip(&expected.values).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f64::max) / if scale > 0.0 { scale } else { 1.0 }
}

/// Collects comparisons, prints a table of the largest differences, and fails if one is too large.
pub struct Report {
    title: String,
    cases: usize,
    /// (path, kind of tensor) -> (largest difference, where)
    largest: BTreeMap<(&'static str, &'static str), (f64, String)>,
    rejected: Vec<String>,
}

impl Report {
    /// An empty one.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), cases: 0, largest: BTreeMap::new(), rejected: Vec::new() }
    }

    /// Counts a case.
    pub fn case(&mut self) {
        self.cases += 1;
    }

    /// Compares one tensor; `path` is the execution path, `place` the case and the tensor's name.
    pub fn compare(&mut self, path: &'static str, case: &str, name: &str, found: &Numbers, expected: &Numbers, bar: f64) {
        let difference = difference(found, expected);
        let place = format!("{case} {name}");
        if difference > bar {
            self.rejected.push(format!("{path}: {place}: off by {difference:.1e} of {:.1e}", expected.magnitude()));
        }
        let entry = self.largest.entry((path, group(name))).or_insert((-1.0, String::new()));
        if difference > entry.0 {
            *entry = (difference, place);
        }
    }

    /// Compares all tensors of a run; a missing or additional one fails too.
    pub fn compare_all(&mut self, path: &'static str, case: &str, found: &Outcome, expected: &BTreeMap<String, Numbers>, bar: f64) {
        let names = |tensors: &BTreeMap<String, Numbers>| tensors.keys().cloned().collect::<Vec<_>>();
        if names(found) != names(expected) {
            self.rejected.push(format!("{path}: {case}: has {:?} instead of {:?}", names(found), names(expected)));
        }
        for (name, expected) in expected {
            if let Some(found) = found.get(name) {
                self.compare(path, case, name, found, expected, bar);
            }
        }
    }

    /// The largest difference of some kinds of tensors on a path; none if there were no such tensors.
    pub fn largest(&self, path: &str, groups: &[&str]) -> Option<f64> {
        let of = |&(own, group): &(&str, &str)| own == path && groups.contains(&group);
        self.largest.iter().filter(|(key, _)| of(key)).map(|(_, (difference, _))| *difference).reduce(f64::max)
    }

    /// The failures so far.
    pub fn rejected(&self) -> &[String] {
        &self.rejected
    }

    /// Prints the table and fails the test if there were failures.
    ///
    /// # Panics
    /// If there were failures.
    pub fn finish(self) {
        println!("{}: {} cases", self.title, self.cases);
        for ((path, group), (difference, place)) in &self.largest {
            println!("    {path:14} {group:18} {difference:8.1e}   {place}");
        }
        assert!(self.cases > 0, "{}: nothing was compared", self.title);
        assert!(self.rejected.is_empty(), "{}: {} too far off\n{}", self.title, self.rejected.len(), self.rejected.join("\n"));
    }
}

/// The row of the table for a tensor.
fn group(name: &str) -> &'static str {
    match name.split_once('/') {
        Some(("grad", _)) => "parameter gradient",
        Some(("after", _)) => "running statistic",
        Some(("input_grad", _)) => "input gradient",
        _ if name == "input_grad" => "input gradient",
        _ => "output",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[f64]) -> Numbers {
        Numbers { dims: vec![values.len()], values: values.to_vec() }
    }

    #[test]
    fn relative_to_the_largest() {
        assert_eq!(difference(&numbers(&[1.0, -8.5]), &numbers(&[1.0, -8.0])), 0.5 / 8.0);
        assert_eq!(difference(&numbers(&[1.0]), &numbers(&[1.0])), 0.0);
        assert_eq!(difference(&numbers(&[0.25, 0.0]), &numbers(&[0.0, 0.0])), 0.25);
    }

    #[test]
    fn never_close() {
        assert_eq!(difference(&numbers(&[1.0, f64::NAN]), &numbers(&[1.0, 2.0])), f64::INFINITY);
        assert_eq!(difference(&numbers(&[f64::INFINITY]), &numbers(&[1.0])), f64::INFINITY);
        assert_eq!(difference(&numbers(&[1.0]), &numbers(&[f64::NEG_INFINITY])), f64::INFINITY);
        assert_eq!(difference(&numbers(&[1.0, 2.0]), &numbers(&[1.0])), f64::INFINITY);
        let other_shape = Numbers { dims: vec![2, 1], values: vec![1.0, 2.0] };
        assert_eq!(difference(&other_shape, &numbers(&[1.0, 2.0])), f64::INFINITY);
    }

    #[test]
    fn missing_and_additional_tensors_are_refused() {
        let one = BTreeMap::from([("output".to_owned(), numbers(&[1.0]))]);
        let two = BTreeMap::from([("output".to_owned(), numbers(&[1.0])), ("input_grad".to_owned(), numbers(&[1.0]))]);
        for (found, expected, refused) in [(&one, &one, 0), (&one, &two, 1), (&two, &one, 1)] {
            let mut report = Report::new("test");
            report.compare_all("path", "case", found, expected, 0.0);
            assert_eq!(report.rejected().len(), refused);
        }
    }
}
