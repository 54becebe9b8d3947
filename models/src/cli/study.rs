//! `layercake study`: the experiments of the course.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use layercake_models::ModelError;
use layercake_models::studies::{Claim, Report, Settings, Study, StudyOptions, studies};

use crate::args::threads;
use crate::commands::{Outcome, use_threads};
use crate::error::CommandError;

/// Run a small experiment that shows what courses say of neural networks; without a name, list them.
///
/// A study prints its claims and tables and writes NAME.json, NAME.md and its pictures. docs/course.md tells of all studies, in the order of a course.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake study
  layercake study kernels
  layercake study --all --data-dir DIR --out course")]
pub(crate) struct StudyArgs {
    /// The study.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Run all studies, in the order of a course. Those that are finished in the folder, with the same options, are not run again.
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// The folder that contains the folders of the data sets [default: the digits that are built in].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The seed of all random numbers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The folder for the results.
    #[arg(long, value_name = "DIR", default_value = "studies")]
    out: PathBuf,
    /// The size of the tests: seconds, and figures that say less.
    #[arg(long)]
    small: bool,
    /// The number of threads [default: one for each core].
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
}

pub(crate) fn run(args: StudyArgs) -> Outcome {
    let StudyArgs { name, all, data_dir, seed, out, small, threads } = args;
    use_threads(threads)?;
    let options = StudyOptions { seed, small, data_dir };
    match name {
        Some(name) => {
            let unknown = || CommandError::unknown("study", &name, studies().iter().map(Study::name));
            let study = studies().iter().find(|study| study.name() == name).ok_or_else(unknown)?;
            one(study, &options, &out)
        }
        None if all => studies().iter().try_for_each(|study| {
            // A damaged report is written again.
            let finished = Report::read(&out, study.name()).ok().flatten();
            if finished.is_some_and(|report| report.settings == Some(Settings::of(&options))) {
                return Ok(writeln!(stdout(), "{}: finished before, in {}", study.name(), out.display())?);
            }
            one(study, &options, &out)
        }),
        None => studies().iter().try_for_each(|study| Ok(writeln!(stdout(), "{:16}{}", study.name(), study.about())?)),
    }
}

fn one(study: &Study, options: &StudyOptions, out: &std::path::Path) -> Outcome {
    let begin = Instant::now();
    let mut report = study.run(options).map_err(ModelError::from)?;
    report.settings = Some(Settings::of(options));
    report.save(out, study.name()).map_err(ModelError::from)?;
    let (name, seconds) = (study.name(), begin.elapsed().as_secs_f64());
    let came_out = report.claims.iter().filter(|Claim { holds, .. }| *holds).count();
    writeln!(stdout(), "{name}: {}\n", study.about())?;
    writeln!(stdout(), "{}", report.markdown(name))?;
    writeln!(stdout(), "{came_out} of {} claims came out, in {seconds:.1} s; results in {}\n", report.claims.len(), out.display())?;
    Ok(())
}
