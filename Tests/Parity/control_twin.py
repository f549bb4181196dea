"""One-step flow Q-learning in PyTorch: the same networks, losses and updates as `onestep control train --method ofql`.

    python control_twin.py bench [--threads 2] [--steps 50]          steps per second, eager and compiled, one JSON line each
    python control_twin.py reference OUT.safetensors                 losses and gradients of one batch on random weights

Needs torch, numpy and safetensors.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.func import functional_call, jvp

WIDTH, TIME = 256, 64


class Positional(nn.Module):
    """[sin, cos] of an unscaled time; frequencies fall from 1 to 1 / 10000."""

    def __init__(self, width):
        super().__init__()
        half = width // 2
        self.register_buffer("f", torch.exp(-torch.log(torch.tensor(10000.0)) * torch.arange(half) / (half - 1)), False)

    def forward(self, t):
        angle = t[:, None] * self.f
        return torch.cat([angle.sin(), angle.cos()], 1)


def mlp(widths):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.Mish()]
    return nn.Sequential(*layers[:-1])


class Policy(nn.Module):
    def __init__(self, s, a, width=WIDTH, time=TIME):
        super().__init__()
        self.time_mlp = nn.Sequential(Positional(time), nn.Linear(time, 2 * time), nn.Mish(), nn.Linear(2 * time, time))
        self.time_mlp_r = nn.Sequential(Positional(time), nn.Linear(time, 2 * time), nn.Mish(), nn.Linear(2 * time, time))
        self.mid_layer = nn.Sequential(
            nn.Linear(a + 2 * time + s, width), nn.Mish(), nn.Linear(width, width), nn.Mish(),
            nn.Linear(width, width), nn.Mish())
        self.final_layer = nn.Linear(width, a)

    def forward(self, x, t, r, s):
        return self.final_layer(self.mid_layer(torch.cat([x, self.time_mlp(t), self.time_mlp_r(r), s], 1)))


class Critic(nn.Module):
    def __init__(self, s, a, width=WIDTH):
        super().__init__()
        self.q1_model = mlp([s + a, width, width, width, 1])
        self.q2_model = mlp([s + a, width, width, width, 1])

    def forward(self, s, a):
        x = torch.cat([s, a], 1)
        return torch.cat([self.q1_model(x), self.q2_model(x)], 1)


def one_step(policy, s, noise):
    """The action of one call; its time embeddings are made once for all rows."""
    n = s.shape[0]
    t = policy.time_mlp(torch.ones(1)).expand(n, -1)
    r = policy.time_mlp_r(torch.zeros(1)).expand(n, -1)
    u = policy.final_layer(policy.mid_layer(torch.cat([noise, t, r, s], 1)))
    return (noise - u).clamp(-1, 1)


def critic_loss(critic, slow_critic, slow_policy, batch, noise, discount=0.99):
    s, a, r, s2, go = batch
    with torch.no_grad():
        a2 = one_step(slow_policy, s2, noise)
        y = r + go * slow_critic(s2, a2).min(1).values * discount
    return (critic(s, a) - y[:, None]).square().mean(0).sum()


def cloning_loss(policy, batch, noise, t, r):
    """MeanFlow on the linear path, mean over the action's numbers; value and derivative in one pass."""
    s, a = batch[0], batch[1]
    x, v = (1 - t)[:, None] * a + t[:, None] * noise, noise - a
    parameters = dict(policy.named_parameters())
    u, slope = jvp(lambda x, t: functional_call(policy, parameters, (x, t, r, s)), (x, t), (v, torch.ones_like(t)))
    target = (v - (t - r)[:, None] * slope).detach()
    return (u - target).square().mean(1).mean()


def value_loss(policy, critic, batch, noise, first):
    s = batch[0]
    q = critic(s, one_step(policy, s, noise))
    return -q[:, first].mean() / q[:, 1 - first].detach().abs().mean().clamp_min(1e-6)


def times(n, equal=0.5):
    a, b = torch.sigmoid(torch.randn(n) - 0.4), torch.sigmoid(torch.randn(n) - 0.4)
    t, r = torch.maximum(a, b), torch.minimum(a, b)
    same = torch.arange(n) < round(equal * n)
    return t, torch.where(same, t, r)


