//! `layercake report`: a run, or several, as a page.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;
use layercake::io::write_atomically;
use layercake_models::ModelError;
use layercake_train::run::report;

use crate::commands::Outcome;
use crate::error::CommandError;

/// Write a run as a page, report.html in its folder, or several runs beside each other.
///
/// The page is one file that needs no network and no script: results, curves, classes, pictures, network and settings. A finished run has its page
/// already; this is for one that is going on or was interrupted. The page of several runs shows their curves over each other and the settings in which they differ.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake report runs/lenet5-digits-1
  layercake report runs/lenet5-digits-1 runs/lenet5-digits-2 --out rates.html")]
pub(crate) struct ReportArgs {
    /// The folder of a run; several are compared.
    #[arg(value_name = "RUN_DIR", required = true)]
    runs: Vec<PathBuf>,
    /// The page of several runs [default: comparison.html].
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
}

pub(crate) fn run(ReportArgs { runs, out }: ReportArgs) -> Outcome {
    let path = match (&runs[..], out) {
        ([run], None) => report::write(run).map_err(ModelError::from)?,
        ([_], Some(_)) => {
            return Err(ModelError::Option("`--out` has no effect on one run: its page is report.html in its folder".to_owned()).into());
        }
        (runs, out) => {
            let out = out.unwrap_or_else(|| PathBuf::from("comparison.html"));
            let page = report::compare(runs).map_err(ModelError::from)?;
            write_atomically(&out, page.as_bytes()).map_err(|reason| CommandError::Write { path: out.clone(), reason })?;
            out
        }
    };
    Ok(writeln!(stdout(), "{}", path.display())?)
}
