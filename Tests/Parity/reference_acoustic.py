"""Reference tensors of CoMoSpeech's and Grad-TTS's published code on random weights.

    python reference_acoustic.py COMOSPEECH_CHECKOUT GRAD_TTS_CHECKOUT OUT.safetensors [--size tiny|paper]

Weights are made by a formula, here and in the test, so that only inputs and results are in the file. Needs torch, einops,
tqdm and safetensors.
"""
import argparse
import importlib
import json
import math
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

SIZES = {
    # symbols, channels, inner, duration channels, heads, layers, mels, width, tokens, frames
    "tiny": (12, 16, 32, 24, 2, 2, 8, 8, (9, 6), (24, 16)),
    "paper": (149, 192, 768, 256, 2, 6, 80, 64, (60, 41), (256, 180)),
}


def uniform(seed, shape):
    """SplitMix64's outputs as multiples of 2^-23 in [-1, 1)."""
    count = int(np.prod(shape))
    gold = 0x9E3779B97F4A7C15
    z = (np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(gold)).astype(np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    values = ((z >> np.uint64(40)).astype(np.int64) - (1 << 23)).astype(np.float64) * 2.0**-23
    return values.astype(np.float32).reshape(shape)


def weight(seed, name, shape):
    u = uniform(seed, shape)
    if name.endswith(".g"):
        return np.float32(0.25) + u * np.float32(0.125)
    if len(shape) == 1:
        scale = name.endswith("gamma") or name.endswith("weight")
        return u * np.float32(0.125) + np.float32(1 if scale else 0)
    if name.endswith("emb.weight") or "emb_rel" in name:
        return u * np.float32(0.25)
    # Linear attention multiplies its inputs with each other, and diffusion's samples grow with a score that is no score:
    # larger weights would explode.
    gain = 0.125 if "to_qkv" in name else 0.125 if "final_conv" in name else 1
    return u * np.float32(gain * math.sqrt(3 / np.prod(shape[1:])))


def load(root, *names):
    """Modules of one checkout; both call their package `model`."""
    for known in [k for k in sys.modules if k == "model" or k.startswith("model.")]:
        del sys.modules[known]
    package = type(sys)("model")
    package.__path__ = [root + "/model"]
    sys.modules["model"] = package
    return [importlib.import_module("model." + name) for name in names]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("comospeech")
    parser.add_argument("grad_tts")
    parser.add_argument("output")
    parser.add_argument("--size", default="tiny", choices=SIZES)
    a = parser.parse_args()
    symbols, channels, inner, duration, heads, layers, mels, width, tokens, frames = SIZES[a.size]

    text, como = load(a.comospeech, "text_encoder", "como")
    encoder = text.TextEncoder(symbols, mels, channels, inner, duration, heads, layers, 3, 0.1, 4).eval()
    decoder = como.Como(teacher=True)
    decoder.denoise_fn = como.GradLogPEstimator2d(width, n_feats=mels)
    decoder.eval()
    names = []
    with torch.no_grad():
        for prefix, module in [("encoder.", encoder), ("decoder.", decoder)]:
            for name, parameter in module.state_dict().items():
                full = prefix + name
                parameter.copy_(torch.from_numpy(weight(len(names), full, tuple(parameter.shape))))
                names.append([full, list(parameter.shape)])

    rows, longest, t = 2, max(tokens), max(frames)
    ids = np.zeros((rows, longest), np.int64)
    for row in range(rows):
        ids[row, : tokens[row]] = [(7 * i + 3 * row) % (symbols - 1) + 1 for i in range(tokens[row])]
    mask = (torch.arange(t)[None] < torch.tensor(frames)[:, None]).float().unsqueeze(1)
    z = torch.from_numpy(uniform(9001, (rows, mels, t))) * 1.7
    x = torch.from_numpy(uniform(9002, (rows, mels, t))) * mask
    mu = torch.from_numpy(uniform(9003, (rows, mels, t))) * mask
    clock = torch.tensor([-0.75, 1.0])
    with torch.no_grad():
        mean, logw, _ = encoder(torch.from_numpy(ids), torch.tensor(tokens))
        raw = decoder.denoise_fn(x, mask, mu, clock)
        noise = (z + mu) * mask
        one = decoder.CT_sampler(noise, mu, mask, t_steps=1)
        euler = decoder.edm_sampler(noise, mu, mask, 3)
        diffusion = load(a.grad_tts, "diffusion")[0].Diffusion(mels, width).eval()
        diffusion.estimator.load_state_dict(decoder.denoise_fn.state_dict())
        grad = diffusion(mu + z, mask, mu, 4)

    def last(y):  # channels last
        return np.ascontiguousarray(y.numpy().transpose(0, 2, 1))

    save_file(
        {
            "mask": last(mask), "z": last(z), "x": last(x), "mu": last(mu), "clock": clock.numpy(),
            "mean": last(mean), "logw": last(logw), "raw": last(raw), "one": last(one), "euler": last(euler),
            "grad": last(grad), "ids": ids.astype(np.float32),
        },
        a.output,
        {"names": json.dumps(names, separators=(",", ":")), "tokens": json.dumps(tokens)},
    )


main()
