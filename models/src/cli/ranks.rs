//! `layercake train` as one of the ranks that `mpirun` started.

use layercake_models::ModelError;
use layercake_train::TrainError;
use layercake_train::distributed::{World, is_first, launched};
use layercake_train::run::Purpose;

use crate::args::TrainArgs;
use crate::commands::{Outcome, train_for};
use crate::error::CommandError;

/// Whether the command is one of several ranks.
pub(crate) fn are_several() -> bool {
    launched().is_some_and(|size| size > 1)
}

/// The refusal of a command that each rank would do by itself, told by the first.
pub(crate) fn alone() -> CommandError {
    if !is_first() {
        return CommandError::Told { code: 1 };
    }
    CommandError::Option("only `layercake train` works with several ranks; start other commands without `mpirun`".to_owned())
}

/// Trains with all ranks. Of an error rank 0 alone tells.
pub(crate) fn train(args: TrainArgs, purpose: Purpose) -> Outcome {
    let world = World::from_environment().map_err(ModelError::from)?;
    let outcome = train_for(args, purpose, world.clone());
    // A rank that has failed meets the others here.
    let known = world.agree(outcome.as_ref().map(|_| ()).map_err(|error| TrainError::Setting(error.to_string())));
    match (outcome, known) {
        (Err(error), _) if world.is_root() => Err(error),
        (Ok(()), Err(error)) if world.is_root() => Err(ModelError::from(error).into()),
        (Err(error), _) => Err(CommandError::Told { code: error.code() }),
        (Ok(()), Err(_)) => Err(CommandError::Told { code: 1 }),
        (Ok(()), Ok(())) => Ok(()),
    }
}
