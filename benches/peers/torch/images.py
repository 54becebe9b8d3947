"""ONNX Runtime's and PyTorch's sides of `layercake-bench images`.

usage: images.py NETWORK SIDE BATCH FILE

NETWORK: resnet18 resnet50 vgg16 mobilenet_v2, torchvision's networks
SIDE   : onnxruntime   runs FILE, which Layercake has exported
         eager         PyTorch
         cl            PyTorch with channels_last
It waits for orders on stdin as bench.py does.
"""
import os
import sys
import time

import numpy as np

THREADS = int(os.environ.get("BENCH_THREADS", "2"))
CLOCK = time.process_time if os.environ.get("BENCH_CLOCK") == "processor" else time.perf_counter


def runtime(batch, file):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    x = np.random.default_rng(0).uniform(-1, 1, (batch, 3, 224, 224)).astype(np.float32)
    return lambda: session.run(None, {name: x})


def torch_side(network, batch, last):
    import torch
    import torchvision

    torch.set_num_threads(THREADS)
    net = getattr(torchvision.models, network)(weights=None).eval()
    x = torch.rand(batch, 3, 224, 224) * 2 - 1
    if last:
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)

    def infer():
        with torch.inference_mode():
            net(x)

    return infer


def main(network, side, batch, file):
    batch = int(batch)
    infer = runtime(batch, file) if side == "onnxruntime" else torch_side(network, batch, side == "cl")
    for _ in range(3):
        infer()
    print("# ready infer", flush=True)
    for line in sys.stdin:
        if not line.strip().isdigit():
            break
        times = []
        for _ in range(int(line)):
            start = CLOCK()
            infer()
            times.append((CLOCK() - start) * 1e3)
        print("ms", *(f"{time:.4f}" for time in times), flush=True)


main(*sys.argv[1:])
