//! The `layercake` command: trains, evaluates, explains, samples and benchmarks the models of the zoo.

mod args;
mod bench;
mod commands;
mod doctor;
mod error;
mod explain;
mod fmt;
mod named;
mod new;
#[cfg(feature = "onnx")]
mod onnx;
mod own;
mod photos;
mod ranks;
mod report;
mod search;
mod study;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::Cli;
use error::CommandError;
use layercake_train::distributed::is_first;

fn main() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => commands::run(cli),
        Err(error) if !error.use_stderr() => return if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        // No command was given: print the help to stderr, with the exit code of a usage error.
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            return ExitCode::from(CommandError::Arguments(error).code());
        }
        Err(error) => Err(CommandError::Arguments(error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the pipe has exited; there is nobody to report to.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(CommandError::Told { code }) => ExitCode::from(code),
        // Under `mpirun` all say the same.
        Err(error @ CommandError::Arguments(_)) if !is_first() => ExitCode::from(error.code()),
        Err(error) => {
            // If stderr is closed too, only the exit code reports the error.
            let _ = writeln!(io::stderr(), "{}", error.line());
            ExitCode::from(error.code())
        }
    }
}
