"""Writes the small random vocoders of Tests/Speech/Fixtures/Vocoder and what the official code makes of them.

    python reference_vocoders.py HIFI_GAN_CHECKOUT VOCOS_CHECKOUT ../Speech/Fixtures/Vocoder

HIFI_GAN_CHECKOUT is jik876/hifi-gan, VOCOS_CHECKOUT charactr-platform/vocos. Needs torch, numpy, scipy and safetensors.
"""
import json
import sys
import types

import torch
from safetensors.torch import save_file

hifi, vocos, out = sys.argv[1:4]
sys.path[:0] = [hifi, vocos]


class Sizes(dict):
    __getattr__ = dict.get


def hifi_gan(name, config, width, **changes):
    sys.modules.setdefault("matplotlib", types.ModuleType("matplotlib")).use = lambda *_: None
    sys.modules.setdefault("matplotlib.pylab", types.ModuleType("matplotlib.pylab"))
    from models import Generator

    torch.manual_seed(1)
    sizes = Sizes(json.load(open(f"{hifi}/{config}")))
    sizes["upsample_initial_channel"] = width
    sizes.update(changes)
    net = Generator(sizes).eval()
    with torch.no_grad():
        for key, value in net.named_parameters():
            # Far from the tiny start, so that every layer matters.
            if key.endswith("weight_g"):
                value.mul_(torch.rand_like(value) + (3 if "resblocks" in key else 8))
            if key.endswith("bias"):
                value.copy_(0.1 * torch.randn_like(value))
        mel = torch.randn(1, 80, 5) * 2 - 5
        # Not all at the ends of the tanh.
        while net(mel).std() > 0.4:
            net.conv_post.weight_g.mul_(0.7)
        state = {"generator": {k: v.half() for k, v in net.state_dict().items()}}
        net.load_state_dict({k: v.float() for k, v in state["generator"].items()})
        sound = net(mel)
    torch.save(state, f"{out}/{name}.pth", _use_new_zipfile_serialization=name.endswith("zip"))
    save_file({"mel": mel.transpose(1, 2).contiguous(), "sound": sound[:, 0].contiguous()}, f"{out}/{name}.safetensors")
    print(name, sound.abs().max().item(), sound.std().item())


def vocos_24k():
    for missing in ("torchaudio", "encodec"):
        sys.modules[missing] = types.ModuleType(missing)
    sys.modules["encodec"].EncodecModel = object
    functional = types.ModuleType("torchaudio.functional.functional")
    functional._hz_to_mel = functional._mel_to_hz = None
    sys.modules["torchaudio.functional"] = types.ModuleType("torchaudio.functional")
    sys.modules["torchaudio.functional.functional"] = functional
    package = types.ModuleType("vocos")
    package.__path__ = [f"{vocos}/vocos"]
    sys.modules["vocos"] = package
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone

    torch.manual_seed(2)
    backbone = VocosBackbone(100, 8, 20, 3).eval()
    head = ISTFTHead(8, 1024, 256, padding="center").eval()
    with torch.no_grad():
        for net in (backbone, head):
            for key, value in net.named_parameters():
                value.add_(torch.randn_like(value) * 0.2)
        mel = torch.randn(1, 100, 6) * 2 - 5
        sound = head(backbone(mel))
    state = {f"backbone.{k}": v for k, v in backbone.state_dict().items()}
    state |= {f"head.{k}": v for k, v in head.state_dict().items()}
    torch.save(state, f"{out}/vocos.zip.pth")
    save_file({"mel": mel.transpose(1, 2).contiguous(), "sound": sound.contiguous()}, f"{out}/vocos.zip.safetensors")
    print("vocos", sound.abs().max().item(), sound.std().item())


hifi_gan("hifi-gan-v1.legacy", "config_v1.json", 16)
hifi_gan("hifi-gan-v3.zip", "config_v3.json", 16)
vocos_24k()
