//! The `layercake` command: trains, measures and times the models of the zoo.

mod args;
mod command;
mod error;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::Cli;
use error::CommandError;

fn main() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => command::run(cli),
        Err(error) if !error.use_stderr() => return if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        // Nothing was asked for, so nothing went wrong: the help, where errors go, and their exit code.
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            return ExitCode::from(CommandError::Arguments(error).code());
        }
        Err(error) => Err(CommandError::Arguments(error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever was reading has gone away, and needs to be told nothing.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            // If stderr is closed too, the exit code has to do.
            let _ = writeln!(io::stderr(), "{}", error.line());
            ExitCode::from(error.code())
        }
    }
}
