"""Reference tensors of OFTSR's published network, from an implementation of its own in PyTorch.

The network is guided diffusion's U-Net (Dhariwal & Nichol, NeurIPS 2021) as OFTSR (Zhu et al., ICLR 2026)
configures it. Written from the papers; parameter names and their order are those of the published files.
Writes into a folder (Tests/SuperResolution/Fixtures):

  guided-unet-tiny.safetensors            random weights, input, time, output and a loss of a tiny network
  guided-unet-tiny-gradients.safetensors  the loss's gradients
  sr_bicubic-sf4-guided_unet-...-tiny.pth random weights as the published files hold them: a list without names
  guided-unet-listed.safetensors          input, time and output of the network in that list

Values are computed in double and rounded once. Needs torch, numpy, safetensors.

  python guided_unet_reference.py --out FOLDER
  python guided_unet_reference.py --official CHECKOUT   # compares with yuanzhi-zhu/OFTSR's models/unet.py
  python guided_unet_reference.py --large FILE          # random weights of the 93.6 M network, to try the importer
"""
import argparse
import math
import sys
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

PUBLISHED = "sr_bicubic-sf4-guided_unet-sigma0.2-bs32-loss_l1-lr1e-05-distil-v_boot-tiny.pth"
TINY = dict(channels=4, multipliers=(1, 1, 2), blocks=1, attention=(False, False, True), head=4, groups=2)
LISTED = dict(channels=32, multipliers=(1, 2), blocks=1, attention=(False, True))
PAPER = dict(channels=128, multipliers=(1, 1, 2, 2, 4, 4), blocks=1, attention=(False,) * 4 + (True, False))


class Block(nn.Module):
    def __init__(self, inputs, outputs, embedding, groups, change=None):
        super().__init__()
        self.change = change
        self.in_layers = nn.Sequential(
            nn.GroupNorm(groups, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, 2 * outputs))
        self.out_layers = nn.Sequential(
            nn.GroupNorm(groups, outputs), nn.SiLU(), nn.Dropout(0.1), nn.Conv2d(outputs, outputs, 3, padding=1))
        if inputs != outputs:
            self.skip_connection = nn.Conv2d(inputs, outputs, 1)

    def resample(self, x):
        if self.change == "half":
            return F.avg_pool2d(x, 2)
        if self.change == "double":
            return x.repeat_interleave(2, 2).repeat_interleave(2, 3)
        return x

    def forward(self, x, embedding):
        h = self.in_layers[2](self.resample(F.silu(self.in_layers[0](x))))
        gain, offset = self.emb_layers(embedding)[:, :, None, None].split(h.shape[1], 1)
        h = self.out_layers[1:](self.out_layers[0](h) * (1 + gain) + offset)
        x = self.resample(x)
        return h + (self.skip_connection(x) if hasattr(self, "skip_connection") else x)


