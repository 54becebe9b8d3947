#!/usr/bin/env python3
"""Works out with PyTorch what losses, optimizers, schedules and averages must agree with, and writes it to `training/`.

    python tests/pytorch/training.py            # writes the fixtures
    python tests/pytorch/training.py --check    # compares them with what would be written

Needs torch, torchvision, numpy and safetensors. Inputs are rounded to float32 first; everything is worked out from them in float64 and stored so. The same
seed gives the same bytes. The names in the files are those that `tests/tests/training/` asks for.
"""

import argparse
import copy
import pathlib
import sys

import numpy as np
import safetensors.numpy
import torch
from torch.nn import functional as F
from torch.optim import lr_scheduler
from torchvision.ops import sigmoid_focal_loss

from generate import generator, rounded

FOLDER = pathlib.Path(__file__).parent / "training"


def case(into, name, function, prediction, target):
    """A loss with each reduction, and its gradient by the prediction under random weights of the single losses."""
    for reduction in ("none", "sum", "mean"):
        x = prediction.clone().requires_grad_(True)
        y = function(x, target, reduction)
        weight = rounded(generator("loss", name).standard_normal(tuple(y.shape))) if reduction == "none" else torch.ones(())
        (y * weight).sum().backward()
        into |= {f"{name}/{reduction}/value": y, f"{name}/{reduction}/slope": x.grad}
        if reduction == "none":
            into[f"{name}/weight"] = weight
    into |= {f"{name}/prediction": prediction, f"{name}/target": target}


def losses():
    rng = generator("losses")
    normal = lambda *shape: rounded(rng.standard_normal(shape))
    # Half of them so large that an exponential overflows.
    wide = lambda *shape: rounded(rng.standard_normal(shape) * 10.0 ** rng.randint(0, 5, shape)).clamp(-1e4, 1e4)
    probabilities = lambda *shape: rounded(rng.random_sample(shape))
    simplex = lambda *shape: torch.from_numpy(rng.dirichlet(np.ones(shape[1]), shape[0]))
    ids = lambda classes, *shape: torch.from_numpy(rng.randint(0, classes, shape))
    weights = torch.tensor([0.5, 2.0, 1.0, 0.0, 3.0], dtype=torch.float64)
    found = {}

    def add(name, function, prediction, target):
        case(found, name, function, prediction, target)

    by = lambda function, **options: lambda x, t, r: function(x, t, reduction=r, **options)
    add("mse", by(F.mse_loss), wide(5, 3), wide(5, 3))
    add("l1", by(F.l1_loss), wide(5, 3), wide(5, 3))
    same = normal(4, 3)
    add("l1_equal", by(F.l1_loss), same, same)
    add("huber", by(F.huber_loss, delta=0.7), normal(6, 4), normal(6, 4))
    add("huber_wide", by(F.huber_loss, delta=1.0), wide(6, 4), wide(6, 4))
    add("smooth_l1", by(F.smooth_l1_loss, beta=0.3), normal(6, 4), normal(6, 4))
    add("smooth_l1_zero", by(F.smooth_l1_loss, beta=0.0), normal(6, 4), normal(6, 4))
    add("bce", by(F.binary_cross_entropy), probabilities(5, 3), probabilities(5, 3))
    edge = torch.tensor([[0.0, 0.0, 1.0, 1.0, 0.5]], dtype=torch.float64)
    add("bce_edge", by(F.binary_cross_entropy), edge, torch.tensor([[0.0, 1.0, 0.0, 1.0, 0.25]], dtype=torch.float64))
    logit = by(F.binary_cross_entropy_with_logits)
    add("bce_with_logits", logit, normal(5, 3), probabilities(5, 3))
    add("bce_with_logits_wide", logit, wide(9, 3), probabilities(9, 3))
    three = torch.tensor([0.5, 3.0, 10.0], dtype=torch.float64)
    add("bce_pos_weight", by(F.binary_cross_entropy_with_logits, pos_weight=three), wide(9, 3), probabilities(9, 3))
    add("bce_weight", by(F.binary_cross_entropy_with_logits, weight=three), normal(5, 3), probabilities(5, 3))
    add("cross_entropy", by(F.cross_entropy), normal(7, 5), ids(5, 7))
    add("cross_entropy_wide", by(F.cross_entropy), wide(9, 5), ids(5, 9))
    add("cross_entropy_one", by(F.cross_entropy), normal(1, 1), ids(1, 1))
    add("cross_entropy_smooth", by(F.cross_entropy, label_smoothing=0.1), wide(9, 5), ids(5, 9))
    add("cross_entropy_weight", by(F.cross_entropy, weight=weights), normal(9, 5), ids(5, 9))
    ignoring = ids(5, 9)
    ignoring[[0, 4]] = 2
    add("cross_entropy_ignore", by(F.cross_entropy, ignore_index=2), normal(9, 5), ignoring)
    every = by(F.cross_entropy, weight=weights, ignore_index=2, label_smoothing=0.2)
    add("cross_entropy_all", every, normal(9, 5), ignoring)
    add("cross_entropy_image", every, normal(2, 5, 3, 5), ids(5, 2, 3, 5))
    add("cross_entropy_soft", by(F.cross_entropy), wide(6, 5), simplex(6, 5))
    add("cross_entropy_soft_all", by(F.cross_entropy, weight=weights, label_smoothing=0.2), normal(6, 5), simplex(6, 5))
    add("nll", by(F.nll_loss), F.log_softmax(wide(7, 5), 1), ids(5, 7))
    add("nll_all", by(F.nll_loss, weight=weights, ignore_index=2), F.log_softmax(normal(9, 5), 1), ignoring)
    add("hinge", by(F.multi_margin_loss), normal(7, 5), ids(5, 7))
    add("hinge_wide", by(F.multi_margin_loss), wide(7, 5), ids(5, 7))
    add("hinge_squared", by(F.multi_margin_loss, p=2, margin=0.4), normal(7, 5), ids(5, 7))
    target = simplex(6, 5)
    target[0, 0] = 0.0
    add("kl_div", by(F.kl_div), F.log_softmax(wide(6, 5), 1), target)
    add("kl_div_log", by(F.kl_div, log_target=True), F.log_softmax(normal(6, 5), 1), F.log_softmax(normal(6, 5), 1))
    rng = generator("focal")
    add("focal", by(sigmoid_focal_loss), normal(9, 3), torch.from_numpy((rng.random_sample((9, 3)) < 0.3).astype(np.float64)))
    add("focal_soft", by(sigmoid_focal_loss, alpha=0.6, gamma=1.5), normal(9, 3), probabilities(9, 3))
    add("focal_wide", by(sigmoid_focal_loss, alpha=-1, gamma=0.5), normal(9, 3) * 4, probabilities(9, 3))
    found["kl_div/batchmean"] = F.kl_div(found["kl_div/prediction"], target, reduction="batchmean")
    return found


