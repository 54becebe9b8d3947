//! An episode to look at.

use layercake::ir::Graph;
use layercake_train::rl::{KnownEnvironment, record};

use crate::tasks::entry::Run;
use crate::tasks::machine::Machine;
use crate::zoo::{ModelError, PlayOptions, Played};

/// Plays an episode: each state is shown as text, and the animation is written if there is a file for it.
pub(super) fn play_on<D: Machine>(
    run: &Run,
    graph: &Graph,
    device: &D,
    environment: KnownEnvironment,
    options: &PlayOptions,
    show: &mut dyn FnMut(&str),
) -> Result<Played, ModelError> {
    let net = run.load_graph(graph, device)?;
    let recorded = record(&net, device, environment.make(), options.seed, |state| {
        if let Some(text) = state.text() {
            show(&text);
        }
    })?;
    if let Some(path) = &options.out {
        recorded.save(path)?;
    }
    Ok(Played { environment, episode: recorded.episode })
}
