#!/usr/bin/env python3
"""Works out with torchvision and pycocotools what `layercake::roi` and `layercake_train::detection` must agree with, and writes it to `detection/`.

    python tests/pytorch/detection.py            # writes the fixtures
    python tests/pytorch/detection.py --check    # compares them with what would be written

Needs torch, torchvision, pycocotools, numpy and safetensors. Corners of boxes are multiples of 1/8, which single precision holds; scores are multiples of 1/16,
so that there are ties.
"""

import argparse
import contextlib
import io
import json
import pathlib
import sys

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
import safetensors.numpy
import torch
import torchvision
from torchvision import ops
from torchvision.models.detection import _utils, anchor_utils, image_list

from generate import generator, rounded

FOLDER = pathlib.Path(__file__).parent / "detection"


def boxes(rng, count, width, height):
    """Boxes with an area, a few of them beyond the picture."""
    corner = rng.random_sample((count, 2)) * [width, height] * 1.2 - [0.1 * width, 0.1 * height]
    size = rng.random_sample((count, 2)) * [width, height] * 0.6 + 1.0
    return np.round(np.concatenate([corner, corner + size], 1) * 8) / 8


def regions():
    """RoI align and RoI pooling of a map of 7 x 9, with the gradients under random weights."""
    rng = generator("detection", "roi")
    features = rounded(rng.standard_normal((2, 3, 7, 9)))
    # Cells of the map are 4 pixels.
    rows = np.concatenate([rng.randint(0, 2, (8, 1)), boxes(rng, 8, 36, 28)], 1)
    odd = [
        [0, 0, 0, 36, 28],  # the whole picture
        [1, -100, -100, 200, 200],  # more than it
        [0, 5, 6, 5.25, 6.125],  # less than a cell
        [1, 12, 9, 12, 17],  # no width
        [0, 20, 16, 11, 4],  # edges in the wrong order
        [1, 60, 50, 90, 70],  # outside
        [0, -30, 3, -10, 12],  # outside, to the left
        [1, 34, 26, 40, 31],  # a corner
    ]
    rois = torch.from_numpy(np.concatenate([rows, odd]))
    found = {"features": features, "regions": rois}

    def add(name, function):
        x = features.clone().requires_grad_(True)
        y = function(x)
        weight = rounded(generator("detection", name).standard_normal(tuple(y.shape)))
        (y * weight).sum().backward()
        found.update({f"{name}/value": y, f"{name}/weight": weight, f"{name}/slope": x.grad})

    for aligned in (False, True):
        for ratio in (-1, 1, 2):
            name = f"align{'_aligned' if aligned else ''}{'' if ratio < 0 else f'_{ratio}'}"
            add(name, lambda x: ops.roi_align(x, rois, (3, 2), 0.25, ratio, aligned))
    add("align_large", lambda x: ops.roi_align(x, rois, (1, 5), 0.5, -1, True))
    add("pool", lambda x: ops.roi_pool(x, rois, (3, 2), 0.25))
    add("pool_large", lambda x: ops.roi_pool(x, rois, (1, 5), 0.5))
    return {key: np.ascontiguousarray(tensor.detach().numpy().astype(np.float64)) for key, tensor in found.items()}


def coder(rng):
    proposals, truths = boxes(rng, 6, 64, 48), boxes(rng, 6, 64, 48)
    offsets = np.round(rng.standard_normal((6, 4)) * 8) / 8
    # Larger than the clamp of a size's logarithm.
    offsets[0, 2:] = [30.0, 6.0]
    tensor = lambda array: torch.tensor(array, dtype=torch.float32)
    cases = []
    for weights in ((1.0, 1.0, 1.0, 1.0), (10.0, 10.0, 5.0, 5.0)):
        box_coder = _utils.BoxCoder(weights)
        encoded = box_coder.encode_single(tensor(truths), tensor(proposals))
        decoded = box_coder.decode_single(tensor(offsets), tensor(proposals))
        cases.append({"weights": weights, "encoded": encoded, "decoded": decoded})
    return {"proposals": proposals, "truths": truths, "offsets": offsets, "cases": cases}