SHAPES = {"fc1.weight": (4, 3), "fc1.bias": (4,), "fc2.weight": (2, 4), "fc2.bias": (2,)}
STEPS = 30


class Trace:
    """A network of two layers and 30 steps on random data of its own."""

    def __init__(self):
        rng = generator("optimizers")
        self.net = torch.nn.Sequential()
        self.net.add_module("fc1", torch.nn.Linear(3, 4))
        self.net.add_module("tanh", torch.nn.Tanh())
        self.net.add_module("fc2", torch.nn.Linear(4, 2))
        self.net.double()
        with torch.no_grad():
            for name, parameter in self.net.named_parameters():
                parameter.copy_(rounded(rng.standard_normal(SHAPES[name])))
        self.x = rounded(rng.standard_normal((STEPS, 5, 3)))
        self.y = rounded(3.0 * rng.standard_normal((STEPS, 5, 2)))

    def part(self, prefix):
        return [parameter for name, parameter in self.net.named_parameters() if name.startswith(prefix)]

    def biases(self, wanted):
        return [parameter for name, parameter in self.net.named_parameters() if name.endswith("bias") == wanted]

    def run(self, optimizer, clip=None, schedule=None, after=lambda step, net: None):
        """All parameters after each step, one row a step."""
        rows = []
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = F.mse_loss(self.net(self.x[step]), self.y[step])
            loss.backward()
            if clip:
                clip(self.net.parameters())
            optimizer.step()
            if schedule:
                schedule.step()
            after(step, self.net)
            rows.append(torch.cat([parameter.detach().reshape(-1) for parameter in self.net.parameters()]))
        return torch.stack(rows)