class Attention(nn.Module):
    def __init__(self, channels, head, groups):
        super().__init__()
        self.head = head
        self.norm = nn.GroupNorm(groups, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, x, _):
        n, c, h, w = x.shape
        parts = self.qkv(self.norm(x).flatten(2)).view(n, c // self.head, 3, self.head, h * w)
        q, k, v = parts.transpose(3, 4).unbind(2)
        weights = (q @ k.transpose(2, 3) / math.sqrt(self.head)).softmax(-1)
        mixed = (weights @ v).transpose(2, 3).reshape(n, c, h * w)
        return x + self.proj_out(mixed).view(n, c, h, w)


class Stage(nn.ModuleList):
    def forward(self, x, embedding):
        for layer in self:
            x = layer(x, embedding)
        return x


class First(nn.Conv2d):
    def forward(self, x, _):
        return super().forward(x)


class GuidedUNet(nn.Module):
    def __init__(self, channels, multipliers, blocks, attention, head=64, groups=32):
        super().__init__()
        self.channels, embedding = channels, 4 * channels
        widths = [m * channels for m in multipliers]

        def block(inputs, outputs, change=None):
            return Block(inputs, outputs, embedding, groups, change)

        def stage(inputs, level):
            extra = [Attention(widths[level], head, groups)] if attention[level] else []
            return Stage([block(inputs, widths[level])] + extra)

        self.time_embed = nn.Sequential(nn.Linear(channels, embedding), nn.SiLU(), nn.Linear(embedding, embedding))
        width, skips = widths[0], [widths[0]]
        self.input_blocks = nn.ModuleList([Stage([First(6, width, 3, padding=1)])])
        for level in range(len(widths)):
            for _ in range(blocks):
                self.input_blocks.append(stage(width, level))
                width = widths[level]
                skips.append(width)
            if level + 1 < len(widths):
                self.input_blocks.append(Stage([block(width, width, "half")]))
                skips.append(width)
        self.middle_block = Stage([block(width, width), Attention(width, head, groups), block(width, width)])
        self.output_blocks = nn.ModuleList()
        for level in reversed(range(len(widths))):
            for index in range(blocks + 1):
                entry = stage(width + skips.pop(), level)
                width = widths[level]
                if level > 0 and index == blocks:
                    entry.append(block(width, width, "double"))
                self.output_blocks.append(entry)
        self.out = nn.Sequential(nn.GroupNorm(groups, width), nn.SiLU(), nn.Conv2d(width, 6, 3, padding=1))

    def forward(self, x, steps):
        """x [N, 6, H, W]; steps = 999 t."""
        half = self.channels // 2
        frequencies = torch.exp(-math.log(10000.0) * torch.arange(half, dtype=torch.float64) / half).to(x.dtype)
        angles = steps[:, None] * frequencies
        embedding = self.time_embed(torch.cat([angles.cos(), angles.sin()], 1))
        h, skips = x, []
        for entry in self.input_blocks:
            h = entry(h, embedding)
            skips.append(h)
        h = self.middle_block(h, embedding)
        for entry in self.output_blocks:
            h = entry(torch.cat([h, skips.pop()], 1), embedding)
        return self.out(h)


def is_scale(name):
    """The weight of a normalisation."""
    return name.endswith((".norm.weight", "in_layers.0.weight", "out_layers.0.weight", "out.0.weight"))


def randomise(network, generator):
    """Weights of a trained network's size that half precision holds exactly."""
    for name, p in network.named_parameters():
        fan = p[0].numel() if p.dim() > 1 else 0
        values = torch.randn(p.shape, generator=generator) * (0.8 / math.sqrt(fan) if fan else 0.1)
        p.data = (values + is_scale(name)).half().to(torch.float64)
    return network.double().eval()


def example(generator, height, width, rows=2):
    x = torch.randn(rows, 6, height, width, generator=generator).float().double()
    return x, torch.tensor([0.2578125, 0.9375], dtype=torch.float64)[:rows]


def last(x):
    """Images with channels last, single precision."""
    return x.detach().permute(0, 2, 3, 1).float().contiguous()


def write_tiny(folder):
    generator = torch.Generator().manual_seed(5)
    network = randomise(GuidedUNet(**TINY), generator)
    x, t = example(generator, 16, 12)
    y = network(x, 999 * t)
    loss = y[:, :3].abs().mean()
    loss.backward()
    tensors = {"model.module." + name: p.detach().half() for name, p in network.named_parameters()}
    tensors |= {"x": last(x), "t": t.float(), "y": last(y), "loss": loss.detach().float().reshape(1)}
    save_file(tensors, folder / "guided-unet-tiny.safetensors")
    gradients = {name: p.grad.float().contiguous() for name, p in network.named_parameters()}
    save_file(gradients, folder / "guided-unet-tiny-gradients.safetensors")


def write_listed(folder):
    """All tensors are views of two shared storages: random numbers enough, in a file small enough."""
    generator = torch.Generator().manual_seed(6)
    numbers = (torch.randn(37000, generator=generator) * 0.04).half()
    scales = (1 + 0.1 * torch.randn(200, generator=generator)).half()
    network = GuidedUNet(**LISTED)
    shadow = []
    for index, (name, p) in enumerate(network.named_parameters()):
        source = scales if is_scale(name) else numbers
        room = source.numel() - p.numel()
        # Filters larger than the storage read it in steps of 7 a filter.
        view = source[7 * index % (room + 1):][:p.numel()].view(p.shape) if room >= 0 else source.as_strided(
            p.shape, (7, 9, 3, 1))
        shadow.append(view)
        p.data = view.to(torch.float64)
    network.double().eval()
    state = {"ema": {"decay": 0.9999, "num_updates": 20000, "shadow_params": shadow}, "step": 20000}
    torch.save(state, folder / PUBLISHED)
    x, t = example(generator, 20, 16)
    with torch.no_grad():
        y = network(x, 999 * t)
    save_file({"x": last(x), "t": t.float(), "y": last(y)}, folder / "guided-unet-listed.safetensors")


def compare(checkout):
    """The largest difference to the official code, relative to the largest value."""
    sys.path.insert(0, checkout)
    import models.unet as official

    for name, sizes in [("tiny", TINY), ("listed", LISTED), ("paper", PAPER)]:
        groups, head = sizes.get("groups", 32), sizes.get("head", 64)
        official.normalization = lambda channels: nn.GroupNorm(groups, channels)
        other = official.UNetModel(
            256, 6, sizes["channels"], 6, sizes["blocks"],
            [2**level for level, attends in enumerate(sizes["attention"]) if attends], dropout=0.1,
            channel_mult=sizes["multipliers"], num_head_channels=head, use_scale_shift_norm=True,
            resblock_updown=True, use_input_skip=False).double().eval()
        other.dtype = torch.float64
        generator = torch.Generator().manual_seed(7)
        own = randomise(GuidedUNet(**sizes), generator)
        names = [n for n, _ in own.named_parameters()]
        assert names == [n for n, _ in other.named_parameters()], "names or order differ"
        other.load_state_dict(own.state_dict())
        x, t = example(generator, 32, 64, rows=1)
        with torch.no_grad():
            a, b = own(x, 999 * t), other(x, 999 * t)
        count = sum(p.numel() for p in own.parameters())
        print(f"{name}: {count} parameters in {len(names)} tensors, difference {float((a - b).abs().max() / b.abs().max()):.2e}")


def write_large(path):
    network = randomise(GuidedUNet(**PAPER), torch.Generator().manual_seed(8))
    shadow = [p.detach().float() for p in network.parameters()]
    torch.save({"ema": {"decay": 0.9999, "num_updates": 1, "shadow_params": shadow}, "step": 1}, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--official")
    parser.add_argument("--large")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.out:
        write_tiny(arguments.out)
        write_listed(arguments.out)
    if arguments.official:
        compare(arguments.official)
    if arguments.large:
        write_large(arguments.large)
