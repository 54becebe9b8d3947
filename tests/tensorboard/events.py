#!/usr/bin/env python3
"""Writes events.tfrecord with TensorBoard's own messages and its own writer of records: the bytes that `layercake_train::tensorboard` must write.

    python tests/tensorboard/events.py            # writes events.tfrecord
    python tests/tensorboard/events.py --check    # compares it with what would be written

Needs tensorboard. The same events are in `train/src/tensorboard/tests.rs`.
"""

import io
import pathlib
import sys

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

PATH = pathlib.Path(__file__).parent / "events.tfrecord"
TIME = 1700000000.5


def node(graph, name, op, inputs, *shape):
    dims = [TensorShapeProto.Dim(size=size) for size in (-1, *shape)]
    shapes = AttrValue.ListValue(shape=[TensorShapeProto(dim=dims)])
    node = graph.node.add(name=name, op=op, input=inputs)
    node.attr["_output_shapes"].CopyFrom(AttrValue(list=shapes))


def graph():
    graph = GraphDef()
    graph.versions.producer = 22
    node(graph, "image", "Placeholder", [], 2, 4, 4)
    node(graph, "block/conv", "Conv2d", ["image"], 3, 4, 4)
    node(graph, "relu", "ReLU", ["block/conv"], 3, 4, 4)
    node(graph, "sum", "Add", ["relu", "block/conv"], 3, 4, 4)
    return graph.SerializeToString(deterministic=True)


def hparams(tag, **content):
    data = plugin_data_pb2.HParamsPluginData(**content).SerializeToString(deterministic=True)
    plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=data)
    return Summary(value=[Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=plugin))])


def start():
    info = plugin_data_pb2.SessionStartInfo(start_time_secs=TIME)
    info.hparams["lr"].number_value = 1e-3
    info.hparams["model"].string_value = "net"
    info.hparams["restore_best"].bool_value = False
    info.hparams["weight_decay"].number_value = 0.0
    return hparams("_hparams_/session_start_info", session_start_info=info)


def end():
    info = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=TIME)
    return hparams("_hparams_/session_end_info", session_end_info=info)


def histogram(values):
    least, largest = min(values), max(values)
    limits = [least * (1 - (i + 1) / 30) + largest * ((i + 1) / 30) for i in range(29)] + [largest]
    counts = [0] * 30
    for value in values:
        counts[min(int((value - least) / (largest - least) * 30), 29)] += 1
    return HistogramProto(
        min=least, max=largest, num=len(values), sum=sum(values), sum_squares=sum(value * value for value in values), bucket_limit=limits, bucket=counts
    )


def value(tag, **content):
    return Summary(value=[Summary.Value(tag=tag, **content)])


def main():
    picture = Summary.Image(height=300, width=2, colorspace=3, encoded_image_string=b"\x89PNG\r\n")
    events = [
        Event(file_version="brain.Event:2"),
        Event(step=7, session_log=SessionLog(status=SessionLog.START)),
        Event(graph_def=graph()),
        Event(summary=start()),
        Event(step=12, summary=value("loss/train", simple_value=0.625)),
        Event(step=300, summary=value("loss/train", simple_value=0.0)),
        Event(step=300, summary=value("weights/fc.weight", histo=histogram([-1.0, 0.5, 2.0, 2.0]))),
        Event(step=300, summary=value("pictures/filters", image=picture)),
        Event(summary=end()),
    ]
    file = io.BytesIO()
    writer = RecordWriter(file)
    for event in events:
        event.wall_time = TIME
        writer.write(event.SerializeToString(deterministic=True))
    written = file.getvalue()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PATH.read_bytes() == written else f"{PATH} differs from what would be written")
    PATH.write_bytes(written)


if __name__ == "__main__":
    main()
