//! Arguments about training by several ranks.

use clap::Args;

use crate::TrainError;
use crate::distributed::{Reduce, World, launched};

/// How the processes that `mpirun` started share the work.
#[derive(Clone, Debug, Default, Args)]
pub struct RanksArgs {
    /// Under `mpirun`: the order in which the processes add gradients [default: chain].
    #[arg(long, value_enum, value_name = "ORDER")]
    pub reduce: Option<Reduce>,
    /// Under `mpirun`: each process keeps the optimizer's averages for its part of the parameters alone, with the same result.
    #[arg(long)]
    pub shard_optimizer: bool,
}

impl RanksArgs {
    /// The world with these options.
    ///
    /// # Errors
    /// Returns an error if an option is given to a program that was not started under MPI, where it has no effect.
    pub fn applied(&self, world: World) -> Result<World, TrainError> {
        let given = [(self.reduce.is_some(), "--reduce"), (self.shard_optimizer, "--shard-optimizer")];
        if let Some((_, option)) = given.into_iter().find(|(is_given, _)| *is_given && launched().is_none()) {
            return Err(TrainError::Setting(format!("{option} is for several processes: start them with `mpirun -n 2 ..`")));
        }
        Ok(world.reduce(self.reduce.unwrap_or_default()).shard_optimizer(self.shard_optimizer))
    }
}
