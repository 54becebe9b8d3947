//! Networks that act.
//!
//! V. Mnih and others: *Human-level control through deep reinforcement learning*, Nature 518, 2015: a value for each action, from a picture by convolutions
//! (here of 10x10 instead of 84x84), and from four numbers by two hidden layers, as in Stable-Baselines3.
//!
//! V. Mnih and others: *Asynchronous Methods for Deep Reinforcement Learning*, 2016: a policy and a value; here without shared layers.
//!
//! | | input | output |
//! |---|---|---|
//! | a table | `[48]`: 1 at the cell it is in, otherwise 0 | the value of each action |
//! | Q-networks | `[4]`, or a picture `[1, 10, 10]` | the value of each action |
//! | actor-critics | `[4]`, `[6]` | the logit of each action, and the value of the state `[1]` |

use layercake::prelude::*;

network! {
    /// Cells of the small world to the values of their four actions. A product with an input that is 1 in one place looks a column up, so the weight
    /// `[4, 48]` is the table.
    pub GridWorldTable: [48] -> [4] {
        q: Linear(4, bias = false),
    }

    /// Observations of CartPole to the values of its two actions.
    pub CartPoleQ: [4] -> [2] {
        fc1: Linear(128), ReLU,
        fc2: Linear(128), ReLU,
        q: Linear(2),
    }

    /// Pictures of Catch to the values of its three actions.
    pub CatchQ: [1, 10, 10] -> [3] {
        conv1: Conv2d(16, kernel = 3, padding = 1), ReLU,
        conv2: Conv2d(16, kernel = 3, stride = 2, padding = 1), ReLU,
        Flatten,
        fc: Linear(64), ReLU,
        q: Linear(3),
    }

    /// The policy and the value of states of CartPole.
    pub CartPoleActorCritic: { state: [4] } -> { logits: [2], value: [1] } {
        from state, actor1: Linear(64), Tanh, actor2: Linear(64), Tanh, actor: Linear(2), output logits,
        from state, critic1: Linear(64), Tanh, critic2: Linear(64), Tanh, critic: Linear(1), output value,
    }

    /// The policy and the value of states of Acrobot.
    pub AcrobotActorCritic: { state: [6] } -> { logits: [3], value: [1] } {
        from state, actor1: Linear(64), Tanh, actor2: Linear(64), Tanh, actor: Linear(3), output logits,
        from state, critic1: Linear(64), Tanh, critic2: Linear(64), Tanh, critic: Linear(1), output value,
    }
}