def optimizers():
    optim, utils = torch.optim, torch.nn.utils
    first = Trace()
    found = {f"start/{name}": parameter for name, parameter in first.net.named_parameters()}
    found |= {"x": first.x, "y": first.y}

    def add(name, make, **options):
        trace = Trace()
        optimizer = make(trace)
        found[name] = trace.run(optimizer, **options)

    every = lambda kind, **options: lambda trace: kind(trace.net.parameters(), foreach=False, **options)
    add("sgd", every(optim.SGD, lr=0.05))
    add("sgd_momentum", every(optim.SGD, lr=0.05, momentum=0.9))
    add("sgd_dampening", every(optim.SGD, lr=0.05, momentum=0.9, dampening=0.3))
    add("sgd_nesterov", every(optim.SGD, lr=0.05, momentum=0.9, nesterov=True))
    add("sgd_l2", every(optim.SGD, lr=0.05, momentum=0.9, weight_decay=0.1))
    add("sgd_nesterov_l2", every(optim.SGD, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1))
    add("adagrad", every(optim.Adagrad, lr=0.1))
    add("adagrad_all", every(optim.Adagrad, lr=0.1, lr_decay=0.05, initial_accumulator_value=0.2, weight_decay=0.1, eps=1e-6))
    add("rmsprop", every(optim.RMSprop, lr=0.01))
    add("rmsprop_centered", every(optim.RMSprop, lr=0.01, centered=True, alpha=0.9))
    add("rmsprop_momentum", every(optim.RMSprop, lr=0.01, momentum=0.8, eps=1e-5))
    add("rmsprop_all", every(optim.RMSprop, lr=0.01, momentum=0.8, centered=True, weight_decay=0.1))
    add("adam", every(optim.Adam, lr=0.05))
    add("adam_betas", every(optim.Adam, lr=0.05, betas=(0.7, 0.95), eps=1e-3))
    add("adam_l2", every(optim.Adam, lr=0.05, weight_decay=0.1))
    add("adamw", every(optim.AdamW, lr=0.05, weight_decay=0.1))
    add("clip_norm", every(optim.SGD, lr=0.05, momentum=0.9), clip=lambda p: utils.clip_grad_norm_(p, 0.5))
    add("clip_value", every(optim.Adam, lr=0.05), clip=lambda p: utils.clip_grad_value_(p, 0.1))

    def groups(trace):
        return optim.AdamW([dict(params=trace.biases(False)), dict(params=trace.biases(True), lr=0.2, weight_decay=0.0)], lr=0.05, weight_decay=0.1, foreach=False)

    add("groups", groups)
    add("groups_schedule", groups)
    trace = Trace()
    optimizer = groups(trace)
    found["groups_schedule"] = trace.run(optimizer, schedule=lr_scheduler.CosineAnnealingLR(optimizer, 20))

    def frozen(trace):
        for parameter in trace.part("fc1"):
            parameter.requires_grad_(False)
        return optim.Adam(trace.net.parameters(), lr=0.05, weight_decay=0.1, foreach=False)

    add("frozen", frozen, clip=lambda p: utils.clip_grad_norm_(p, 0.5))
    # Frozen for the first ten steps only: its own count of steps begins later.
    trace = Trace()
    optimizer = frozen(trace)

    def thaw(step, net):
        if step == 9:
            for parameter in net.parameters():
                parameter.requires_grad_(True)

    found["thawed"] = trace.run(optimizer, after=thaw)

    # Eight steps of L-BFGS on the first batch, or on a batch for each step.
    for name, (each, options) in {
        "fixed": (False, dict(lr=0.1, max_iter=3)),
        "wolfe": (False, dict(max_iter=3)),
        "wolfe_long": (False, dict(lr=20.0, max_iter=4)),
        "wolfe_short": (False, dict(lr=0.01, max_iter=4, history_size=2)),
        "wolfe_batches": (True, dict(max_iter=2, max_eval=6)),
    }.items():
        trace = Trace()
        wolfe = None if name == "fixed" else "strong_wolfe"
        optimizer = optim.LBFGS(trace.net.parameters(), line_search_fn=wolfe, **options)
        rows, evaluations = [], []
        for step in range(8):

            def closure():
                optimizer.zero_grad()
                loss = F.mse_loss(trace.net(trace.x[step * each]), trace.y[step * each])
                loss.backward()
                return loss

            optimizer.step(closure)
            rows.append(torch.cat([parameter.detach().reshape(-1) for parameter in trace.net.parameters()]))
            evaluations.append(optimizer.state_dict()["state"][0]["func_evals"])
        found |= {f"lbfgs/{name}": torch.stack(rows), f"lbfgs/{name}/evaluations": torch.tensor(evaluations)}

    class Uncorrected(torch.optim.Optimizer):
        """Adam's formula without the correction for the start from 0."""

        def step(self):
            with torch.no_grad():
                for p in self.param_groups[0]["params"]:
                    state = self.state[p]
                    state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * p.grad
                    state["v"] = 0.999 * state.get("v", 0.0) + 0.001 * p.grad**2
                    p -= 0.05 * state["m"] / (state["v"].sqrt() + 1e-8)

    add("adam_uncorrected", lambda trace: Uncorrected(trace.net.parameters(), {}))

    averages = torch.optim.swa_utils
    for name, options in {"ema": dict(multi_avg_fn=averages.get_ema_multi_avg_fn(0.9)), "swa": {}}.items():
        trace = Trace()
        average = averages.AveragedModel(trace.net, **options)
        trace.run(torch.optim.SGD(trace.net.parameters(), lr=0.05), after=lambda step, net: average.update_parameters(net))
        found[f"average/{name}"] = torch.cat([parameter.detach().reshape(-1) for parameter in average.parameters()])
    return found