class Learner:
    def __init__(self, s, a, eta=0.1, compiled=False, precision="f32"):
        torch.manual_seed(0)
        self.policy, self.critic, self.slow_policy, self.slow_critic = (
            Policy(s, a), Critic(s, a), Policy(s, a), Critic(s, a))
        self.eta, self.a, self.step = eta, a, 0
        self.precision = precision
        self.optimizers = [torch.optim.Adam(m.parameters(), 3e-4, fused=True) for m in (self.critic, self.policy)]
        self.losses = [self.learn_critic, self.learn_policy]
        if compiled:
            self.losses = [torch.compile(f) for f in self.losses]

    def learn_critic(self, batch, noise):
        return critic_loss(self.critic, self.slow_critic, self.slow_policy, batch, noise)

    def learn_policy(self, batch, noise, noise2, t, r):
        return cloning_loss(self.policy, batch, noise, t, r) + self.eta * value_loss(
            self.policy, self.critic, batch, noise2, 0)

    def update(self, batch):
        n = batch[0].shape[0]
        noise = [torch.randn(n, self.a) for _ in range(3)]
        t, r = times(n)
        for p in self.critic.parameters():
            p.requires_grad_(True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16"):
            loss = self.losses[0](batch, noise[0])
        self.optimizers[0].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[0].step()
        for p in self.critic.parameters():
            p.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16"):
            loss = self.losses[1](batch, noise[1], noise[2], t, r)
        self.optimizers[1].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[1].step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.slow_critic.parameters()), list(self.critic.parameters()), 0.005)
            self.step += 1
            if self.step % 5 == 0:
                torch._foreach_lerp_(list(self.slow_policy.parameters()), list(self.policy.parameters()), 0.005)


def bench(options):
    torch.set_num_threads(options.threads)
    s, a, n, rows = 17, 6, 100_000, 256
    data = [torch.randn(n, s), torch.rand(n, a) * 2 - 1, torch.randn(n), torch.randn(n, s), torch.ones(n)]
    for precision in ("f32", "bf16"):
        for compiled in (False, True):
            row = {"row": "ofql-step", "peer": "pytorch-compile" if compiled else "pytorch", "version": torch.__version__,
                   "precision": precision, "threads": options.threads}
            try:
                learner = Learner(s, a, compiled=compiled, precision=precision)
                for _ in range(10):
                    learner.update([x[torch.randint(n, (rows,))] for x in data])
                rates = []
                for _ in range(5):
                    start = time.perf_counter()
                    for _ in range(options.steps):
                        learner.update([x[torch.randint(n, (rows,))] for x in data])
                    rates.append(options.steps / (time.perf_counter() - start))
                row["steps_per_second"] = round(sorted(rates)[2], 2)
            except Exception as error:
                row["error"] = str(error).split("\n")[0][:200]
            print(json.dumps(row), flush=True)


def reference(path):
    from safetensors.torch import save_file

    torch.manual_seed(3)
    s, a, n, width, time = 5, 3, 12, 16, 8
    policy, slow_policy = Policy(s, a, width, time).double(), Policy(s, a, width, time).double()
    critic, slow_critic = Critic(s, a, width).double(), Critic(s, a, width).double()
    torch.set_default_dtype(torch.float64)
    batch = [torch.randn(n, s), torch.rand(n, a) * 2 - 1, torch.randn(n), torch.randn(n, s), (torch.rand(n) > 0.2).double()]
    noise = [torch.randn(n, a) for _ in range(3)]
    t, r = times(n)
    parts = {
        "critic": critic_loss(critic, slow_critic, slow_policy, batch, noise[0]),
        "cloning": cloning_loss(policy, batch, noise[1], t, r),
        "value": value_loss(policy, critic, batch, noise[2], 0)}
    out = {}
    for name, loss in parts.items():
        module = critic if name == "critic" else policy
        out[f"loss.{name}"] = loss.reshape(1)
        for (key, _), g in zip(module.named_parameters(), torch.autograd.grad(loss, list(module.parameters()))):
            out[f"gradient.{name}.{key}"] = g
    for name, module in (("policy", policy), ("slow_policy", slow_policy), ("critic", critic), ("slow_critic", slow_critic)):
        out |= {f"{name}.{key}": p for key, p in module.named_parameters()}
    for name, x in zip(("observations", "actions", "rewards", "next", "continues"), batch):
        out[f"batch.{name}"] = x
    out |= {f"noise.{k}": x for k, x in enumerate(noise)} | {"t": t, "r": r}
    save_file({k: v.detach().float().contiguous() for k, v in out.items()}, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["bench", "reference"])
    parser.add_argument("out", nargs="?")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=50)
    options = parser.parse_args()
    bench(options) if options.what == "bench" else reference(options.out)