def anchors():
    cases = []
    for sizes, ratios, image, maps in (
        (((16, 32, 64),), ((0.5, 1.0, 2.0),), (64, 96), [(4, 6)]),
        # Halves of 5 and 7 are rounded to the even number.
        (((5, 7, 8), (20, 33)), ((1.0,), (0.3, 1.7)), (50, 70), [(12, 17), (6, 9)]),
    ):
        make = anchor_utils.AnchorGenerator(sizes, ratios)
        pictures = image_list.ImageList(torch.zeros(1, 3, *image), [image])
        found = make(pictures, [torch.zeros(1, 1, *size) for size in maps])[0]
        cases.append({"sizes": sizes, "ratios": ratios, "image": image, "maps": maps, "anchors": found})
    return cases


def matcher(rng):
    # [truths, proposals], in steps that meet both thresholds and tie.
    quality = np.round(rng.random_sample((4, 24)) * 10) / 10
    quality[2] = np.minimum(quality[2], 0.2)
    quality[:, 5] = [0.1, 0.3, 0.2, 0.0]
    cases = []
    for low_quality in (False, True):
        match = _utils.Matcher(0.7, 0.3, low_quality)
        cases.append({"low_quality": low_quality, "matches": match(torch.tensor(quality, dtype=torch.float32))})
    return {"quality": quality, "cases": cases}


def operations():
    rng = generator("detection", "operations")
    a, b = boxes(rng, 7, 64, 48), boxes(rng, 5, 64, 48)
    # The same box, one within another, two that touch.
    b[0], b[1] = a[0], [a[1, 0] + 0.5, a[1, 1] + 0.25, a[1, 2] - 0.125, a[1, 3] - 0.125]
    b[2] = [a[2, 2], a[2, 1], a[2, 2] + 4, a[2, 3]]
    tensor = lambda array: torch.tensor(array, dtype=torch.float32)
    pairs = {
        "a": a,
        "b": b,
        "areas": ops.box_area(tensor(a)),
        "iou": ops.box_iou(tensor(a), tensor(b)),
        "giou": ops.generalized_box_iou(tensor(a), tensor(b)),
        "clipped": ops.clip_boxes_to_image(tensor(a), (48, 64)),
    }
    many, groups = boxes(rng, 60, 64, 48), rng.randint(0, 3, 60)
    scores = np.round(rng.random_sample(60) * 16) / 16
    # An overlap of exactly one half is not more than one half.
    many[:2], scores[:2], groups[:2] = [[0, 0, 10, 10], [0, 0, 10, 5]], [1.0, 0.9375], [0, 0]
    kept = []
    for threshold in (0.0, 0.3, 0.5, 0.9):
        single = ops.nms(tensor(many), tensor(scores), threshold)
        each = [torch.nonzero(torch.tensor(groups) == group)[:, 0] for group in range(3)]
        each = [index[ops.nms(tensor(many)[index], tensor(scores)[index], threshold)] for index in each]
        # In the order of the scores, the first of equal ones first.
        batched = sorted(torch.cat(each).tolist(), key=lambda i: (-scores[i], i))
        same = ops.batched_nms(tensor(many), tensor(scores), torch.tensor(groups), threshold)
        assert sorted(same.tolist()) == sorted(batched)
        kept.append({"threshold": threshold, "single": single, "batched": batched})
    nms = {"boxes": many, "scores": scores, "groups": groups, "kept": kept}
    return {"pairs": pairs, "nms": nms, "coder": coder(rng), "anchors": anchors(), "matcher": matcher(rng)}


