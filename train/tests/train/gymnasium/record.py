#!/usr/bin/env python3
"""Records single steps of Gymnasium's CartPole-v1 and Acrobot-v1 for `train/tests/train/gymnasium/mod.rs`.

    python train/tests/train/gymnasium/record.py            # writes steps.safetensors
    python train/tests/train/gymnasium/record.py --check    # compares it with what would be written

Needs gymnasium, numpy and safetensors. For each environment there are 1,000 steps of random actions: `state` and `action` before, `after`, `observation`,
`reward` and `terminated` behind the name of the environment. Half of the states come from episodes, the others are drawn from all states, also far ones. All
numbers are float64, and the same each time.
"""

import argparse
import pathlib

import gymnasium
import numpy as np
import safetensors.numpy

STEPS = 1000
FILE = pathlib.Path(__file__).parent / "steps.safetensors"
# The bounds of the states that are drawn.
FAR = {"CartPole-v1": [2.4, 3.0, 0.21, 3.0], "Acrobot-v1": [np.pi, np.pi, 4 * np.pi, 9 * np.pi]}


def record(name, random):
    environment = gymnasium.make(name).unwrapped
    environment.reset(seed=1)
    rows = {"state": [], "action": [], "after": [], "observation": [], "reward": [], "terminated": []}
    for i in range(STEPS):
        if i % 2:
            environment.reset(seed=i)
            environment.state = random.uniform(-1, 1, 4) * FAR[name]
        before = np.array(environment.state, dtype=np.float64)
        action = int(random.integers(environment.action_space.n))
        observation, reward, terminated, _, _ = environment.step(action)
        after = np.array(environment.state, dtype=np.float64)
        for key, value in zip(rows, [before, action, after, observation, reward, float(terminated)]):
            rows[key].append(value)
        if terminated or i % 2:
            environment.reset(seed=STEPS + i)
            # Some steps on, so that an episode is not seen at its first state only.
            for _ in range(int(random.integers(8))):
                environment.step(int(random.integers(environment.action_space.n)))
    return {f"{name}/{key}": np.array(value, dtype=np.float64) for key, value in rows.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    random = np.random.default_rng(1983)
    tensors = {key: value for name in FAR for key, value in record(name, random).items()}
    written = safetensors.numpy.save(tensors, {"gymnasium": gymnasium.__version__})
    if arguments.check:
        raise SystemExit(0 if FILE.read_bytes() == written else f"{FILE.name} differs")
    FILE.write_bytes(written)


main()
