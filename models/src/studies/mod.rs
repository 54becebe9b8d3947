//! Small experiments that show what courses on neural networks say: each claim with a number and a picture.
//!
//! A study is a file of this folder. The documentation at its top is what `docs/course.md` says of it; the networks that it declares are shown there as they are. Its
//! claims are measured, and the report says of each whether it came out.

mod activations;
mod architectures;
mod backprop;
mod course;
mod features;
mod frameworks;
mod graphs;
mod initialisation;
mod kernels;
mod linear;
mod neighbours;
mod normalisation;
mod optimizers;
mod options;
mod rates;
mod regularisation;
mod report;
mod saturation;
mod search;
mod training;
mod unrolled;

use layercake_train::TrainError;

pub use course::page;
pub use graphs::replaced;
pub use options::{Data, StudyOptions};
pub use report::{Cell, Claim, Picture, Report, Settings, Table};
pub use training::{Change, Fit, change, evaluate, fit, loss_of, scheduled};

/// The studies, in the order of a course. Their modules are declared above, where rustfmt finds them.
macro_rules! studies {
    ($($name:ident)*) => {
        static STUDIES: &[Study] = &[$(Study { name: stringify!($name), source: include_str!(concat!(stringify!($name), ".rs")), run: $name::run },)*];

        /// Each claim comes out at the small size.
        #[cfg(test)]
        mod claims {
            $(
                #[test]
                fn $name() {
                    super::tests::claims_of(stringify!($name));
                }
            )*
        }
    };
}

studies! {
    backprop
    neighbours
    linear
    features
    saturation
    activations
    initialisation
    normalisation
    optimizers
    rates
    regularisation
    search
    kernels
    architectures
    unrolled
    frameworks
}

/// An experiment.
#[derive(Clone, Copy, Debug)]
pub struct Study {
    name: &'static str,
    source: &'static str,
    run: fn(&StudyOptions) -> Result<Report, TrainError>,
}

/// All studies, in the order of a course.
pub fn studies() -> &'static [Study] {
    STUDIES
}

impl Study {
    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it shows, in one line.
    pub fn about(&self) -> &'static str {
        self.source.lines().next().unwrap_or_default().trim_start_matches("//! ")
    }

    /// What there is to say of it, in Markdown.
    pub fn text(&self) -> String {
        let lines = self.source.lines().skip(1).take_while(|line| line.starts_with("//!"));
        lines.map(|line| line.trim_start_matches("//!").trim_start()).collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    /// The networks as they are declared: the blocks of `network!`.
    pub fn networks(&self) -> String {
        let mut blocks = Vec::new();
        let mut rest = self.source;
        while let Some((_, begun)) = rest.split_once("\nnetwork! {") {
            let (block, after) = begun.split_once("\n}").unwrap_or((begun, ""));
            blocks.push(format!("network! {{{block}\n}}"));
            rest = after;
        }
        blocks.join("\n\n")
    }

    /// Runs it.
    ///
    /// # Errors
    /// Returns an error if data cannot be read, or the device fails.
    pub fn run(&self, options: &StudyOptions) -> Result<Report, TrainError> {
        (self.run)(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn claims_of(name: &str) {
        let study = studies().iter().find(|study| study.name == name).unwrap();
        let report = study.run(&StudyOptions { small: true, ..StudyOptions::default() }).unwrap_or_else(|error| panic!("{error}"));
        assert!(!report.claims.is_empty() && !report.tables.is_empty() && !report.pictures.is_empty());
        for Claim { text, found, holds } in &report.claims {
            assert!(holds, "{text}: {found}\n{}", report.markdown(name));
        }
    }

    #[test]
    fn a_study_is_a_short_file() {
        for study in studies() {
            let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
            let lines = study.source.lines().filter(code).count();
            assert!(lines <= 150, "{}: {lines} lines of code", study.name);
            assert!(study.source.starts_with("//! ") && study.about().ends_with('.') && !study.text().is_empty(), "{}", study.name);
        }
    }
}
