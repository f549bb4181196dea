"""Losses and gradients of diffusion Q-learning's own code on random weights, for the tests of `Plugins/Control`.

    python reference_dql.py CHECKOUT OUT.safetensors

CHECKOUT is a working copy of github.com/Zhendong-Wang/Diffusion-Policies-for-Offline-RL. All random numbers are drawn
first and handed to its code in the order in which it asks. Needs torch and safetensors.
"""

import sys
import types

import torch
from safetensors.torch import save_file

checkout, out = sys.argv[1:3]
sys.path.insert(0, checkout)
sys.modules.setdefault("utils.logger", types.SimpleNamespace(logger=None))
from agents.diffusion import Diffusion  # noqa: E402
from agents.model import MLP  # noqa: E402
from agents.ql_diffusion import Critic  # noqa: E402

torch.manual_seed(5)
S, A, N, T = 5, 3, 12, 5
model = MLP(state_dim=S, action_dim=A, device="cpu", t_dim=8)
# Its width is fixed at 256: narrower layers of the same kind, so that the file stays small.
W = 16
model.mid_layer = torch.nn.Sequential(*[
    layer for i in (S + A + 8, W, W) for layer in (torch.nn.Linear(i, W), torch.nn.Mish())])
model.final_layer = torch.nn.Linear(W, A)
actor = Diffusion(state_dim=S, action_dim=A, model=model, max_action=1.0, beta_schedule="vp", n_timesteps=T)
critic = Critic(S, A, hidden_dim=16)
state, action = torch.randn(N, S), torch.rand(N, A) * 2 - 1
steps, noise = torch.randint(0, T, (N,)), torch.randn(N, A)
start, chain = torch.randn(N, A), [torch.randn(N, A) for _ in range(T)]

asked = []
torch.randn_like = lambda x: asked.pop(0)
torch.randn = lambda *a, **k: asked.pop(0)
asked[:] = [noise]
cloning = actor.p_losses(action, state, steps)
asked[:] = [start] + chain
made = actor(state)
q1, q2 = critic(state, made)
value = -q1.mean() / q2.abs().mean().detach()

tensors = {"loss.cloning": cloning.reshape(1), "loss.value": value.reshape(1), "made": made, "state": state,
           "action": action, "steps": steps.float(), "noise": noise, "start": start, "betas": actor.betas,
           **{f"chain.{k}": x for k, x in enumerate(chain)},
           **{f"actor.{k}": p for k, p in model.named_parameters()},
           **{f"critic.{k}": p for k, p in critic.named_parameters()}}
for name, loss in (("cloning", cloning), ("value", value)):
    for (key, _), g in zip(model.named_parameters(), torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)):
        tensors[f"gradient.{name}.{key}"] = g
save_file({k: v.detach().float().contiguous() for k, v in tensors.items()}, out)
print({k: tensors[k].item() for k in ("loss.cloning", "loss.value")})
