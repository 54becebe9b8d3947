//! How gradients are added over ranks.

/// The order in which ranks add gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[non_exhaustive]
pub enum Reduce {
    /// The order of the lanes of the batch, from rank to rank: the bits of one process, whatever the number of ranks.
    #[default]
    Chain,
    /// The order of the MPI library's all-reduce, in Open MPI a ring for long lists. Each rank sends and receives about twice a gradient however many ranks there are, and no rank waits for the
    /// one before it; the bits depend on the number of ranks and on the library.
    Ring,
}
