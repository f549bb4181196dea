"""The networks of the peer benchmark in PyTorch, their FLOP counts, and the reference tensors.

README.md beside this file defines both networks precisely enough to build them again without
reading this file.
"""

import math
import os

import torch
import torch.nn.functional as F
from torch import nn

import peer_speech

SEED = 7
LEARNING_RATE = 1e-3


class Chain(nn.Module):
    """Real-ESRGAN's "Compact" shape: head, `depth` convolutions with PReLU between, pixel shuffle."""

    def __init__(self, width=64, depth=32, scale=4):
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.activation = nn.ModuleList(nn.PReLU(width) for _ in range(depth + 1))
        self.body = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.tail = nn.Conv2d(width, 3 * scale * scale, 3, padding=1)

    def forward(self, x):
        h = self.activation[0](self.head(x))
        for conv, activation in zip(self.body, self.activation[1:]):
            h = activation(conv(h))
        return F.pixel_shuffle(self.tail(h), self.scale)


class Block(nn.Module):
    """Residual block: twice GroupNorm, SiLU, 3x3 convolution; a 1x1 shortcut where widths differ."""

    def __init__(self, inputs, outputs, groups):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps=1e-5)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, outputs, eps=1e-5)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return self.skip(x) + h


class UNet(nn.Module):
    """Three levels, two residual blocks each: one down and one up, both at the bottom on level 2."""

    def __init__(self, widths=(32, 64, 128), groups=8):
        super().__init__()
        a, b, c = widths
        self.input = nn.Conv2d(3, a, 3, padding=1)
        self.encoder0 = Block(a, a, groups)
        self.down0 = nn.Conv2d(a, b, 3, stride=2, padding=1)
        self.encoder1 = Block(b, b, groups)
        self.down1 = nn.Conv2d(b, c, 3, stride=2, padding=1)
        self.middle0 = Block(c, c, groups)
        self.middle1 = Block(c, c, groups)
        self.up1 = nn.Conv2d(c, b, 3, padding=1)
        self.decoder1 = Block(2 * b, b, groups)
        self.up0 = nn.Conv2d(b, a, 3, padding=1)
        self.decoder0 = Block(2 * a, a, groups)
        self.norm = nn.GroupNorm(groups, a, eps=1e-5)
        self.output = nn.Conv2d(a, 3, 3, padding=1)

    def forward(self, x):
        skip0 = self.encoder0(self.input(x))
        skip1 = self.encoder1(self.down0(skip0))
        h = self.middle1(self.middle0(self.down1(skip1)))
        h = self.up1(F.interpolate(h, scale_factor=2.0, mode="nearest"))
        h = self.decoder1(torch.cat([h, skip1], dim=1))
        h = self.up0(F.interpolate(h, scale_factor=2.0, mode="nearest"))
        h = self.decoder0(torch.cat([h, skip0], dim=1))
        return self.output(F.silu(self.norm(h)))


def randomise(model, seed=SEED):
    """Weights that keep activations near unit size, and no parameter at a value that hides errors."""
    generator = torch.Generator().manual_seed(seed)

    def normal(shape, scale, mean=0.0):
        return mean + scale * torch.randn(shape, generator=generator)

    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d):
                fan = module.weight[0].numel()
                module.weight.copy_(normal(module.weight.shape, math.sqrt(1.9 / fan)))
                module.bias.copy_(normal(module.bias.shape, 0.1))
            elif isinstance(module, nn.GroupNorm):
                module.weight.copy_(normal(module.weight.shape, 0.2, 1.0))
                module.bias.copy_(normal(module.bias.shape, 0.2))
            elif isinstance(module, nn.PReLU):
                module.weight.copy_(normal(module.weight.shape, 0.1, 0.25))
    return model


def make(network, graph=False):
    """`graph`: for formats that have no Fourier transform."""
    if network in peer_speech.NETWORKS:
        return peer_speech.make(network, graph)
    return randomise(Chain() if network == "chain" else UNet())


def example(network):
    """Input of the timed networks, [N, 3, H, W]; of those of speech mels."""
    if network in peer_speech.NETWORKS:
        return peer_speech.example(network)
    shape = (8, 3, 64, 64) if network == "unet-train" else (1, 3, 256, 256)
    return torch.rand(shape, generator=torch.Generator().manual_seed(SEED + 1))


def convolution_flops(model, x):
    """2 x multiply-adds of every convolution in one forward pass; nothing else is counted."""
    total = 0

    def count(module, _, output):
        nonlocal total
        total += 2 * output.numel() * module.weight[0].numel()

    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, (nn.Conv1d, nn.Conv2d))]
    with torch.no_grad():
        model(x)
    for hook in hooks:
        hook.remove()
    return total


