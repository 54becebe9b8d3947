//! Arguments about the parameters that a run begins with.

use std::path::PathBuf;

use clap::Args;

use crate::run::Transfer;

/// The parameters of another run to begin with.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of transfer learning")]
pub struct TransferArgs {
    /// Begin with these parameters: a parameter file, the folder of a run, or an ONNX file with the network's names.
    #[arg(long, value_name = "PATH")]
    pub from: Option<PathBuf>,
    /// With --from: do not train these layers, `layer1` or 'layer1.*'; `*` stands for any characters. For several, give the option for each. The running statistics
    /// of a frozen batch normalization still follow the data.
    #[arg(long, value_name = "PATTERN", requires = "from")]
    pub freeze: Vec<String>,
    /// With --from: begin with a new last layer, for other classes than those of the file. It is trained, whatever --freeze says.
    #[arg(long, requires = "from")]
    pub head: bool,
}

impl TransferArgs {
    /// What the run begins with; `None` without `--from`.
    pub fn transfer(self) -> Option<Transfer> {
        let Self { from, freeze, head } = self;
        from.map(|from| Transfer { freeze, head, ..Transfer::new(from) })
    }
}
