//! How a program finds its world.

use super::World;
use crate::TrainError;

/// Variables with the number of ranks, set by the launchers of Open MPI and of MPICH.
const SIZES: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];

/// The number of ranks that a launcher of MPI has started: from the variables `OMPI_COMM_WORLD_SIZE` (Open MPI) and `PMI_SIZE` (MPICH), which are set by hand under another
/// launcher.
pub fn launched() -> Option<usize> {
    SIZES.iter().find_map(|name| std::env::var(name).ok()?.parse().ok())
}

/// Variables with the number of a rank.
const RANKS: [&str; 2] = ["OMPI_COMM_WORLD_RANK", "PMI_RANK"];

/// Whether this process is the first of those that a launcher has started, or the only one: for what is said before there is a [`World`].
pub fn is_first() -> bool {
    RANKS.iter().find_map(|name| std::env::var(name).ok()?.parse::<usize>().ok()).is_none_or(|rank| rank == 0)
}

impl World {
    /// The world of this process: all ranks that `mpirun` started ([`launched`]), or one rank if it was started otherwise.
    ///
    /// The world is left when the last clone is dropped: that must be the main thread's, at the end of the program.
    ///
    /// # Errors
    /// Returns an error if there are several ranks and the crate was built without the feature `mpi`, or if MPI cannot be used.
    pub fn from_environment() -> Result<Self, TrainError> {
        match launched() {
            None => Ok(Self::one()),
            #[cfg(feature = "mpi")]
            Some(_) => super::mpi::world(),
            #[cfg(not(feature = "mpi"))]
            Some(1) => Ok(Self::one()),
            #[cfg(not(feature = "mpi"))]
            Some(size) => {
                Err(TrainError::Setting(format!("started as one of {size} ranks, but built without MPI: build with `--features mpi`")))
            }
        }
    }
}
