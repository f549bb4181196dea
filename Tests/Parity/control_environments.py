"""Reference trajectories for the robots, from MuJoCo 2.2.2's own library and none of our code.

    python3 control_environments.py ../Control/Fixtures/Environments

For each robot and for both mass rules: 200 steps of fixed random actions from a perturbed start. A fixture `NAME.f64`
holds little-endian doubles: the first qpos and qvel, then the actions [200, A], then qpos and qvel after every 4th step
[50, Q + V]. The model with the old masses is written here by ElementTree, the package does it by its own scanner.

The library is that of PyPI's mujoco 2.2.2 (the wheel is a zip; its Python parts are not used). The installed one runs
too, and the script prints how far the two part over the 200 steps: not at all, where we tried. Debian's and PyPI's
builds give the same bits although only the latter uses AVX.

A C compiler, numpy, and pip are needed.
"""
import argparse, pathlib, subprocess, sys, tempfile, zipfile
import xml.etree.ElementTree as ET

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE.parent.parent / "Plugins/Control/Resources"
ROBOTS = {  # file, actions, physics steps an action, the noise of the start
    "halfcheetah": ("half_cheetah.xml", 6, 5, 0.1),
    "hopper": ("hopper.xml", 3, 4, 0.005),
    "walker2d": ("walker2d.xml", 6, 4, 0.005),
    "ant": ("ant.xml", 8, 5, 0.1),
}
STEPS, EVERY = 200, 4

HARNESS = r"""
#include <mujoco/mujoco.h>
#include <stdio.h>
static void read_doubles(mjtNum *p, int n) { if (fread(p, 8, n, stdin) != (size_t)n) exit(2); }
static void write_doubles(const mjtNum *p, int n) { fwrite(p, 8, n, stdout); }
// harness MODEL STEPS SKIP EVERY: noise of the start and actions on stdin, states on stdout.
int main(int argc, char **argv) {
  char message[1000] = "";
  mjModel *m = mj_loadXML(argv[1], NULL, message, sizeof message);
  if (!m) { fprintf(stderr, "%s\n", message); return 1; }
  mjData *d = mj_makeData(m);
  mjtNum noise[64];
  read_doubles(noise, m->nq + m->nv);
  for (int i = 0; i < m->nq; i++) d->qpos[i] += noise[i];
  for (int i = 0; i < m->nv; i++) d->qvel[i] = noise[m->nq + i];
  write_doubles(d->qpos, m->nq), write_doubles(d->qvel, m->nv);
  mj_forward(m, d);
  for (int t = 1; t <= atoi(argv[2]); t++) {
    read_doubles(d->ctrl, m->nu);
    for (int k = 0; k < atoi(argv[3]); k++) mj_step(m, d);
    if (t % atoi(argv[4]) == 0) write_doubles(d->qpos, m->nq), write_doubles(d->qvel, m->nv);
  }
  fprintf(stderr, "nq %d nv %d mass", (int)m->nq, (int)m->nv);
  for (int i = 1; i < m->nbody; i++) fprintf(stderr, " %.4f", m->body_mass[i]);
  fprintf(stderr, "\n");
  return 0;
}
"""


def build(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """The harness, linked with the wheel's library and with the installed one."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "mujoco==2.2.2", "--no-deps", "--only-binary=:all:"]
    subprocess.run(pip + ["--python-version", "3.10", "-d", folder], check=True)
    zipfile.ZipFile(next(folder.glob("mujoco-2.2.2*.whl"))).extractall(folder / "wheel")
    (folder / "harness.c").write_text(HARNESS)
    library = folder / "wheel/mujoco/libmujoco.so.2.2.2"
    include = folder / "wheel/mujoco/include"
    wheel = [f"-I{include}", str(library), f"-Wl,-rpath,{library.parent}"]
    programs = {}
    for name, flags in {"wheel": wheel, "system": ["-lmujoco"]}.items():
        programs[name] = folder / f"harness-{name}"
        subprocess.run(["cc", "-O1", "-o", programs[name], folder / "harness.c"] + flags + ["-lm"], check=True)
    return programs


def old_masses(text: str) -> str:
    """Capsules without mass, each with a cylinder that is half a radius longer at each end and touches nothing."""
    root = ET.fromstring(text)
    for body in root.iter("body"):
        for geom in list(body.findall("geom")):
            if geom.get("type") != "capsule":
                continue
            size = [float(x) for x in geom.get("size").split()]
            cylinder = ET.SubElement(body, "geom", type="cylinder", contype="0", conaffinity="0", group="3")
            for key in ("pos", "quat", "axisangle", "density"):
                if geom.get(key):
                    cylinder.set(key, geom.get(key))
            if geom.get("fromto"):
                ends = np.array([float(x) for x in geom.get("fromto").split()]).reshape(2, 3)
                axis = ends[1] - ends[0]
                axis *= size[0] / 2 / np.linalg.norm(axis)
                ends += np.stack([-axis, axis])
                cylinder.set("fromto", " ".join(repr(float(x)) for x in ends.flat))
                cylinder.set("size", repr(size[0]))
            else:
                cylinder.set("size", f"{size[0]!r} {size[1] + size[0] / 2!r}")
            geom.set("mass", "0")
    return ET.tostring(root, encoding="unicode")


def trajectory(program, model, inputs, skip) -> tuple[bytes, str]:
    run = subprocess.run(
        [program, model, str(STEPS), str(skip), str(EVERY)], input=inputs.astype("<f8").tobytes(),
        capture_output=True, check=True)
    return run.stdout, run.stderr.decode().strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        programs = build(folder)
        for robot, (file, actions, skip, noise) in ROBOTS.items():
            text = (MODELS / file).read_text()
            for variant, xml in {"v4": text, "d4rl": old_masses(text)}.items():
                name = f"{robot}-{variant}"
                model = folder / f"{name}.xml"
                model.write_text(xml)
                generator = np.random.default_rng(20240717)
                size = {"halfcheetah": 18, "hopper": 12, "walker2d": 18, "ant": 29}[robot]
                start = generator.uniform(-noise, noise, size)
                moves = generator.uniform(-1, 1, (STEPS, actions)).astype(np.float32).astype(np.float64)
                inputs = np.concatenate([start, moves.ravel()])
                runs = {k: trajectory(p, model, inputs, skip) for k, p in programs.items()}
                a, b = (np.frombuffer(runs[k][0], "<f8").reshape(-1, size) for k in ("wheel", "system"))
                apart = np.abs(a - b).max(axis=1)
                print(f"{name}: {runs['system'][1]}")
                print(f"  wheel - system: {apart[1]:.1e} after 4 steps, {apart[-1]:.1e} after 200")
                fixture = np.concatenate([a[0], moves.ravel(), a[1:].ravel()])
                (options.output / f"{name}.f64").write_bytes(fixture.astype("<f8").tobytes())


main()
