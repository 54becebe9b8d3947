#!/usr/bin/env python3
"""Reads what `layercake train --tensorboard DIR` wrote with TensorBoard's own reader, and compares it with the run folder.

    layercake train lenet5 --epochs 3 --out runs/lenet5 --tensorboard logs
    python tests/tensorboard/check.py logs/lenet5 runs/lenet5

Needs tensorboard, numpy, safetensors and pillow. Also right for a run that was interrupted and resumed.
"""

import io
import json
import pathlib
import sys

import numpy as np
from PIL import Image
from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

ALL = {"compressedHistograms": 0, "images": 0, "audio": 0, "scalars": 0, "histograms": 0, "tensors": 0}


def close(found, expected, what):
    if not np.isclose(found, expected, rtol=1e-6, atol=1e-9):
        sys.exit(f"{what}: {found}, expected {expected}")


def check_scalars(events, epochs):
    """Every metric of every epoch at its step, and within epochs each step once."""
    others = {"lr": "optimizer/lr", "gradient_norm": "optimizer/gradient_norm", "seconds": "speed/seconds"}
    expected = {}
    for epoch in epochs:
        for key, number in epoch.items():
            part = next((part for part in ["train", "validation", "test"] if key.startswith(part + "_")), None)
            if part:
                tag = f"{key.removeprefix(part + '_')}/{part}"
            elif key.endswith("_per_second"):
                tag = f"speed/{key}"
            elif key in others:
                tag = others[key]
            else:
                continue
            expected.setdefault(tag, []).append((epoch["step"], number))
    tags = set(events.Tags()["scalars"])
    within = {tag for tag in tags if tag.startswith("epoch so far/")}
    if tags - within != set(expected) or not within:
        sys.exit(f"scalars {sorted(tags)}, expected {sorted(expected)} and those within an epoch")
    for tag, points in expected.items():
        found = events.Scalars(tag)
        if [point.step for point in found] != [step for step, _ in points]:
            sys.exit(f"{tag} at steps {[point.step for point in found]}, expected {[step for step, _ in points]}")
        for point, (step, number) in zip(found, points):
            close(point.value, number, f"{tag} at step {step}")
    for tag in within:
        steps = [point.step for point in events.Scalars(tag)]
        if any(a >= b for a, b in zip(steps, steps[1:])) or len(set(np.diff(steps))) > 1:
            sys.exit(f"{tag} at steps {steps}")
        print(f"  {tag}: {len(steps)} points up to step {steps[-1]}")
    print(f"  {len(expected)} scalars at {len(epochs)} epochs")


def check_histograms(events, epochs, run):
    weights = load_file(run / "model.safetensors")
    tags = events.Tags()["histograms"]
    if {tag for tag in tags if tag.startswith("weights/")} != {f"weights/{name}" for name in weights}:
        sys.exit(f"histograms {tags}")
    gradients = [tag for tag in tags if tag.startswith("gradients/")]
    if not gradients or not {tag.removeprefix("gradients/") for tag in gradients} <= set(weights):
        sys.exit(f"histograms {tags}")
    for tag in tags:
        found = events.Histograms(tag)
        if [point.step for point in found] != [epoch["step"] for epoch in epochs]:
            sys.exit(f"{tag} at steps {[point.step for point in found]}")
        last, values = found[-1].histogram_value, weights[tag.partition("/")[2]]
        close(sum(last.bucket), values.size, f"{tag}: numbers")
        if tag.startswith("weights/"):
            close(last.min, values.min(), f"{tag}: the least")
            close(last.max, values.max(), f"{tag}: the largest")
            close(last.sum, values.sum(dtype=np.float64), f"{tag}: the sum")
    print(f"  histograms of {len(weights)} tensors and {len(gradients)} gradients")


def check_images(events, run):
    """The last picture of each kind is the file in the run folder."""
    tags = events.Tags()["images"]
    for tag in tags:
        picture = events.Images(tag)[-1]
        file = (run / f"{tag.removeprefix('pictures/')}.png").read_bytes()
        if picture.encoded_image_string != file or Image.open(io.BytesIO(file)).size != (picture.width, picture.height):
            sys.exit(f"{tag} is not the file")
    drawn = {path.stem for path in run.glob("*.png")}
    if drawn != {tag.removeprefix("pictures/") for tag in tags}:
        sys.exit(f"pictures {tags}, in the folder {sorted(drawn)}")
    print(f"  pictures: {', '.join(tags) or 'none'}")


def check_hparams(events, config):
    content = events.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    start = metadata.parse_session_start_info_plugin_data(content)
    for name in ["epochs", "batch_size", "lr", "seed"]:
        close(start.hparams[name].number_value, config["recipe"][name], name)
    if start.hparams["model"].string_value != config["model"]:
        sys.exit(f"model {start.hparams['model']}")
    end = metadata.parse_session_end_info_plugin_data(events.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content)
    if end.status != 1:
        sys.exit(f"status {end.status}")
    print(f"  {len(start.hparams)} hyperparameters: {', '.join(sorted(start.hparams))}")


def main():
    logs, run = map(pathlib.Path, sys.argv[1:3])
    events = EventAccumulator(str(logs), size_guidance=ALL)
    events.Reload()
    epochs = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    config = json.loads((run / "config.json").read_text())
    print(f"{logs}: {len(list(logs.iterdir()))} event files")
    check_scalars(events, epochs)
    check_histograms(events, epochs, run)
    check_images(events, run)
    check_hparams(events, config)
    graph = events.Graph()
    names = {node.name for node in graph.node}
    for node in graph.node:
        unknown = [name for name in node.input if name.partition(":")[0] not in names]
        if unknown:
            sys.exit(f"{node.name} reads {unknown}")
    print(f"  the graph: {len(graph.node)} nodes")


if __name__ == "__main__":
    main()
