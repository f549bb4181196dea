"""The published speech networks in PyTorch, with random weights: what bench_peers.py times.

HiFi-GAN's generator (Kong et al. 2020), Vocos at 24 kHz (Siuzdak 2023) and the two-dimensional U-Net of Grad-TTS
(Popov et al. 2021), which CoMoSpeech's denoiser is too. Inputs are mels [1, bands, T].
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

FRAMES = 172


class HiFiGAN(nn.Module):
    """Weight normalisation is folded, as users of the generator do."""

    def __init__(self, width, strides=(8, 8, 2, 2), kernels=(3, 7, 11), dilations=(1, 3, 5)):
        super().__init__()
        self.kernels = len(kernels)
        self.first = nn.Conv1d(80, width, 7, padding=3)
        self.ups, self.blocks = nn.ModuleList(), nn.ModuleList()
        for i, u in enumerate(strides):
            c = width >> (i + 1)
            self.ups.append(nn.ConvTranspose1d(2 * c, c, 2 * u, u, padding=u // 2))
            for k in kernels:
                self.blocks.append(nn.ModuleList(nn.ModuleList([
                    nn.Conv1d(c, c, k, dilation=d, padding=d * (k // 2)),
                    nn.Conv1d(c, c, k, padding=k // 2)]) for d in dilations))
        self.last = nn.Conv1d(width >> len(strides), 1, 7, padding=3)

    def forward(self, x):
        x = self.first(x)
        for i, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            total = 0
            for block in self.blocks[i * self.kernels:(i + 1) * self.kernels]:
                y = x
                for dilated, plain in block:
                    y = y + plain(F.leaky_relu(dilated(F.leaky_relu(y, 0.1)), 0.1))
                total = total + y
            x = total / self.kernels
        return torch.tanh(self.last(F.leaky_relu(x)))


class ConvNeXt(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.gain = nn.Parameter(torch.full((width,), 0.125))

    def forward(self, x):
        y = self.norm(self.depthwise(x).transpose(1, 2))
        return x + (self.gain * self.down(F.gelu(self.up(y)))).transpose(1, 2)


class Vocos(nn.Module):
    """To the polar spectrum; `graph` makes the inverse transform a product, for formats that have no Fourier transform."""

    def __init__(self, width=512, hidden=1536, size=1024, hop=256, graph=False):
        super().__init__()
        self.size, self.hop, self.graph = size, hop, graph
        self.first, self.norm = nn.Conv1d(100, width, 7, padding=3), nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.ModuleList(ConvNeXt(width, hidden) for _ in range(8))
        self.final, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, size + 2)
        window = torch.hann_window(size)
        self.register_buffer("window", window)
        basis = torch.fft.irfft(torch.eye(size // 2 + 1, dtype=torch.cfloat), size)
        imaginary = torch.fft.irfft(1j * torch.eye(size // 2 + 1, dtype=torch.cfloat), size)
        self.register_buffer("basis", torch.cat([basis, imaginary])[:, None] * window)

    def forward(self, x):
        x = self.norm(self.first(x).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        log_magnitude, phase = self.head(self.final(x.transpose(1, 2))).float().chunk(2, dim=2)
        magnitude = log_magnitude.exp().clamp(max=1e2)
        real, imaginary = magnitude * phase.cos(), magnitude * phase.sin()
        if self.graph:
            return F.conv_transpose1d(torch.cat([real, imaginary], 2).transpose(1, 2), self.basis, stride=self.hop)
        frames = torch.fft.irfft(torch.complex(real, imaginary), self.size) * self.window
        length = (frames.shape[1] - 1) * self.hop + self.size
        return F.fold(frames.transpose(1, 2), (1, length), (1, self.size), stride=(1, self.hop))[:, :, 0]


class MelBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(inputs, outputs, 3, padding=1), nn.GroupNorm(8, outputs)

    def forward(self, x):
        return F.mish(self.norm(self.convolution(x)))


class MelResidual(nn.Module):
    def __init__(self, inputs, outputs, time):
        super().__init__()
        self.time = nn.Linear(time, outputs)
        self.first, self.second = MelBlock(inputs, outputs), MelBlock(outputs, outputs)
        self.short = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, time):
        return self.second(self.first(x) + self.time(F.mish(time))[:, :, None, None]) + self.short(x)


class PooledAttention(nn.Module):
    def __init__(self, channels, heads=4, width=32):
        super().__init__()
        self.heads, self.width = heads, width
        self.qkv = nn.Conv2d(channels, 3 * heads * width, 1, bias=False)
        self.output, self.gain = nn.Conv2d(heads * width, channels, 1), nn.Parameter(torch.full((1,), 0.5))

    def forward(self, x):
        b, _, h, w = x.shape
        q, k, v = self.qkv(x).reshape(b, 3, self.heads, self.width, h * w).unbind(1)
        pooled = k.softmax(-1) @ v.transpose(-1, -2)
        read = (pooled.transpose(-1, -2) @ q).reshape(b, -1, h, w)
        return x + self.output(read) * self.gain


class MelUNet(nn.Module):
    """Input: prior and noisy mel as two channels of one image [1, 2, bands, T]; the noise level is fixed."""

    def __init__(self, width=64):
        super().__init__()
        w = [width, 2 * width, 4 * width]

        def level(inputs, outputs):
            return nn.ModuleList([MelResidual(inputs, outputs, width), MelResidual(outputs, outputs, width),
                                  PooledAttention(outputs)])

        half = width // 2
        angle = 1000 * torch.exp(torch.arange(half) * -(math.log(10000) / (half - 1)))
        self.register_buffer("features", torch.cat([angle.sin(), angle.cos()])[None])
        self.time = nn.Sequential(nn.Linear(width, 4 * width), nn.Mish(), nn.Linear(4 * width, width))
        self.downs = nn.ModuleList([level(2, w[0]), level(w[0], w[1]), level(w[1], w[2])])
        self.steps = nn.ModuleList(nn.Conv2d(c, c, 3, 2, 1) for c in w[:2])
        self.middle = nn.ModuleList([MelResidual(w[2], w[2], width), PooledAttention(w[2]),
                                     MelResidual(w[2], w[2], width)])
        self.ups = nn.ModuleList([level(2 * w[2], w[1]), level(2 * w[1], w[0])])
        self.rises = nn.ModuleList(nn.ConvTranspose2d(c, c, 4, 2, 1) for c in (w[1], w[0]))
        self.last, self.output = MelBlock(width, width), nn.Conv2d(width, 1, 1)

    def forward(self, x):
        time = self.time(self.features)
        skips = []
        for i, (first, second, attention) in enumerate(self.downs):
            x = attention(second(first(x, time), time))
            skips.append(x)
            if i < 2:
                x = self.steps[i](x)
        first, attention, second = self.middle
        x = second(attention(first(x, time)), time)
        for (first, second, attention), rise in zip(self.ups, self.rises):
            x = rise(attention(second(first(torch.cat([x, skips.pop()], 1), time), time)))
        return self.output(self.last(x))


NETWORKS = {
    "hifi-gan-v1": lambda graph: HiFiGAN(512), "hifi-gan-v2": lambda graph: HiFiGAN(128),
    "vocos": lambda graph: Vocos(graph=graph), "mel-unet": lambda graph: MelUNet(),
}


def make(network, graph=False):
    torch.manual_seed(7)
    return NETWORKS[network](graph)


def example(network):
    generator = torch.Generator().manual_seed(8)
    shape = {"vocos": (1, 100, FRAMES), "mel-unet": (1, 2, 80, FRAMES)}.get(network, (1, 80, FRAMES))
    return torch.randn(shape, generator=generator)
