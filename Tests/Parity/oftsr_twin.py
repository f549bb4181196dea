"""PyTorch twin of the OFTSR-small network: same layers, same tensor names, the paper's losses.

Source of the reference tensors in Tests/SuperResolution. It also trains on a folder of photographs, with Adam and
without the constraint where `onestep train restore` has Muon and, on pure reductions, the constraint that results made
small again are the input; its weights become a model file by `export`. Needs torch, numpy, pillow, safetensors.

  python oftsr_twin.py train  --data DIR [DIR ...] --out DIR --minutes 60 [--stage fidelity|teacher|student] [--init FILE]
  python oftsr_twin.py export --weights FILE --out FILE [--purpose TEXT --data TEXT]
  python oftsr_twin.py reference --out FILE
  python oftsr_twin.py eval   --weights FILE --images DIR [--realism 0]
"""
import argparse, json, math, os, time
from pathlib import Path
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

SIGMA_P = 0.1
BF16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2.weight.data.mul_(0.5)

    def forward(self, h, scale=0, shift=0):
        return h + self.conv2(F.relu(self.conv1(h) * (1 + scale) + shift))


class Detail(nn.Module):
    def __init__(self, width, blocks, time_width, features):
        super().__init__()
        self.width, self.features = width, features
        self.head = nn.Conv2d(48, width, 3, padding=1)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.up = nn.Conv2d(width, 48, 3, padding=1)
        self.time1 = nn.Linear(features, time_width)
        self.time2 = nn.Linear(time_width, blocks * 2 * width)

    def forward(self, point, h, tau):
        half = self.features // 2
        freq = torch.exp(-math.log(10000.0) * torch.arange(half) / half)
        arg = 999 * tau.float()[:, None] * freq[None]
        e = torch.cat([arg.cos(), arg.sin()], 1)
        film = self.time2(F.silu(self.time1(e))).view(len(tau), len(self.blocks), 2, self.width, 1, 1)
        h = h + self.head(F.pixel_unshuffle(point, 4))
        for i, block in enumerate(self.blocks):
            h = block(h, film[:, i, 0], film[:, i, 1])
        return self.up(h)


