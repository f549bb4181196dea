"""Word error rate of a folder of recordings by Debian's pocketsphinx (packages pocketsphinx, pocketsphinx-en-us).

    python word_error.py WAVS metadata.csv [--ids held_out_prompts.txt] [--limit 100] [--show] [--json]

WAVS holds ID.wav or ID.flac (or has a folder `wavs` or `flac` that does); the reference is the last column of
`metadata.csv`. Needs numpy, scipy and soundfile. Every sound is treated alike: one channel, 16 kHz, peak 0.5,
trimmed to 0.1 s around what is louder than -40 dB of its loudest 10 ms, then 0.3 s of faint noise on both sides, so
that a difference of level or of silence is not counted as a difference of speech. Two decoders share the list.

Words are compared without case and punctuation; digits are written out. Two neighbouring words equal one written
together. Confidence intervals are of a bootstrap over sentences.
"""

import argparse
import json
import pathlib
import re
import subprocess
import tempfile

import numpy as np
import scipy.signal
import soundfile

from render_speech import number

RATE = 16000
MODEL = "/usr/share/pocketsphinx/model/en-us"
SETTING = ["-remove_silence", "no", "-cmn", "batch"]
VARIANTS = {"ok": "okay", "o'clock": "oclock", "mr": "mister", "mrs": "missus", "dr": "doctor", "grey": "gray",
            "colour": "color", "colours": "colors", "axe": "ax", "catalogue": "catalog", "enquire": "inquire"}


def words(text):
    text = re.sub(r"(\d),(\d)", r"\1\2", text.lower())
    text = re.sub(r"\d+", lambda m: " " + number(int(m.group())) + " ", text).replace("-", " ")
    text = re.sub(r"\(\d+\)", " ", text).replace("’", "'")
    tokens = [t.strip("'") for t in re.sub(r"[^a-z' ]", " ", text).split()]
    return [VARIANTS.get(t, t) for t in tokens if t]


def errors(reference, hypothesis):
    """The smallest number of substitutions, deletions and insertions."""
    r, h = reference, hypothesis
    cost = [[0] * (len(h) + 1) for _ in range(len(r) + 1)]
    for i in range(len(r) + 1):
        for j in range(len(h) + 1):
            if i == 0 or j == 0:
                cost[i][j] = i + j
                continue
            best = min(cost[i - 1][j - 1] + (r[i - 1] != h[j - 1]), cost[i - 1][j] + 1, cost[i][j - 1] + 1)
            if i > 1 and r[i - 2] + r[i - 1] == h[j - 1]:
                best = min(best, cost[i - 2][j - 1])
            if j > 1 and h[j - 2] + h[j - 1] == r[i - 1]:
                best = min(best, cost[i - 1][j - 2])
            cost[i][j] = best
    return cost[-1][-1]


def prepared(path):
    """[T] in the full range of 16 bits."""
    x, rate = soundfile.read(path, always_2d=True)
    x = x.mean(1)
    if rate != RATE:
        common = np.gcd(rate, RATE)
        x = scipy.signal.resample_poly(x, RATE // common, rate // common)
    frame = RATE // 100
    x = np.pad(x, (0, -len(x) % frame))
    power = (x.reshape(-1, frame) ** 2).mean(1)
    loud = np.nonzero(power > 1e-4 * power.max())[0]
    if len(loud):
        x = x[max(0, (loud[0] - 10) * frame):(loud[-1] + 11) * frame]
    x = np.pad(0.5 * x / max(1e-9, np.abs(x).max()), (int(0.3 * RATE),) * 2)
    x = x + np.random.default_rng(0).normal(0, 1e-4, len(x))
    return np.clip(np.round(x * 32768), -32768, 32767).astype("<i2")


def decode(paths, setting):
    """{id: text} by two processes."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, path in paths.items():
            prepared(path).tofile(folder / f"{name}.raw")
        names = list(paths)
        running = []
        for k in range(2):
            (folder / f"list{k}").write_text("".join(n + "\n" for n in names[k::2]))
            command = ["pocketsphinx_batch", "-adcin", "yes", "-cepdir", str(folder), "-cepext", ".raw",
                       "-ctl", str(folder / f"list{k}"), "-hyp", str(folder / f"hyp{k}"),
                       "-hmm", f"{MODEL}/en-us", "-lm", f"{MODEL}/en-us.lm.bin",
                       "-dict", f"{MODEL}/cmudict-en-us.dict", *setting]
            running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for process in running:
            if process.wait():
                raise SystemExit(f"pocketsphinx_batch failed with status {process.returncode}")
        result = {}
        for k in range(2):
            for line in (folder / f"hyp{k}").read_text().splitlines():
                text, name = re.fullmatch(r"(.*)\((\S+) -?\d+\)", line).groups()
                result[name] = text.strip()
        return result


def find(folder, name):
    for place in (folder, folder / "wavs", folder / "flac"):
        for extension in (".wav", ".flac"):
            if (place / (name + extension)).exists():
                return place / (name + extension)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("metadata")
    parser.add_argument("--ids", help="only these, one a line")
    parser.add_argument("--limit", type=int, help="only the first so many")
    parser.add_argument("--show", action="store_true", help="every sentence")
    parser.add_argument("--json", action="store_true")
    options, setting = parser.parse_known_args()

    texts = {}
    for line in open(options.metadata, encoding="utf-8"):
        columns = line.rstrip("\n").split("|")
        texts[columns[0]] = columns[-1]
    if options.ids:
        texts = {name: texts[name] for name in open(options.ids).read().split()}
    names = list(texts)[:options.limit]
    paths = {name: find(options.folder, name) for name in names}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise SystemExit(f"{options.folder}: {len(missing)} recordings missing, first {missing[0]}")
    heard = decode(paths, SETTING + setting)
    counts = []
    for name in names:
        reference, hypothesis = words(texts[name]), words(heard.get(name, ""))
        counts.append((errors(reference, hypothesis), len(reference)))
        if options.show:
            print(f"{counts[-1][0]}/{counts[-1][1]} {name}: {' '.join(reference)} | {' '.join(hypothesis)}")
    report(np.array(counts), options)


def report(counts, options):
    wrong, total = counts.sum(0)
    draws = np.random.default_rng(0).integers(0, len(counts), (2000, len(counts)))
    rates = counts[draws, 0].sum(1) / counts[draws, 1].sum(1)
    low, high = np.percentile(rates, [2.5, 97.5])
    row = {"row": "word error", "folder": str(options.folder), "recordings": len(counts), "words": int(total),
           "errors": int(wrong), "rate": round(wrong / total, 4), "low": round(low, 4), "high": round(high, 4),
           "faultless": int((counts[:, 0] == 0).sum())}
    if options.json:
        print(json.dumps(row))
    else:
        print(f"WER {row['rate']:.4f} [{low:.3f}, {high:.3f}]: {wrong} errors in {total} words of {len(counts)} "
              f"recordings, {row['faultless']} without error")


if __name__ == "__main__":
    main()
