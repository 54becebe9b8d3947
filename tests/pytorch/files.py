#!/usr/bin/env python3
"""Writes small files with PyTorch, NumPy and safetensors, and what is in them.

    python tests/pytorch/files.py            # writes files/
    python tests/pytorch/files.py --check    # compares them with what would be written

Needs torch, numpy and safetensors. `files/expected.json` has, for each file that is read, the number type, shape and numbers of each tensor, as PyTorch or NumPy
read them back from the file, and the names of what is left out. `files/refused/` has files that are not read; the tests know why.
"""

import argparse
import collections
import copyreg
import io
import json
import pathlib
import sys
import tarfile
import warnings
import zipfile

import numpy as np
import safetensors.torch
import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent / "files"
TYPES = {
    torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.uint16: "U16", torch.int16: "I16", torch.uint32: "U32", torch.int32: "I32",
    torch.uint64: "U64", torch.int64: "I64", torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64",
}
# Before the zip format there were none of these.
NEWER = {torch.uint16, torch.uint32, torch.uint64}


def net():
    torch.manual_seed(5)
    model = nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(1, 2, 3), norm=nn.BatchNorm2d(2), flatten=nn.Flatten(), fc=nn.Linear(8, 3)))
    model(torch.randn(4, 1, 4, 4))
    return model


def of_each_type(types=TYPES):
    values = torch.tensor([[0.0, 1.0, 2.0], [100.0, 5.0, 6.0]])
    tensors = {str(dtype).removeprefix("torch."): values.to(dtype) for dtype in types}
    tensors["fractions"] = torch.tensor([1 / 3, -2.5e-5, 65504.0]).half()
    tensors["small"] = torch.tensor([6e-8, -1e-40, 3e38]).bfloat16()
    tensors["large"] = torch.tensor([-(2**53), 2**31, -1])
    return tensors


def strided():
    storage = torch.arange(24, dtype=torch.float32)
    cube = storage.reshape(2, 3, 4)
    return {
        "whole": cube, "transposed": cube.permute(2, 0, 1), "column": cube[1, :, 2], "rows": cube[:, ::2], "matrix": cube[0].t(), "scalar": cube[1, 2, 3],
        "expanded": storage[4:5].expand(3, 2), "empty": cube[:, :0], "parameter": nn.Parameter(torch.ones(2, 2).t()),
        "parameter_of_view": nn.Parameter(cube[1]),
    }


class Legacy:
    """What PyTorch wrote before version 0.4: parameters that are made empty and given a state, and tensors without hooks."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce_ex__(self, protocol):
        return self.reduced


class LegacyNew(Legacy):
    """Made by its class, not by a call. Pickle compares the two."""

    __class__ = nn.Parameter


def before_hooks():
    tensor = torch.arange(6, dtype=torch.float32).reshape(2, 3).t()
    state = tensor._typed_storage(), 0, tensor.size(), tensor.stride()
    data = Legacy(torch._utils._rebuild_tensor, state)
    variable = data, True, collections.OrderedDict(), True, False
    return collections.OrderedDict(
        tensor=data, parameter=Legacy(nn.Parameter, (), variable), new=LegacyNew(copyreg.__newobj__, (nn.Parameter,), variable),
        set=Legacy(torch.FloatTensor, (), (torch.ones(2)._typed_storage(), 0, (2,), (1,))),
    )


def checkpoint():
    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 7])
    model(torch.randn(2, 1, 4, 4)).sum().backward()
    optimizer.step()
    schedule.step()
    return {
        "epoch": 3, "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "best": 0.5,
        "names": ["a", None, True, (1, 2)], "large": 10**30, "size": torch.Size([1, 2]), "random": torch.get_rng_state()[:5],
    }


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def without_checksums(value):
    torch.serialization.set_crc32_options(False)
    try:
        return saved(value)
    finally:
        torch.serialization.set_crc32_options(True)


OLD = {"_use_new_zipfile_serialization": False}


def pytorch_files():
    """The files, where each has its tensors, and what is left out."""
    state, types, nested = net().state_dict(), of_each_type(), checkpoint()
    old_types = of_each_type([dtype for dtype in TYPES if dtype not in NEWER])
    beside = sorted(nested.keys() - {"state_dict"})
    one = {"weight": torch.ones(2)}
    two = saved({"generator": state, "critic": one})
    return {
        "state_dict.pt": (saved(state), [], []),
        "old_state_dict.pt": (saved(state, **OLD), [], []),
        "types.pt": (saved(types), [], []),
        "old_types.pt": (saved(old_types, **OLD), [], []),
        "strided.pt": (saved(strided()), [], []),
        "old_strided.pt": (saved(strided(), **OLD), [], []),
        "checkpoint.pt": (saved(nested), ["state_dict"], beside),
        "old_checkpoint.pt": (saved(nested, **OLD), ["state_dict"], beside),
        "protocol4.pt": (saved(nested, pickle_protocol=4), ["state_dict"], beside),
        "two.pt?generator": (two, ["generator"], ["critic"]),
        "two.pt?critic": (two, ["critic"], ["generator"]),
        "ema.pt": (saved({"ema": one, "model": state}), ["model"], ["ema"]),
        "beside.pt": (saved({**one, "note": "a text", 7: torch.ones(1), "more": dict(one)}), [], ["7", "more", "note"]),
        "half.pt": (saved(net().half().state_dict()), [], []),
        "old_before_hooks.pt": (saved(before_hooks(), **OLD), [], []),
        "no_checksums.pt": (without_checksums(state), [], []),
    }


def arrays():
    values = np.array([[0, 1, 2], [100, 5, 6]])
    found = {name: values.astype(name) for name in ("b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8")}
    cube = np.arange(24, dtype="f4").reshape(2, 3, 4)
    return found | {"fortran": np.asfortranarray(cube), "c": cube, "scalar": np.float64(0.1), "empty": np.zeros((0, 3), "f4"), "one": np.ones(1, "i8"), "ünicode": cube[0, 0]}


def npz(save, **values):
    file = io.BytesIO()
    save(file, **values)
    return file.getvalue()


def rezipped(data, method=zipfile.ZIP_STORED, **replaced):
    """The archive with other contents of some entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", method) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            new.writestr(info, replaced.get(name.split("/", 1)[-1].replace(".", "_"), old.read(name)))
    return file.getvalue()


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("pickle"), io.BytesIO())
    return file.getvalue()


