"""Writes the small checkpoint files that the tests of Sources/Networks/Checkpoints read.

Every fixture comes with a row per tensor in reference_checkpoints.tsv: file, tensor, element type,
shape, SHA-256 of the contiguous little-endian bytes, as PyTorch sees them. Run it again and the
tensors are the same; zip archives may differ in bytes between PyTorch versions.
Needs torch and safetensors.

  python Tests/Parity/reference_checkpoints.py Tests/Networks/Fixtures/Checkpoints
  python Tests/Parity/reference_checkpoints.py --table FILE...    # rows for any checkpoint
"""
import hashlib
import sys
from collections import OrderedDict
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file

TYPES = {
    torch.float64: "f64", torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16",
    torch.int64: "i64", torch.int32: "i32", torch.int16: "i16", torch.int8: "i8",
    torch.uint8: "u8", torch.bool: "bool",
}


def flatten(value, name=""):
    """Pairs of dotted name and tensor, in order."""
    if isinstance(value, torch.Tensor):
        yield name or "tensor", value.detach()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from flatten(item, f"{name}.{index}" if name else str(index))


def row(file, name, tensor):
    data = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    return "\t".join([file, name, TYPES[tensor.dtype], shape, hashlib.sha256(data).hexdigest()])


def every_type(generator):
    floats = torch.randn(3, 5, generator=generator)
    tensors = {}
    for dtype, name in TYPES.items():
        scaled = floats > 0 if dtype == torch.bool else floats * 40
        if dtype == torch.uint8:
            scaled = scaled.abs()
        tensors[f"values.{name}"] = scaled.to(dtype)
    return tensors


def views(generator):
    base = torch.randn(4, 6, generator=generator)
    shared = torch.randn(24, generator=generator)
    return OrderedDict([
        ("base", base),
        ("transposed", base.t()),
        ("permuted", torch.randn(2, 3, 4, generator=generator).permute(2, 0, 1)),
        ("channels_last", torch.randn(2, 3, 4, 5, generator=generator).contiguous(memory_format=torch.channels_last)),
        ("column", base[:, 2]),
        ("every_other", base[::2, 1::2]),
        ("expanded", torch.randn(1, 3, generator=generator).expand(4, 3)),
        ("shared.head", shared[:8]),
        ("shared.tail", shared[8:]),
        ("shared.grid", shared.view(4, 6)),
        ("half.transposed", torch.randn(3, 2, generator=generator).half().t()),
        ("empty", torch.empty(0, 3)),
        ("scalar", torch.tensor(2.5)),
    ])


def training_state(generator):
    model = OrderedDict()
    model["conv.weight"] = torch.nn.Parameter(torch.randn(4, 3, 3, 3, generator=generator))
    model["conv.bias"] = torch.randn(4, generator=generator)
    model["norm.num_batches_tracked"] = torch.tensor(123)
    return {
        "model": model,
        "ema": {
            "decay": 0.999, "num_updates": 4000, "device": torch.device("cpu"),
            "shadow_params": [value.detach() * 0.5 for value in list(model.values())[:2]],
        },
        "optimizer": {
            "state": {0: {"step": torch.tensor(7.0), "exp_avg": torch.zeros(4)}},
            "param_groups": [{"lr": 1e-4, "betas": (0.9, 0.99), "amsgrad": False, "params": [0]}],
        },
        "size": torch.Size([4, 3]), "dtype": torch.bfloat16, "large": 2**80, "best": numpy.float64(28.5), "epoch": -3,
        "name": "d\u00e9bruitage", "nothing": None,
    }


def main(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(2024)
    contents = {"types": every_type(generator), "views": views(generator),
                "training": training_state(generator)}
    rows = []
    for name, value in contents.items():
        for suffix, options in [
            ("zip.pth", {}), ("legacy.pth", {"_use_new_zipfile_serialization": False}),
        ]:
            path = folder / f"{name}.{suffix}"
            torch.save(value, path, **options)
            rows += [row(path.name, key, tensor) for key, tensor in flatten(value)]
    for version in (3, 4, 5):
        path = folder / f"protocol{version}.zip.pth"
        torch.save(contents["training"]["model"], path, pickle_protocol=version)
        rows += [row(path.name, key, t) for key, t in flatten(contents["training"]["model"])]
    path = folder / "types.safetensors"
    path.unlink(missing_ok=True)
    save_file(contents["types"], path, metadata={"format": "pt", "note": 'quote " and \u00e9'})
    path.chmod(0o644)
    rows += [row(path.name, key, tensor) for key, tensor in load_file(path).items()]
    if (folder / "lpips-alex.legacy.pth").exists():
        state = torch.load(folder / "lpips-alex.legacy.pth", map_location="cpu", weights_only=True)
        rows += [row("lpips-alex.legacy.pth", key, tensor) for key, tensor in flatten(state)]
    (folder / "reference_checkpoints.tsv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--table":
        for file in sys.argv[2:]:
            load = load_file if file.endswith(".safetensors") else (
                lambda f: torch.load(f, map_location="cpu", weights_only=True))
            for key, tensor in flatten(load(file)):
                print(row(file, key, tensor))
    else:
        main(sys.argv[1])