def coco():
    """Detections of seven pictures: one without objects, one without detections; a class without objects, crowds, more detections than count."""
    rng = generator("detection", "coco")
    images = []
    for image in range(6):
        truths = boxes(rng, 0 if image == 1 else rng.randint(2, 9), 200, 150)
        truths[:, 2:] = np.maximum(truths[:, 2:], truths[:, :2] + 4)
        objects = [{"box": box, "class": int(rng.randint(0, 3)), "ignore": bool(rng.random_sample() < 0.15)} for box in truths]
        found = []
        for thing in objects if image != 2 else []:
            for _ in range(rng.randint(0, 4)):
                shift = np.round(rng.standard_normal(4) * rng.choice([0.5, 3.0, 8.0]) * 8) / 8
                box = thing["box"] + shift
                box[2:] = np.maximum(box[2:], box[:2] + 1)
                wanted = thing["class"] if rng.random_sample() < 0.8 else int(rng.randint(0, 4))
                found.append({"box": box, "class": wanted, "score": float(np.round(rng.random_sample() * 16) / 16)})
        for box in boxes(rng, 120 if image == 4 else 3, 200, 150) if image != 2 else []:
            found.append({"box": box, "class": 0 if image == 4 else int(rng.randint(0, 4)), "score": float(np.round(rng.random_sample() * 8) / 16)})
        images.append({"objects": objects, "detections": found})
    # A crowd before an object that the detection overlaps less; two objects that a detection overlaps equally, of which the next one needs the first.
    thing = lambda *box, **more: {"box": np.array(box, dtype=float), "class": 0} | more
    objects = [thing(0, 0, 20, 20, ignore=True), thing(2, 0, 20, 20, ignore=False)]
    objects += [thing(50, 0, 60, 10, ignore=False), thing(54, 0, 64, 10, ignore=False)]
    found = [thing(0, 0, 20, 19, score=0.875), thing(52, 0, 62, 10, score=1.0), thing(50, 0, 60, 10, score=0.9375)]
    images.append({"objects": objects, "detections": found})
    size = lambda box: [box[0], box[1], box[2] - box[0], box[3] - box[1]]
    truth, result = [], []
    for image, content in enumerate(images):
        for thing in content["objects"]:
            x, y, w, h = size(thing["box"])
            truth.append({"id": len(truth) + 1, "image_id": image, "category_id": thing["class"], "bbox": [x, y, w, h], "area": w * h, "iscrowd": int(thing["ignore"])})
        for thing in content["detections"]:
            result.append({"image_id": image, "category_id": thing["class"], "bbox": size(thing["box"]), "score": thing["score"]})
    with contextlib.redirect_stdout(io.StringIO()):
        data = pycocotools.coco.COCO()
        data.dataset = {"images": [{"id": i} for i in range(len(images))], "annotations": truth, "categories": [{"id": i} for i in range(4)]}
        data.createIndex()
        evaluation = pycocotools.cocoeval.COCOeval(data, data.loadRes(result), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    # [thresholds, recalls, classes, areas, numbers of detections]
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    return {
        "images": images,
        "stats": evaluation.stats,
        "precision": precision[:, :, :, 0, 2],
        "recall": recall[:, :, 0, 2],
        "precision_medium_10": precision[:, :, :, 2, 1],
    }


def plain(value):
    """Lists and numbers, as JSON has them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return value.tolist()
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would differ")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    origin = f"torch {torch.__version__} and torchvision {torchvision.__version__}"
    files = {"roi.safetensors": safetensors.numpy.save(regions(), metadata={"origin": f"{origin}, worked out in float64"})}
    for name, make in {"operations": operations, "coco": coco}.items():
        # A line for each entry.
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in plain(make()).items())
        files[f"{name}.json"] = f"{{\n{lines}\n}}\n".encode()
    FOLDER.mkdir(exist_ok=True)
    for name, data in files.items():
        path = FOLDER / name
        if not check:
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            sys.exit(f"differing: {name}")
        print(f"{name:20} {len(data):8} bytes")


if __name__ == "__main__":
    main()
