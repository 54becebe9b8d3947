"""Steps a second, by the clock and by the processor, of Stable-Baselines3's DQN on CartPole: `agents.py WIDTH BATCH EVERY STEPS WARM_UP THREADS SEED`, called by `src/agents.rs`."""

import sys
import time

import torch
from stable_baselines3 import DQN

width, batch, every, steps, warm_up, threads, seed = map(int, sys.argv[1:])
torch.set_num_threads(threads)
agent = DQN(
    "MlpPolicy",
    "CartPole-v1",
    policy_kwargs={"net_arch": [width, width]},
    learning_rate=1e-4,
    buffer_size=50_000,
    learning_starts=warm_up,
    batch_size=batch,
    train_freq=every,
    gradient_steps=1,
    # In steps of the environment: 100 updates.
    target_update_interval=100 * every,
    exploration_fraction=0.1,
    exploration_final_eps=0.05,
    max_grad_norm=10,
    seed=seed,
    device="cpu",
)
# What is set up with the first steps is not timed.
agent.learn(100, reset_num_timesteps=False)
begin, processor = time.perf_counter(), time.process_time()
agent.learn(steps + warm_up, reset_num_timesteps=False)
print(*[(steps + warm_up) / seconds for seconds in (time.perf_counter() - begin, time.process_time() - processor)])
