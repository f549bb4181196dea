"""Writes Tests/Media/Fixtures/lpips.json: distances by the authors' package over backbones of known numbers.

    python Tests/Parity/reference_lpips.py

The trained backbones are too large to commit, so both sides fill them by one formula (`uniform`; in Swift
Tests/Support/RandomBackbone.swift). Evaluated in double. Needs lpips 0.1.4, numpy, pillow, torch, torchvision.
"""

import json
import math
import pathlib

import lpips
import numpy as np
import torch
from PIL import Image

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "Media" / "Fixtures"
CROPS = {"square": np.s_[0:64, 0:64], "odd": np.s_[100:147, 80:141]}


def uniform(shape, stream, bound):
    """Multiples of 2^-23 in [-1, 1), exact in f32, times bound: element i is SplitMix64's output at
    2^32 stream + i + 1."""
    z = np.arange(1, math.prod(shape) + 1, dtype=np.uint64) + np.uint64(stream << 32)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    unit = ((z >> np.uint64(40)).astype(np.int64) - 2 ** 23).astype(np.float32) * np.float32(2 ** -23)
    return (unit * np.float32(bound)).reshape(shape)


def metric(network):
    model = lpips.LPIPS(net=network, pnet_rand=True, verbose=False)
    for stream, (name, parameter) in enumerate(model.net.named_parameters()):
        fan_in = math.prod(parameter.shape[1:])
        bound = math.sqrt(6 / fan_in) if name.endswith("weight") else 0.1
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(uniform(tuple(parameter.shape), stream, bound)))
    return model.double()


def main():
    clean, rough = (np.asarray(Image.open(FIXTURES / name)) for name in ("photo.png", "photo-rough.png"))

    def tensor(image):
        return torch.from_numpy(image.copy()).double().permute(2, 0, 1)[None] / 127.5 - 1

    distances = {}
    for network in ("alex", "vgg"):
        model = metric(network)
        with torch.no_grad():
            distances[network] = {
                name: model(tensor(rough[crop]), tensor(clean[crop])).item() for name, crop in CROPS.items()}
    (FIXTURES / "lpips.json").write_text(json.dumps(distances, indent=2) + "\n")


main()