def traced():
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 1), torch.ones(1, 2)), file)
    return file.getvalue()


def refused():
    state = saved({"weight": torch.ones(2, 3)})
    # What a hostile file does: it names a function of Python to be called.
    call = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
    complex_numbers = saved({"spectrum": torch.ones(2, dtype=torch.complex64)})
    records = np.zeros(2, [("a", "f4"), ("b", "i4")])
    return {
        "module.pt": saved(net()),
        "function.pt": rezipped(state, data_pkl=call),
        "script.pt": traced(),
        "tensor.pt": saved(torch.ones(2)),
        "list.pt": saved([torch.ones(2)]),
        "complex.pt": complex_numbers,
        "old_complex.pt": saved({"spectrum": torch.ones(2, dtype=torch.complex64), "weight": torch.ones(2)}, **OLD),
        "float8.pt": saved({"weight": torch.ones(2).to(torch.float8_e4m3fn)}),
        "big_endian.pt": rezipped(state, byteorder=b"big"),
        "compressed.pt": rezipped(state, zipfile.ZIP_DEFLATED),
        "tar.pt": tar(),
        "other.zip": zipped("read.me", b"text"),
        "objects.npz": npz(np.savez, names=np.array(["a", None], dtype=object)),
        "texts.npz": npz(np.savez, names=np.array(["a", "b"])),
        "records.npz": npz(np.savez, table=records),
        "big_endian.npz": npz(np.savez, numbers=np.ones(2, ">f4")),
        "float8.safetensors": safetensors.torch.save({"weight": torch.ones(2).to(torch.float8_e4m3fn)}),
    }


def zipped(name, data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def facts(tensor):
    tensor = torch.as_tensor(tensor)
    # `tolist` gives floats of 64 bits, which are exact, and integers.
    return [TYPES[tensor.dtype], list(tensor.shape), [float(number) for number in tensor.detach().reshape(-1).tolist()]]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="write nothing; fail if a file would differ")
    check = options.parse_args().check
    warnings.simplefilter("ignore")
    files, expected = {}, {}
    for name, (data, keys, left_out) in pytorch_files().items():
        files[name.split("?")[0]] = data
        found = torch.load(io.BytesIO(data), weights_only=False)
        for key in keys:
            found = found[key]
        tensors = {key: facts(tensor) for key, tensor in found.items() if isinstance(key, str) and isinstance(tensor, torch.Tensor)}
        expected[name] = {"tensors": tensors, "left_out": left_out}
    for name, save in (("arrays.npz", np.savez), ("compressed.npz", np.savez_compressed)):
        files[name] = npz(save, **arrays())
        found = np.load(io.BytesIO(files[name]))
        expected[name] = {"tensors": {key: facts(found[key]) for key in found.files}, "left_out": []}
    types = of_each_type()
    files["types.safetensors"] = safetensors.torch.save(types)
    expected["types.safetensors"] = {"tensors": {key: facts(tensor) for key, tensor in types.items()}, "left_out": []}
    files["expected.json"] = (json.dumps(expected, indent=0) + "\n").encode()
    files |= {f"refused/{name}": data for name, data in refused().items()}
    (FOLDER / "refused").mkdir(parents=True, exist_ok=True)
    differing = []
    for name, data in files.items():
        path = FOLDER / name
        if not check:
            path.write_bytes(data)
        # Before the zip format storages were named by their address, and TorchScript numbers what it writes.
        elif not path.exists() or (path.read_bytes() != data and "old_" not in name and "script" not in name):
            differing.append(name)
        print(f"{name:28} {len(data):7} bytes")
    if differing:
        sys.exit(f"differing: {differing}")


if __name__ == "__main__":
    main()