def schedules():
    found = {}

    def add(name, make, steps=40, lr=0.1, figures=None, momentum=False):
        parameter = torch.nn.Parameter(torch.zeros(()))
        optimizer = torch.optim.SGD([parameter], lr=lr, momentum=0.9)
        schedule = make(optimizer)
        rows, momenta = [], []
        for step in range(steps):
            rows.append(optimizer.param_groups[0]["lr"])
            momenta.append(optimizer.param_groups[0]["momentum"])
            optimizer.step()
            schedule.step(*([] if figures is None else [figures[step]]))
        found[name] = torch.tensor(rows, dtype=torch.float64)
        if momentum:
            found[f"{name}/momentum"] = torch.tensor(momenta, dtype=torch.float64)
        if figures is not None:
            found[f"{name}/figures"] = torch.from_numpy(figures)

    s = lr_scheduler
    add("step", lambda o: s.StepLR(o, 7, 0.3))
    add("multi_step", lambda o: s.MultiStepLR(o, [3, 11, 11, 30], 0.5))
    add("exponential", lambda o: s.ExponentialLR(o, 0.93))
    add("inverse_time", lambda o: s.LambdaLR(o, lambda t: 1 / (1 + 0.2 * t)))
    add("cosine", lambda o: s.CosineAnnealingLR(o, 39, 0.01))
    add("warm_up", lambda o: s.LinearLR(o, 0.1, 1.0, 9))
    then = lambda o: s.SequentialLR(o, [s.LinearLR(o, 0.1, 1.0, 9), s.CosineAnnealingLR(o, 30)], [9])
    add("warm_up_then_cosine", then)
    add("warm_up_times_exponential", lambda o: s.ChainedScheduler([s.LinearLR(o, 0.1, 1.0, 9), s.ExponentialLR(o, 0.95)]))
    add("one_cycle", lambda o: s.OneCycleLR(o, 0.1, total_steps=40), momentum=True)
    add("one_cycle_linear", lambda o: s.OneCycleLR(o, 0.1, total_steps=40, pct_start=0.45, div_factor=10, final_div_factor=100, anneal_strategy="linear", base_momentum=0.8, max_momentum=0.9), momentum=True)
    rng = generator("plateau")
    falling = np.round(1.0 / (1 + 0.1 * np.arange(60)) + 0.15 * rng.random_sample(60), 2)
    add("plateau", lambda o: s.ReduceLROnPlateau(o, patience=2), 60, figures=falling)
    add("plateau_all", lambda o: s.ReduceLROnPlateau(o, patience=1, factor=0.5, cooldown=3, min_lr=0.004, threshold=0.05, threshold_mode="abs"), 60, figures=falling)
    add("plateau_max", lambda o: s.ReduceLROnPlateau(o, mode="max", patience=1, factor=0.5, threshold=0.02), 60, figures=-falling + 2.0)
    add("plateau_max_absolute", lambda o: s.ReduceLROnPlateau(o, mode="max", patience=1, factor=0.5, threshold=0.05, threshold_mode="abs"), 60, figures=-falling + 2.0)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would differ")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    FOLDER.mkdir(exist_ok=True)
    differing = []
    for name, make in {"losses": losses, "optimizers": optimizers, "schedules": schedules}.items():
        tensors = {key: np.ascontiguousarray(tensor.detach().numpy().astype(np.float64)) for key, tensor in make().items()}
        data = safetensors.numpy.save(tensors, metadata={"origin": f"torch {torch.__version__}, worked out in float64"})
        path = FOLDER / f"{name}.safetensors"
        if not check:
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            differing.append(path.name)
        print(f"{name:12} {len(tensors):4} tensors {len(data):8} bytes")
    if differing:
        sys.exit(f"differing: {differing}")


if __name__ == "__main__":
    main()
