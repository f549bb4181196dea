"""Writes the small data sets of Tests/Control/Fixtures/Data, and checks that h5py reads what OneStep writes.

    python control_datasets.py fixtures ../Control/Fixtures/Data
    python control_datasets.py check FILE.hdf5

Needs numpy and h5py.
"""
import sys

import h5py
import numpy as np


def ramp(rows, columns, scale=1.0):
    """Row i, column j: (i + j / 4) * scale, exact in 32 bits."""
    return ((np.arange(rows)[:, None] + np.arange(columns)[None] / 4) * scale).astype(np.float32)


def flags(rows, *marked):
    return np.isin(np.arange(rows), marked)


def d4rl(path):
    """The layout of gym-MuJoCo v2 files, in the oldest file format, as those are; chunks cut rows and columns."""
    with h5py.File(path, "w", libver="earliest") as f:
        gzip = {"compression": "gzip"}
        f.create_dataset("observations", data=ramp(12, 3), chunks=(5, 2), **gzip)
        f.create_dataset("next_observations", data=ramp(12, 3) + 100, **gzip)
        f.create_dataset("actions", data=ramp(12, 2, 1 / 16), chunks=(7, 1), **gzip)
        f.create_dataset("rewards", data=np.arange(12, dtype=np.float32) / 2, **gzip)
        f.create_dataset("terminals", data=flags(12, 3), **gzip)
        f.create_dataset("timeouts", data=flags(12, 7), **gzip)
        f.create_dataset("infos/qpos", data=ramp(12, 4), **gzip)
        f["metadata/algorithm"] = np.bytes_("SAC")
        f["metadata/iteration"] = np.int32(7)
        f["metadata/variable"] = "größer"


def old(path):
    """No time-outs, columns instead of vectors, wider types."""
    with h5py.File(path, "w", libver=("earliest", "v110")) as f:
        f["observations"] = ramp(12, 3).astype(np.float64)
        f["actions"] = np.zeros((12, 2), np.int64)
        f["rewards"] = np.ones((12, 1), np.float64)
        f["terminals"] = flags(12, 5).astype(np.float32)[:, None]


def minari(path, dictionary):
    with h5py.File(path, "w", libver=("v110", "v110")) as f:
        start = 0
        for number, (steps, truncated) in {0: (3, True), 1: (2, False), 10: (4, False), 2: (2, True)}.items():
            g = f.create_group(f"episode_{number}")
            g.attrs["id"], g.attrs["total_steps"], g.attrs["seed"] = number, steps, "none"
            x = ramp(steps + 1, 3) + 10 * number
            if dictionary:
                g["observations/observation"], g["observations/achieved_goal"] = x, -x[:, :2]
                g["observations/desired_goal"] = np.full((steps + 1, 2), number, np.float64)
            else:
                g.create_dataset("observations", data=x, chunks=True, maxshape=(None, 3))
            g["actions"] = ramp(steps, 2, 1 / 8)
            g["rewards"] = np.arange(start, start + steps, dtype=np.float64)
            g["terminations"] = flags(steps, -1 if truncated or number == 10 else steps - 1)
            g["truncations"] = flags(steps, steps - 1 if truncated else -1)
            start += steps
        f.attrs["total_episodes"] = 4


def hostile(folder):
    with h5py.File(f"{folder}/claims.hdf5", "w", libver="earliest") as f:
        f.create_dataset("observations", (10**13, 17), np.float32, chunks=(1024, 17))
        f.create_dataset("actions", (10**13, 6), np.float32, chunks=(1024, 6))
        for key in ["rewards", "terminals"]:
            f.create_dataset(key, (10**13,), np.float32, chunks=(1024,))
    with h5py.File(f"{folder}/types.hdf5", "w", libver="earliest") as f:
        f["observations"], f["actions"], f["rewards"] = ramp(4, 2), np.full((4, 1), b"left"), np.zeros(4, np.float32)
        f["terminals"] = np.full(4, 3, np.uint8)
        f["records"] = np.zeros(4, [("a", np.int32), ("b", np.float32)])


def check(path):
    with h5py.File(path) as f:
        rows = f["rewards"].shape[0]
        for name in ["observations", "next_observations", "actions", "rewards", "terminals", "timeouts"]:
            a = f[name]
            assert a.shape[0] == rows and a.compression == "gzip", (name, a.shape, a.compression)
            assert a.dtype == (bool if name in ("terminals", "timeouts") else np.float32), (name, a.dtype)
            print(f"{name} {a.shape} {a.dtype} sum {np.sum(a[()], dtype=np.float64)}")
        inner = ~(f["terminals"][:-1] | f["timeouts"][:-1])
        print("rows that follow each other:", np.array_equal(f["next_observations"][:-1][inner], f["observations"][1:][inner]))
        for name, value in f.get("metadata", {}).items():
            print("metadata", name, value[()])


if __name__ == "__main__":
    command, target = sys.argv[1:3]
    if command == "check":
        check(target)
    else:
        d4rl(f"{target}/d4rl.hdf5")
        old(f"{target}/d4rl-old.hdf5")
        minari(f"{target}/minari.hdf5", False)
        minari(f"{target}/minari-maze.hdf5", True)
        hostile(target)
