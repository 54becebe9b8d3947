//! `layercake watch`: a run while it goes on.

mod lines;
#[cfg(feature = "watch")]
mod screen;

use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::PathBuf;

use clap::Args;
use layercake_models::ModelError;
use layercake_train::run::report::{PageServer, Results};

use crate::commands::Outcome;

/// Watch a run while it goes on: curves, rates and the time left, in this terminal or in a browser.
///
/// The run is only read: it goes on when this command ends. Without a terminal, epochs are printed as they end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  layercake watch runs/resnet20-cifar10-1
  layercake watch runs/resnet20-cifar10-1 --serve 8080            then open http://127.0.0.1:8080/ in a browser")]
pub(crate) struct WatchArgs {
    /// The folder of the run.
    #[arg(value_name = "RUN_DIR")]
    run: PathBuf,
    /// Serve the run's page to browsers on this machine, and to no other; it is refreshed every five seconds. 0 chooses a free port.
    #[arg(long, value_name = "PORT")]
    serve: Option<u16>,
}

pub(crate) fn run(WatchArgs { run, serve }: WatchArgs) -> Outcome {
    if let Some(port) = serve {
        let server = PageServer::open(&run, port).map_err(ModelError::from)?;
        writeln!(stdout(), "{} has the page of {}; Ctrl-C ends this", server.url(), run.display())?;
        server.serve();
    }
    // A folder without a run is an error before the terminal is taken.
    Results::read(&run).map_err(ModelError::from)?;
    #[cfg(feature = "watch")]
    if stdout().is_terminal() && stdin().is_terminal() {
        return screen::show(&run);
    }
    lines::follow(&run)
}

/// `epoch 3 of 20`, and whether the run goes on.
fn state(run: &Results) -> String {
    let (done, of) = (run.history.len(), run.config.recipe.epochs);
    match &run.summary {
        Some(summary) if summary.stopped_early => format!("finished, stopped early after {done} of {of} epochs"),
        Some(_) => format!("finished after {done} epochs"),
        None if run.is_going_on() => format!("epoch {} of {of}", (done + 1).min(of)),
        None => format!("interrupted after {done} of {of} epochs; `layercake train --resume {}` goes on", run.path.display()),
    }
}