def flops(network):
    """Convolution FLOP of one run. Training: forward, input gradients (all but the first
    layer's) and weight gradients."""
    if network in peer_speech.NETWORKS:
        return convolution_flops(peer_speech.make(network), peer_speech.example(network))
    with torch.device("meta"):
        model = Chain() if network == "chain" else UNet()
    x = example(network).to("meta")
    forward = convolution_flops(model, x)
    if network != "unet-train":
        return forward
    first = 2 * x.numel() * model.input.weight[:, 0].numel()
    return 3 * forward - first


# What the PyTorch peers time

def inference(network, layout, form, compiled):
    """A forward pass; `form` is "plain", "weights" (a bf16 model) or "autocast"."""
    model, x = make(network).eval(), example(network)
    if x.dim() == 4:  # the layouts are those of images
        model, x = model.to(memory_format=layout), x.contiguous(memory_format=layout)
    if form == "weights":
        model, x = model.bfloat16(), x.bfloat16()
    if compiled:
        from torch._inductor import config
        config.freezing = True  # lets it pack the weights
        torch._dynamo.reset()
        model = torch.compile(model)

    def call():
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, form == "autocast"):
            return model(x)

    return call


def training_step(network, layout, form, compiled):
    """Forward, mean squared error in f32, backward, Adam; returns the loss."""
    model = make(network).to(memory_format=layout)
    x = example(network).contiguous(memory_format=layout)
    target = 1 - x
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    if compiled:
        torch._dynamo.reset()
        model = torch.compile(model)

    def call():
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, form == "autocast"):
            output = model(x)
        loss = F.mse_loss(output.float(), target)
        loss.backward()
        optimiser.step()
        return loss.item()

    return call


# What the peers that do not run PyTorch read

def export_graphs(network, folder, peers, threads):
    """Writes input, expected output and the graph formats into `folder`; yields (peer, error)."""
    import numpy

    torch.set_num_threads(threads)
    model, x = make(network).eval(), example(network)
    with torch.no_grad():
        output = model(x)
    numpy.save(os.path.join(folder, "input.npy"), x.numpy())
    numpy.save(os.path.join(folder, "output.npy"), output.numpy())
    model = make(network, graph=True).eval()
    if "onnxruntime" in peers:
        try:
            torch.onnx.export(model, (x,), os.path.join(folder, "network.onnx"),
                              dynamo=True, external_data=False, verbose=False)
        except Exception as problem:
            yield "onnxruntime", problem
    if "openvino" in peers:
        try:
            import openvino
            graph = openvino.convert_model(model, example_input=x, input=list(x.shape))
            openvino.save_model(
                graph, os.path.join(folder, "network.xml"), compress_to_fp16=False)
        except Exception as problem:
            yield "openvino", problem


# Reference tensors

def channels_last(x):
    return x.permute(0, 2, 3, 1)


def write(folder, name, tensors, about):
    from safetensors.torch import save_file

    path = os.path.join(folder, name + ".safetensors")
    save_file({k: v.detach().float().contiguous() for k, v in tensors.items()}, path, about)
    size = os.path.getsize(path)
    if size > 100_000:
        raise SystemExit(f"{path}: {size} bytes, more than the 100000 allowed")
    return path, size


def export_reference(folder):
    """Tiny networks evaluated in double precision, stored in f32. Names as in README.md."""
    os.makedirs(folder, exist_ok=True)
    generator = torch.Generator().manual_seed(SEED + 2)
    about = {"source": "peer_networks.py", "torch": torch.__version__, "seed": str(SEED)}
    written = []

    chain = randomise(Chain(width=16, depth=3)).double()
    x = torch.rand((1, 3, 12, 16), generator=generator).double()
    written.append(write(folder, "chain", {
        **chain.state_dict(),
        "example.input": channels_last(x),
        "example.output": channels_last(chain(x)),
    }, about))

    unet = randomise(UNet(widths=(4, 8, 16), groups=2)).double()
    x = torch.rand((2, 3, 16, 12), generator=generator).double()
    target = torch.rand((2, 3, 16, 12), generator=generator).double()
    before = {name: value.clone() for name, value in unet.state_dict().items()}
    optimiser = torch.optim.Adam(unet.parameters(), lr=LEARNING_RATE)
    output = unet(x)
    loss = F.mse_loss(output, target)
    loss.backward()
    gradients = {name: p.grad.clone() for name, p in unet.named_parameters()}
    optimiser.step()
    written.append(write(folder, "unet", {
        **before,
        "example.input": channels_last(x),
        "example.target": channels_last(target),
        "example.output": channels_last(output),
        "example.loss": loss.reshape(1),
    }, about))
    written.append(write(folder, "unet-gradients", gradients, about))
    written.append(write(folder, "unet-adam", dict(unet.state_dict()), about))
    return written