class Network(nn.Module):
    """r(x, lr, tau): residual to the upsampled input. tau is 1 at the source, where only the trunk counts, and 0 at the data."""

    def __init__(self, width=64, blocks=8, detail=4, time_width=128, features=64):
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.tail = nn.Conv2d(width, width, 3, padding=1)
        self.up = nn.Conv2d(width, 48, 3, padding=1)
        self.detail = Detail(width, detail, time_width, features)
        for layer in (self.up, self.detail.up, self.detail.time2):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x, lr, up, tau):
        h0 = h = self.head(lr.contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            h = block(h)
        h = h0 + self.tail(h)
        r = self.up(h).float()
        if not bool((tau == 1).all()):
            r = r + (1 - tau.float())[:, None, None, None] * self.detail((x - up) / SIGMA_P, h, tau).float()
        return F.pixel_shuffle(r, 4)

    def train_only(self, stage):
        """The trunk learns fidelity; teacher and student train the detail and leave the trunk as it is."""
        for name, p in self.named_parameters():
            p.requires_grad_(name.startswith('detail') != (stage == 'fidelity'))


def cubic(x, a=-0.5):
    x = np.abs(x)
    return np.where(x <= 1, (a + 2) * x**3 - (a + 3) * x**2 + 1,
                    np.where(x < 2, a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a, 0))


def imresize(image, scale):
    """MATLAB-style bicubic: antialiased, symmetric borders, on [H, W, C] float."""
    for axis in (0, 1):
        n = image.shape[axis]
        m = math.ceil(n * scale)
        k = min(scale, 1.0)
        width = 4 / k
        u = (np.arange(m) + 0.5) / scale - 0.5
        left = np.floor(u - width / 2).astype(int) + 1
        idx = left[:, None] + np.arange(int(math.ceil(width)) + 1)[None]
        w = k * cubic(k * (u[:, None] - idx))
        w /= w.sum(1, keepdims=True)
        idx = np.mod(idx, 2 * n)
        idx = np.where(idx >= n, 2 * n - 1 - idx, idx)
        image = np.moveaxis(np.einsum('mk,mk...->m...', w, np.moveaxis(image, axis, 0)[idx]), 0, axis)
    return image


def upsample(lr):
    return F.interpolate(lr.float(), scale_factor=4, mode='bicubic', antialias=True)


def load_images(folders):
    out = []
    for folder in folders:
        for p in sorted(Path(folder).iterdir()):
            if p.suffix.lower() in ('.png', '.webp', '.jpg'):
                a = np.asarray(Image.open(p).convert('RGB'))
                out.append(a[:a.shape[0] // 4 * 4, :a.shape[1] // 4 * 4])
    return out


class Crops:
    def __init__(self, images, patch, seed):
        self.hr, self.patch, self.rng = images, patch, np.random.default_rng(seed)
        self.lr = [np.round(np.clip(imresize(a.astype(np.float64), 0.25), 0, 255)).astype(np.uint8) for a in images]
        area = np.array([a.shape[0] * a.shape[1] for a in images], float)
        self.p = area / area.sum()

    def batch(self, n):
        p, xs, ys = self.patch, [], []
        for i in self.rng.choice(len(self.hr), n, p=self.p):
            lr, hr = self.lr[i], self.hr[i]
            y, x = self.rng.integers(lr.shape[0] - p + 1), self.rng.integers(lr.shape[1] - p + 1)
            a, b = lr[y:y + p, x:x + p], hr[4 * y:4 * (y + p), 4 * x:4 * (x + p)]
            k, f = self.rng.integers(4), self.rng.integers(2)
            a, b = np.rot90(a, k), np.rot90(b, k)
            if f:
                a, b = a[:, ::-1], b[:, ::-1]
            xs.append(b.copy()); ys.append(a.copy())
        t = lambda z: torch.from_numpy(np.stack(z)).permute(0, 3, 1, 2).float() / 127.5 - 1
        return t(xs), t(ys)


def source(up):
    return math.sqrt(1 - SIGMA_P**2) * up + SIGMA_P * torch.randn_like(up)


def velocity(net, x, lr, up, tau):
    """OFTSR's v = dx/d(1 - tau), with v = r + up - x."""
    with torch.autocast('cpu', torch.bfloat16, enabled=BF16):
        r = net(x, lr, up, tau)
    return r.float() + up - x


def teacher_loss(net, x1, lr, regression):
    up = upsample(lr)
    x0 = source(up)
    n = len(x1)
    tau = torch.rand(n) * 0.999
    if regression:
        tau[:] = 1.0
    s = tau[:, None, None, None]
    xt = (1 - s) * x1 + s * x0
    return (velocity(net, xt, lr, up, tau) - (x1 - x0)).abs().mean()


def student_loss(net, teacher, x1, lr, dt=0.05, weights=(1.0, 0.01, 0.1)):
    up = upsample(lr)
    x0 = source(up)
    n = len(x1)
    t = 0.01 + 0.98 * torch.rand(n)
    s = torch.clamp(t + dt, max=1.0)
    c = lambda z: z[:, None, None, None]
    step = s - t
    vt = velocity(net, x0, lr, up, 1 - t)
    with torch.no_grad():
        xt = x0 + c(t) * vt
        k1 = velocity(teacher, xt, lr, up, 1 - t)
        k2 = velocity(teacher, xt + 0.5 * c(step) * k1, lr, up, 1 - t - 0.5 * step)
        target = vt + c(step / s) * (k2 - vt)
    distill = (velocity(net, x0, lr, up, 1 - s) - target).square().mean()
    align = (c(1 - t) * (vt - k1)).square().mean()
    q = max(1, n // 4)
    ones = torch.ones(q)
    boundary = (velocity(net, x0[:q], lr[:q], up[:q], ones) - (x1 - x0)[:q]).abs().mean()
    return weights[0] * distill + weights[1] * align + weights[2] * boundary, (distill.item(), align.item(), boundary.item())


def ours(name, tensor):
    """OIHW filters become HWIO and linear weights [in, out]: the project's layouts."""
    if tensor.dim() == 4:
        return tensor.permute(2, 3, 1, 0).contiguous()
    return tensor.t().contiguous() if tensor.dim() == 2 else tensor.contiguous()


def export(args):
    """Writes a model file with its card, as ModelCard.write does."""
    import hashlib, struct
    from safetensors.torch import load_file
    weights = load_file(args.weights)
    data, header = b'', {}
    for name, tensor in sorted(weights.items()):
        t = ours(name, tensor.float())
        raw = t.numpy().astype('<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': list(t.shape), 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    count = lambda prefix: sum(k.startswith(prefix) and k.endswith('conv1.weight') for k in weights)
    hidden, features = weights['detail.time1.weight'].shape
    configuration = json.dumps({'blocks': count('blocks.'), 'detailBlocks': count('detail.'), 'scale': 4, 'sigma': SIGMA_P,
                                'timeFeatures': features, 'timeHidden': hidden, 'width': weights['tail.weight'].shape[0]},
                               sort_keys=True, separators=(',', ':'))
    card = {'architecture': 'oftsr', 'role': args.role, 'preset': 'small', 'configuration': configuration,
            'purpose': args.purpose, 'data': args.data, 'steps': args.steps, 'seed': 1, 'figures': args.figures}
    header['__metadata__'] = {'onestep.model': json.dumps(card, sort_keys=True, separators=(',', ':')),
                              'sha256': hashlib.sha256(data).hexdigest()}
    text = json.dumps(header, sort_keys=True, separators=(',', ':')).encode()
    text += b' ' * (-(len(text) + 8) % 64)
    Path(args.out).write_bytes(struct.pack('<Q', len(text)) + text + data)


def reference(args):
    """A tiny network on random weights: input, output and gradients for Tests/SuperResolution."""
    from safetensors.torch import save_file
    torch.manual_seed(3)
    net = Network(width=8, blocks=2, detail=2, time_width=16, features=8)
    for p in net.parameters():
        p.data = torch.randn_like(p) * (0.3 if p.dim() < 2 else 0.6 / math.sqrt(p[0].numel()))
    lr, tau = torch.rand(2, 3, 4, 3) * 2 - 1, torch.tensor([1.0, 0.37])
    up = upsample(lr)
    x = up + SIGMA_P * torch.randn_like(up)
    r = net(x, lr, up, tau)
    loss = (r + up - x).abs().mean()
    loss.backward()
    image = lambda t: t.detach().permute(0, 2, 3, 1).contiguous()
    out = {'w/' + k: ours(k, v.detach()) for k, v in net.named_parameters()}
    out |= {'g/' + k: ours(k, v.grad) for k, v in net.named_parameters()}
    save_file(out | {'x': image(x), 'low': image(lr), 'up': image(up), 'tau': tau, 'r': image(r), 'loss': loss.detach().reshape(1)}, args.out)


def luma(a):
    return (a @ np.array([65.481, 128.553, 24.966])) / 255 + 16


@torch.no_grad()
def evaluate(net, folder, realism=0.0):
    scores = []
    torch.manual_seed(0)
    for a in load_images([folder]):
        lr = np.round(np.clip(imresize(a.astype(np.float64), 0.25), 0, 255))
        y = torch.from_numpy(lr).permute(2, 0, 1)[None].float() / 127.5 - 1
        up = upsample(y)
        x0 = source(up)
        out = x0 + velocity(net, x0, y, up, torch.full((1,), 1 - realism))
        b = np.round(np.clip((out[0].permute(1, 2, 0).numpy() + 1) * 127.5, 0, 255))
        d = (luma(a.astype(np.float64)) - luma(b))[4:-4, 4:-4]
        scores.append(10 * math.log10(255**2 / (d**2).mean()))
    return float(np.mean(scores))


def train(args):
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    crops = Crops(load_images(args.data), args.patch, args.seed)
    out = Path(args.out); out.mkdir(parents=True, exist_ok=True)
    net = Network(args.width, args.blocks).to(memory_format=torch.channels_last)
    teacher = None
    if args.init:
        net.load_state_dict(torch.load(args.init)['ema'])
    if args.stage == 'student':
        teacher = Network(args.width, args.blocks).to(memory_format=torch.channels_last)
        teacher.load_state_dict(net.state_dict()); teacher.requires_grad_(False)
    ema = {k: v.clone() for k, v in net.state_dict().items()}
    net.train_only(args.stage)
    opt = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=args.lr)
    step, spent, ck = 0, 0.0, out / 'last.pt'
    if ck.exists():
        s = torch.load(ck)
        net.load_state_dict(s['net']); ema = s['ema']; opt.load_state_dict(s['opt']); step, spent = s['step'], s['spent']
        if teacher is not None:
            teacher.load_state_dict(s['teacher'])
        crops.rng = np.random.default_rng(args.seed + step)
    start, saved, logged, total, parts = time.time(), time.time(), time.time(), [], []
    limit = args.minutes * 60
    while True:
        elapsed = spent + time.time() - start
        progress = min(1.0, elapsed / limit)
        lr_now = args.lr * min(1, (step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for g in opt.param_groups:
            g['lr'] = lr_now
        x1, y = crops.batch(args.batch)
        if args.stage == 'student':
            loss, p = student_loss(net, teacher, x1, y); parts.append(p)
        else:
            loss = teacher_loss(net, x1, y, args.stage == 'fidelity')
        opt.zero_grad(); loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step(); step += 1
        decay = min(0.999, (1 + step) / (10 + step))
        for k, v in net.state_dict().items():
            ema[k].lerp_(v, 1 - decay)
        total.append(loss.item())
        done = progress >= 1
        if time.time() - logged > 20 or done:
            print(f'step {step} {elapsed/60:.1f}/{args.minutes} min loss {np.mean(total):.5f} '
                  f'{np.mean(parts, 0).round(5) if parts else ""} lr {lr_now:.2e}', flush=True)
            total, parts, logged = [], [], time.time()
        if time.time() - saved > args.every or done:
            state = {'net': net.state_dict(), 'ema': ema, 'opt': opt.state_dict(), 'step': step,
                     'spent': spent + time.time() - start, 'teacher': teacher.state_dict() if teacher else None}
            torch.save(state, str(ck) + '.tmp'); os.replace(str(ck) + '.tmp', ck)
            if args.val:
                probe = Network(args.width, args.blocks).to(memory_format=torch.channels_last)
                probe.load_state_dict(ema)
                print('  val', step, {r: round(evaluate(probe, args.val, r), 3) for r in (0.0, 1.0)}, flush=True)
            saved = time.time()
        if done:
            from safetensors.torch import save_file
            save_file({k: v.contiguous() for k, v in ema.items()}, str(out / f'{args.stage}.safetensors'))
            return


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__)
    sub = p.add_subparsers(dest='command', required=True)
    t = sub.add_parser('train')
    t.add_argument('--data', nargs='+', required=True); t.add_argument('--out', required=True)
    t.add_argument('--minutes', type=float, default=60); t.add_argument('--stage', default='fidelity')
    t.add_argument('--init'); t.add_argument('--val'); t.add_argument('--lr', type=float, default=5e-4)
    t.add_argument('--batch', type=int, default=8); t.add_argument('--patch', type=int, default=48)
    t.add_argument('--width', type=int, default=64); t.add_argument('--blocks', type=int, default=8)
    t.add_argument('--every', type=float, default=180)
    t.add_argument('--seed', type=int, default=1)
    e = sub.add_parser('eval')
    e.add_argument('--weights', required=True); e.add_argument('--images', required=True)
    e.add_argument('--realism', type=float, default=0.0)
    e.add_argument('--width', type=int, default=64); e.add_argument('--blocks', type=int, default=8)
    x = sub.add_parser('export')
    x.add_argument('--weights', required=True); x.add_argument('--out', required=True); x.add_argument('--role', default='student')
    x.add_argument('--purpose', default=''); x.add_argument('--data', default=''); x.add_argument('--figures', default='')
    x.add_argument('--steps', type=int, default=0)
    f = sub.add_parser('reference'); f.add_argument('--out', required=True)
    args = p.parse_args()
    if args.command in ('export', 'reference'):
        {'export': export, 'reference': reference}[args.command](args)
    elif args.command == 'train':
        train(args)
    else:
        from safetensors.torch import load_file
        net = Network(args.width, args.blocks).to(memory_format=torch.channels_last)
        net.load_state_dict(load_file(args.weights))
        print(json.dumps({'psnrY': evaluate(net, args.images, args.realism)}))
