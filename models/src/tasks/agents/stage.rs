//! The environments, and the planes over which values are drawn.

use layercake_train::rl::{KnownEnvironment, Stage, StateMap};

/// An environment with the plane through its states that shows the most.
pub(super) fn stage(environment: KnownEnvironment) -> Stage {
    let map = match environment {
        // At rest in the middle, all depends on the pole.
        KnownEnvironment::CartPole => Some(StateMap {
            across: ("angle", [-0.2, 0.2]),
            up: ("angular velocity", [-2.0, 2.0]),
            observe: |angle, turn| vec![0.0, 0.0, angle as f32, turn as f32],
        }),
        // Stretched, as it swings.
        KnownEnvironment::Acrobot => Some(StateMap {
            across: ("angle of the first link", [-3.1, 3.1]),
            up: ("its angular velocity", [-6.0, 6.0]),
            observe: |angle, turn| vec![angle.cos() as f32, angle.sin() as f32, 1.0, 0.0, turn as f32, 0.0],
        }),
        KnownEnvironment::Catch | KnownEnvironment::GridWorld => None,
    };
    Stage::new(move || environment.make()).with_map(map)
}
